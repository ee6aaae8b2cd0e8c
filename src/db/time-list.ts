import type pg from "pg";
import type { Page, TimeRange } from "../core/page.js";
import type { Database } from "./database.js";
import { type Statement, statement } from "./statement.js";

/** Adds a value to the statement and gives its placeholder. */
export type Bind = (value: unknown) => string;

/** A table whose rows are listed by time within a company: newest first, or by their last change for a sync. */
export interface TimeList {
  /** Of the statement: `customer.list`. */
  readonly name: string;
  readonly table: string;
  /** Name of the row in all the SQL here. */
  readonly alias: string;
  /** What a row shows; evaluated for the rows of the page alone. */
  readonly select: string;
  /** What holds for every listed row. */
  readonly always?: string;
  /** What holds for a row that is listed newest first; a sync shows the others too. */
  readonly current: string;
}

export interface TimeListQuery {
  readonly list: TimeList;
  readonly companyId: string;
  readonly lastUpdated: TimeRange | undefined;
  readonly created?: TimeRange | undefined;
  readonly page: Page;
  /** Further conditions on the row; `$1` is the company. */
  conditions(bind: Bind): readonly string[];
}

/**
 * A page in one statement: it is cut from an index first, by row comparison, and the children are aggregated for its rows
 * alone. Newest first; under a `lastUpdated` filter oldest change first, and only changes that are settled: those since
 * wait for the next call, so that who follows `last_updated_time` never passes a row that is committed later.
 */
export async function readTimeList<Row extends pg.QueryResultRow>(
  database: Database,
  query: TimeListQuery,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const horizon = query.lastUpdated && (await changeHorizon(database, signal));
  const { statement: text, values } = timeListStatement(query, horizon);
  return database.read<Row>(text, values, signal);
}

/** The statement differs by which filters are set, so that each shape has its own prepared plan. */
function timeListStatement(
  { list, companyId, lastUpdated, created, page, conditions }: TimeListQuery,
  horizon: Date | undefined,
): { readonly statement: Statement; readonly values: readonly unknown[] } {
  const { name, table, alias, select, always, current } = list;
  const values: unknown[] = [companyId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const [time, direction, beyond] = lastUpdated ? ["last_updated_time", "ASC", ">"] : ["created_time", "DESC", "<"];
  const order = `${alias}.${time} ${direction}, ${alias}.id ${direction}`;
  const where = [
    `${alias}.company_id = $1`,
    ...(always ? [always] : []),
    ...(lastUpdated ? [] : [current]),
    ...range(`${alias}.last_updated_time`, lastUpdated, bind),
    ...range(`${alias}.created_time`, created, bind),
    ...conditions(bind),
    ...(horizon ? [`${alias}.last_updated_time < ${bind(horizon)}`] : []),
    ...(page.after
      ? [`(${alias}.${time}, ${alias}.id) ${beyond} (${bind(page.after.time)}, ${bind(page.after.id)})`]
      : []),
  ];
  const text = `WITH ${alias} AS MATERIALIZED (
    SELECT * FROM ${table} ${alias} WHERE ${where.join(" AND ")}
    ORDER BY ${order} LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)})
  SELECT ${select} FROM ${alias} ORDER BY ${order}`;
  return { statement: statement(name, text), values };
}

function range(column: string, { start, end }: TimeRange = {}, bind: Bind): string[] {
  return [...(start ? [`${column} >= ${bind(start)}`] : []), ...(end ? [`${column} < ${bind(end)}`] : [])];
}

/**
 * No change stamped before this can still be committed (see the migration, "The change clock"). Read in a statement of
 * its own before the list, whose snapshot then holds every change stamped earlier.
 *
 * Rows wait for changes under way alone. The age of transactions (`xid8` beside `pg_snapshot_xmin`) would not do: it
 * follows the order of their ids, not that of their stamps, and lets any long transaction hold back every list
 * (measured in docs/measurements.md).
 */
async function changeHorizon(database: Database, signal: AbortSignal): Promise<Date> {
  const [row] = await database.read<{ horizon: Date }>(horizonStatement, [], signal);
  if (!row) throw new Error("change_horizon returned no row");
  return row.horizon;
}

const horizonStatement = statement("change_horizon", "SELECT change_horizon() AS horizon");
