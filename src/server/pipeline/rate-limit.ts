import { DomainError } from "../../core/errors.js";
import { createTokenBuckets, type RateLimit, type TokenResult } from "./token-buckets.js";

/** What a server limits; absent = without limit. */
export interface RateLimits {
  readonly perKey?: RateLimit;
  readonly perCompany?: RateLimit;
}

/** Whose calls are counted; also the name of the policy in the headers. */
export type RateLimitName = "key" | "company";

/** Counts one call. A call is charged to its key, and to its company once that is known. */
export interface RateMeter {
  /** @throws DomainError RATE_LIMITED */
  charge(name: RateLimitName, id: string): void;
}

/** Header with the limits, and header with what they leave: draft-ietf-httpapi-ratelimit-headers-11. */
export const rateLimitPolicyHeader = "ratelimit-policy";
export const rateLimitHeader = "ratelimit";

/** Makes the meter of each call, which writes the headers of its answer. */
export type RateMeters = (setHeader: (name: string, value: string) => void) => RateMeter;

interface Charged extends TokenResult {
  readonly name: RateLimitName;
}

/**
 * Limits the rate of calls in this process: of N processes beside each other each takes as many.
 *
 * A refused call takes nothing from the bucket that refused it, so whoever keeps trying still gets the whole rate. What it
 * took from its key before its company refused it is gone.
 *
 * @param now milliseconds of a clock that is never set
 */
export function createRateMeters({ perKey, perCompany }: RateLimits, now: () => number): RateMeters {
  if (!perKey && !perCompany) return () => unlimited;
  const buckets = {
    key: perKey && createTokenBuckets(perKey, now),
    company: perCompany && createTokenBuckets(perCompany, now),
  };
  const policy = [...policyOf("key", perKey), ...policyOf("company", perCompany)].join(", ");

  return (setHeader) => {
    const charged: Charged[] = [];
    return {
      charge(name, id) {
        setHeader(rateLimitPolicyHeader, policy);
        const taken = buckets[name]?.take(id);
        if (!taken) return;
        charged.push({ name, ...taken });
        setHeader(rateLimitHeader, charged.map(serviceLimit).join(", "));
        if (!taken.isTaken) throw rateLimited(name, id, charged);
      },
    };
  };
}

const unlimited: RateMeter = { charge: () => undefined };

/** The quota is the burst, and its window the time in which a bucket fills, rounded up since seconds must be whole. */
function policyOf(name: RateLimitName, limit: RateLimit | undefined): readonly string[] {
  return limit ? [`"${name}";q=${limit.burst};w=${Math.ceil((limit.burst * limit.seconds) / limit.calls)}`] : [];
}

/** What is left, and the seconds until there is more, so that `t` and `Retry-After` of a refusal agree. */
function serviceLimit({ name, left, nextMs }: Charged): string {
  return `"${name}";r=${left};t=${Math.ceil(nextMs / 1_000)}`;
}

/** The same call needs a token of every bucket it was charged to. */
function rateLimited(name: RateLimitName, id: string, charged: readonly Charged[]): DomainError {
  const waitsMs = charged.map(({ left, nextMs }) => (left > 0 ? 0 : nextMs));
  return new DomainError("RATE_LIMITED", sentences[name], {
    metadata: { limit: name, ...(name === "company" ? { companyId: id } : {}) },
    retryDelayMs: Math.ceil(Math.max(...waitsMs)),
  });
}

const sentences = {
  key: "Rate limit exceeded for this API key.",
  company: "Rate limit exceeded for this company.",
} as const;
