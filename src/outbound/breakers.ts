import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
} from "cockatiel";
import type { OutboundFailure, OutboundFailureResult, OutboundResponse } from "../core/outbound-call.js";

export type Outcome = OutboundResponse | OutboundFailureResult;

interface Breakers {
  /** Undefined if the breaker is open: nothing was attempted. Rejects if the attempt rejects. */
  run(key: string, attempt: () => Promise<Outcome>): Promise<Outcome | undefined>;
}

/** Consecutive. */
const failuresToOpen = 5;

/** Above this number the least recently used breaker is dropped, which closes it. Keeps memory bounded. */
const maxBreakers = 10_000;

/**
 * After five consecutive failures the breaker opens for `openMs`. Then one request probes the external API while others
 * are still rejected. Failures are signs that the system is down: no connection, no response, invalid HTTP, or a 5xx
 * status.
 */
export function createBreakers(openMs: number): Breakers {
  const policies = new Map<string, CircuitBreakerPolicy>();
  const policyOf = (key: string) => {
    const policy = policies.get(key) ?? createPolicy(openMs);
    policies.delete(key);
    policies.set(key, policy);
    const [oldest] = policies.keys();
    if (policies.size > maxBreakers && oldest !== undefined) policies.delete(oldest);
    return policy;
  };
  return {
    async run(key, attempt) {
      const policy = policyOf(key);
      // Cockatiel would make others wait for the probe, which can take all the time a flow has.
      if (policy.state === CircuitState.HalfOpen) return undefined;
      // Cockatiel also counts a rejected probe as a recovery, but a canceled probe proves nothing.
      const isProbe = policy.state === CircuitState.Open;
      let wasAttempted = false;
      const result = await policy
        .execute(async (): Promise<Result> => {
          wasAttempted = true;
          try {
            return await attempt();
          } catch (error) {
            if (!isProbe) throw error;
            return { kind: "rejected", error };
          }
        })
        .catch((error: unknown) => {
          if (wasAttempted) throw error;
          return undefined;
        });
      if (result?.kind === "rejected") throw result.error;
      return result;
    },
  };
}

type Result = Outcome | { readonly kind: "rejected"; readonly error: unknown };

function createPolicy(halfOpenAfter: number): CircuitBreakerPolicy {
  const breaker = new ConsecutiveBreaker(failuresToOpen);
  return circuitBreaker(handleWhenResult(countsAsFailure), { halfOpenAfter, breaker });
}

/** Cockatiel passes the result without its type. */
function countsAsFailure(result: unknown): boolean {
  if (typeof result !== "object" || result === null) return false;
  if ("status" in result) return typeof result.status === "number" && result.status >= 500;
  if ("failure" in result) return typeof result.failure === "string" && illnesses.has(result.failure);
  return true;
}

const illnesses: ReadonlySet<string> = new Set([
  "NAME_NOT_RESOLVED",
  "CONNECTION_FAILED",
  "TLS_FAILED",
  "CONNECTION_LOST",
  "TIMEOUT",
  "ANSWER_MALFORMED",
] satisfies OutboundFailure[]);
