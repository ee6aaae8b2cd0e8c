import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChange, stayingAt, updatedTime } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/idempotent-write.js";
import { Prisma } from "../../gen/prisma/client.js";
import {
  type ClockRow,
  type LedgerRow,
  ledgerColumns,
  type PackageDetailRow,
  packageColumns,
  packageLines,
  toLedgerEntry,
  toPackageDetail,
} from "./package.columns.js";
import type {
  ChangedPackage,
  LedgerEntry,
  NewLedgerEntry,
  PackageDetail,
  PackageEffect,
  PackageTarget,
  PackageTransaction,
} from "./package.model.js";

/**
 * Changes a package in one transaction. The package is locked in a separate statement before its ledger is summed up:
 * in the locking statement, the sum would use the snapshot from before the wait.
 */
export function changePackage(
  database: Database,
  target: PackageTarget,
  write: WriteContext,
  decide: (unit: PackageTransaction) => Promise<PackageEffect>,
): Promise<ChangedPackage> {
  return once(database, write, {
    lock: (tx) => lockPackage(tx, target),
    async work({ tx, now, record }) {
      const detail = await readPackage(tx, target);
      const effect = await decide({ detail, now, ...ledgerOf(tx, detail) });
      const entryId = await store(tx, write, { detail, effect, now });
      const ids = [detail.id, ...(entryId === undefined ? [] : [entryId])];
      return record({ companyId: detail.companyId, kind: "package", ids });
    },
    async response({ tx, ids: [, entryId] }) {
      const detail = await readPackage(tx, target);
      return { detail, ...(entryId === undefined ? {} : { entry: await readEntry(tx, detail, entryId) }) };
    },
  });
}

/** Throws NOT_FOUND if the principal cannot access the package. */
export async function lockPackage(
  tx: Prisma.TransactionClient,
  { companyId, businessIds, id }: PackageTarget,
): Promise<void> {
  const rows = await tx.$queryRaw<readonly unknown[]>`
    SELECT k.id FROM package k WHERE k.company_id = ${companyId} AND k.id = ${id}${within(businessIds)}
    FOR NO KEY UPDATE`;
  if (rows.length === 0) throw notFoundError("Package", id);
}

/** A package as the transaction sees it. Throws NOT_FOUND. */
export async function readPackage(
  tx: Prisma.TransactionClient,
  { companyId, businessIds, id }: PackageTarget,
): Promise<PackageDetail> {
  const [row] = await tx.$queryRaw<(PackageDetailRow & ClockRow)[]>`
    SELECT ${Prisma.raw(packageColumns)}, ${Prisma.raw(packageLines)}, o.time_zone, statement_timestamp() AS now
    FROM package k JOIN company o ON o.id = k.company_id
    WHERE k.company_id = ${companyId} AND k.id = ${id}${within(businessIds)}`;
  if (!row) throw notFoundError("Package", id);
  return toPackageDetail(row, { at: row.now, timeZone: row.time_zone });
}

/** IANA zone id of the company. */
export async function timeZoneOf(tx: Prisma.TransactionClient, companyId: string): Promise<string> {
  const company = await tx.company.findUniqueOrThrow({ where: { id: companyId }, select: { timeZone: true } });
  return company.timeZone;
}

function within(businessIds: readonly string[] | undefined): Prisma.Sql {
  return businessIds ? Prisma.sql` AND k.business_id = ANY(${[...businessIds]}::text[])` : Prisma.empty;
}

async function readEntry(tx: Prisma.TransactionClient, { companyId }: PackageDetail, id: string): Promise<LedgerEntry> {
  const [row] = await tx.$queryRaw<LedgerRow[]>`
    SELECT ${Prisma.raw(ledgerColumns)} FROM package_ledger e WHERE e.company_id = ${companyId} AND e.id = ${id}`;
  if (!row) throw new Error("ledger entry not found");
  return toLedgerEntry(row);
}

export function ledgerOf(
  tx: Prisma.TransactionClient,
  { companyId, id: packageId }: PackageDetail,
): Pick<PackageTransaction, "timeZone" | "findRedemption" | "redeemedUnits"> {
  const sum = { _sum: { quantity: true } } as const;
  return {
    timeZone: () => timeZoneOf(tx, companyId),

    async findRedemption(id) {
      const entry = await tx.packageLedger.findFirst({ where: { companyId, packageId, id, kind: "REDEMPTION" } });
      if (!entry) return undefined;
      const refunds = await tx.packageLedger.aggregate({ where: { companyId, reversedId: id }, ...sum });
      const { packageServiceId: lineId, quantity } = entry;
      if (lineId === null) throw new Error("a redemption without an item");
      return { lineId, quantity: -quantity, refunded: refunds._sum.quantity ?? 0 };
    },

    async redeemedUnits(packageServiceId) {
      const kind = { in: ["REDEMPTION", "REFUND"] };
      const net = await tx.packageLedger.aggregate({ where: { companyId, packageServiceId, kind }, ...sum });
      return -(net._sum.quantity ?? 0);
    },
  };
}

interface Store {
  readonly detail: PackageDetail;
  readonly effect: PackageEffect;
  readonly now: Date;
}

/** Stores the change. Returns the id of the appended entry. */
async function store(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { detail, effect, now }: Store,
): Promise<string | undefined> {
  if (effect.kind === "nothing") return undefined;
  const { companyId, id } = detail;
  const time = updatedTime(detail, now);
  const version = detail.version + 1n;
  const deletedTime = effect.kind === "withdraw" ? { deletedTime: time } : {};
  const restored = effect.kind === "restore" ? { deletedTime: null } : {};
  const dates = (effect.kind === "append" && effect.dates) || {};
  const { expirationDate, ...times } = dates;
  await tx.package.update({
    where: { companyId_id: { companyId, id } },
    data: {
      ...{ ...deletedTime, ...restored, ...times, lastUpdatedTime: time, version },
      ...(expirationDate === undefined ? {} : { expirationDate: new Date(`${expirationDate}T00:00:00Z`) }),
    },
  });
  const changed = Object.keys(dates).map((name) => snakeCase(name));
  const units = effect.kind === "append" && effect.entry.quantity !== 0 ? ["balance"] : [];
  const fields = effect.kind === "append" ? [...changed, ...units] : ["deleted"];
  const location = stayingAt(detail.businessId);
  await recordChange(tx, write, { companyId, kind: "package", id, version, time: now, fields, location });
  if (effect.kind !== "append") return undefined;
  return appendEntry(tx, write, { companyId, packageId: id, time, entry: effect.entry });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface Append {
  readonly companyId: string;
  readonly packageId: string;
  readonly time: Date;
  readonly entry: NewLedgerEntry;
}

/** Appends an entry to the ledger of a locked package. Returns its id. */
export async function appendEntry(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { companyId, packageId, time, entry: { lineId, refundedId, ...entry } }: Append,
): Promise<string> {
  const { rpc, keyId, requestId } = write;
  const id = newId(idPrefixes.ledgerEntry);
  await tx.packageLedger.create({
    data: {
      ...{ companyId, id, packageId, packageServiceId: lineId ?? null, reversedId: refundedId ?? null, ...entry },
      ...{ occurredTime: time, rpc, keyId, staffId: actingStaffId(write, companyId), requestId },
    },
  });
  return id;
}
