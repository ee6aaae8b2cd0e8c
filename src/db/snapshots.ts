import type pg from "pg";
import { DomainError } from "../core/errors.js";
import { type CopiedRows, copyOut } from "./copy-out.js";
import { readFault, translateError } from "./database-errors.js";
import { createPool, type PoolOptions } from "./pool.js";

/** A state of the data, as one REPEATABLE READ transaction sees it. */
export interface Snapshot {
  /** By which other connections can see the same state. */
  readonly id: string;
  readonly time: Date;
  /** Sets parameters of the statements, read by `current_setting`. */
  set(settings: Readonly<Record<string, string>>): Promise<void>;
  ask<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `COPY ... TO STDOUT`. */
  copy(text: string, signal: AbortSignal): AsyncGenerator<CopiedRows>;
  /** Ends the transaction. */
  close(): Promise<void>;
  /** Keeps the state for those that continue, and then ends the transaction. */
  park(): Promise<void>;
}

export interface Snapshots {
  /** @throws DomainError OVERLOADED if all connections are in use */
  open(signal: AbortSignal): Promise<Snapshot>;
  /** @throws DomainError EXPORT_EXPIRED if the state has gone */
  reopen(id: string, time: Date, signal: AbortSignal): Promise<Snapshot>;
  close(): Promise<void>;
}

interface SnapshotOptions extends Omit<PoolOptions, "size" | "statementTimeoutMs" | "idleInTransactionTimeoutMs"> {
  /** Transactions at a time, the parked ones among them. */
  readonly size: number;
  /** Time limit of a transaction in use; 0 for none. */
  readonly timeoutMs: number;
  /** How long a state is kept for those that continue. */
  readonly parkedMs: number;
}

/** The form of values as text does not depend on the configuration of the server or the login. */
const formOfValues = "SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL extra_float_digits = 1";

/** Beyond the time for which the transaction is kept on purpose. */
const slackMs = 60_000;

/**
 * Transactions that read one state of the data for long. They have connections of their own, so that no other request
 * waits for them. A parked one gives way to a new one if there are too many.
 */
export function createSnapshots({ size, timeoutMs, parkedMs, ...connection }: SnapshotOptions): Snapshots {
  const pool = createPool({
    ...connection,
    size,
    name: "moego exports",
    statementTimeoutMs: timeoutMs,
    idleInTransactionTimeoutMs: Math.max(timeoutMs, parkedMs) + slackMs,
    readsInTurns: false,
  });
  const parked = new Map<pg.PoolClient, () => Promise<void>>();

  async function begin(signal: AbortSignal, id?: string): Promise<pg.PoolClient> {
    if (pool.totalCount - pool.idleCount >= size) await [...parked.values()][0]?.();
    signal.throwIfAborted();
    const client = await pool.connect();
    client.on("error", ignore);
    try {
      await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${formOfValues}`);
      if (id !== undefined) await client.query(`SET TRANSACTION SNAPSHOT '${id}'`);
      return client;
    } catch (error) {
      release(client, true);
      throw error;
    }
  }

  async function finish(client: pg.PoolClient): Promise<void> {
    const isBroken = await client.query("ROLLBACK").then(
      () => false,
      () => true,
    );
    release(client, isBroken);
  }

  async function snapshotOf(client: pg.PoolClient, known?: Pick<Snapshot, "id" | "time">): Promise<Snapshot> {
    const { id, time } = known ?? (await exportedSnapshot(client));
    // A canceled statement fails the transaction. The state remains if there is a point to return to.
    await client.query("SAVEPOINT part");
    const close = () => finish(client);
    return {
      id,
      time,
      async set(settings) {
        for (const [name, value] of Object.entries(settings))
          await client.query("SELECT set_config($1, $2, true)", [name, value]);
        await client.query("SAVEPOINT part");
      },
      ask: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
        (await client.query<Row>(text, [...values])).rows,
      copy: (text, signal) => copyOut(client, text, signal),
      close,
      async park() {
        const isKept = await client.query("ROLLBACK TO SAVEPOINT part").then(
          () => true,
          () => false,
        );
        if (!isKept) return close();
        const end = async () => {
          clearTimeout(timer);
          if (parked.delete(client)) await close();
        };
        const timer = setTimeout(() => void end(), parkedMs).unref();
        parked.set(client, end);
      },
    };
  }

  return {
    open: (signal) => told(signal, async () => snapshotOf(await begin(signal))),

    reopen: (id, time, signal) =>
      told(signal, async () => {
        const client = await begin(signal, id).catch((error: unknown) => {
          throw isUnknownSnapshot(error) ? expired() : error;
        });
        return snapshotOf(client, { id, time });
      }),

    async close() {
      await Promise.all([...parked.values()].map((end) => end()));
      await pool.end();
    },
  };
}

async function exportedSnapshot(client: pg.PoolClient): Promise<Pick<Snapshot, "id" | "time">> {
  const { rows } = await client.query<{ id: string; time: Date }>(
    "SELECT pg_export_snapshot() AS id, date_trunc('milliseconds', now()) AS time",
  );
  const [row] = rows;
  if (!row) throw new Error("no snapshot was exported");
  return row;
}

function ignore(): void {}

function release(client: pg.PoolClient, isBroken: boolean): void {
  client.removeListener("error", ignore);
  client.release(isBroken);
}

/** The snapshot of a transaction that has ended, or of another server. */
function isUnknownSnapshot(error: unknown): boolean {
  const fault = readFault(error);
  return fault?.kind === "answer" && ["22023", "42704"].includes(fault.sqlState);
}

function expired(): DomainError {
  return new DomainError("EXPORT_EXPIRED", "The export can no longer be continued. Start it again without a token.");
}

async function told<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted && !(error instanceof DomainError) ? signal.reason : translateError(error);
  }
}
