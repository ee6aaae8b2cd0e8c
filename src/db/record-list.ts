import type pg from "pg";
import { nameCursor, type Page, pageTokenInvalid, type TimeRange } from "../core/page.js";
import type { Database } from "./database.js";
import { type Statement, statement } from "./statement.js";

/** Adds a value to the statement and returns its placeholder. */
export type Bind = (value: unknown) => string;

/** A table whose rows are listed by time within a company: newest first, or by last change for incremental sync. */
export interface TimeList {
  /** Name of the statement: `customer.list`. */
  readonly name: string;
  readonly table: string;
  /** Alias of the row in all SQL here. */
  readonly alias: string;
  /** The selected columns. Evaluated only for the rows of the page. */
  readonly select: string;
  /** Condition of every listed row. */
  readonly always?: string;
  /** Condition of rows that are listed newest first. Incremental sync includes the others. */
  readonly current: string;
}

interface TimeListQuery {
  readonly companyId: string;
  /** Further filters are in the conditions. */
  readonly filter: { readonly lastUpdated?: TimeRange; readonly created?: TimeRange };
  readonly page: Page;
}

interface TimeListRead {
  readonly list: TimeList;
  readonly query: TimeListQuery;
  /** Further conditions on the row. `$1` is the company. */
  conditions(bind: Bind): readonly string[];
  /** One of these must also be met. No row meets two of them, so that each is read from its own index. */
  alternatives?(bind: Bind): readonly string[];
}

/**
 * A page in one statement: it is selected from an index first, by row comparison, and the children are aggregated only
 * for its rows. Newest first. With a `lastUpdated` filter, the oldest change is first and changes above the low
 * watermark are excluded until the next request, so that incremental sync by `last_updated_time` never skips a row that
 * is committed later.
 */
export async function readTimeList<Row extends pg.QueryResultRow>(
  database: Database,
  read: TimeListRead,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const horizon = read.query.filter.lastUpdated && (await changeHorizon(database, signal));
  const { statement: text, values } = timeListStatement(read, horizon);
  return database.read<Row>(text, values, signal);
}

/** The statement depends on which filters are set, so that each combination has its own prepared plan. */
function timeListStatement(
  { list, query, conditions, alternatives }: TimeListRead,
  horizon: Date | undefined,
): { readonly statement: Statement; readonly values: readonly unknown[] } {
  const { name, table, alias, select, always, current } = list;
  const { companyId, page } = query;
  const { lastUpdated, created } = query.filter;
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
  const rowsOf = (further: readonly string[]) =>
    `SELECT * FROM ${table} ${alias} WHERE ${[...where, ...further].join(" AND ")} ORDER BY ${order}`;
  const either = alternatives?.(bind);
  const [size, offset] = [bind(page.size + 1), bind(page.offset)];
  const first = (condition: string) => `(${rowsOf([condition])} LIMIT ${size}::bigint + ${offset}::bigint)`;
  const rows = either
    ? `SELECT * FROM (${either.map(first).join(" UNION ALL ")}) ${alias} ORDER BY ${order}`
    : rowsOf([]);
  const text = `WITH ${alias} AS MATERIALIZED (
    ${rows} LIMIT ${size} OFFSET ${offset})
  SELECT ${select} FROM ${alias} ORDER BY ${order}`;
  return { statement: statement(name, text), values };
}

function range(column: string, { start, end }: TimeRange = {}, bind: Bind): string[] {
  return [...(start ? [`${column} >= ${bind(start)}`] : []), ...(end ? [`${column} < ${bind(end)}`] : [])];
}

/**
 * The low watermark: no change with an earlier timestamp can still be committed (see the migration, "The change
 * clock"). Read in a separate statement before the list, whose snapshot then contains every earlier change.
 *
 * Only changes in progress hold rows back. The age of transactions (`xid8` and `pg_snapshot_xmin`) would not work: it
 * follows the order of their ids, not of their timestamps, and any long transaction would hold back every list
 * (measured in docs/measurements.md).
 */
async function changeHorizon(database: Database, signal: AbortSignal): Promise<Date> {
  const [row] = await database.read<{ horizon: Date }>(horizonStatement, [], signal);
  if (!row) throw new Error("change_horizon returned no row");
  return row.horizon;
}

const horizonStatement = statement("change_horizon", "SELECT change_horizon() AS horizon");

interface NamePage {
  /** Selects `name text[]`, the parts of the name in list order, of the row with id `$1` in the scope. */
  readonly nameOf: Statement;
  /** From `$2` on. */
  readonly scope: readonly unknown[];
  readonly page: Page;
}

/**
 * The position at which a page of a list ordered by name starts: the name, as an array of its parts, and the id of the
 * preceding row; nulls for the first page. The cursor contains only a hash of the name, so the current name of the row
 * is used if it is unchanged. If the name changed, pagination could silently skip or repeat rows.
 *
 * Throws PAGE_TOKEN_INVALID if the row was renamed or removed.
 */
export async function resolveNameCursor(
  database: Database,
  { nameOf, scope, page: { after } }: NamePage,
  signal: AbortSignal,
): Promise<readonly [names: readonly string[] | null, id: string | null]> {
  if (!after) return [null, null];
  const [row] = await database.read<{ name: readonly string[] }>(nameOf, [after.id, ...scope], signal);
  if (!row || nameCursor(after.id, ...row.name).nameHash !== after.nameHash) {
    throw pageTokenInvalid(
      "The last row of the previous page was renamed or removed. " + "Restart pagination without a token.",
    );
  }
  return [row.name, after.id];
}
