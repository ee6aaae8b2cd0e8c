import type pg from "pg";
import type { Page } from "../core/page.js";
import type { RecordOrder } from "../core/record-search.js";
import type { Database } from "./database.js";
import { type Bind, range, resolveNameCursor, shownOf, type TimeList } from "./record-list.js";
import { statement } from "./statement.js";

type Chosen = Exclude<RecordOrder, "CREATED_DESC">;

interface OrderedRead {
  readonly list: TimeList & { readonly table: "customer" | "lead" };
  readonly query: {
    readonly companyId: string;
    readonly filter: { readonly created?: { readonly start?: Date; readonly end?: Date } };
    readonly page: Page;
  };
  readonly order: Chosen;
  conditions(bind: Bind): readonly string[];
  alternatives?(bind: Bind): readonly string[];
}

/** The column and direction of each order. `s` is the search row, which has the name as it is sorted. */
const orders = {
  CREATED_ASC: { name: false, column: "created_time", direction: "ASC" },
  LAST_UPDATED_DESC: { name: false, column: "last_updated_time", direction: "DESC" },
  NAME_ASC: { name: true, column: "sort_name", direction: "ASC" },
  NAME_DESC: { name: true, column: "sort_name", direction: "DESC" },
} as const;

/** A page of the current records, in an order that the client chose. Like `readTimeList` in one statement. */
export async function readOrderedList<Row extends pg.QueryResultRow>(
  database: Database,
  read: OrderedRead,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const { list, query, order } = read;
  const { table, alias } = list;
  const { companyId, page } = query;
  const { name, column, direction } = orders[order];
  const values: unknown[] = [companyId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const [names] = name
    ? await resolveNameCursor(database, { nameOf: nameOf[table], scope: [companyId], page }, signal)
    : [null];
  const place = name ? `s.sort_name` : `${alias}.${column}`;
  const id = name ? `s.${table}_id` : `${alias}.id`;
  const beyond = direction === "ASC" ? ">" : "<";
  const either = read.alternatives?.(bind) ?? [];
  const where = [
    `${alias}.company_id = $1`,
    ...(name ? ["s.company_id = $1"] : []),
    ...(list.always ? [list.always] : []),
    list.current,
    ...range(`${alias}.created_time`, query.filter.created, bind),
    ...read.conditions(bind),
    ...(either.length > 0 ? [`((${either.join(") OR (")}))`] : []),
    ...(page.after ? [`(${place}, ${id}) ${beyond} (${startOf(names, page, bind)}, ${bind(page.after.id)})`] : []),
  ];
  const from = name
    ? `${table}_search s JOIN ${table} ${alias} ON ${alias}.company_id = s.company_id AND ${alias}.id = s.${table}_id`
    : `${table} ${alias}`;
  const shown = `${alias}.${column} ${direction}, ${alias}.id ${direction}`;
  const text = `WITH page AS MATERIALIZED (
    SELECT ${alias}.*${name ? ", s.sort_name" : ""} FROM ${from} WHERE ${where.join(" AND ")}
    ORDER BY ${place} ${direction}, ${id} ${direction} LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)})
  SELECT ${list.select} FROM ${shownOf(list, shown)} ORDER BY ${shown}`;
  return database.read<Row>(statement(list.name, text), values, signal);
}

function startOf(names: readonly string[] | null, { after }: Page, bind: Bind): string {
  if (!names) return bind(after?.time);
  const [first = "", last = ""] = names;
  return `sort_name(${bind(first)}, ${bind(last)})`;
}

const nameOf = { customer: nameStatement("customer"), lead: nameStatement("lead") };

function nameStatement(table: "customer" | "lead") {
  const text = `SELECT ARRAY[first_name, last_name] AS name FROM ${table} WHERE id = $1 AND company_id = $2`;
  return statement(`${table}.name`, text);
}
