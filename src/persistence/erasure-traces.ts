import type { Write } from "../domain/write.js";
import type { Prisma } from "../gen/prisma/client.js";
import { recordChanges } from "./ledgers.js";

/** The ids under which something of a record may be known elsewhere. */
export interface Traces {
  readonly petIds: readonly string[];
  /** Of its addresses, notes, card links and the notes of its pets. */
  readonly otherIds: readonly string[];
}

export interface TracedRecord {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** Call it before the record is deleted, and with it all that these ids name. */
export async function tracesOf(tx: Prisma.TransactionClient, { companyId, kind, id }: TracedRecord): Promise<Traces> {
  const select = { id: true } as const;
  const whose = { companyId, ...(kind === "customer" ? { customerId: id } : { leadId: id }) };
  const pets = await tx.pet.findMany({ where: whose, select: { id: true, notes: { select } } });
  const ofCustomer =
    kind === "customer"
      ? [
          await tx.customerAddress.findMany({ where: { companyId, customerId: id }, select }),
          await tx.customerNote.findMany({ where: { companyId, customerId: id }, select }),
          await tx.cardLink.findMany({ where: { companyId, customerId: id }, select }),
        ]
      : [];
  const others = [...ofCustomer, ...pets.map(({ notes }) => notes)].flat();
  return { petIds: pets.map((pet) => pet.id), otherIds: others.map((other) => other.id) };
}

export interface ForgottenRecord {
  readonly companyId: string;
  readonly id: string;
  /** The pseudonym that takes the place of the id. */
  readonly hash: string;
  readonly time: Date;
}

/** The packages stay for the books: units, prices and times. Their texts are free and may name the person. */
export async function forgetPackages(
  tx: Prisma.TransactionClient,
  write: Write,
  { companyId, id, hash, time }: ForgottenRecord,
): Promise<void> {
  const packages = await tx.$queryRaw<{ id: string; version: bigint }[]>`
    UPDATE package SET customer_id = ${hash}, name = '', description = '', version = version + 1,
      last_updated_time = greatest(${time}, last_updated_time + interval '1 millisecond')
    WHERE company_id = ${companyId} AND customer_id = ${id} RETURNING id, version`;
  await recordChanges(
    tx,
    write,
    packages.map((changed) => ({ companyId, kind: "package", ...changed, time })),
  );
}

/**
 * The claims of earlier calls stay until they expire, so that a repeated create does not bring the record back: it finds
 * nothing under the pseudonym. The index `idempotency_by_resource` finds them.
 */
export async function forgetClaims(
  tx: Prisma.TransactionClient,
  { companyId, id, hash }: ForgottenRecord,
  { petIds, otherIds }: Traces,
): Promise<void> {
  const ids = [id, ...petIds, ...otherIds];
  await tx.$executeRaw`UPDATE idempotency SET resource_ids = ARRAY(
      SELECT CASE WHEN r.id = ANY(${ids}::text[]) THEN ${hash} ELSE r.id END
      FROM unnest(resource_ids) WITH ORDINALITY AS r (id, position) ORDER BY r.position)
    WHERE company_id = ${companyId} AND resource_ids && ${ids}::text[]`;
}
