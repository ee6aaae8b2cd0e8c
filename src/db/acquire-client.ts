import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { cancelStatement } from "./cancel.js";
import { overloaded } from "./database-errors.js";

/** A cancel request that reached the server before its statement did is lost, so it is sent again. */
const repeatMs = 250;
/** After this a statement that cannot be cancelled is given up together with its connection. */
const graceMs = 5_000;

/** What a call has waited for clients, by its signal, of which every call has one of its own. */
const waits = new WeakMap<AbortSignal, { readonly firstAt: number; readonly totalMs: number }>();
/** Longer than any call: work of the service itself may keep one signal for good. */
const rememberedMs = 60_000;

/**
 * Takes a client of the pool. An abort ends the wait at once; a client that comes later goes back unharmed. All that one
 * call waits together is bounded by what the pool allows for one wait, however many clients it takes one after the other.
 *
 * @throws the signal's reason, the pool's error, or DomainError OVERLOADED
 */
export function acquireClient(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
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
    // The pool has the same bound for a first wait.
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

/** Watches over one client while statements of one call run on it. */
export interface CancelWatch {
  /** Ends the watch; resolves when no cancel request is under way any more, so that the client may be handed on. */
  finish(): Promise<void>;
}

/**
 * Cancels whatever the client runs once the signal aborts, until the watch is finished. A server that neither answers
 * nor cancels loses the connection after some seconds, so that the call always ends.
 */
export function cancelOnAbort(client: pg.ClientBase, signal: AbortSignal): CancelWatch {
  // Only an abort needs something to end its repeated requests: to abort a controller costs more than all else here.
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

/** Breaks a client's connection: its statements are rejected, and the pool drops it when it comes back. */
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
    await sleep(repeatMs, undefined, { signal: finished }).catch(() => {}); // woken when the watch ends
  }
}
