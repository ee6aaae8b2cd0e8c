import {
  type ActionStatus,
  type LeadHistoryEntry,
  type LeadSummary,
  type LifeCycle,
  leadHistoryKinds,
} from "./lead-history.model.js";

/** JSON of `life_cycle AS s` and of `action_status AS s`. */
const stageJson =
  "json_build_object('id', s.id, 'name', s.name, 'isDefault', s.is_default, 'archived', s.archived_time IS NOT NULL)";
const statusJson =
  "json_build_object('id', s.id, 'name', s.name, 'color', s.color, 'archived', s.archived_time IS NOT NULL)";

/** The stage of `lead AS l` as JSON. */
export const lifeCycleOfLead = `(SELECT ${stageJson} FROM life_cycle s
  WHERE s.company_id = l.company_id AND s.id = l.life_cycle_id)`;

/** The action status of `lead AS l` as JSON. */
export const actionStatusOfLead = `(SELECT ${statusJson} FROM action_status s
  WHERE s.company_id = l.company_id AND s.id = l.action_status_id)`;

/** An entry as `historyOf` selects it. Times are texts in JSON. */
export interface HistoryRow {
  readonly id: string;
  readonly kind: number;
  readonly life_cycle: LifeCycle | null;
  readonly action_status: ActionStatus | null;
  readonly started_time: Date | string;
  readonly ended_time: Date | string | null;
  readonly started_by: string;
}

interface HistoryOf {
  /** SQL of the lead: its company, its id, and the time of its promotion. */
  readonly companyId: string;
  readonly leadId: string;
  readonly promotedTime: string;
}

/** The history of a lead as a subquery without parentheses, unordered. */
export function historyOf({ companyId, leadId, promotedTime }: HistoryOf): string {
  return `SELECT h.id::text AS id, h.id AS number, h.kind, h.started_time, h.started_by,
    coalesce(lead(h.started_time) OVER (PARTITION BY h.kind ORDER BY h.started_time, h.id), ${promotedTime}) AS ended_time,
    (SELECT ${stageJson} FROM life_cycle s
      WHERE h.kind = 1 AND s.company_id = h.company_id AND s.id = h.value_id) AS life_cycle,
    (SELECT ${statusJson} FROM action_status s
      WHERE h.kind = 2 AND s.company_id = h.company_id AND s.id = h.value_id) AS action_status
    FROM lead_history h WHERE h.company_id = ${companyId} AND h.lead_id = ${leadId}`;
}

export function toHistoryEntry(row: HistoryRow, now: Date): LeadHistoryEntry {
  const startedTime = new Date(row.started_time);
  const endedTime = row.ended_time === null ? undefined : new Date(row.ended_time);
  return {
    id: row.id,
    kind: leadHistoryKinds.wordOf(row.kind) ?? "LIFE_CYCLE",
    ...(row.life_cycle ? { lifeCycle: row.life_cycle } : {}),
    ...(row.action_status ? { actionStatus: row.action_status } : {}),
    startedTime,
    ...(endedTime ? { endedTime } : {}),
    // A clock that was set back makes no time negative.
    durationMs: Math.max(0, (endedTime ?? now).getTime() - startedTime.getTime()),
    startedBy: row.started_by,
  };
}

/** A summary as built by `leadSummaryJson`. */
export interface LeadSummaryJson {
  readonly life_cycle: LifeCycle | null;
  readonly action_status: ActionStatus | null;
  readonly created_time: string;
  readonly created_by: string;
  readonly history: readonly HistoryRow[] | null;
}

/** The number of entries in a single customer. */
const maxHistoryInRecord = 20;

/**
 * The lead that `customer AS c` was promoted from, as JSON. Nothing is read for a customer without one: the first
 * condition concerns the customer alone.
 */
export function leadSummaryJson({ withHistory }: { readonly withHistory: boolean }): string {
  const history = historyOf({ companyId: "l.company_id", leadId: "l.id", promotedTime: "c.created_time" });
  const newest = `(SELECT json_agg(e ORDER BY e.started_time DESC, e.number DESC) FROM (
    SELECT * FROM (${history}) a ORDER BY a.started_time DESC, a.number DESC LIMIT ${maxHistoryInRecord}) e)`;
  return `(SELECT json_build_object('life_cycle', ${lifeCycleOfLead}, 'action_status', ${actionStatusOfLead},
    'created_time', l.created_time, 'created_by', l.created_by, 'history', ${withHistory ? newest : "NULL"})
    FROM lead l WHERE c.source_lead_id IS NOT NULL AND l.company_id = c.company_id AND l.id = c.source_lead_id)`;
}

export function toLeadSummary(json: LeadSummaryJson): LeadSummary {
  return {
    ...(json.life_cycle ? { lifeCycle: json.life_cycle } : {}),
    ...(json.action_status ? { actionStatus: json.action_status } : {}),
    createdTime: new Date(json.created_time),
    createdBy: json.created_by,
    history: json.history?.map((row) => toHistoryEntry(row, new Date(0))) ?? [],
  };
}
