/** How many calls are taken: a burst at once, and in the long run so many in so many seconds. */
export interface RateLimit {
  /** Whole, at least 1. */
  readonly calls: number;
  /** Whole, at least 1. */
  readonly seconds: number;
  /** Whole, at least 1. */
  readonly burst: number;
}

/** What taking a token found. */
export interface TokenResult {
  /** False when the bucket had none; then nothing was taken. */
  readonly isTaken: boolean;
  /** Whole tokens that are left. */
  readonly left: number;
  /** Milliseconds until there is one more. */
  readonly nextMs: number;
}

/** Buckets of tokens, one for each id, that fill as time passes. */
export interface TokenBuckets {
  take(id: string): TokenResult;
  /** How many buckets are remembered. */
  readonly size: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** By less than this a time in fractions of milliseconds misses a whole token; it is borrowed, so it never adds up. */
const slack = 1e-6;
/** Fewer buckets are never looked through. */
const leastSwept = 1_000;

/**
 * Buckets of `burst` tokens that fill by `calls` in `seconds`, in the memory of this process. No timer runs: a bucket is
 * filled when it is asked. A full one is like one never seen; whenever there are twice as many as at the last time, the
 * full ones are forgotten.
 *
 * @param now milliseconds of a clock that is never set
 */
export function createTokenBuckets({ calls, seconds, burst }: RateLimit, now: () => number): TokenBuckets {
  // Multiplied before it is divided wherever it is used, so that whole milliseconds stay whole.
  const windowMs = seconds * 1_000;
  const buckets = new Map<string, Bucket>();
  let sweptAt = leastSwept;

  function fill(bucket: Bucket, nowMs: number): Bucket {
    const filled = bucket.tokens + ((nowMs - bucket.filledAtMs) * calls) / windowMs;
    bucket.tokens = Math.min(burst, filled);
    bucket.filledAtMs = nowMs;
    return bucket;
  }

  function add(id: string, nowMs: number): Bucket {
    if (buckets.size >= sweptAt) {
      for (const [full, bucket] of buckets) if (fill(bucket, nowMs).tokens === burst) buckets.delete(full);
      sweptAt = Math.max(leastSwept, 2 * buckets.size);
    }
    const bucket = { tokens: burst, filledAtMs: nowMs };
    buckets.set(id, bucket);
    return bucket;
  }

  return {
    take(id) {
      const nowMs = now();
      const known = buckets.get(id);
      const bucket = known ? fill(known, nowMs) : add(id, nowMs);
      const isTaken = bucket.tokens + slack >= 1;
      if (isTaken) bucket.tokens -= 1;
      const left = Math.max(0, Math.floor(bucket.tokens + slack));
      return { isTaken, left, nextMs: ((left + 1 - bucket.tokens) * windowMs) / calls };
    },
    get size() {
      return buckets.size;
    },
  };
}
