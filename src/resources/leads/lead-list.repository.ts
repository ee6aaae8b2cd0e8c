import { foldCase } from "../../core/text.js";
import type { Database } from "../../db/database.js";
import { type Bind, readTimeList, type TimeList } from "../../db/time-list.js";
import { type LeadRow, leadColumns, listedLeadChildren, toLead } from "./lead.columns.js";
import type { LeadFilter, LeadRepository } from "./lead-store.model.js";

const list: TimeList = {
  name: "lead.list",
  table: "lead",
  alias: "l",
  select: `${leadColumns}, ${listedLeadChildren}`,
  always: "l.promoted_customer_id IS NULL AND l.archived_time IS NULL",
  current: "true",
};

/** Pages of leads that are neither promoted nor archived. */
export function createLeadList(database: Database): LeadRepository["list"] {
  return async ({ companyId, filter, page }, signal) => {
    const { lastUpdated, created, ...others } = filter;
    const conditions = (bind: Bind) => conditionsOf(others, bind);
    const query = { list, companyId, lastUpdated, created, page, conditions };
    const rows = await readTimeList<LeadRow>(database, query, signal);
    return rows.map(toLead);
  };
}

function conditionsOf(filter: Omit<LeadFilter, "lastUpdated" | "created">, bind: Bind): string[] {
  const any = (column: string, ids: readonly string[] | undefined): string[] =>
    ids ? [`l.${column} = ANY(${bind(ids)}::text[])`] : [];
  return [
    ...(filter.lifeCycleId === undefined ? [] : [`l.life_cycle_id = ${bind(filter.lifeCycleId)}`]),
    ...(filter.actionStatusId === undefined ? [] : [`l.action_status_id = ${bind(filter.actionStatusId)}`]),
    // The second conditions let the planner use the partial indexes.
    ...(filter.phone === undefined ? [] : [`l.phone = ${bind(filter.phone)} AND l.phone <> ''`]),
    ...(filter.email === undefined ? [] : [`l.email_key = ${bind(foldCase(filter.email))} AND l.email_key <> ''`]),
    ...any("preferred_business_id", filter.preferredBusinessIds),
    ...any("allocate_staff_id", filter.allocateStaffIds),
    ...any("referral_source_id", filter.referralSourceIds),
  ];
}
