import type { ResourceKind, WriteContext } from "../../core/write.js";
import { auditColumns } from "../../db/audit-columns.js";
import { type Changed, recordChanges } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { once } from "../../db/once.js";
import { Prisma } from "../../gen/prisma/client.js";
import type { EntryTarget } from "./setting-store.model.js";

/** The columns that all lists have in common. */
export interface SettingRow {
  readonly id: string;
  readonly archived_time: Date | null;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  readonly version: bigint;
}

/** Columns to write, by name. */
export type Columns = Readonly<Record<string, unknown>>;

export interface SettingChange<T> {
  readonly companyId: string;
  readonly kind: ResourceKind;
  readonly write: WriteContext;
  /** Writes the change and returns the ids that a replay needs. */
  work(tx: Prisma.TransactionClient, now: Date): Promise<readonly string[]>;
  /** Reads the response, also for a replay. */
  answer(tx: Prisma.TransactionClient, ids: readonly string[]): Promise<T>;
}

/**
 * Changes the settings of a company in one transaction: lock, replay, work, claim. Locks the company row, because
 * settings rarely change, and an order, the default or the end of a list concern all entries.
 */
export function changeSettings<T>(
  database: Database,
  { companyId, kind, write, work, answer }: SettingChange<T>,
): Promise<T> {
  return once(database, write, {
    lock: (tx) => tx.$executeRaw`SELECT 1 FROM company WHERE id = ${companyId} FOR NO KEY UPDATE`,
    work: async ({ tx, now, record }) => record({ companyId, kind, ids: await work(tx, now) }),
    response: ({ tx, ids }) => answer(tx, ids),
  });
}

export interface RowUpdate {
  readonly kind: Changed["kind"];
  readonly target: EntryTarget;
  readonly columns: Columns;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Updates a row, its version and the audit log. */
export async function updateRow(tx: Prisma.TransactionClient, update: RowUpdate): Promise<void> {
  const { kind, target, columns, now, write } = update;
  const { companyId, id } = target;
  const sets = Object.entries(columns).map(([name, value]) => Prisma.sql`${Prisma.raw(name)} = ${value}`);
  const [row] = await tx.$queryRaw<Pick<SettingRow, "version">[]>`
    UPDATE ${Prisma.raw(kind)} AS t SET ${Prisma.join([...sets, auditColumns({ companyId, now, write })])}
    WHERE company_id = ${companyId} AND id = ${id} RETURNING version`;
  if (row) await recordChanges(tx, write, [{ companyId, kind, id, version: row.version, time: now }]);
}

export function findRow<Row>(
  tx: Prisma.TransactionClient,
  kind: Changed["kind"],
  { companyId, id }: EntryTarget,
): Promise<Row[]> {
  return tx.$queryRaw<Row[]>`SELECT * FROM ${Prisma.raw(kind)} WHERE company_id = ${companyId} AND id = ${id}`;
}

/** Entries are never deleted, so a written one exists. */
export function present<T>(entry: T | undefined): T {
  if (entry === undefined) throw new Error("updated row not found");
  return entry;
}
