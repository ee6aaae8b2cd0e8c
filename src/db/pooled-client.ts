import type pg from "pg";
import { acquireClient, cancelOnAbort } from "./acquire-client.js";
import { isStaleStatement } from "./database-errors.js";
import { readFault } from "./database-fault.js";

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
