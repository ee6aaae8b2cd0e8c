import { actingStaffId, type WriteContext } from "../../core/write.js";
import { justAfter, recordChanges, stayingAt } from "../../db/audit-log.js";
import { Prisma } from "../../gen/prisma/client.js";

interface Move {
  readonly companyId: string;
  readonly fromId: string;
  readonly intoId: string;
  readonly now: Date;
  readonly write: WriteContext;
  /** The locations of both records. */
  readonly location: { readonly before?: string | undefined; readonly after?: string | undefined };
  /** Only these. Absent = all. */
  readonly only?: MovedIds;
}

/** Ids of what moved with a merge. */
export interface MovedIds {
  readonly notes: readonly string[];
  readonly pets: readonly string[];
  readonly packages: readonly string[];
  readonly cards: readonly string[];
  readonly cardLinks: readonly string[];
  readonly leads: readonly string[];
  readonly imports?: readonly string[];
  readonly externalIds?: readonly string[];
}

/** How many rows moved, by what an undo reports. */
export interface MovedCounts {
  readonly notes: number;
  readonly pets: number;
  readonly packages: number;
}

/**
 * Moves everything that refers to one customer to another one, except for what both have in common: phones, addresses,
 * tags, accounts and the profile. Pets, packages and leads show their customer, so they get a new version.
 */
export async function moveRecords(tx: Prisma.TransactionClient, move: Move): Promise<MovedCounts> {
  const { companyId, fromId, intoId, now, write, location, only } = move;
  const owned = (ids: readonly string[] | undefined) =>
    ids ? Prisma.sql`AND t.id = ANY(${[...ids]}::text[])` : Prisma.empty;
  const notes = await tx.$executeRaw`UPDATE customer_note t SET customer_id = ${intoId}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${owned(only?.notes)}`;
  await tx.$executeRaw`UPDATE customer_card t SET customer_id = ${intoId}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${owned(only?.cards)}`;
  await tx.$executeRaw`UPDATE card_link t SET customer_id = ${intoId}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${owned(only?.cardLinks)}`;
  // A later run of the import finds the survivor, and its undo leaves the survivor, which has changed.
  const entries = only
    ? Prisma.sql`AND t.job_id || '/' || t.key = ANY(${[...(only.imports ?? [])]}::text[])`
    : Prisma.empty;
  await tx.$executeRaw`UPDATE import_record t SET record_id = ${intoId}
    WHERE t.company_id = ${companyId} AND t.kind = 'customer' AND t.record_id = ${fromId} ${entries}`;
  const keys = only
    ? Prisma.sql`AND t.system || '/' || t.external_id = ANY(${[...(only.externalIds ?? [])]}::text[])`
    : Prisma.empty;
  await tx.$executeRaw`UPDATE customer_external_id t SET customer_id = ${intoId}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${keys}`;
  const version = Prisma.sql`version = t.version + 1, last_updated_time = greatest(${now}, ${justAfter("t.last_updated_time")})`;
  const author = Prisma.sql`, last_updated_by = ${actingStaffId(write, companyId)}`;
  const pets = await tx.$queryRaw<MovedRow[]>`UPDATE pet t SET customer_id = ${intoId}, ${version} ${author}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${owned(only?.pets)}
    RETURNING t.id, t.version, NULL AS "businessId"`;
  const packages = await tx.$queryRaw<MovedRow[]>`UPDATE package t SET customer_id = ${intoId}, ${version}
    WHERE t.company_id = ${companyId} AND t.customer_id = ${fromId} ${owned(only?.packages)}
    RETURNING t.id, t.version, t.business_id AS "businessId"`;
  const leads = await tx.$queryRaw<MovedRow[]>`UPDATE lead t SET promoted_customer_id = ${intoId}, ${version} ${author}
    WHERE t.company_id = ${companyId} AND t.promoted_customer_id = ${fromId} ${owned(only?.leads)}
    RETURNING t.id, t.version, t.preferred_business_id AS "businessId"`;
  const related = { kind: "customer", id: intoId } as const;
  const moved = { companyId, time: now, related };
  await recordChanges(tx, write, [
    ...pets.map(({ id, version: number }) => ({
      ...{ ...moved, kind: "pet" as const, id, version: number, fields: ["customer_id"], location },
    })),
    ...packages.map(({ id, version: number, businessId }) => ({
      ...{ ...moved, kind: "package" as const, id, version: number, fields: ["customer_id"] },
      location: stayingAt(businessId ?? undefined),
    })),
    ...leads.map(({ id, version: number, businessId }) => ({
      ...{ ...moved, kind: "lead" as const, id, version: number, fields: ["promoted_customer_id"] },
      location: stayingAt(businessId ?? undefined),
    })),
  ]);
  return { notes, pets: pets.length, packages: packages.length };
}

interface MovedRow {
  readonly id: string;
  readonly version: bigint;
  readonly businessId: string | null;
}
