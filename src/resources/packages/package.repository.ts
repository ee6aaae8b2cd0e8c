import type { Page } from "../../core/page.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import type { Bind } from "../../db/record-list.js";
import { type Statement, statement } from "../../db/statement.js";
import {
  type ClockRow,
  inForceSql,
  type LedgerRow,
  ledgerColumns,
  type PackageDetailRow,
  type PackageRow,
  packageBalance,
  packageColumns,
  packageLines,
  toLedgerEntry,
  toPackage,
  toPackageDetail,
} from "./package.columns.js";
import type { PackageDetailQuery, PackageQuery, PackageRepository, PackageTarget } from "./package.model.js";
import { changePackage } from "./package-change.repository.js";
import { sellPackage } from "./package-sale.repository.js";
import type { Moment } from "./package-validity.model.js";

/**
 * Packages, with Prisma for changes and hand-written SQL for the lists. Each list is one statement, which depends on
 * the filters that are set. The page is selected first, and only its ledger entries are summed up.
 */
export function createPackageRepository(limited: LimitedDatabase): PackageRepository {
  const { database } = limited;
  return {
    sell: (sale, write, check) => sellPackage(limited, { sale, check }, write),
    change: (target, write, decide) => changePackage(database, target, write, decide),

    async list(query, signal) {
      const moment = await momentOf(database, query.companyId, signal);
      const { statement: text, values } = ofCustomers(query, moment);
      return (await database.read<PackageRow>(text, values, signal)).map((row) => toPackage(row, moment));
    },

    async listDetails(query, signal) {
      const moment = await momentOf(database, query.companyId, signal);
      const { statement: text, values } = named(query);
      const rows = await database.read<DetailRow>(text, values, signal);
      const details = rows.flatMap((row) => (row.id === null ? [] : [toPackageDetail(row, moment)]));
      return { details, missingIds: rows[0]?.missing_ids ?? [] };
    },

    async listLedger(target, page, signal) {
      const { statement: text, values } = ofPackage(target, page);
      const rows = await database.read<LedgerRow | NoRow>(text, values, signal);
      return rows.length === 0 ? undefined : rows.flatMap((row) => (row.id === null ? [] : [toLedgerEntry(row)]));
    },
  };
}

interface Bound {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

const companyClock = statement(
  "package.company_clock",
  "SELECT time_zone, statement_timestamp() AS now FROM company WHERE id = $1",
);

/** Now, by the clock of the database. A list is selected and shown by the same time. */
async function momentOf(database: Database, companyId: string, signal: AbortSignal): Promise<Moment> {
  const [row] = await database.read<ClockRow>(companyClock, [companyId], signal);
  if (!row) throw new Error("company not found");
  return { at: row.now, timeZone: row.time_zone };
}

const newestFirst = "k.purchase_time DESC, k.id DESC";

/** Scans the index once per customer, never further than the page. `$1` company, `$2` customers. */
function ofCustomers(query: PackageQuery, now: Moment): Bound {
  const { companyId, customerIds, reachIds, businessIds, deleted, page } = query;
  const { values, bind } = parameters(companyId, customerIds);
  const reach = reachIds && `${bind(reachIds)}::text[]`;
  const where = [
    "k.company_id = $1 AND k.customer_id = c.id",
    ...(reach ? [`k.business_id = ANY(${reach})`] : []),
    ...(businessIds ? [`k.business_id = ANY(${bind(businessIds)}::text[])`] : []),
    ...(deleted === undefined ? [] : [`k.deleted_time IS ${deleted ? "NOT NULL" : "NULL"}`]),
    ...(query.inForceOnly ? inForceSql(now, bind) : []),
    ...after("(k.purchase_time, k.id)", page, bind),
  ];
  const text = `WITH k AS MATERIALIZED (
    SELECT k.* FROM customer c CROSS JOIN LATERAL (
      SELECT * FROM package k WHERE ${where.join(" AND ")}
      ORDER BY ${newestFirst} LIMIT ${bind(page.size + 1 + page.offset)}) k
    WHERE c.company_id = $1 AND c.id = ANY($2::text[])${reach ? ` AND c.preferred_business_id = ANY(${reach})` : ""}
    ORDER BY ${newestFirst} ${cut(page, bind)})
  SELECT ${packageColumns} FROM k ${packageBalance} ORDER BY ${newestFirst}`;
  return { statement: statement("package.list", text), values };
}

/** Without an id: the page is empty. */
type DetailRow = (PackageDetailRow | NoRow) & { readonly missing_ids: readonly string[] | null };

interface NoRow {
  readonly id: null;
}

/** At least one row, with the ids that do not exist. `$1` company, `$2` ids. */
function named({ companyId, businessIds, ids, page }: PackageDetailQuery): Bound {
  const { values, bind } = parameters(companyId, ids);
  const text = `WITH seen AS MATERIALIZED (
    SELECT * FROM package k WHERE k.company_id = $1 AND k.id = ANY($2::text[])${within(businessIds, bind)}),
  missing AS (
    SELECT array_agg(w.id ORDER BY w.id) AS missing_ids FROM (SELECT DISTINCT unnest($2::text[]) AS id) w
    WHERE NOT EXISTS (SELECT 1 FROM seen WHERE seen.id = w.id)),
  k AS MATERIALIZED (
    SELECT * FROM seen k WHERE ${["true", ...after("(k.purchase_time, k.id)", page, bind)].join(" AND ")}
    ORDER BY ${newestFirst} ${cut(page, bind)})
  SELECT missing.missing_ids, d.* FROM missing
  LEFT JOIN (SELECT ${packageColumns}, ${packageLines} FROM k ${packageBalance}) d ON true
  ORDER BY d.purchase_time DESC, d.id DESC`;
  return { statement: statement("package.list_details", text), values };
}

/** No rows if the package does not exist, one without an id if the page of its ledger is empty. `$1` company, `$2` id. */
function ofPackage({ companyId, businessIds, id }: PackageTarget, page: Page): Bound {
  const { values, bind } = parameters(companyId, id);
  const order = "e.occurred_time DESC, e.id DESC";
  const where = [
    "e.company_id = k.company_id AND e.package_id = k.id",
    ...after("(e.occurred_time, e.id)", page, bind),
  ];
  const text = `SELECT e.* FROM package k LEFT JOIN LATERAL (
    SELECT ${ledgerColumns} FROM package_ledger e WHERE ${where.join(" AND ")} ORDER BY ${order} ${cut(page, bind)}) e ON true
  WHERE k.company_id = $1 AND k.id = $2${within(businessIds, bind)} ORDER BY ${order}`;
  return { statement: statement("package.list_ledger", text), values };
}

function parameters(...values: unknown[]): { readonly values: readonly unknown[]; readonly bind: Bind } {
  return { values, bind: (value) => `$${values.push(value)}` };
}

function within(businessIds: readonly string[] | undefined, bind: Bind): string {
  return businessIds ? ` AND k.business_id = ANY(${bind(businessIds)}::text[])` : "";
}

function after(position: string, page: Page, bind: Bind): string[] {
  return page.after ? [`${position} < (${bind(page.after.time)}, ${bind(page.after.id)})`] : [];
}

function cut(page: Page, bind: Bind): string {
  return `LIMIT ${bind(page.size + 1)} OFFSET ${bind(page.offset)}`;
}
