import { type CompanyResource, requireActive, requireFound } from "../../core/company-resource.js";
import { alreadyExistsError, notFoundError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import { recordChange } from "../../db/audit-log.js";
import { changedFields } from "../../db/changed-fields.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import type { Database } from "../../db/database.js";
import { type Measure, withinLimits } from "../../db/growth.js";
import { once } from "../../db/idempotent-write.js";
import { Prisma } from "../../gen/prisma/client.js";

/** The directory row that a request changes. */
interface DirectoryKey extends CompanyResource {
  readonly kind: "company" | "business" | "staff";
}

interface DirectoryWork<T> {
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
      const before = await rowOf(tx, key);
      if (await work(tx, now)) {
        const after = await rowOf(tx, key);
        if (!after) throw new Error(`updated ${kind} not found`);
        const fields = before ? changedFields(before, after) : [];
        await recordChange(tx, write, { companyId, kind, id, version: after.version, time: now, fields });
      }
      return recorded;
    },
    response: ({ tx, ids: [storedId = id] }) => read(tx, storedId),
  });
}

interface ArchivableRecords<T> {
  readonly kind: "business" | "staff";
  /** Name of the resource in errors. */
  readonly resource: string;
  readonly measures: readonly Measure[];
  find(tx: Prisma.TransactionClient, target: CompanyResource): Promise<T | undefined>;
  update(
    tx: Prisma.TransactionClient,
    target: CompanyResource,
    columns: { readonly archivedTime: Date | null; readonly version: typeof nextVersion },
  ): Promise<unknown>;
}

export const nextVersion = { increment: 1 } as const;

/** The writes that locations and staff have in common. */
export function archivableRecords<T extends { readonly archived: boolean }>(
  { database, limits }: LimitedDatabase,
  { kind, resource, find, update, measures }: ArchivableRecords<T>,
) {
  const bounded = (tx: Prisma.TransactionClient, { companyId }: CompanyResource, work: () => Promise<unknown>) =>
    withinLimits(tx, { companyId, kind, measures, limits: limits.ofCompany }, work);
  const read = async (tx: Prisma.TransactionClient, target: CompanyResource) =>
    requireFound(await find(tx, target), resource, target.id);

  return {
    create: (
      { companyId, id }: CompanyResource,
      write: WriteContext,
      insert: (tx: Prisma.TransactionClient) => Promise<unknown>,
    ): Promise<T> => {
      const key = { kind, companyId, id };
      const work = async (tx: Prisma.TransactionClient) => {
        if (await find(tx, key)) throw alreadyExistsError(resource, "id");
        await bounded(tx, key, () => insert(tx));
        return true;
      };
      return changeDirectory(database, { key, work, read: (tx, stored) => read(tx, { companyId, id: stored }) }, write);
    },

    change: (
      target: CompanyResource,
      write: WriteContext,
      apply: (tx: Prisma.TransactionClient, record: T) => Promise<unknown>,
    ): Promise<T> => {
      const work = async (tx: Prisma.TransactionClient) => {
        await apply(tx, requireActive(await find(tx, target), resource, target.id));
        return true;
      };
      return changeDirectory(database, { key: { kind, ...target }, work, read: (tx) => read(tx, target) }, write);
    },

    setArchived: (target: CompanyResource, archived: boolean, write: WriteContext): Promise<T> => {
      const work = async (tx: Prisma.TransactionClient, now: Date) => {
        if ((await read(tx, target)).archived === archived) return false;
        const archivedTime = archived ? now : null;
        await bounded(tx, target, () => update(tx, target, { archivedTime, version: nextVersion }));
        return true;
      };
      return changeDirectory(database, { key: { kind, ...target }, work, read: (tx) => read(tx, target) }, write);
    },
  };
}

function lockCompany(companyId: string) {
  return async (tx: Prisma.TransactionClient): Promise<void> => {
    const rows = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM company WHERE id = ${companyId} FOR NO KEY UPDATE`;
    if (rows.length === 0) throw notFoundError("Company", companyId);
  };
}

async function rowOf(
  tx: Prisma.TransactionClient,
  { kind, companyId, id }: DirectoryKey,
): Promise<{ readonly version: bigint } | undefined> {
  const tenant =
    kind === "company" ? Prisma.sql`id = ${companyId}` : Prisma.sql`company_id = ${companyId} AND id = ${id}`;
  const rows = await tx.$queryRaw<{ version: bigint }[]>`SELECT * FROM ${Prisma.raw(kind)} WHERE ${tenant}`;
  return rows[0];
}
