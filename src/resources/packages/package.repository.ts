import type { Page } from "../../core/page.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Bind } from "../../db/record-list.js";
import { statement } from "../../db/statement.js";
import {
  type LedgerRow,
  ledgerColumns,
  type PackageDetailRow,
  packageColumns,
  packageLines,
  toLedgerEntry,
  toPackageDetail,
} from "./package.columns.js";
import type { PackageDetailQuery, PackageRepository, PackageTarget } from "./package.model.js";
import { changePackage } from "./package-change.repository.js";
import { after, type Bound, cut, latestFirst, listPackages, momentOf, parameters } from "./package-list.repository.js";
import { movePackage } from "./package-move.repository.js";
import { sellPackage } from "./package-sale.repository.js";

/**
 * Packages, with Prisma for changes and hand-written SQL for the lists. Each list is one statement, which depends on
 * the filters that are set. The page is selected first, and only its ledger entries are summed up.
 */
export function createPackageRepository(limited: LimitedDatabase): PackageRepository {
  const { database } = limited;
  return {
    sell: (sale, within, write, decide) => sellPackage(limited, { sale, within, decide }, write),
    change: (target, write, decide) => changePackage(database, target, write, decide),
    move: (move, write, decide) => movePackage(database, move, write, decide),

    list: (query, signal) => listPackages(database, query, signal),

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
    ORDER BY ${latestFirst} ${cut(page, bind)})
  SELECT missing.missing_ids, d.* FROM missing
  LEFT JOIN (SELECT ${packageColumns}, ${packageLines} FROM k) d ON true
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

function within(businessIds: readonly string[] | undefined, bind: Bind): string {
  return businessIds ? ` AND k.business_id = ANY(${bind(businessIds)}::text[])` : "";
}
