import { setTimeout as sleep } from "node:timers/promises";
import { isConflict, isStaleStatement } from "./database-errors.js";
import { readFault } from "./database-fault.js";

const conflictTries = 5;
/** Each stale connection is dropped when met, so there are at most as many as the pool is large. */
const staleTries = 100;
const firstDelayMs = 5;

/**
 * Runs an attempt again, as a whole, after a serialization failure or deadlock (up to 5 tries, with growing random
 * pauses), and after a prepared statement that the server does not accept any more.
 *
 * @throws what the last attempt threw, or the signal's reason when it aborts during a pause
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
