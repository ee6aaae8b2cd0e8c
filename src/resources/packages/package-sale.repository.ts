import { alreadyExistsError } from "../../core/errors.js";
import { assertRecordSize } from "../../core/record-size.js";
import type { WriteContext } from "../../core/write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { refusingTakenIds } from "../../db/external-ids.js";
import { once } from "../../db/idempotent-write.js";
import type { PackageDetail, PackageRepository } from "./package.model.js";
import type { RequestedSale } from "./package-sale.model.js";
import { readSaleFacts } from "./package-sale-facts.repository.js";
import { insertPackages } from "./package-sale-insert.repository.js";
import { readPackage } from "./package-transaction.repository.js";

interface DecidedSale {
  readonly sale: RequestedSale;
  /** The locations of the API key. */
  readonly within: { readonly businessIds?: readonly string[] };
  readonly decide: Parameters<PackageRepository["sell"]>[3];
}

/** Stores a package, its items and the ledger entries of the sale in one transaction. */
export async function sellPackage(
  { database, limits }: LimitedDatabase,
  { sale, within, decide }: DecidedSale,
  write: WriteContext,
): Promise<PackageDetail> {
  const { companyId } = sale;
  try {
    const stored = once(database, write, {
      lock: async () => {},
      async work({ tx, now, record }) {
        const sold = decide(await readSaleFacts(tx, { companyId, ...within, sales: [sale] }), now);
        // Before the rows: a concurrent duplicate with the same given id must reach the claim first, and not fail
        // because the id is already used.
        const recorded = await record({ companyId, kind: "package", ids: [sold.id] });
        await insertPackages(tx, { companyId, sold: [sold], now, write });
        assertRecordSize({
          record: await readPackage(tx, { companyId, ...within, id: sold.id }),
          limit: limits.recordBytes,
        });
        return recorded;
      },
      response: ({ tx, ids: [id = ""] }) => readPackage(tx, { companyId, ...within, id }),
    });
    return await refusingTakenIds(stored);
  } catch (error) {
    const taken = takenBy[violatedConstraint(error) ?? ""];
    if (!taken) throw error;
    throw alreadyExistsError(taken.resource, taken.field);
  }
}

const takenBy: Readonly<Record<string, { readonly resource: string; readonly field: string }>> = {
  package_pkey: { resource: "Package", field: "id" },
  package_service_pkey: { resource: "PackageService", field: "package_services.id" },
};
