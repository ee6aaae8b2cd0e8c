import { setTimeout as sleep } from "node:timers/promises";
import { isConflict, isStaleStatement, readFault } from "./database-errors.js";

const conflictTries = 5;
/** Every stale connection is dropped when found, so there are at most as many as the pool has connections. */
const staleTries = 100;
const firstDelayMs = 5;

/**
 * Retries an attempt as a whole after a serialization failure or deadlock (up to 5 attempts, with growing random
 * delays), and after a prepared statement that the server no longer accepts.
 *
 * @throws what the last attempt threw, or the signal's reason if it aborts during a delay
 */
export async function retry<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  let conflicts = 0;
  let stale = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const fault = readFault(error);
      if (isStaleStatement(fault) && ++stale < staleTries) continue;
      if (!isConflict(fault) || ++conflicts === conflictTries) throw error;
      await pause(firstDelayMs * 2 ** conflicts * (0.5 + Math.random()), signal);
    }
  }
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
