import { DomainError } from "../../core/errors.js";
import { createTokenBuckets, type RateLimit, type TokenResult } from "./token-buckets.js";

/** Absent = no limit. */
export interface RateLimits {
  readonly perKey?: RateLimit;
  readonly perCompany?: RateLimit;
}

/** The subject of the limit; also the name of the policy in the headers. */
type RateLimitName = "key" | "company";

/** Charges one request: to its API key, and to its company once that is known. */
export interface RateMeter {
  /** @throws DomainError RATE_LIMITED */
  charge(name: RateLimitName, id: string): void;
}

/** The limits, and what remains of them: draft-ietf-httpapi-ratelimit-headers-11. */
export const rateLimitPolicyHeader = "ratelimit-policy";
export const rateLimitHeader = "ratelimit";

/** Creates the meter of one request, which sets the response headers. */
type RateMeters = (setHeader: (name: string, value: string) => void) => RateMeter;

interface Charged extends TokenResult {
  readonly name: RateLimitName;
}

/**
 * Limits the request rate within this process. N processes together allow N times the rate.
 *
 * A rejected request takes no token from the bucket that rejected it, so a client that keeps retrying still gets the
 * full rate. A token already taken from its API key is not returned when the company's limit rejects it.
 *
 * @param now milliseconds of a monotonic clock
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

/** The quota is the burst. The window is the time to fill a bucket, rounded up because seconds must be whole. */
function policyOf(name: RateLimitName, limit: RateLimit | undefined): readonly string[] {
  return limit ? [`"${name}";q=${limit.burst};w=${Math.ceil((limit.burst * limit.seconds) / limit.calls)}`] : [];
}

/** Remaining tokens, and seconds until the next one. Rounded so that `t` equals `Retry-After` of a rejection. */
function serviceLimit({ name, left, nextMs }: Charged): string {
  return `"${name}";r=${left};t=${Math.ceil(nextMs / 1_000)}`;
}

/** A retry needs a token from every bucket that was charged. */
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
