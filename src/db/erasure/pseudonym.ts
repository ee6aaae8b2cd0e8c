import { createHmac } from "node:crypto";
import { erasedPrefix } from "../../core/ids.js";
import type { ResourceKind, WriteContext } from "../../core/write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { justAfter, recordChanges, stayingAt } from "../audit-log.js";

/** Kinds of records that can be erased. A pet is erased with its owner, or alone. */
export type SubjectKind = "customer" | "lead" | "pet";

/** The pseudonyms of a record: first the one for an erasure now, then those it may have from earlier erasures. */
export type Pseudonym = (companyId: string, kind: SubjectKind, id: string) => readonly [string, ...string[]];

/**
 * A salted hash in the format of an id. It is the same for the same record, so that an erased id is recognized, and
 * useless without the salt.
 *
 * @param salt at least 32 bytes, like the others
 * @param olderSalts salts of erasures before the secret was changed
 */
export function createPseudonym(salt: Uint8Array, ...olderSalts: readonly Uint8Array[]): Pseudonym {
  return (companyId, kind, id) => {
    const under = (key: Uint8Array) => {
      const hash = createHmac("sha256", key).update(`${companyId}/${kind}/${id}`).digest("base64url");
      return erasedPrefix + hash.slice(0, maxIdLength - erasedPrefix.length);
    };
    return [under(salt), ...olderSalts.map(under)];
  };
}

const maxIdLength = 30;

/** The ids of a record and its children, by kind. Other data may refer to them. */
export type Traces = ReadonlyMap<ResourceKind, readonly string[]>;

interface TracedRecord {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** Must be called before the record and its children are deleted. */
export async function collectErasureIds(
  tx: Prisma.TransactionClient,
  { companyId, kind, id }: TracedRecord,
): Promise<Traces> {
  const whose = { companyId, ...(kind === "customer" ? { customerId: id } : { leadId: id }) };
  const pets = await tx.pet.findMany({ where: whose, select: { id: true, notes: { select } } });
  const found = new Map<ResourceKind, readonly string[]>([
    [kind, [id]],
    ["pet", idsOf(pets)],
    ["pet_note", idsOf(pets.flatMap(({ notes }) => notes))],
  ]);
  if (kind === "lead") {
    const ofLead = { where: { companyId, leadId: id }, select };
    return found.set("lead_note", idsOf(await tx.leadNote.findMany(ofLead)));
  }
  const ofCustomer = { where: { companyId, customerId: id }, select };
  const notes = idsOf(await tx.customerNote.findMany(ofCustomer));
  // Some notes were added to its lead.
  return found
    .set("customer_note", notes)
    .set("lead_note", notes)
    .set("card_link", idsOf(await tx.cardLink.findMany(ofCustomer)));
}

const select = { id: true } as const;

function idsOf(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map((row) => row.id);
}

interface ForgottenRecord {
  readonly companyId: string;
  readonly id: string;
  /** The pseudonym that replaces the id. */
  readonly hash: string;
  readonly time: Date;
}

/**
 * Packages are retained for accounting: units, prices and times. Their texts are free and may name the person, and other
 * systems know the person by the ids that they gave the packages.
 */
export async function redactPackages(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { companyId, id, hash, time }: ForgottenRecord,
): Promise<void> {
  await redactMovedTexts(tx, write, { companyId, id, hash, time });
  const packages = await tx.$queryRaw<{ id: string; version: bigint; businessId: string }[]>`
    UPDATE package SET customer_id = ${hash}, name = '', description = '', version = version + 1,
      last_updated_time = greatest(${time}, ${justAfter("last_updated_time")})
    WHERE company_id = ${companyId} AND customer_id = ${id} RETURNING id, version, business_id AS "businessId"`;
  // What an import remembers of them.
  const ids = { in: packages.map((sold) => sold.id) };
  if (packages.length > 0) {
    await tx.importRecord.deleteMany({ where: { companyId, kind: "package", recordId: ids } });
    await tx.packageExternalId.deleteMany({ where: { companyId, packageId: ids } });
  }
  const fields = ["customer_id", "name", "description", "external_ids"];
  await recordChanges(
    tx,
    write,
    packages.map(({ businessId, ...changed }) => {
      return { ...changed, companyId, kind: "package", time, fields, location: stayingAt(businessId) };
    }),
  );
}

/**
 * Packages of other customers, made of units that this one moved, have a copy of the texts. They get the name of their
 * first service instead.
 */
async function redactMovedTexts(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { companyId, id, time }: ForgottenRecord,
): Promise<void> {
  const packages = await tx.$queryRaw<{ id: string; version: bigint; businessId: string }[]>`
    WITH RECURSIVE moved AS (
      SELECT m.id, p.name, p.description FROM package p
      JOIN package m ON m.company_id = p.company_id AND m.moved_from_id = p.id
      WHERE p.company_id = ${companyId} AND p.customer_id = ${id}
      UNION SELECT m.id, moved.name, moved.description FROM moved
      JOIN package m ON m.company_id = ${companyId} AND m.moved_from_id = moved.id)
    UPDATE package k SET description = CASE k.description WHEN moved.description THEN '' ELSE k.description END,
      name = CASE k.name WHEN moved.name THEN coalesce((
        SELECT min(i.name) FROM package_service s
        JOIN package_service_item i ON i.company_id = s.company_id AND i.package_service_id = s.id
        WHERE s.company_id = k.company_id AND s.package_id = k.id), '') ELSE k.name END,
      version = version + 1, last_updated_time = greatest(${time}, ${justAfter("last_updated_time")})
    FROM moved WHERE k.company_id = ${companyId} AND k.id = moved.id AND k.customer_id <> ${id}
      AND k.customer_id NOT LIKE 'erased\\_%'
    RETURNING k.id, k.version, k.business_id AS "businessId"`;
  const fields = ["name", "description"];
  await recordChanges(
    tx,
    write,
    packages.map(({ businessId, ...changed }) => {
      return { ...changed, companyId, kind: "package", time, fields, location: stayingAt(businessId) };
    }),
  );
}

/**
 * Idempotency records of earlier requests are retained until they expire, so that a retried create does not restore the
 * record: it finds only the pseudonym. Uses the index `idempotency_by_resource`.
 */
export async function pseudonymizeClaims(
  tx: Prisma.TransactionClient,
  { companyId, hash }: ForgottenRecord,
  traces: Traces,
): Promise<void> {
  for (const [kind, ids] of traces) {
    if (ids.length === 0) continue;
    await tx.$executeRaw`UPDATE idempotency SET resource_ids = ARRAY(
        SELECT CASE WHEN r.id = ANY(${ids}::text[]) THEN ${hash} ELSE r.id END
        FROM unnest(resource_ids) WITH ORDINALITY AS r (id, position) ORDER BY r.position)
      WHERE company_id = ${companyId} AND kind = ${kind} AND resource_ids && ${ids}::text[]`;
  }
}
