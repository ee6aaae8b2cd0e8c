import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
} from "cockatiel";
import type { OutboundFailure, OutboundFailureResult, OutboundResponse } from "../core/outbound-call.js";

export type Outcome = OutboundResponse | OutboundFailureResult;

/** One circuit breaker for each version of an API. */
export interface Breakers {
  /** Undefined: the API is left alone for now, and nothing was attempted. Rejects as the attempt does. */
  run(key: string, attempt: () => Promise<Outcome>): Promise<Outcome | undefined>;
}

/** In a row. */
const failuresToOpen = 5;

/** The least used are forgotten beyond this, which closes their breaker: memory stays bounded whoever makes APIs. */
const maxBreakers = 10_000;

/**
 * After five failures in a row an API is left alone for `openMs`; then one call probes it while others are still refused.
 * What counts as a failure says that the other system is ill: no connection, no answer, no HTTP, a status of 5xx.
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
      // Cockatiel lets others wait for the probe, which may take all the time that a flow has.
      if (policy.state === CircuitState.HalfOpen) return undefined;
      // It also takes a rejected probe for a recovered system; one that nobody waited for has proved nothing.
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

/** Cockatiel hands the result over without its type. */
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
