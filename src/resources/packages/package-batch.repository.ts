import { batchOnce, refreshStatistics, resultsOf } from "../../db/batch-write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { externalIdKeyName } from "../../db/external-ids.js";
import { insertImportEntries } from "../../db/import-entries.js";
import { statement } from "../../db/statement.js";
import {
  type ClockRow,
  type PackageDetailRow,
  packageColumns,
  packageLines,
  toPackageDetail,
} from "./package.columns.js";
import type { PackageBatchRepository, SaleBatch } from "./package-batch.model.js";
import { readBatchFacts, versionsOf } from "./package-batch-facts.repository.js";
import { insertPackages } from "./package-sale-insert.repository.js";

/** Batches of packages, each in one transaction with a statement for each table and not for each package. */
export function createPackageBatchRepository({
  database,
  limits: { recordBytes },
}: LimitedDatabase): PackageBatchRepository {
  return {
    async sell(batch, write, decide) {
      const reach = reachOf(batch);
      const { companyId } = batch;
      await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now, replayed, refused: earlier } = step;
        const ask = (sales: AskedSales) => readBatchFacts(tx, { ...reach, sales });
        const { stored, refused } = await decide({ now, replayed, refused: earlier, recordBytes, ask });
        const made = new Map([...stored].map(([position, { id }]) => [position, id]));
        if (made.size > 0) {
          await step.record(made);
          await insertPackages(tx, { companyId, sold: [...stored.values()], now, write });
          if (batch.imported) await insertImportEntries(tx, { ...batch.imported, companyId, kind: "package", made });
        } else if (write.claim) write.claim.replayed = replayed.size > 0;
        const versions = await versionsOf(tx, { ...reach, ids: [...new Set(replayed.values())] });
        return resultsOf({ ...batch, ...contested }, { made, refused, replayed, versions });
      });
    },

    judge: (batch, write, decide) =>
      database.transact(write, async (tx) => {
        const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
        if (!row) throw new Error("the clock of the database returned no row");
        const { now } = row;
        const ask = (sales: AskedSales) => readBatchFacts(tx, { ...reachOf(batch), sales });
        const { refused } = await decide({ now, replayed: new Map(), refused: new Map(), recordBytes, ask });
        return refused;
      }),

    async find({ companyId, businessIds, ids }, signal) {
      const values = [companyId, ids, businessIds ?? null];
      const rows = await database.read<PackageDetailRow & ClockRow>(findEach, values, signal);
      return rows.map((row) => toPackageDetail(row, { at: row.now, timeZone: row.time_zone }));
    },
  };
}

type AskedSales = Parameters<typeof readBatchFacts>[1]["sales"];

function reachOf({ companyId, businessIds }: SaleBatch) {
  return { companyId, ...(businessIds ? { businessIds } : {}) };
}

const contested = {
  kind: "package",
  resource: "Package",
  contested: ["package_pkey", "package_service_pkey", externalIdKeyName("package")],
} as const;

/** `$1` company, `$2` ids, `$3` the locations of the API key, null for the whole company. */
const findEach = statement(
  "package.find_each",
  `SELECT ${packageColumns}, ${packageLines}, o.time_zone, statement_timestamp() AS now
   FROM package k JOIN company o ON o.id = k.company_id
   WHERE k.company_id = $1 AND k.id = ANY($2::text[]) AND ($3::text[] IS NULL OR k.business_id = ANY($3::text[]))`,
);
