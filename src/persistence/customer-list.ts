import type { CustomerFilter, CustomerQuery, CustomerRepository } from "../domain/repositories.js";
import { foldCase } from "../domain/text.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "./customer-rows.js";
import type { Database } from "./database.js";
import { type Statement, statement } from "./statement.js";

/**
 * The time before which no change is still to come. Rows changed since then wait for the next call, so that who follows
 * `last_updated_time` never passes a row that is committed later.
 */
export type SettledBefore = (database: Database, signal: AbortSignal) => Promise<Date>;

/**
 * Pages of customers with their children in one statement: the page is cut from an index first, the children are
 * aggregated for its rows alone. Newest first; under a `lastUpdated` filter oldest change first, archived ones included.
 */
export function createCustomerList(database: Database, settledBefore: SettledBefore): CustomerRepository["list"] {
  return async (query, signal) => {
    const horizon = query.filter.lastUpdated ? await settledBefore(database, signal) : undefined;
    const { statement: text, values } = listStatement(query, horizon);
    const rows = await database.read<CustomerRow>(text, values, signal);
    return rows.map(toCustomer);
  };
}

/**
 * No change stamped before this can still be committed (see the migration, "The change clock"). Read in a statement of
 * its own before the list, whose snapshot then holds every change stamped earlier.
 *
 * Rows wait for changes under way alone. The age of transactions (`change_xid < pg_snapshot_xmin(...)`) would not do: it
 * follows the order of their ids, not that of their stamps, and lets any long transaction hold back every list
 * (measured in docs/measurements.md).
 */
export const changeHorizon: SettledBefore = async (database, signal) => {
  const [row] = await database.read<{ horizon: Date }>(horizonStatement, [], signal);
  if (!row) throw new Error("change_horizon returned no row");
  return row.horizon;
};

const horizonStatement = statement("customer.change_horizon", "SELECT change_horizon() AS horizon");

/** The statement differs by which filters are set, so that each shape has its own prepared plan. */
function listStatement({ companyId, filter, page }: CustomerQuery, horizon: Date | undefined): PreparedList {
  const values: unknown[] = [companyId];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const syncing = filter.lastUpdated !== undefined;
  const conditions = ["c.company_id = $1", ...filterConditions(filter, bind)];
  if (horizon) conditions.push(`c.last_updated_time < ${bind(horizon)}`);
  if (!syncing) conditions.push("c.archived_time IS NULL");
  const orderTime = syncing ? "last_updated_time" : "created_time";
  const direction = syncing ? "ASC" : "DESC";
  if (page.after) {
    const comparison = syncing ? ">" : "<";
    conditions.push(`(c.${orderTime}, c.id) ${comparison} (${bind(page.after.time)}, ${bind(page.after.id)})`);
  }
  const text = `WITH c AS MATERIALIZED (
    SELECT * FROM customer c WHERE ${conditions.join(" AND ")}
    ORDER BY c.${orderTime} ${direction}, c.id ${direction} LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)})
  SELECT ${customerColumns}, ${customerChildren} FROM c ORDER BY c.${orderTime} ${direction}, c.id ${direction}`;
  return { statement: statement("customer.list", text), values };
}

interface PreparedList {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

function filterConditions(filter: CustomerFilter, bind: (value: unknown) => string): string[] {
  const { lastUpdated, created } = filter;
  return [
    ...(lastUpdated?.start ? [`c.last_updated_time >= ${bind(lastUpdated.start)}`] : []),
    ...(lastUpdated?.end ? [`c.last_updated_time < ${bind(lastUpdated.end)}`] : []),
    ...(created?.start ? [`c.created_time >= ${bind(created.start)}`] : []),
    ...(created?.end ? [`c.created_time < ${bind(created.end)}`] : []),
    ...(filter.phone === undefined ? [] : [`c.phone = ${bind(filter.phone)}`]),
    // The second half lets the planner use the partial index.
    ...(filter.email === undefined ? [] : [`c.email_key = ${bind(foldCase(filter.email))} AND c.email_key <> ''`]),
    ...(filter.preferredBusinessIds
      ? [`c.preferred_business_id = ANY(${bind(filter.preferredBusinessIds)}::text[])`]
      : []),
    ...(filter.referralSourceIds ? [`c.referral_source_id = ANY(${bind(filter.referralSourceIds)}::text[])`] : []),
    ...(filter.tagIds
      ? [
          `EXISTS (SELECT FROM customer_tag ct WHERE ct.company_id = $1 AND ct.customer_id = c.id
            AND ct.tag_id = ANY(${bind(filter.tagIds)}::text[]))`,
        ]
      : []),
  ];
}
