import type pg from "pg";
import type { Listed } from "../core/departure.js";
import { nameCursor, type Page, pageTokenInvalid, type TimeRange } from "../core/page.js";
import { mapInSlices } from "../core/slices.js";
import type { Database } from "./database.js";
import { departuresSql, type EntryRow, type ListLimits, toDeparted } from "./departures.js";
import { rowsWithinAnswer } from "./page-bytes.js";
import { type Statement, statement } from "./statement.js";

/** Adds a value to the statement and returns its placeholder. */
export type Bind = (value: unknown) => string;

/** A table whose rows are listed by time within a company: newest first, or by last change for incremental sync. */
export interface TimeList {
  /** Name of the statement: `customer.list`. */
  readonly name: string;
  readonly table: "customer" | "lead" | "pet" | "package";
  /** Alias of the row in all SQL here. */
  readonly alias: string;
  /** The selected columns. Evaluated only for the rows of the page. */
  readonly select: string;
  /** Condition of every listed row. */
  readonly always?: string;
  /** Condition of rows that are listed newest first. Incremental sync includes the others. */
  readonly current: string;
  /** Column of the table that the list selects as text, and that can be large. */
  readonly large?: "custom_fields";
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
  /** What the list is limited to. A followed list also shows which records left it. */
  readonly limits: ListLimits;
}

/**
 * A page in one statement: it is selected from an index first, by row comparison, and the children are aggregated only
 * for its rows. Newest first. With a `lastUpdated` filter, the oldest change is first and changes above the low
 * watermark are excluded until the next request, so that incremental sync by `last_updated_time` never skips a row that
 * is committed later. Records that left the list are then among the entries, at the time when they left it.
 */
export async function readTimeList<Row extends pg.QueryResultRow, T>(
  database: Database,
  read: TimeListRead,
  toRecord: (row: Row) => T,
  signal: AbortSignal,
): Promise<readonly Listed<T>[]> {
  const { companyId, filter } = read.query;
  if (!filter.lastUpdated) {
    const { statement: text, values } = newestFirst(read);
    return mapInSlices(await database.read<Row>(text, values, signal), toRecord);
  }
  const horizon = await changeHorizon(database, signal);
  const { statement: text, values } = oldestChangeFirst(read, filter.lastUpdated, horizon);
  const rows = await database.read<Row & EntryRow>(text, values, signal);
  return mapInSlices(rows, (row) => toDeparted(companyId, row) ?? toRecord(row));
}

interface Bound {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** The statement depends on which filters are set, so that each combination has its own prepared plan. */
function newestFirst(read: TimeListRead): Bound {
  const { name, alias, select, always, current } = read.list;
  const { page } = read.query;
  const { values, bind } = parametersOf(read.query);
  const order = `${alias}.created_time DESC, ${alias}.id DESC`;
  const conditions = read.conditions(bind);
  const where = [
    ...(always ? [always] : []),
    current,
    ...range(`${alias}.created_time`, read.query.filter.created, bind),
    ...conditions,
    ...(page.after
      ? [`(${alias}.created_time, ${alias}.id) < (${bind(page.after.time)}, ${bind(page.after.id)})`]
      : []),
  ];
  const { rows, cut } = selection(read, { where, order, bind });
  const isWhole = conditions.length === 0 && !read.alternatives && page.offset === 0;
  const text = `WITH page AS MATERIALIZED (
    ${isWhole ? `SELECT * FROM (${rows} LIMIT ${plannedRows(page.size + 1)}) ${alias} ORDER BY ${order}` : rows} ${cut})
  SELECT ${select} FROM ${shownOf(read.list, order)} ORDER BY ${order}`;
  return { statement: statement(name, text), values };
}

/**
 * A constant limit below the page's own, so that the list is planned once: from a limit that is a parameter PostgreSQL
 * expects a tenth of the rows below it. Of a whole company these are so many that it would plan each page again, which
 * takes a third of the page's time. A list with filters is planned for their values.
 */
function plannedRows(size: number): number {
  let limit = 10;
  while (limit < size) limit *= 10;
  return limit;
}

/** Rows and departures are each read from their index, no further than the page, and then merged. */
function oldestChangeFirst(read: TimeListRead, lastUpdated: TimeRange, horizon: Date): Bound {
  const { name, table, alias, select, always } = read.list;
  const { after } = read.query.page;
  const { values, bind } = parametersOf(read.query);
  const [within, seen] = [range("", lastUpdated, bind), bind(horizon)];
  const cursor = after && `(${bind(after.time)}, ${bind(after.id)})`;
  /** Conditions on the time and the id of an entry. */
  const from = (time: string, id: string) => [
    ...within.map((bound) => `${time}${bound}`),
    `${time} < ${seen}`,
    ...(cursor ? [`(${time}, ${id}) > ${cursor}`] : []),
  ];
  const listed = [...(always ? [always] : []), ...read.conditions(bind)];
  const order = `${alias}.last_updated_time, ${alias}.id`;
  const where = [
    ...listed,
    ...range(`${alias}.created_time`, read.query.filter.created, bind),
    ...from(`${alias}.last_updated_time`, `${alias}.id`),
  ];
  const { rows, cut, upTo } = selection(read, { where, order, bind });
  const isListed = `EXISTS (SELECT 1 FROM ${table} ${alias}
      WHERE ${[`${alias}.company_id = $1 AND ${alias}.id = d.resource_id`, ...listed].join(" AND ")})`;
  const left = [
    ...from("d.departed_time", "d.resource_id"),
    `d.departed_time <= (SELECT CASE WHEN count(*) < ${upTo} THEN 'infinity' ELSE max(entry_time) END FROM stored)`,
    `NOT ${isListed}`,
  ];
  const text = `WITH stored AS MATERIALIZED (
    SELECT ${alias}.id AS entry_id, ${alias}.last_updated_time AS entry_time, NULL AS departed, NULL AS merged_into FROM (${rows} LIMIT ${upTo}) ${alias}),
  gone AS (
    ${departuresSql({ kind: table, limits: read.limits, where: left, upTo }, bind)}),
  entry AS MATERIALIZED (
    SELECT * FROM stored UNION ALL SELECT * FROM gone ORDER BY entry_time, entry_id ${cut}),
  page AS MATERIALIZED (
    SELECT * FROM entry
    LEFT JOIN ${table} ${alias} ON entry.departed IS NULL AND ${alias}.company_id = $1 AND ${alias}.id = entry.entry_id)
  SELECT entry_id, entry_time, departed, merged_into, ${select} FROM ${shownOf(read.list, "entry_time, entry_id")}
  ORDER BY entry_time, entry_id`;
  return { statement: statement(`${name}_changes`, text), values };
}

function parametersOf({ companyId }: TimeListQuery): { readonly values: readonly unknown[]; readonly bind: Bind } {
  const values: unknown[] = [companyId];
  return { values, bind: (value) => `$${values.push(value)}` };
}

interface Selected {
  readonly where: readonly string[];
  readonly order: string;
  readonly bind: Bind;
}

/** The rows in their order, without a limit, and the limits of the page. */
function selection({ list: { table, alias }, query: { page }, alternatives }: TimeListRead, selected: Selected) {
  const { where, order, bind } = selected;
  const rowsOf = (further: readonly string[]) => `SELECT * FROM ${table} ${alias}
    WHERE ${[`${alias}.company_id = $1`, ...where, ...further].join(" AND ")} ORDER BY ${order}`;
  const either = alternatives?.(bind);
  const size = `${bind(page.size + 1)}::bigint`;
  const offset = page.offset > 0 ? `${bind(page.offset)}::bigint` : undefined;
  const upTo = offset ? `${size} + ${offset}` : size;
  const first = (condition: string) => `(${rowsOf([condition])} LIMIT ${upTo})`;
  const rows = either
    ? `SELECT * FROM (${either.map(first).join(" UNION ALL ")}) ${alias} ORDER BY ${order}`
    : rowsOf([]);
  return { rows, upTo, cut: `LIMIT ${size}${offset ? ` OFFSET ${offset}` : ""}` };
}

/** The rows of `page`, in order and as far as an answer has room. */
export function shownOf({ alias, large }: TimeList, order: string): string {
  if (!large) return `page ${alias}`;
  const limit = rowsWithinAnswer({ column: `${alias}.${large}`, alias, order });
  return `(SELECT * FROM page ${alias} ORDER BY ${order} LIMIT ${limit}) ${alias}`;
}

export function range(column: string, { start, end }: TimeRange = {}, bind: Bind): string[] {
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
export async function changeHorizon(database: Database, signal: AbortSignal): Promise<Date> {
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
