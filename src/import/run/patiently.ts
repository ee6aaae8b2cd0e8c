import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, type Reason } from "../../core/errors.js";

const tries = 10;
const defaultDelayMs = 200;

/** Errors of a transaction that waited or took too long, and so changed nothing. */
const ofBusyDatabase: ReadonlySet<Reason> = new Set<Reason>(["LOCK_TIMEOUT", "STATEMENT_TIMEOUT", "OVERLOADED"]);

/**
 * Repeats work that changed nothing because a row or the whole machine was busy. A client of a server gets an error and
 * decides; an import of hours must not end because of some seconds.
 */
export async function patiently<T>(work: () => Promise<T>, delayMs = defaultDelayMs): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === tries || !(error instanceof DomainError) || !ofBusyDatabase.has(error.reason)) throw error;
      await sleep(delayMs * tried);
    }
  }
}
