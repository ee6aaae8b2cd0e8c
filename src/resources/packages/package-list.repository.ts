import type { Listed } from "../../core/departure.js";
import type { Page } from "../../core/page.js";
import { laterDay, localDate, startOfDay } from "../../core/time-zones.js";
import type { Database } from "../../db/database.js";
import { externalIdsJson, hasExternalIdSql } from "../../db/external-ids.js";
import { type Bind, readTimeList, type TimeList } from "../../db/record-list.js";
import { type Statement, statement } from "../../db/statement.js";
import { type ClockRow, inForceSql, type PackageRow, packageColumns, toPackage } from "./package.columns.js";
import { type ExpiryDays, neverExpires, type Package, type PackageQuery } from "./package.model.js";
import type { Moment } from "./package-validity.model.js";

/** A page of packages, latest purchase first, or by last change for incremental sync. */
export async function listPackages(
  database: Database,
  query: PackageQuery,
  signal: AbortSignal,
): Promise<readonly Listed<Package>[]> {
  const { companyId, lastUpdated, page } = query;
  const moment = await momentOf(database, companyId, signal);
  if (lastUpdated) {
    const conditions = (bind: Bind) => [...conditionsOf(query, moment, bind), ...ofCustomersThatAreSeen(query, bind)];
    const limits = { businessIds: locationsOf(query), customerIds: query.customerIds };
    const read = { list: followed, query: { companyId, page, filter: { lastUpdated } }, conditions, limits };
    return readTimeList<PackageRow, Package>(database, read, (row) => toPackage(row, moment), signal);
  }
  const { statement: text, values } = query.customerIds ? ofCustomers(query, moment) : ofCompany(query, moment);
  return (await database.read<PackageRow>(text, values, signal)).map((row) => toPackage(row, moment));
}

/** Those of the request that the API key has access to. */
function locationsOf({ businessIds, reachIds }: PackageQuery): readonly string[] | undefined {
  return reachIds && businessIds ? businessIds.filter((id) => reachIds.includes(id)) : (businessIds ?? reachIds);
}

/** Only read by change, so every row is `current`. */
const followed: TimeList = {
  name: "package.list",
  table: "package",
  alias: "k",
  select: packageColumns,
  current: "true",
};

const companyClock = statement(
  "package.company_clock",
  "SELECT time_zone, statement_timestamp() AS now FROM company WHERE id = $1",
);

/** Now, by the clock of the database. A list is selected and shown by the same time. */
export async function momentOf(database: Database, companyId: string, signal: AbortSignal): Promise<Moment> {
  const [row] = await database.read<ClockRow>(companyClock, [companyId], signal);
  if (!row) throw new Error("company not found");
  return { at: row.now, timeZone: row.time_zone };
}

/** The filters on `package AS k`, apart from the customers. `$1` is the company. */
function conditionsOf(query: PackageQuery, now: Moment, bind: Bind): string[] {
  const { reachIds, businessIds, deleted, remaining, externalIds } = query;
  return [
    ...(reachIds ? [`k.business_id = ANY(${bind(reachIds)}::text[])`] : []),
    ...(businessIds ? [`k.business_id = ANY(${bind(businessIds)}::text[])`] : []),
    ...(deleted === undefined ? [] : [`k.deleted_time IS ${deleted ? "NOT NULL" : "NULL"}`]),
    ...(query.inForceOnly ? inForceSql(now, bind) : []),
    ...expiryConditions(query, now, bind),
    ...(remaining?.least === undefined ? [] : [`k.remaining_quantity >= ${bind(remaining.least)}`]),
    ...(remaining?.most === undefined ? [] : [`k.remaining_quantity <= ${bind(remaining.most)}`]),
    ...(externalIds ? [hasExternalIdSql("package", "k", bind(externalIdsJson(externalIds)))] : []),
  ];
}

/** As in the index `package_by_expiry`. */
const roughExpiry = "least(k.expiration_date::timestamp, k.end_time AT TIME ZONE 'UTC')";

/**
 * Whether the package is not frozen and its last usable day is in the range: `expiration_date`, or the day of the last
 * moment before `end_time`. The bounds of the index are wider than any offset of a time zone.
 */
function expiryConditions({ expires }: PackageQuery, { at, timeZone }: Moment, bind: Bind): string[] {
  if (!expires) return [];
  const today = localDate(timeZone, at);
  const soon = expires.withinDays === undefined ? {} : { from: today, until: laterDay(today, expires.withinDays) };
  const { from, until }: ExpiryDays = { ...expires, ...soon };
  const day = (date: string) => `${bind(date)}::date`;
  return [
    `${roughExpiry} < '${neverExpires}' AND k.frozen_time IS NULL`,
    ...(from === undefined
      ? []
      : [
          `${roughExpiry} >= ${day(from)} - 1 AND k.expiration_date >= ${day(from)}`,
          `coalesce(k.end_time, 'infinity') > ${bind(startOfDay(timeZone, from))}::timestamptz`,
        ]),
    ...(until === undefined || until >= neverExpires
      ? []
      : [
          `${roughExpiry} <= ${day(until)} + 2`,
          `NOT (k.expiration_date > ${day(until)}
            AND coalesce(k.end_time, 'infinity') > ${bind(startOfDay(timeZone, laterDay(until, 1)))}::timestamptz)`,
        ]),
  ];
}

function ofCustomersThatAreSeen({ customerIds, reachIds }: PackageQuery, bind: Bind): string[] {
  if (!customerIds) return [];
  const reach = reachIds ? ` AND c.preferred_business_id = ANY(${bind(reachIds)}::text[])` : "";
  return [
    `k.customer_id = ANY(${bind(customerIds)}::text[])
      AND EXISTS (SELECT 1 FROM customer c WHERE c.company_id = $1 AND c.id = k.customer_id${reach})`,
  ];
}

export const latestFirst = "k.purchase_time DESC, k.id DESC";

export interface Bound {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** Scans the index once per customer, never further than the page. `$1` company, `$2` customers. */
function ofCustomers(query: PackageQuery, now: Moment): Bound {
  const { companyId, customerIds, reachIds, page } = query;
  const { values, bind } = parameters(companyId, customerIds);
  const where = [
    "k.company_id = $1 AND k.customer_id = c.id",
    ...conditionsOf(query, now, bind),
    ...after("(k.purchase_time, k.id)", page, bind),
  ];
  const reach = reachIds ? ` AND c.preferred_business_id = ANY(${bind(reachIds)}::text[])` : "";
  const text = `WITH k AS MATERIALIZED (
    SELECT k.* FROM customer c CROSS JOIN LATERAL (
      SELECT * FROM package k WHERE ${where.join(" AND ")}
      ORDER BY ${latestFirst} LIMIT ${bind(page.size + 1 + page.offset)}) k
    WHERE c.company_id = $1 AND c.id = ANY($2::text[])${reach}
    ORDER BY ${latestFirst} ${cut(page, bind)})
  SELECT ${packageColumns} FROM k ORDER BY ${latestFirst}`;
  return { statement: statement("package.list", text), values };
}

/** Those of erased customers included. `$1` company. */
function ofCompany(query: PackageQuery, now: Moment): Bound {
  const { companyId, page } = query;
  const { values, bind } = parameters(companyId);
  const where = [
    "k.company_id = $1",
    ...conditionsOf(query, now, bind),
    ...after("(k.purchase_time, k.id)", page, bind),
  ];
  const text = `WITH k AS MATERIALIZED (
    SELECT * FROM package k WHERE ${where.join(" AND ")} ORDER BY ${latestFirst} ${cut(page, bind)})
  SELECT ${packageColumns} FROM k ORDER BY ${latestFirst}`;
  return { statement: statement("package.list", text), values };
}

export function parameters(...values: unknown[]): { readonly values: readonly unknown[]; readonly bind: Bind } {
  return { values, bind: (value) => `$${values.push(value)}` };
}

/** Rows after the position of the page, in descending order. */
export function after(position: string, page: Page, bind: Bind): string[] {
  return page.after ? [`${position} < (${bind(page.after.time)}, ${bind(page.after.id)})`] : [];
}

export function cut(page: Page, bind: Bind): string {
  return `LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)}`;
}
