import { DomainError } from "../domain/errors.js";
import type { Write } from "../domain/write.js";
import type { Prisma } from "../gen/prisma/client.js";
import type { Database } from "./database.js";
import { beginChange, onceMoreAfterTwin, replayed, storeClaim } from "./idempotency.js";
import { recordChange } from "./ledgers.js";
import type { Pseudonym, SubjectKind } from "./pseudonym.js";

export interface RecordKey {
  readonly companyId: string;
  readonly id: string;
}

export interface Erasing<Key> {
  /** Locks the record; NOT_FOUND when the caller sees no such one. */
  lock(tx: Prisma.TransactionClient): Promise<Key>;
  readonly write: Write;
}

/** One erasure in one transaction. A repeated call finds no record any more, and its claim tells that it did the work. */
export function erasing<Key extends RecordKey>(
  database: Database,
  { lock, write }: Erasing<Key>,
  erase: (tx: Prisma.TransactionClient, key: Key, now: Date) => Promise<void>,
): Promise<void> {
  return onceMoreAfterTwin(() =>
    database.transact(write, async (tx) => {
      const found = await lock(tx).catch((error: unknown) => {
        if (error instanceof DomainError && error.reason === "RESOURCE_NOT_FOUND") return error;
        throw error;
      });
      const { now, replay } = await beginChange(tx, write);
      if (write.claim && replay) {
        replayed(write.claim, replay);
        return;
      }
      if (found instanceof DomainError) throw found;
      await erase(tx, found, now);
      await storeClaim(tx, write, { companyId: found.companyId, resourceIds: [] });
    }),
  );
}

export interface Forgotten extends RecordKey {
  readonly kind: SubjectKind;
  /** Of the erasure, one more than the last. */
  readonly version: bigint;
  readonly time: Date;
  readonly pseudonym: Pseudonym;
}

/** Puts the pseudonym in place of a deleted record's id wherever its history stays, and records the erasure under it. */
export async function forget(
  tx: Prisma.TransactionClient,
  write: Write,
  { companyId, kind, id, version, time, pseudonym }: Forgotten,
): Promise<void> {
  const hash = pseudonym(companyId, kind, id);
  await tx.$executeRaw`SELECT forget_subject(${companyId}, ${kind}, ${id}, ${hash})`;
  await recordChange(tx, write, { companyId, kind, id: hash, version, time });
}
