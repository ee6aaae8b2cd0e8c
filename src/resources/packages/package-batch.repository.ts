import { type BatchStep, batchOnce, refreshStatistics, resultsOf } from "../../db/batch-write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import { insertImportEntries } from "../../db/import-entries.js";
import { statement } from "../../db/statement.js";
import { type ClockRow, type PackageDetailRow, packageDetails, toPackageDetail } from "./package.columns.js";
import type { PackageBatchRepository, SaleBatch, SaleBatchUnit } from "./package-batch.model.js";
import { readBatchFacts, versionsOf } from "./package-batch-facts.repository.js";
import { insertPackages } from "./package-sale-insert.repository.js";

/** Batches of packages, each in one transaction with a statement for each table and not for each package. */
export function createPackageBatchRepository({
  database,
  limits: { recordBytes },
}: LimitedDatabase): PackageBatchRepository {
  return {
    async sell(batch, write, decide) {
      const { companyId } = batch;
      await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed } = step;
        const { stored, refused } = await decide(createSaleUnit(step, batch, recordBytes));
        const made = new Map([...stored].map(([position, { id }]) => [position, id]));
        if (made.size > 0) {
          await step.record(made);
          await insertPackages(tx, { companyId, sold: [...stored.values()], now, write });
          if (batch.imported) await insertImportEntries(tx, { ...batch.imported, companyId, kind: "package", made });
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const versions = await versionsOf(tx, { ...reachOf(batch), ids: [...new Set(replayed.values())] });
        return resultsOf({ ...batch, ...contested }, { made, refused, replayed, versions });
      });
    },

    judge: (batch, write, decide) =>
      database.transact(write, async (tx) => {
        const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
        if (!row) throw new Error("the clock of the database returned no row");
        const step = { tx, now: row.now, replayed: new Map<number, string>(), refused: new Map() };
        const { refused } = await decide(createSaleUnit(step, batch, recordBytes));
        return refused;
      }),

    async find({ companyId, businessIds, ids }, signal) {
      const values = [companyId, ids, businessIds ?? null];
      const rows = await database.read<PackageDetailRow & ClockRow>(findEach, values, signal);
      return rows.map((row) => toPackageDetail(row, { at: row.now, timeZone: row.time_zone }));
    },
  };
}

/** What a batch of sales decides with. */
export function createSaleUnit(
  { tx, now, replayed, refused }: Pick<BatchStep, "tx" | "now" | "replayed" | "refused">,
  batch: SaleBatch,
  recordBytes: number,
): SaleBatchUnit {
  return {
    ...{ now, replayed, refused, recordBytes },
    ask: (sales) => readBatchFacts(tx, { ...reachOf(batch), sales }),
  };
}

export function reachOf({ companyId, businessIds }: SaleBatch) {
  return { companyId, ...(businessIds ? { businessIds } : {}) };
}

/** What a batch of sales writes, and the constraints that a concurrent request can violate first. */
export const contested = {
  kind: "package",
  resource: "Package",
  contested: ["package_pkey", "package_service_pkey", externalIdKeyName("package")],
} as const;

/** `$1` company, `$2` ids, `$3` the locations of the API key, null for the whole company. */
const findEach = statement(
  "package.find_each",
  `${packageDetails}
   WHERE k.company_id = $1 AND k.id = ANY($2::text[]) AND ($3::text[] IS NULL OR k.business_id = ANY($3::text[]))`,
);
