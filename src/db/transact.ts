import pg from "pg";
import { DomainError } from "../core/errors.js";
import type { WritableCompanies, WriteContext } from "../core/write.js";
import type { Prisma, PrismaClient } from "../gen/prisma/client.js";
import { beginSql, toSettingValue } from "./company-guard.js";
import { isOutcomeLost, isStaleStatement, outcomeUnknown, readFault, translateError } from "./database-errors.js";
import { breakConnection, cancelOnAbort } from "./pooled-client.js";
import { retry } from "./retry.js";

interface TransactionOptions {
  readonly prisma: PrismaClient;
  /** The clients of the pool by process id of their backend. */
  readonly backends: ReadonlyMap<number, pg.ClientBase>;
  /** Time limit of the wait for a connection. The limit of the pool is lower. */
  readonly waitMs: number;
  /** Time limit of one attempt. */
  readonly timeoutMs: number;
}

/**
 * How much later Prisma's own timeout fires. It rolls back while an operation may still be sending statements, which
 * would then run outside the transaction. So the timeout here, which waits for the operation to end, must always be
 * first.
 */
const prismaSlackMs = 60_000;

/**
 * Runs the work in a READ COMMITTED transaction, and retries it as a whole after a serialization failure or deadlock.
 * An abort cancels the running statement, rejects the next one and rolls back.
 *
 * @throws DomainError; the signal's reason if it aborted before COMMIT was sent; other errors unchanged
 */
export async function transact<T>(
  options: TransactionOptions,
  write: WriteContext,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  write.signal.throwIfAborted();
  return await retry(write.signal, () => attempt(options, write, work)).catch((error: unknown) => {
    throw translateError(error);
  });
}

async function attempt<T>(
  { prisma, backends, waitMs, timeoutMs }: TransactionOptions,
  write: WriteContext,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  const stop = stopSignal(write.signal, timeoutMs);
  let begun = false;
  let commitSent = false;
  let commit: CommandWatch | undefined;
  const transaction = prisma.$transaction(
    async (tx) => {
      begun = true;
      stop.signal.throwIfAborted();
      const client = backends.get(await beginFor(tx, write.companies));
      const watch = client && cancelOnAbort(client, stop.signal);
      let result: T;
      try {
        result = await work(refusing(tx, stop.signal));
      } catch (error) {
        if (client && isStaleStatement(readFault(error))) breakConnection(client);
        throw error;
      } finally {
        await watch?.finish();
      }
      stop.signal.throwIfAborted();
      commit = client && watchCommand(client);
      commitSent = true;
      return result;
    },
    { maxWait: waitMs, timeout: timeoutMs + prismaSlackMs },
  );
  try {
    const result = await Promise.race([transaction, stop.abortedWhile(() => !begun)]);
    // PostgreSQL responds to COMMIT of a failed transaction without an error and rolls back. Work that ignored the
    // failure would appear to be stored.
    if (commit?.tag() === "ROLLBACK")
      throw new Error("A transaction continued after a failed statement and was rolled back.");
    return result;
  } catch (error) {
    if (commitSent && isOutcomeLost(readFault(error))) throw outcomeUnknown(write.claim !== undefined, error);
    throw stop.signal.aborted && !commitSent ? stop.signal.reason : error;
  } finally {
    commit?.end();
    stop.clear();
  }
}

/** Aborts with the client's signal, or when the attempt exceeds its time limit. */
function stopSignal(signal: AbortSignal, timeoutMs: number) {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    stop.abort(new DomainError("STATEMENT_TIMEOUT", "The database statement timed out."));
  }, timeoutMs);
  return {
    signal: stop.signal,
    /** Rejects when the signal aborts while the condition holds. */
    abortedWhile: (condition: () => boolean) =>
      new Promise<never>((_, reject) => {
        stop.signal.addEventListener("abort", () => condition() && reject(stop.signal.reason), { once: true });
      }),
    clear() {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    },
  };
}

/** The same transaction, but it rejects every operation after the signal has aborted. */
function refusing(tx: Prisma.TransactionClient, signal: AbortSignal): Prisma.TransactionClient {
  return new Proxy(tx, {
    get(target, key) {
      signal.throwIfAborted();
      return Reflect.get(target, key);
    },
  });
}

/** Limits the transaction to the companies, and returns the process id of its backend. */
async function beginFor(tx: Prisma.TransactionClient, companies: WritableCompanies): Promise<number> {
  const rows = await tx.$queryRawUnsafe<{ pid: number }[]>(beginSql, toSettingValue(companies));
  return rows[0]?.pid ?? 0;
}

interface CommandWatch {
  /** The command tag of the last completed command, such as COMMIT. */
  tag(): string | undefined;
  end(): void;
}

function watchCommand(client: pg.ClientBase): CommandWatch | undefined {
  if (!(client instanceof pg.Client)) return undefined;
  let tag: string | undefined;
  const onComplete = (message: { readonly text?: string }) => {
    tag = message.text;
  };
  const { connection } = client;
  connection.on("commandComplete", onComplete);
  return { tag: () => tag, end: () => connection.off("commandComplete", onComplete) };
}
