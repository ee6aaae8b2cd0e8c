import { etagMismatch } from "../../core/errors.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import type { WriteContext } from "../../core/write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { recordChange, recordChanges, withoutAddress } from "../audit-log.js";
import type { Database } from "../database.js";
import { once, orNotFound, orThrow } from "../idempotent-write.js";
import { isAsImported } from "../imported-records.js";
import { changeRelationValues } from "../relation-values.js";
import { forgetInSnapshots, forgetMerges, mergedIds } from "./merged-records.js";
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

interface Erasing<Key> extends ErasureCondition {
  /**
   * Locks the record, so that nothing that the condition looks at changes until it is erased. Throws NOT_FOUND if the
   * principal cannot access it.
   */
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
  { lock, kind, write, unlessChangedSince: jobId }: Erasing<Key>,
  erase: (tx: Prisma.TransactionClient, key: Key, now: Date) => Promise<void>,
): Promise<void> {
  return once(database, write, {
    lock: (tx) => orNotFound(lock(tx)),
    async work({ tx, locked, now, record }) {
      const found = orThrow(locked);
      const { companyId, id } = found;
      if (jobId !== undefined && !(await isAsImported(tx, { companyId, kind, id, jobId })))
        throw etagMismatch(resources[kind], "");
      await erase(tx, found, now);
      return record({ companyId, kind, ids: [] });
    },
    response: async () => {},
  });
}

const resources = { customer: "Customer", lead: "Lead", pet: "Pet" } as const;

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
  const merged = kind === "customer" ? await mergedIds(tx, erased) : [];
  const { rawId, version, preferredBusinessId } = await remove(tx, erased);
  const [hash] = pseudonym(companyId, kind, id);
  const forgotten = { companyId, id, hash, time };
  if (kind === "customer") await redactPackages(tx, write, forgotten);
  await forgetInLedgers(tx, erased, traces);
  await forgetImports(tx, { companyId, kind, ids: [id] });
  await forgetImports(tx, { companyId, kind: "pet", ids: traces.get("pet") ?? [] });
  await pseudonymizeClaims(tx, forgotten, traces);
  await changeRelationValues(tx, write, { companyId, kind, id, rawId, time });
  const location = { before: preferredBusinessId ?? undefined };
  await recordChange(tx, write, { companyId, kind, id: hash, version: version + 1n, time, fields: [], location });
  await forgetInSnapshots(tx, companyId, traces);
  if (kind === "customer") await forgetMerged(tx, write, erased, merged);
}

/**
 * The records that were merged into an erased customer were the same person. Their ids stay refused for imports, like its
 * own.
 */
async function forgetMerged(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { companyId, id, time, pseudonym }: Erased,
  merged: readonly string[],
): Promise<void> {
  await forgetMerges(tx, companyId, [id, ...merged]);
  const hashes = merged.map((mergedId) => pseudonym(companyId, "customer", mergedId)[0]);
  await tx.$executeRaw`SELECT forget_subject(${companyId}, 'customer', m.id, m.hash)
    FROM unnest(${[...merged]}::text[], ${hashes}::text[]) AS m (id, hash)`;
  for (const [position, mergedId] of merged.entries()) {
    const forgotten = { companyId, id: mergedId, hash: hashes[position] ?? "", time };
    await pseudonymizeClaims(tx, forgotten, new Map([["customer", [mergedId]]]));
  }
  await recordChanges(
    tx,
    write,
    hashes.map((hash) => ({ companyId, kind: "customer", id: hash, version: 1n, time, fields: [] })),
  );
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
  await forgetImports(tx, { companyId, kind: "pet", ids: [id] });
  const traces: Traces = new Map([
    ["pet", [id]],
    ["pet_note", notes.map((note) => note.id)],
  ]);
  await pseudonymizeClaims(tx, { companyId, id, hash, time }, traces);
  await forgetInSnapshots(tx, companyId, traces);
  const changed = { companyId, kind: "pet", id: hash, version: version + 1n, time, fields: [] } as const;
  await recordChange(tx, withoutAddress(addressed), { ...changed, location: { before } });
}

interface Imported {
  readonly companyId: string;
  readonly kind: SubjectKind;
  readonly ids: readonly string[];
}

/** What an import remembers of a record. Without it a later run is refused, because the record was erased. */
async function forgetImports(tx: Prisma.TransactionClient, { companyId, kind, ids }: Imported): Promise<void> {
  if (ids.length > 0) await tx.importRecord.deleteMany({ where: { companyId, kind, recordId: { in: [...ids] } } });
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
