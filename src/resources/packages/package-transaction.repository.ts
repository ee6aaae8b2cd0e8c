import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { Prisma } from "../../gen/prisma/client.js";
import { type ClockRow, type PackageDetailRow, packageDetails, toPackageDetail } from "./package.columns.js";
import type { NewLedgerEntry, PackageDetail, PackageTarget } from "./package.model.js";

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
    ${Prisma.raw(packageDetails)}
    WHERE k.company_id = ${companyId} AND k.id = ${id}${within(businessIds)}`;
  if (!row) throw notFoundError("Package", id);
  return toPackageDetail(row, { at: row.now, timeZone: row.time_zone });
}

/** IANA zone id of the company. */
export async function timeZoneOf(tx: Prisma.TransactionClient, companyId: string): Promise<string> {
  const company = await tx.company.findUniqueOrThrow({ where: { id: companyId }, select: { timeZone: true } });
  return company.timeZone;
}

/** The same text for every key: one that differs by what a key may see would be another statement. */
function within(businessIds: readonly string[] | undefined): Prisma.Sql {
  const ids = businessIds ? [...businessIds] : null;
  return Prisma.sql` AND (${ids}::text[] IS NULL OR k.business_id = ANY(${ids}::text[]))`;
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
