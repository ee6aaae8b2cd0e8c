import type pg from "pg";
import { DomainError } from "../core/errors.js";
import type { WriteContext } from "../core/write.js";
import type { Prisma, PrismaClient } from "../gen/prisma/client.js";
import { backendPid } from "./cancel.js";
import { translateError } from "./database-errors.js";
import { createPool, type PoolOptions } from "./pool.js";
import { createPrisma, readWithCancel } from "./prisma.js";
import { retry } from "./retry.js";
import { runStatement } from "./run-statement.js";
import type { Statement } from "./statement.js";
import { transact } from "./transact.js";

/** Connections of the pool at this moment. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
}

export interface DatabaseOptions extends PoolOptions {
  /** Longest life of one attempt of a transaction; default 15,000 ms. */
  readonly transactionTimeoutMs?: number;
}

/**
 * The only door to the database. Every method throws DomainError for whatever a caller can be told (errors.ts), the
 * signal's reason once it has aborted, and a defect as it is.
 */
export interface Database extends AsyncDisposable {
  /** Runs one prepared statement that changes nothing. An aborted one is cancelled in the database. */
  read<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<readonly Row[]>;

  /**
   * Runs one prepared statement that writes, a transaction by itself; again after a serialization failure or deadlock.
   * A connection lost meanwhile is OUTCOME_UNKNOWN, or DATABASE_UNAVAILABLE when `write` carries a claim.
   */
  write<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    write: WriteContext,
  ): Promise<readonly Row[]>;

  /** Reads by Prisma, by anything but `findUnique` (prisma.ts). An aborted read is cancelled in the database. */
  ask<T>(signal: AbortSignal, query: (prisma: PrismaClient) => Promise<T>): Promise<T>;

  /**
   * Runs the work in one READ COMMITTED transaction of Prisma. It may run several times, so it has no effect outside the
   * transaction; and it lets every error of `tx` pass, since the transaction is lost with the first one.
   */
  transact<T>(write: WriteContext, work: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T>;

  /** For the metrics. */
  stats(): PoolStats;

  /** Waits for the statements under way and closes every connection. */
  close(): Promise<void>;
}

/** What needs no Prisma and no transaction. */
export type Statements = Pick<Database, "read" | "write" | "close">;

/**
 * Opens a pool for single statements beside that of the calls: what decides whether a call may begin, or whether the
 * service is well, does not wait behind calls that hold every connection.
 */
export function openStatements(options: PoolOptions): Statements {
  const pool = createPool(options);
  let closing: Promise<void> | undefined;
  return {
    ...statementsOf(pool),
    close() {
      closing ??= pool.end();
      return closing;
    },
  };
}

/** Opens the pool; the first connection is made by the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options);
  const prisma = createPrisma(pool, options.log);
  const transactions = {
    prisma,
    backends: trackBackends(pool),
    waitMs: (pool.options.connectionTimeoutMillis ?? 0) + beginBudgetMs,
    timeoutMs: options.transactionTimeoutMs ?? 15_000,
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= prisma.$disconnect().then(() => pool.end());
    return closing;
  };
  return {
    ...statementsOf(pool),
    ask: (signal, query) => told(signal, () => readWithCancel(signal, () => query(prisma))),
    transact: (write, work) => transact(transactions, write, work),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function statementsOf(pool: pg.Pool): Pick<Database, "read" | "write"> {
  return {
    read: (statement, values, signal) => told(signal, () => runStatement(pool, { statement, values, signal })),
    write: (statement, values, write) =>
      told(write.signal, () => runStatement(pool, { statement, values, signal: write.signal, write })),
  };
}

/** What Prisma may need for BEGIN beyond the wait for a connection. */
const beginBudgetMs = 5_000;

/** Tries again what may be tried again, and translates what remains. */
async function told<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  try {
    return await retry(signal, attempt);
  } catch (error) {
    // The abort explains every error but the one that tells of a lost outcome.
    throw signal.aborted && !(error instanceof DomainError) ? signal.reason : translateError(error);
  }
}

/** The pool's clients by the process id of their backend, which a Prisma transaction can ask for. */
function trackBackends(pool: pg.Pool): ReadonlyMap<number, pg.ClientBase> {
  const backends = new Map<number, pg.ClientBase>();
  pool.on("connect", (client) => {
    const pid = backendPid(client);
    if (pid !== undefined) backends.set(pid, client);
  });
  pool.on("remove", (client) => {
    const pid = backendPid(client);
    if (pid !== undefined && backends.get(pid) === client) backends.delete(pid);
  });
  return backends;
}
