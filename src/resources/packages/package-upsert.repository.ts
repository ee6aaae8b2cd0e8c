import type { PlacedKeys } from "../../core/upsert.js";
import type { FoundRecords } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { justAfter, recordChanges, stayingAt, timestamp } from "../../db/audit-log.js";
import { storeUpserts } from "../../db/batch-upsert.js";
import { batchOnce, refreshStatistics } from "../../db/batch-write.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { lockMatches } from "../../db/upsert-match.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type ClockRow, type PackageDetailRow, packageDetails, toPackageDetail } from "./package.columns.js";
import type { SaleBatch } from "./package-batch.model.js";
import { contested, createSaleUnit, reachOf } from "./package-batch.repository.js";
import { versionsOf } from "./package-batch-facts.repository.js";
import { insertPackages } from "./package-sale-insert.repository.js";
import type { FoundPackage, PackageUpsertRepository, PlannedPackage } from "./package-upsert.model.js";

/** Upserts of packages, in one transaction with a statement for each table and not for each package. */
export function createPackageUpsertRepository({
  database,
  limits: { recordBytes },
}: LimitedDatabase): PackageUpsertRepository {
  return {
    async store(batch, write, decide) {
      if (batch.size > 1) await database.write(refreshStatistics, [], write);
      return batchOnce(database, write, { ...batch, ...contested }, async (step) => {
        const { tx, now } = step;
        const { companyId, size } = batch;
        const decision = await decide({
          ...createSaleUnit(step, batch, recordBytes),
          find: (keys) => findPackages(tx, batch, keys),
        });
        return storeUpserts(step, decision, {
          ...{ write, size, resource: "Package" },
          insert: (sold) => insertPackages(tx, { companyId, sold, now, write }),
          change: (plans) => addExternalIds(tx, { companyId, plans, now, write }),
          versionsOf: (ids) => versionsOf(tx, { ...reachOf(batch), ids }),
        });
      });
    },
  };
}

/** Finds and locks the packages that match, also those of locations that the API key cannot access. */
async function findPackages(
  tx: Prisma.TransactionClient,
  { companyId, businessIds }: SaleBatch,
  keys: readonly PlacedKeys[],
): Promise<FoundRecords<FoundPackage>> {
  const matches = await lockMatches(tx, { kind: "package", companyId, businessIds, keys });
  const ids = [...new Set([...matches.values()].flat())];
  if (ids.length === 0) return { matches, records: new Map() };
  const rows = await tx.$queryRaw<(PackageDetailRow & ClockRow)[]>`
    WITH found AS (
    ${Prisma.raw(packageDetails)} WHERE k.company_id = ${companyId} AND k.id = ANY(${ids}::text[]))
    SELECT * FROM found`;
  const records = rows.map((row): FoundPackage => {
    const detail = toPackageDetail(row, { at: row.now, timeZone: row.time_zone });
    const { id, version, businessId } = detail;
    return { id, version, detail, isSeen: businessIds === undefined || businessIds.includes(businessId) };
  });
  return { matches, records: new Map(records.map((record) => [record.id, record])) };
}

interface Added {
  readonly companyId: string;
  readonly plans: readonly PlannedPackage[];
  readonly now: Date;
  readonly write: WriteContext;
}

/** Adds external ids to locked packages. Returns their new versions by id. */
async function addExternalIds(
  tx: Prisma.TransactionClient,
  { companyId, plans, now, write }: Added,
): Promise<ReadonlyMap<string, bigint>> {
  if (plans.length === 0) return new Map();
  const ids = plans.map(({ record }) => record.id);
  const rows = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE package k SET version = k.version + 1,
      last_updated_time = greatest(${timestamp(now)}, ${justAfter("k.last_updated_time")})
    WHERE k.company_id = ${companyId} AND k.id = ANY(${ids}::text[]) RETURNING k.id, k.version`;
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  const added = plans.map(({ record: { id }, addedExternalIds }) => ({ id, externalIds: addedExternalIds }));
  await insertExternalIds(tx, { kind: "package", companyId }, added);
  const changes = plans.map(({ record: { id, detail } }) => ({
    ...{
      companyId,
      kind: "package" as const,
      id,
      version: versions.get(id) ?? 0n,
      time: now,
      fields: ["external_ids"],
    },
    location: stayingAt(detail.businessId),
  }));
  await recordChanges(tx, write, changes);
  return versions;
}
