import { notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";

/** The directory row that a request changes. */
export interface DirectoryKey {
  readonly kind: "company" | "business" | "staff";
  readonly companyId: string;
  readonly id: string;
}

export interface DirectoryWork<T> {
  readonly key: DirectoryKey;
  /** Waits for other writes of the company. Throws NOT_FOUND. */
  lock?(tx: Prisma.TransactionClient): Promise<void>;
  /** Writes the change. Returns false if there is nothing to write. */
  work(tx: Prisma.TransactionClient, now: Date): Promise<boolean>;
  /** Reads the response: the row with `id`, which for the replay of a create is the id of the first request. */
  read(tx: Prisma.TransactionClient, id: string): Promise<T>;
}

/**
 * Changes the directory in one transaction: lock, replay, claim, work, audit log. Locks the company row, because
 * companies, locations and staff rarely change and refer to each other. The lock does not exclude transactions that
 * only refer to them.
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
      // Before the work: a concurrent duplicate with the same id waits here instead of failing because the id is
      // already used.
      const recorded = await record({ companyId, kind, ids: [id] });
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
