import type { WriteLimits } from "../core/company-limits.js";
import type { CompanyResource } from "../core/company-resource.js";
import { alreadyExistsError } from "../core/errors.js";
import { assertRecordSize, recordBytes } from "../core/record-size.js";
import type { ResourceKind, WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { auditColumns, type Changed, recordChange, recordChanges } from "./audit-log.js";
import { changedFields } from "./changed-fields.js";
import type { Database } from "./database.js";
import { violatedConstraint } from "./database-errors.js";
import { type Measure, withinLimits } from "./growth.js";
import { once } from "./idempotent-write.js";

/** The database, and what a write must not exceed. */
export interface LimitedDatabase {
  readonly database: Database;
  readonly limits: WriteLimits;
}

/** Records of a company that rarely change: entries of settings lists, catalog services, external APIs and IVR flows. */
export interface CompanyRecordKind<T> {
  /** The table. Its name is also the kind of its rows in the audit log. */
  readonly kind: Changed["kind"];
  /** Name of the resource in errors. */
  readonly resource: string;
  /** The field of each unique constraint other than the primary key. */
  readonly unique?: Readonly<Record<string, string>>;
  /** What the company may have of them. */
  readonly measures: readonly Measure[];
  /** SQL condition of records in use. Default: not archived. */
  readonly inUse?: string;
  /** Maximum size of one record. */
  maxBytes?(limits: WriteLimits): number;
  find(tx: Prisma.TransactionClient, target: CompanyResource): Promise<T | undefined>;
}

/**
 * Creates and changes records of one kind. A replay returns the current state. Throws ALREADY_EXISTS,
 * COMPANY_LIMIT_REACHED, and INVALID_REQUEST for a record that is too large.
 */
export function companyRecords<T>(
  { database, limits }: LimitedDatabase,
  { kind, resource, unique = {}, find, maxBytes = ({ recordBytes }) => recordBytes, ...counted }: CompanyRecordKind<T>,
) {
  const bounded = async (tx: Prisma.TransactionClient, target: CompanyResource, work: () => Promise<unknown>) => {
    const { companyId } = target;
    const before = await find(tx, target);
    let after = before;
    const storedBytes = before === undefined ? 0 : recordBytes(before);
    await withinLimits(tx, { companyId, kind, limits: limits.ofCompany, ...counted }, async () => {
      await work();
      after = await find(tx, target);
      assertRecordSize({ record: after, storedBytes, limit: maxBytes(limits) });
    });
    return changedFields(Object(before), Object(after));
  };
  const fieldOf = new Map([[`${kind}_pkey`, "id"], ...Object.entries(unique)]);
  /** Reports the field whose value is already used. */
  const naming = (error: unknown): never => {
    const field = fieldOf.get(violatedConstraint(error) ?? "");
    throw field === undefined ? error : alreadyExistsError(resource, field);
  };
  return {
    create: (
      { companyId, id }: CompanyResource,
      write: WriteContext,
      insert: (tx: Prisma.TransactionClient, now: Date) => Promise<unknown>,
    ): Promise<T> =>
      changeCompany(database, {
        ...{ companyId, kind, write },
        async work(tx, now) {
          await bounded(tx, { companyId, id }, () => insert(tx, now));
          await recordChange(tx, write, { companyId, kind, id, version: 1n, time: now, fields: [] });
          return [id];
        },
        answer: async (tx, [made = id]) => present(await find(tx, { companyId, id: made })),
      }).catch(naming),

    change: (
      target: CompanyResource,
      write: WriteContext,
      work: (tx: Prisma.TransactionClient, now: Date) => Promise<RowChange | undefined>,
    ): Promise<T> =>
      changeCompany(database, {
        ...{ companyId: target.companyId, kind, write },
        async work(tx, now) {
          let done: RowChange | undefined;
          const fields = await bounded(tx, target, async () => {
            done = await work(tx, now);
          });
          await recordRow(tx, write, { ...target, kind, fields, done, now });
          return [target.id];
        },
        answer: async (tx) => present(await find(tx, target)),
      }).catch(naming),
  };
}

/** A stored change of a record that is not in the audit log yet. */
export interface RowChange {
  /** The new version. */
  readonly version: bigint;
  /** Names of changed fields that the record itself does not have, such as secrets. */
  readonly fields?: readonly string[];
}

interface RecordedRow extends CompanyResource, Pick<Changed, "kind" | "fields"> {
  readonly done: RowChange | undefined;
  readonly now: Date;
}

async function recordRow(tx: Prisma.TransactionClient, write: WriteContext, row: RecordedRow): Promise<void> {
  const { companyId, id, kind, fields, done, now: time } = row;
  if (!done) return;
  const all = [...fields, ...(done.fields ?? [])];
  await recordChange(tx, write, { companyId, kind, id, version: done.version, time, fields: all });
}

export interface CompanyChange<T> {
  readonly companyId: string;
  readonly kind: ResourceKind;
  readonly write: WriteContext;
  /** Writes the change and returns the ids that a replay needs. */
  work(tx: Prisma.TransactionClient, now: Date): Promise<readonly string[]>;
  /** Reads the response, also for a replay. */
  answer(tx: Prisma.TransactionClient, ids: readonly string[]): Promise<T>;
}

/**
 * Changes the data of a company in one transaction: lock, replay, work, claim. Locks the company row, because these
 * records rarely change, and an order, the default or the end of a list concern all entries.
 */
export function changeCompany<T>(
  database: Database,
  { companyId, kind, write, work, answer }: CompanyChange<T>,
): Promise<T> {
  return once(database, write, {
    lock: (tx) => tx.$executeRaw`SELECT 1 FROM company WHERE id = ${companyId} FOR NO KEY UPDATE`,
    work: async ({ tx, now, record }) => record({ companyId, kind, ids: await work(tx, now) }),
    response: ({ tx, ids }) => answer(tx, ids),
  });
}

/** Columns to write, by name. */
export type Columns = Readonly<Record<string, unknown>>;

export interface RowUpdate {
  readonly kind: Changed["kind"];
  readonly target: CompanyResource;
  readonly columns: Columns;
  readonly now: Date;
  readonly write: WriteContext;
}

/** Updates a row and its version. Undefined if there is none. */
export async function updateRow(tx: Prisma.TransactionClient, update: RowUpdate): Promise<RowChange | undefined> {
  const { kind, target, columns, now, write } = update;
  const { companyId, id } = target;
  const sets = Object.entries(columns).map(([name, value]) => Prisma.sql`${Prisma.raw(name)} = ${value}`);
  const [row] = await tx.$queryRaw<{ version: bigint }[]>`
    UPDATE ${Prisma.raw(kind)} AS t SET ${Prisma.join([...sets, auditColumns({ companyId, now, write })])}
    WHERE company_id = ${companyId} AND id = ${id} RETURNING version`;
  return row;
}

export interface ChangedRows extends Pick<Changed, "companyId" | "kind" | "time" | "fields"> {
  readonly rows: readonly Pick<Changed, "id" | "version">[];
}

/** Appends changes of several rows to the audit log. */
export function recordRows(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  { rows, ...same }: ChangedRows,
): Promise<void> {
  return recordChanges(
    tx,
    write,
    rows.map(({ id, version }) => ({ ...same, id, version })),
  );
}

export async function findRow<Row>(
  tx: Prisma.TransactionClient,
  kind: Changed["kind"],
  { companyId, id }: CompanyResource,
): Promise<Row | undefined> {
  const from = Prisma.raw(kind);
  const [row] = await tx.$queryRaw<Row[]>`SELECT * FROM ${from} WHERE company_id = ${companyId} AND id = ${id}`;
  return row;
}

/** These records are never deleted, so a written one exists. */
export function present<T>(record: T | undefined): T {
  if (record === undefined) throw new Error("updated row not found");
  return record;
}
