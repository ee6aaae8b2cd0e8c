import type { AttemptBudget } from "../../core/key-grants.js";
import { createTokenBuckets } from "./token-buckets.js";

/** Guesses cannot find a secret of 256 bits at any rate. The limit protects the database and the log. */
const attempts = { calls: 10, seconds: 1, burst: 100 };

/**
 * Attempts with unknown API keys, by client address, in the memory of this process.
 *
 * @param now milliseconds of a monotonic clock
 */
export function createAttemptBudget(now: () => number): AttemptBudget {
  const buckets = createTokenBuckets(attempts, now);
  return {
    take(address) {
      const { isTaken, nextMs } = buckets.take(address);
      return isTaken ? undefined : { retryDelayMs: Math.ceil(nextMs) };
    },
    giveBack: (address) => buckets.giveBack(address),
  };
}
