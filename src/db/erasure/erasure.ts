import { actingStaffId, type WriteContext } from "../../core/write.js";
import { Prisma } from "../../gen/prisma/client.js";
import { justAfter, recordChange, recordChanges, stayingAt, withoutAddress } from "../audit-log.js";
import type { Database } from "../database.js";
import { once, orNotFound, orThrow } from "../idempotent-write.js";
import {
  collectErasureIds,
  type Pseudonym,
  pseudonymizeClaims,
  redactPackages,
  type SubjectKind,
  type Traces,
} from "./pseudonym.js";

export interface RecordKey {
  readonly companyId: string;
  readonly id: string;
}

interface Erasing<Key> {
  /** Locks the record. Throws NOT_FOUND if the principal cannot access it. */
  lock(tx: Prisma.TransactionClient): Promise<Key>;
  readonly kind: SubjectKind;
  readonly write: WriteContext;
}

/**
 * Erases a record in one transaction. A retry no longer finds the record, but its idempotency record shows that the
 * erasure was done.
 */
export function createEraser<Key extends RecordKey>(
  database: Database,
  { lock, kind, write }: Erasing<Key>,
  erase: (tx: Prisma.TransactionClient, key: Key, now: Date) => Promise<void>,
): Promise<void> {
  return once(database, write, {
    lock: (tx) => orNotFound(lock(tx)),
    async work({ tx, locked, now, record }) {
      const found = orThrow(locked);
      await erase(tx, found, now);
      return record({ companyId: found.companyId, kind, ids: [] });
    },
    response: async () => {},
  });
}

interface Erased extends RecordKey {
  readonly kind: "customer" | "lead";
  readonly time: Date;
  readonly pseudonym: Pseudonym;
}

/**
 * Deletes a locked record with everything that has a foreign key to it, removes references elsewhere, and records the
 * erasure under its pseudonym and without an address, because a person may erase their own record. docs/erasure.md lists
 * what is retained; test/rpc/erasure.test.ts checks every column.
 */
export async function eraseRecord(
  tx: Prisma.TransactionClient,
  addressed: WriteContext,
  erased: Erased,
): Promise<void> {
  const write = withoutAddress(addressed);
  const { companyId, kind, id, time, pseudonym } = erased;
  const traces = await collectErasureIds(tx, erased);
  const { rawId, version, preferredBusinessId } = await remove(tx, erased);
  const [hash] = pseudonym(companyId, kind, id);
  const forgotten = { companyId, id, hash, time };
  if (kind === "customer") await redactPackages(tx, write, forgotten);
  await forgetInLedgers(tx, erased, traces);
  await pseudonymizeClaims(tx, forgotten, traces);
  await clearRelationValues(tx, write, { companyId, kind, id, rawId, time });
  const location = { before: preferredBusinessId ?? undefined };
  await recordChange(tx, write, { companyId, kind, id: hash, version: version + 1n, time, fields: [], location });
}

function remove(tx: Prisma.TransactionClient, { companyId, kind, id }: Erased) {
  const named = {
    where: { companyId_id: { companyId, id } },
    select: { rawId: true, version: true, preferredBusinessId: true },
  };
  return kind === "customer" ? tx.customer.delete(named) : tx.lead.delete(named);
}

interface ErasedPet extends Omit<Erased, "kind"> {
  /** The location of its owner, whose lock keeps out other changes of the pet. */
  readonly businessId: string | undefined;
}

/** The same for one pet, whose owner stays. */
export async function eraseOnePet(
  tx: Prisma.TransactionClient,
  addressed: WriteContext,
  { businessId: before, ...erased }: ErasedPet,
): Promise<void> {
  const { companyId, id, time, pseudonym } = erased;
  const notes = await tx.petNote.findMany({ where: { companyId, petId: id }, select: { id: true } });
  const named = { where: { companyId_id: { companyId, id } }, select: { version: true } };
  const { version } = await tx.pet.delete(named);
  const [hash] = pseudonym(companyId, "pet", id);
  await tx.$executeRaw`SELECT forget_subject(${companyId}, 'pet', ${id}, ${hash})`;
  const traces: Traces = new Map([
    ["pet", [id]],
    ["pet_note", notes.map((note) => note.id)],
  ]);
  await pseudonymizeClaims(tx, { companyId, id, hash, time }, traces);
  const changed = { companyId, kind: "pet", id: hash, version: version + 1n, time, fields: [] } as const;
  await recordChange(tx, withoutAddress(addressed), { ...changed, location: { before } });
}

/** Ledgers are retained under pseudonyms. The server can change them only with this function. */
async function forgetInLedgers(
  tx: Prisma.TransactionClient,
  { companyId, kind, id, pseudonym }: Erased,
  traces: Traces,
): Promise<void> {
  const petIds = traces.get("pet") ?? [];
  const subjects = [{ kind, id }, ...petIds.map((petId) => ({ kind: "pet" as const, id: petId }))];
  const kinds = subjects.map((subject) => subject.kind);
  const ids = subjects.map((subject) => subject.id);
  const hashes = subjects.map((subject) => pseudonym(companyId, subject.kind, subject.id)[0]);
  await tx.$executeRaw`SELECT forget_subject(${companyId}, s.kind, s.id, s.hash)
    FROM unnest(${kinds}::text[], ${ids}::text[], ${hashes}::text[]) AS s (kind, id, hash)`;
}

/** Whether the company had a record with this id that was erased. */
export async function isErased(
  tx: Prisma.TransactionClient,
  { companyId, kind, id, pseudonym }: Omit<Erased, "time" | "kind"> & { readonly kind: SubjectKind },
): Promise<boolean> {
  const resourceId = { in: [...pseudonym(companyId, kind, id)] };
  return (await tx.change.findFirst({ where: { companyId, kind, resourceId }, select: { id: true } })) !== null;
}

export interface RelationTarget {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
  readonly rawId: bigint;
  readonly time: Date;
}

/**
 * Removes RELATION values that refer to an erased record from all customers, leads and pets of the company, including
 * archived and promoted ones, and from the defaults of its custom fields. Each removal is a change like any other
 * write; a lead changes with its pets.
 */
async function clearRelationValues(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  target: RelationTarget,
): Promise<void> {
  const { companyId, time } = target;
  const stamp = Prisma.sql`version = version + 1, last_updated_by = ${actingStaffId(write, companyId)},
    last_updated_time = greatest(${time}, ${justAfter("last_updated_time")})`;
  const values = Prisma.sql`FROM jsonb_each(custom_fields) AS f WHERE ${names(target, Prisma.sql`f.value`)}`;
  const clearIn = (kind: "customer" | "lead" | "pet", columns: Prisma.Sql) =>
    tx.$queryRaw<(Changed & { readonly leadId: string | null })[]>`
      UPDATE ${Prisma.raw(kind)} SET ${stamp}, custom_fields = custom_fields - ARRAY(SELECT f.key ${values})
      WHERE company_id = ${companyId} AND custom_fields @? '$.*.relation' AND EXISTS (SELECT 1 ${values})
      RETURNING id, version, ${columns}`;
  for (const kind of ["customer", "lead"] as const) {
    const own = Prisma.sql`preferred_business_id AS "businessId", NULL AS "leadId"`;
    await record(kind, "custom_fields", await clearIn(kind, own));
  }
  const ofOwner = Prisma.sql`lead_id AS "leadId", coalesce(
    (SELECT c.preferred_business_id FROM customer c WHERE c.company_id = ${companyId} AND c.id = pet.customer_id),
    (SELECT l.preferred_business_id FROM lead l WHERE l.company_id = ${companyId} AND l.id = pet.lead_id)) AS "businessId"`;
  const pets = await clearIn("pet", ofOwner);
  await record("pet", "custom_fields", pets);
  const leadIds = [...new Set(pets.flatMap((pet) => pet.leadId ?? []))];
  if (leadIds.length > 0) {
    const leads = await tx.$queryRaw<Changed[]>`UPDATE lead SET ${stamp}
      WHERE company_id = ${companyId} AND id = ANY(${leadIds}::text[])
      RETURNING id, version, preferred_business_id AS "businessId"`;
    await record("lead", "pets", leads);
  }
  const fields = await tx.$queryRaw<Changed[]>`UPDATE custom_field SET ${stamp}, default_value = NULL
    WHERE company_id = ${companyId} AND ${names(target, Prisma.sql`default_value`)} RETURNING id, version, NULL AS "businessId"`;
  await record("custom_field", "default_value", fields);

  function record(
    kind: "customer" | "lead" | "pet" | "custom_field",
    field: string,
    changed: readonly Changed[],
  ): Promise<void> {
    return recordChanges(
      tx,
      write,
      changed.map(({ id, version, businessId }) => {
        const location = stayingAt(businessId ?? undefined);
        return { companyId, kind, id, version, time, fields: [field], location };
      }),
    );
  }
}

interface Changed {
  readonly id: string;
  readonly version: bigint;
  readonly businessId: string | null;
}

/** Whether a custom field value refers to the record, by its id or its number. */
function names({ kind, id, rawId }: RelationTarget, value: Prisma.Sql): Prisma.Sql {
  const relation = Prisma.sql`${value} -> 'relation'`;
  return Prisma.sql`${relation} ->> 'entity' = ${kind.toUpperCase()}
    AND (${relation} ->> 'refId' = ${id} OR ${relation} ->> 'id' = ${rawId.toString()})`;
}
