/** Allows a burst, and `calls` per `seconds` in the long run. */
export interface RateLimit {
  /** Integer, at least 1. */
  readonly calls: number;
  /** Integer, at least 1. */
  readonly seconds: number;
  /** Integer, at least 1. */
  readonly burst: number;
}

export interface TokenResult {
  /** False if the bucket was empty; then nothing was taken. */
  readonly isTaken: boolean;
  readonly left: number;
  readonly nextMs: number;
}

/** Token buckets by id, refilled over time. */
interface TokenBuckets {
  take(id: string): TokenResult;
  /** Returns a token that was taken. */
  giveBack(id: string): void;
  readonly size: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * Rounding error of fractional milliseconds that may be missing from a whole token. It stays borrowed, so it never adds
 * up.
 */
const slack = 1e-6;
/** Below this size no sweep is needed. */
const leastSwept = 1_000;

/**
 * Buckets of `burst` tokens that refill at `calls` per `seconds`, in the memory of this process. There is no timer: a
 * bucket is refilled when it is used. A full bucket equals a new one, so full ones are dropped whenever the number of
 * buckets has doubled.
 *
 * @param now milliseconds of a monotonic clock
 */
export function createTokenBuckets({ calls, seconds, burst }: RateLimit, now: () => number): TokenBuckets {
  // Always multiply before dividing by this, so that whole milliseconds stay exact.
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
    giveBack(id) {
      const bucket = buckets.get(id);
      if (bucket) bucket.tokens = Math.min(burst, bucket.tokens + 1);
    },
    get size() {
      return buckets.size;
    },
  };
}
