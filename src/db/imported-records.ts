import { Prisma } from "../gen/prisma/client.js";

type ErasedKind = "customer" | "lead" | "pet";

interface ImportedRecord {
  readonly companyId: string;
  readonly kind: ErasedKind;
  readonly id: string;
  readonly jobId: string;
}

/**
 * Whether a locked record is as the import made it. A customer or lead with a pet or a package that the import did not store
 * has changed. Packages of imports that were undone do not count.
 */
export async function isAsImported(
  tx: Prisma.TransactionClient,
  { companyId, kind, id, jobId }: ImportedRecord,
): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM ${Prisma.raw(kind)} o WHERE o.company_id = ${companyId} AND o.id = ${id} AND o.version = 1
      AND ${kind === "pet" ? Prisma.sql`true` : hasOnlyPetsOf(kind, { companyId, jobId })}
      AND ${kind === "customer" ? hasOnlyUndonePackages(companyId) : Prisma.sql`true`}`;
  return rows.length > 0;
}

function hasOnlyPetsOf(
  owner: "customer" | "lead",
  { companyId, jobId }: Pick<ImportedRecord, "companyId" | "jobId">,
): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (
    SELECT 1 FROM pet p WHERE p.company_id = ${companyId} AND p.${Prisma.raw(owner)}_id = o.id AND NOT EXISTS (
      SELECT 1 FROM import_record r WHERE r.company_id = ${companyId} AND r.job_id = ${jobId} AND r.kind = 'pet'
        AND r.record_id = p.id AND p.version = 1))`;
}

function hasOnlyUndonePackages(companyId: string): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (
    SELECT 1 FROM package k WHERE k.company_id = ${companyId} AND k.customer_id = o.id AND NOT (
      k.deleted_time IS NOT NULL AND EXISTS (
        SELECT 1 FROM import_record r WHERE r.company_id = ${companyId} AND r.kind = 'package' AND r.record_id = k.id
          AND r.state = 'UNDONE')))`;
}
