import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { cancelStatement } from "./cancel.js";

/** A cancel request that reached the server before its statement did is lost, so it is sent again. */
const repeatMs = 250;
/** After this a statement that cannot be cancelled is given up together with its connection. */
const graceMs = 5_000;

/**
 * Takes a client of the pool. An abort ends the wait at once; a client that comes later goes back unharmed.
 *
 * @throws the signal's reason, or the pool's error
 */
export function checkOut(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    pool.connect().then(
      (client) => {
        signal.removeEventListener("abort", onAbort);
        if (signal.aborted) client.release();
        else resolve(client);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    );
  });
}

/** Watches over one client while statements of one call run on it. */
export interface Watch {
  /** Ends the watch; resolves when no cancel request is under way any more, so that the client may be handed on. */
  finish(): Promise<void>;
}

/**
 * Cancels whatever the client runs once the signal aborts, until the watch is finished. A server that neither answers
 * nor cancels loses the connection after some seconds, so that the call always ends.
 */
export function cancelOnAbort(client: pg.ClientBase, signal: AbortSignal): Watch {
  const finished = new AbortController();
  let cancelling: Promise<void> | undefined;
  const onAbort = () => {
    cancelling = cancelUntil(finished.signal, client);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    async finish() {
      signal.removeEventListener("abort", onAbort);
      finished.abort();
      await cancelling;
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
