import type pg from "pg";
import { DomainError } from "../core/errors.js";
import type { WriteContext } from "../core/write.js";
import type { Prisma, PrismaClient } from "../gen/prisma/client.js";
import { backendPid } from "./cancel.js";
import { runGuarded } from "./company-guard.js";
import { isOutcomeLost, outcomeUnknown, readFault, translateError } from "./database-errors.js";
import { createPool, type PoolOptions } from "./pool.js";
import { withPooledClient } from "./pooled-client.js";
import { runPrepared } from "./prepared-statement.js";
import { createPrisma, readWithCancel } from "./prisma.js";
import { createReadBatches } from "./read-batches.js";
import { retry } from "./retry.js";
import type { Statement } from "./statement.js";
import { transact } from "./transact.js";

interface PoolStats {
  readonly total: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

interface DatabaseOptions extends PoolOptions {
  /** Time limit of one attempt of a transaction; default 15,000 ms. */
  readonly transactionTimeoutMs?: number;
}

/**
 * The only access to the database. Every method throws DomainError for errors that clients receive
 * (database-errors.ts), the signal's reason once it has aborted, and other errors unchanged.
 */
export interface Database extends AsyncDisposable {
  /** Runs a prepared statement that changes nothing. If aborted, it is canceled in the database. */
  read<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<readonly Row[]>;

  /**
   * Runs a prepared statement that writes, in its own transaction. Retries after a serialization failure or deadlock.
   * If the connection is lost, throws OUTCOME_UNKNOWN, or DATABASE_UNAVAILABLE if `write` has an idempotency claim.
   */
  write<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    write: WriteContext,
  ): Promise<readonly Row[]>;

  /** Reads with Prisma, except with `findUnique` (prisma.ts). If aborted, the read is canceled in the database. */
  ask<T>(signal: AbortSignal, query: (prisma: PrismaClient) => Promise<T>): Promise<T>;

  /**
   * Runs the work in a READ COMMITTED transaction of Prisma. The work may run several times, so it must have no effects
   * outside the transaction. It must not catch errors of `tx`, because the transaction cannot continue after one.
   */
  transact<T>(write: WriteContext, work: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T>;

  stats(): PoolStats;

  /** Waits for running statements and closes every connection. */
  close(): Promise<void>;
}

/** The methods that need neither Prisma nor a transaction. */
export type Statements = Pick<Database, "read" | "write" | "close">;

/**
 * Opens a separate pool for single statements. Key checks and health checks use it, so that they do not wait for
 * requests that hold all other connections.
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

/** Opens the pool. The first statement opens the first connection. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options);
  const prisma = createPrisma(pool, options.log);
  const transactions = {
    prisma,
    backends: trackBackends(pool),
    waitMs: (pool.options.connectionTimeoutMillis ?? 0) + beginBudgetMs,
    timeoutMs: options.transactionTimeoutMs ?? 15_000,
  };
  const batches = createReadBatches(pool);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= prisma.$disconnect().then(() => pool.end());
    return closing;
  };
  return {
    ...statementsOf(pool, batches),
    ask: (signal, query) => told(signal, () => readWithCancel(signal, () => query(prisma))),
    transact: (write, work) => transact(transactions, write, work),
    stats: () => ({
      ...{ total: pool.totalCount, idle: pool.idleCount },
      waiting: pool.waitingCount + batches.waiting(),
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function statementsOf(pool: pg.Pool, batches = createReadBatches(pool)): Pick<Database, "read" | "write"> {
  return {
    read: (statement, values, signal) =>
      told(signal, () =>
        statement.isQuick ? batches.read(statement, values, signal) : runStatement(pool, { statement, values, signal }),
      ),
    write: (statement, values, write) =>
      told(write.signal, () => runStatement(pool, { statement, values, signal: write.signal, write })),
  };
}

/** Time that Prisma may need for BEGIN in addition to the wait for a connection. */
const beginBudgetMs = 5_000;

/** Retries if possible, and translates the remaining errors. */
async function told<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  try {
    return await retry(signal, attempt);
  } catch (error) {
    // The abort explains every error, except one that reports a lost outcome.
    throw signal.aborted && !(error instanceof DomainError) ? signal.reason : translateError(error);
  }
}

/** The clients of the pool by process id of their backend, which a Prisma transaction can query. */
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

interface StatementRun {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly signal: AbortSignal;
  /** Set if the statement changes data. */
  readonly write?: WriteContext;
}

/** Runs a prepared statement on a client of the pool. An abort cancels it. */
async function runStatement<Row extends pg.QueryResultRow>(pool: pg.Pool, run: StatementRun): Promise<readonly Row[]> {
  const { statement, values, signal, write } = run;
  return await withPooledClient(pool, signal, async (client) => {
    try {
      if (write) return await runGuarded<Row>(client, { statement, values, companies: write.companies });
      return await runPrepared<Row>(client, statement, values);
    } catch (error) {
      if (write && isOutcomeLost(readFault(error))) throw outcomeUnknown(write.claim !== undefined, error);
      throw error;
    }
  });
}
