import type pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import { createCallSignal } from "../core/call-signal.js";
import { isStaleStatement, overloaded, readFault } from "./database-errors.js";
import { cancelOnAbort } from "./pooled-client.js";
import { type Execution, executeAll, isPrepared, prepare, withStack } from "./prepared-statement.js";
import type { Statement } from "./statement.js";

/** Reads of single records, which share connections. */
export interface ReadBatches {
  /** @throws the signal's reason, the pool's or database's error, or DomainError OVERLOADED */
  read<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    signal: AbortSignal,
  ): Promise<readonly Row[]>;
  /** Number of reads that wait for a connection. */
  waiting(): number;
}

interface Read extends Execution {
  readonly given: readonly unknown[];
  readonly since: number;
  /** Called if the signal aborts after the read was sent. */
  onLeave(): void;
}

const maxBatch = 16;
/** Connections in use at a time, unless statements take longer than expected. */
const usualConnections = 2;
const expectedMs = 20;
const checkMs = 50;

/**
 * Reads that arrive in one turn of the event loop, or while a connection is busy, are sent together in one write. A write
 * to a socket and a read from it take Node longer than anything else about a small statement.
 *
 * A read whose signal aborts is rejected at once. Its statement is canceled as soon as no other read of its batch waits
 * for an answer.
 */
export function createReadBatches(pool: pg.Pool): ReadBatches {
  const queue = new Set<Read>();
  let connections = 0;
  let answeredAt = 0;
  let isDue = false;
  let isWatched = false;

  function start(): void {
    if (queue.size === 0) return;
    watch();
    const now = performance.now();
    if (connections === 0) answeredAt = now;
    const most = now - answeredAt > expectedMs ? pool.options.max : usualConnections;
    if (connections < most) void serve(now);
  }

  function startSoon(): void {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      start();
    });
  }

  /** Nobody waits longer than the pool lets a request wait. Its own error, which tells more, comes before. */
  function watch(): void {
    const waitMs = pool.options.connectionTimeoutMillis ?? 0;
    if (isWatched || waitMs === 0) return;
    isWatched = true;
    setTimeout(() => {
      isWatched = false;
      refuse(performance.now() - waitMs - 2 * checkMs, overloaded());
      if (queue.size > 0) watch();
    }, checkMs);
  }

  function refuse(before: number, error: unknown): void {
    for (const read of queue) {
      if (read.since > before) return;
      queue.delete(read);
      read.reject(error);
    }
  }

  async function serve(askedAt: number): Promise<void> {
    connections += 1;
    try {
      const client = await pool.connect();
      let end = await answer(client, takeBatch());
      while (end === "answered" && queue.size > 0 && pool.waitingCount === 0) end = await answer(client, takeBatch());
      client.release(end === "stale");
    } catch (error) {
      refuse(askedAt, error);
    }
    connections -= 1;
    start();
  }

  function takeBatch(): readonly Read[] {
    const batch: Read[] = [];
    for (const read of queue) {
      if (batch.length === maxBatch) break;
      queue.delete(read);
      batch.push(read);
    }
    return batch;
  }

  async function answer(client: pg.PoolClient, batch: readonly Read[]): Promise<End> {
    const unwanted = createCallSignal();
    const watches = [cancelOnAbort(client, unwanted.signal)];
    const open = new Set(batch);
    const left = new Set<Read>();
    let end: End = "answered";
    let finish = () => {};
    const check = () => {
      if (open.size === 0) finish();
      else if (left.size > 0 && [...open].every((read) => left.has(read))) unwanted.abort(undefined);
    };
    for (const read of batch)
      read.onLeave = () => {
        left.add(read);
        check();
      };
    const executed = (read: Read): Execution => ({
      ...{ statement: read.statement, values: read.values },
      resolve(rows) {
        read.resolve(rows);
        open.delete(read);
        check();
      },
      reject(error) {
        if (end !== "stale") end = isStaleStatement(readFault(error)) ? "stale" : "failed";
        read.reject(error);
        open.delete(read);
        // A cancel request ends one statement, and the next one of the batch has begun.
        if (unwanted.signal.aborted && open.size > 0) watches.push(cancelOnAbort(client, unwanted.signal));
        check();
      },
    });
    for (const read of batch) {
      if (isPrepared(client, read.statement)) continue;
      const { resolve, reject } = executed(read);
      await prepare(client, read.statement, read.given).then(resolve, reject);
    }
    if (open.size > 0)
      await new Promise<void>((resolve) => {
        finish = resolve;
        executeAll(client, [...open].map(executed));
      });
    for (const watch of watches) await watch.finish();
    return end;
  }

  return {
    waiting: () => queue.size,
    async read(statement, given, signal) {
      signal.throwIfAborted();
      const values = given.map((value) => prepareValue(value));
      try {
        return await new Promise((resolve, reject) => {
          const settled = () => signal.removeEventListener("abort", onAbort);
          const read: Read = {
            ...{ statement, values, given },
            since: performance.now(),
            resolve(rows) {
              settled();
              resolve(rows);
            },
            reject(error) {
              settled();
              reject(error);
            },
            onLeave() {},
          };
          const onAbort = () => {
            queue.delete(read);
            read.reject(signal.reason);
            read.onLeave();
          };
          signal.addEventListener("abort", onAbort, { once: true });
          queue.add(read);
          startSoon();
        });
      } catch (error) {
        throw signal.aborted ? error : withStack(error);
      }
    },
  };
}

/** How a batch has ended: "failed" if a read failed, and "stale" if the connection has to be renewed. */
type End = "answered" | "failed" | "stale";
