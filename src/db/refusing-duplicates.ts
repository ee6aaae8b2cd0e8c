import type { DuplicateView, RefusingDuplicate } from "../core/possible-duplicate.js";
import { toMatches } from "./possible-duplicates.js";

type Kind = "customer" | "lead";

interface Steps {
  /** The common table expression that has a row if the rest of the request is valid. */
  readonly from: string;
  /** The one that has a row if nothing refuses the record either. */
  readonly as: string;
}

/**
 * Of a statement that creates a record of a company that refuses duplicates: `refusing` has the reasons to refuse it. They
 * are looked for under the locks of its numbers and its email address. A new customer is refused because of customers, a
 * new lead also because of leads.
 */
export function unrefusedSql(kind: Kind, { from, as }: Steps): string {
  const leads = kind === "lead" ? ":seesLeads::boolean" : "false";
  return `refusing AS MATERIALIZED (
  SELECT d.kind, d.id, d.by_phone, d.by_email FROM refusing_duplicates(:companyId, :duplicateNumbers::text[],
    :duplicateEmail, :seesCustomers::boolean, ${leads}, :seenBusinessIds::text[]) AS d
  WHERE EXISTS (SELECT 1 FROM ${from})),
${as} AS MATERIALIZED (SELECT 1 FROM ${from} WHERE NOT EXISTS (SELECT 1 FROM refusing))`;
}

/**
 * Of a statement that changes a record and then looks for what refuses it: `held` takes the locks of the contacts, and the
 * condition is true once it has them. Upserts take theirs before they lock records, too.
 */
export const heldContacts = {
  sql: `held AS MATERIALIZED (
  SELECT hold_contacts(:companyId, :duplicateNumbers::text[] || :duplicateEmail::text) AS all_of_them)`,
  condition: "(SELECT all_of_them FROM held)",
} as const;

/** `accepted` of a create statement: a row if the request meets the condition, and nothing refuses the record. */
export function acceptedSql(kind: Kind, condition: string, refuses: boolean): string {
  const step = (name: string) => `${name} AS MATERIALIZED (\n  SELECT 1 WHERE ${condition})`;
  if (!refuses) return step("accepted");
  return `${step("checked")},\n${unrefusedSql(kind, { from: "checked", as: "accepted" })}`;
}

/** The column of the result. */
export function refusingColumn(refuses: boolean): string {
  return refuses ? "(SELECT json_agg(refusing) FROM refusing)" : "NULL::json";
}

/** What a statement returns that can refuse a record. */
export interface RefusedRow {
  /** Null if nothing refused it. */
  readonly refusing: readonly RefusingRow[] | null;
}

export interface RefusingRow {
  readonly kind: RefusingDuplicate["kind"];
  readonly id: string;
  readonly by_phone: boolean;
  readonly by_email: boolean;
}

export function toRefusing(rows: readonly RefusingRow[]): readonly RefusingDuplicate[] {
  return rows.map(({ kind, id, ...found }) => ({ kind, id, matches: toMatches(found) }));
}

/** Whether a create needs the statement that can refuse it. Other creates do not pay for it. */
export function canRefuse(kind: Kind, { refuses, customers, leads }: DuplicateView): boolean {
  return refuses && (customers || (kind === "lead" && leads));
}
