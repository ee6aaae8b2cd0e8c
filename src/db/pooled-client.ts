import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { cancelStatement } from "./cancel.js";
import { isStaleStatement, overloaded, readFault } from "./database-errors.js";

/**
 * Runs work with a pooled client and always releases it, but only after its cancel requests have completed. A client
 * that is broken or has a stale statement is removed from the pool. Running statements are canceled when the signal
 * aborts.
 *
 * @throws the signal's reason, the pool's error, or what the work threw
 */
export async function withPooledClient<T>(
  pool: pg.Pool,
  signal: AbortSignal,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await acquireClient(pool, signal);
  // A broken connection rejects the statement as well; without a listener the event would end the process.
  client.on("error", ignore);
  const watch = cancelOnAbort(client, signal);
  let stale = false;
  try {
    return await work(client);
  } catch (error) {
    stale = isStaleStatement(readFault(error));
    throw error;
  } finally {
    await watch.finish();
    client.removeListener("error", ignore);
    client.release(stale);
  }
}

function ignore(): void {}

/** A cancel request that reaches the server before the statement has no effect, so it is repeated. */
const repeatMs = 250;
/** After this time, the connection of a statement that cannot be canceled is closed. */
const graceMs = 5_000;

/** How long a request has waited for connections, by its signal. Every request has its own. */
const waits = new WeakMap<AbortSignal, { readonly firstAt: number; readonly totalMs: number }>();
/** Longer than any request. Background work may use one signal forever. */
const rememberedMs = 60_000;

/**
 * Acquires a client from the pool. An abort ends the wait immediately; a client that arrives later is returned to the
 * pool unharmed. The total wait of one request is limited to the pool's timeout for one wait, however many clients it
 * acquires one after another.
 *
 * @throws the signal's reason, the pool's error, or DomainError OVERLOADED
 */
function acquireClient(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const earlier = waits.get(signal);
    const { firstAt, totalMs } =
      earlier && startedAt - earlier.firstAt < rememberedMs ? earlier : { firstAt: startedAt, totalMs: 0 };
    const budgetMs = pool.options.connectionTimeoutMillis ?? 0;
    let left = false;
    const leave = (reason: unknown) => {
      left = true;
      settle();
      reject(reason);
    };
    const onAbort = () => leave(signal.reason);
    // The pool enforces the same limit for the first wait.
    const timer = totalMs > 0 ? setTimeout(() => leave(overloaded()), budgetMs - totalMs) : undefined;
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      waits.set(signal, { firstAt, totalMs: totalMs + performance.now() - startedAt });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    pool.connect().then(
      (client) => {
        if (left) return client.release();
        settle();
        resolve(client);
      },
      (error: unknown) => {
        if (!left) leave(error);
      },
    );
  });
}

/** Watches one client while statements of one request run on it. */
interface CancelWatch {
  /** Ends the watch. Resolves when no cancel request is in flight, so that the client can be used by others. */
  finish(): Promise<void>;
}

/**
 * Cancels whatever the client runs once the signal aborts, until the watch is finished. If the server neither responds
 * nor cancels, the connection is closed after some seconds, so the request always ends.
 */
export function cancelOnAbort(client: pg.ClientBase, signal: AbortSignal): CancelWatch {
  // Aborting a controller is the most expensive step here, so one is created only if the signal fires.
  let cancelling: { readonly finished: AbortController; readonly done: Promise<void> } | undefined;
  const onAbort = () => {
    const finished = new AbortController();
    cancelling = { finished, done: cancelUntil(finished.signal, client) };
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    async finish() {
      signal.removeEventListener("abort", onAbort);
      cancelling?.finished.abort();
      await cancelling?.done;
    },
  };
}

/** Breaks the connection of a client. Its statements are rejected, and the pool removes it when it is released. */
export function breakConnection(client: pg.ClientBase): void {
  if (client instanceof pg.Client) client.connection.stream.destroy();
}

async function cancelUntil(finished: AbortSignal, client: pg.ClientBase): Promise<void> {
  const deadline = Date.now() + graceMs;
  while (!finished.aborted) {
    if (Date.now() > deadline) {
      breakConnection(client);
      return;
    }
    await cancelStatement(client);
    await sleep(repeatMs, undefined, { signal: finished }).catch(() => {}); // ended early when the watch finishes
  }
}
