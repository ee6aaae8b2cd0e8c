import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";

/** A row of the directory that a call is about. */
export interface DirectoryKey {
  readonly kind: "company" | "business" | "staff";
  readonly companyId: string;
  readonly id: string;
}

export interface DirectoryWork<T> {
  readonly key: DirectoryKey;
  /** Waits for other writers of the company. Throws NOT_FOUND. */
  lock?(tx: Prisma.TransactionClient): Promise<void>;
  /** Writes; false when there was nothing to write. */
  work(tx: Prisma.TransactionClient, now: Date): Promise<boolean>;
  /** Reads what the call answers: the row under `id`, which a replay of a create takes from the first call. */
  read(tx: Prisma.TransactionClient, id: string): Promise<T>;
}

/**
 * One change of the directory in one transaction: lock, earlier answer of the claim, claim, work, change row. The lock is
 * that of the company's row, since companies, locations and staff change seldom and refer to each other; it excludes
 * nobody who only refers to them.
 */
export function changeDirectory<T>(
  database: Database,
  { key, lock = lockCompany(key.companyId), work, read }: DirectoryWork<T>,
  write: WriteContext,
): Promise<T> {
  const { kind, companyId, id } = key;
  return once(database, write, {
    lock,
    async work({ tx, now, record }) {
      // Before the work: a twin that makes the same id waits here, and is not told that the id is taken.
      const recorded = await record({ companyId, ids: [id] });
      if (await work(tx, now)) {
        const version = await versionOf(tx, key);
        await recordChange(tx, write, { companyId, kind, id, version, time: now });
      }
      return recorded;
    },
    response: ({ tx, ids: [storedId = id] }) => read(tx, storedId),
  });
}

function lockCompany(companyId: string) {
  return async (tx: Prisma.TransactionClient): Promise<void> => {
    const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM company WHERE id = ${companyId} FOR NO KEY UPDATE`;
    if (rows.length === 0) throw notFoundError("Company", companyId);
  };
}

async function versionOf(tx: Prisma.TransactionClient, { kind, companyId, id }: DirectoryKey): Promise<bigint> {
  const tenant =
    kind === "company" ? Prisma.sql`id = ${companyId}` : Prisma.sql`company_id = ${companyId} AND id = ${id}`;
  const rows = await tx.$queryRaw<{ version: bigint }[]>`SELECT version FROM ${Prisma.raw(kind)} WHERE ${tenant}`;
  const [row] = rows;
  if (!row) throw new Error(`updated ${kind} not found`);
  return row.version;
}
