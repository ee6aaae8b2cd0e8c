import { DomainError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { recordChange } from "../audit-log.js";
import type { Database } from "../database.js";
import { once } from "../once.js";
import { clearRelationValues } from "./erasure-custom-fields.js";
import { collectErasureIds, pseudonymizeClaims, redactPackages, type Traces } from "./erasure-pseudonyms.js";
import type { Pseudonym, SubjectKind } from "./pseudonym.js";

export interface RecordKey {
  readonly companyId: string;
  readonly id: string;
}

interface Erasing<Key> {
  /** Locks the record. Throws NOT_FOUND if the principal cannot access it. */
  lock(tx: Prisma.TransactionClient): Promise<Key>;
  readonly kind: "customer" | "lead";
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
    lock: (tx) =>
      lock(tx).catch((error: unknown) => {
        if (error instanceof DomainError && error.reason === "RESOURCE_NOT_FOUND") return error;
        throw error;
      }),
    async work({ tx, locked: found, now, record }) {
      if (found instanceof DomainError) throw found;
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
 * erasure under its pseudonym. docs/erasure.md lists what is retained; test/rpc/erasure.test.ts checks every column.
 */
export async function eraseRecord(tx: Prisma.TransactionClient, write: WriteContext, erased: Erased): Promise<void> {
  const { companyId, kind, id, time, pseudonym } = erased;
  const traces = await collectErasureIds(tx, erased);
  const { rawId, version } = await remove(tx, erased);
  const [hash] = pseudonym(companyId, kind, id);
  const forgotten = { companyId, id, hash, time };
  if (kind === "customer") await redactPackages(tx, write, forgotten);
  await forgetInLedgers(tx, erased, traces);
  await pseudonymizeClaims(tx, forgotten, traces);
  await clearRelationValues(tx, write, { companyId, kind, id, rawId, time });
  await recordChange(tx, write, { companyId, kind, id: hash, version: version + 1n, time });
}

function remove(tx: Prisma.TransactionClient, { companyId, kind, id }: Erased) {
  const named = { where: { companyId_id: { companyId, id } }, select: { rawId: true, version: true } };
  return kind === "customer" ? tx.customer.delete(named) : tx.lead.delete(named);
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

/** Whether the company had a record with this id that was erased. A pet is erased together with its owner. */
export async function isErased(
  tx: Prisma.TransactionClient,
  { companyId, kind, id, pseudonym }: Omit<Erased, "time" | "kind"> & { readonly kind: SubjectKind },
): Promise<boolean> {
  const resourceId = { in: [...pseudonym(companyId, kind, id)] };
  return (await tx.change.findFirst({ where: { companyId, kind, resourceId }, select: { id: true } })) !== null;
}
