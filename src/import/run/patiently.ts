import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "../../core/errors.js";

const tries = 10;
const defaultDelayMs = 200;

/**
 * Repeats work whose transaction waited too long for a lock, and so changed nothing. A client of a server gets an error and
 * decides; an import of hours must not end because a row was busy for seconds.
 */
export async function patiently<T>(work: () => Promise<T>, delayMs = defaultDelayMs): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === tries || !(error instanceof DomainError) || error.reason !== "LOCK_TIMEOUT") throw error;
      await sleep(delayMs * tried);
    }
  }
}
