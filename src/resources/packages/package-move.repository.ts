import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { WriteContext } from "../../core/write.js";
import { recordChanges, stayingAt, updatedTime } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { MovedPackage, MovedUnits, MoveSituation, PackageDetail, PackageMove } from "./package.model.js";
import { appendEntry, lockPackage, readPackage } from "./package-transaction.repository.js";

/**
 * Moves units to a new package of another customer in one transaction. The package they were bought as stays with its
 * customer, so that both lists show the move, and each package is erased with its own customer.
 */
export function movePackage(
  database: Database,
  move: PackageMove,
  write: WriteContext,
  decide: (situation: MoveSituation) => readonly MovedUnits[],
): Promise<MovedPackage> {
  const { target } = move;
  return once(database, write, {
    lock: (tx) => lockBoth(tx, move),
    async work({ tx, locked: hasCustomer, now, record }) {
      const detail = await readPackage(tx, target);
      const units = decide({ detail, hasCustomer });
      const id = newId(idPrefixes.package);
      const recorded = await record({ companyId: detail.companyId, kind: "package", ids: [detail.id, id] });
      await store(tx, write, { detail, units, id, move, now });
      return recorded;
    },
    async response({ tx, ids: [, movedId = ""] }) {
      return { detail: await readPackage(tx, target), moved: await readPackage(tx, { ...target, id: movedId }) };
    },
  });
}

/**
 * Locks both customers against erasure, and then the package, in the order of an erasure. Returns whether the customer who
 * gets the units exists, is not archived and is accessible. Throws NOT_FOUND if the package is not.
 */
async function lockBoth(tx: Prisma.TransactionClient, { target, customerId }: PackageMove): Promise<boolean> {
  const { companyId, businessIds, id } = target;
  const owner = await tx.package.findUnique({
    where: { companyId_id: { companyId, id } },
    select: { customerId: true, businessId: true },
  });
  if (!owner || (businessIds && !businessIds.includes(owner.businessId))) throw notFoundError("Package", id);
  const both = [owner.customerId, customerId];
  const customers = await tx.$queryRaw<readonly { id: string; archived: boolean; businessId: string | null }[]>`
    SELECT c.id, c.archived_time IS NOT NULL AS archived, c.preferred_business_id AS "businessId" FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${both}::text[]) ORDER BY c.id FOR KEY SHARE`;
  await lockPackage(tx, target);
  const found = customers.find((customer) => customer.id === customerId);
  if (!found || found.archived) return false;
  return !businessIds || (found.businessId !== null && businessIds.includes(found.businessId));
}

interface Store {
  readonly detail: PackageDetail;
  readonly units: readonly MovedUnits[];
  /** Of the new package. */
  readonly id: string;
  readonly move: PackageMove;
  readonly now: Date;
}

async function store(tx: Prisma.TransactionClient, write: WriteContext, stored: Store): Promise<void> {
  const { detail, units, id, move, now } = stored;
  const { companyId, businessId } = detail;
  const time = updatedTime(detail, now);
  const version = detail.version + 1n;
  await insertPackage(tx, stored);
  await tx.package.update({
    where: { companyId_id: { companyId, id: detail.id } },
    data: { lastUpdatedTime: time, version },
  });
  for (const [position, { line, quantity }] of units.entries()) {
    const lineId = newId(idPrefixes.packageService);
    await insertLine(tx, { companyId, id, lineId, line, quantity, position });
    const entry = { kind: "MOVE", note: move.reason, appointmentId: "", orderId: "" } as const;
    const sent = { ...entry, lineId: line.id, quantity: -quantity, movedPackageId: id };
    await appendEntry(tx, write, { companyId, packageId: detail.id, time, entry: sent });
    const received = { ...entry, lineId, quantity, movedPackageId: detail.id };
    await appendEntry(tx, write, { companyId, packageId: id, time: now, entry: received });
  }
  await recordChanges(tx, write, [
    {
      ...{ companyId, kind: "package", id: detail.id, version, time, fields: ["balance"] },
      location: stayingAt(businessId),
    },
    { ...{ companyId, kind: "package", id, version: 1n, time: now, fields: [] }, location: { after: businessId } },
  ]);
}

/** The same package for another customer. It was paid for once. */
async function insertPackage(tx: Prisma.TransactionClient, { detail, id, move, now }: Store): Promise<void> {
  const { companyId, businessId, staffId, name, description, price, startTime, endTime, expirationDate } = detail;
  await tx.package.create({
    data: {
      ...{ companyId, id, customerId: move.customerId, businessId, staffId: staffId ?? null, name, description },
      ...{ priceCurrency: price.currencyCode, priceUnits: 0n, priceNanos: 0, movedFromId: detail.id },
      ...{ purchaseTime: now, startTime: startTime ?? null, endTime: endTime ?? null },
      ...{ expirationDate: new Date(`${expirationDate}T00:00:00Z`), createdTime: now, lastUpdatedTime: now },
    },
  });
}

interface NewLine extends MovedUnits {
  readonly companyId: string;
  readonly id: string;
  readonly lineId: string;
  readonly position: number;
}

async function insertLine(
  tx: Prisma.TransactionClient,
  { companyId, id, lineId, line, quantity, position }: NewLine,
): Promise<void> {
  await tx.packageService.create({
    data: { companyId, id: lineId, packageId: id, position, totalQuantity: quantity },
  });
  await tx.packageServiceItem.createMany({
    data: line.services.map(({ serviceId, name, unitPrice }, index) => ({
      ...{ companyId, packageServiceId: lineId, position: index, serviceId, name },
      ...(unitPrice
        ? { priceCurrency: unitPrice.currencyCode, priceUnits: unitPrice.units, priceNanos: unitPrice.nanos }
        : {}),
    })),
  });
}
