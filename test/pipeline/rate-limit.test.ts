import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { createRateMeters, type RateLimits } from "../../src/server/pipeline/rate-limit.js";
import { createTokenBuckets, type RateLimit } from "../../src/server/pipeline/token-buckets.js";

/** A clock that stands until it is moved. */
function fakeClock() {
  let nowMs = 123_456.789;
  return {
    now: () => nowMs,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
  };
}

function bucketsOf(limit: RateLimit) {
  const clock = fakeClock();
  return { clock, buckets: createTokenBuckets(limit, clock.now) };
}

function countTaken(buckets: ReturnType<typeof createTokenBuckets>, id: string, tries: number): number {
  return Array.from({ length: tries }, () => buckets.take(id)).filter(({ isTaken }) => isTaken).length;
}

describe("a token bucket", () => {
  it.each([1, 5, 200, 100_000])("gives exactly its burst of %d at one moment", (burst) => {
    const { buckets } = bucketsOf({ calls: 1, seconds: 3, burst });
    expect(countTaken(buckets, "a", burst + 50)).toBe(burst);
  });

  it("fills by the rate and never above the burst", () => {
    const { clock, buckets } = bucketsOf({ calls: 100, seconds: 1, burst: 20 });
    countTaken(buckets, "a", 30);
    clock.pass(75);
    expect(countTaken(buckets, "a", 30)).toBe(7);
    clock.pass(3_600_000);
    expect(countTaken(buckets, "a", 30)).toBe(20);
  });

  it("tells the true time until the next token, to the millisecond, whatever the rate", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), fc.constantFrom(1, 60, 3_600), (calls, seconds) => {
        const { clock, buckets } = bucketsOf({ calls, seconds, burst: 3 });
        countTaken(buckets, "a", 3);
        const { isTaken, nextMs } = buckets.take("a");
        expect(isTaken).toBe(false);
        const earlyMs = Math.floor(nextMs * 0.99);
        clock.pass(earlyMs);
        expect(buckets.take("a").isTaken).toBe(false);
        clock.pass(Math.ceil(nextMs) - earlyMs);
        expect(buckets.take("a").isTaken).toBe(true);
      }),
    );
  });

  it("takes nothing for a refused call, so whoever keeps trying gets the whole rate", () => {
    const { clock, buckets } = bucketsOf({ calls: 10, seconds: 1, burst: 1 });
    let taken = 0;
    for (let tried = 0; tried < 10_000; tried += 1, clock.pass(1)) taken += countTaken(buckets, "a", 1);
    expect(taken).toBe(100);
  });

  it("never gives more than burst + rate * time, over any stretch of any calls", () => {
    const limits = fc.record({
      calls: fc.integer({ min: 1, max: 500 }),
      seconds: fc.constant(1),
      burst: fc.integer({ min: 1, max: 20 }),
    });
    const pauses = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(limits, pauses, (limit, list) => {
        const { clock, buckets } = bucketsOf(limit);
        const takenAtMs = list.flatMap((pauseMs) => {
          clock.pass(pauseMs);
          return buckets.take("a").isTaken ? [clock.now()] : [];
        });
        takenAtMs.forEach((from, first) => {
          takenAtMs.slice(first).forEach((to, count) => {
            expect(count + 1).toBeLessThanOrEqual(limit.burst + ((to - from) * limit.calls) / 1_000 + 1e-5);
          });
        });
      }),
    );
  });

  it("is one for each id", () => {
    const { buckets } = bucketsOf({ calls: 1, seconds: 1, burst: 2 });
    expect([countTaken(buckets, "a", 9), countTaken(buckets, "b", 9)]).toEqual([2, 2]);
  });

  it("is remembered until it is full again; those of keys long gone take no room", () => {
    const { clock, buckets } = bucketsOf({ calls: 100, seconds: 1, burst: 200 });
    const takeEach = (prefix: string) => {
      for (let id = 0; id < 10_000; id += 1) buckets.take(`${prefix}_${id}`);
    };
    countTaken(buckets, "empty", 300);
    let most = 0;
    for (let round = 0; round < 20; round += 1, clock.pass(50)) {
      takeEach(`key_${round}`);
      most = Math.max(most, buckets.size);
    }
    expect(most).toBeLessThanOrEqual(20_001);
    expect(countTaken(buckets, "empty", 300)).toBe(100);
  });
});

function meterOf(limits: RateLimits) {
  const clock = fakeClock();
  const meters = createRateMeters(limits, clock.now);
  const headers: Record<string, string> = {};
  const charge = (key: string, company?: string) => {
    const meter = meters((name, value) => {
      headers[name] = value;
    });
    meter.charge("key", key);
    if (company !== undefined) meter.charge("company", company);
  };
  return { clock, headers, charge };
}

function refusalOf(act: () => void): DomainError {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error;
  }
  throw new Error("nothing was refused");
}

describe("the meter of a call", () => {
  it("tells the limits and what is left, by the draft of the RateLimit fields", () => {
    const { headers, charge, clock } = meterOf({
      perKey: { calls: 100, seconds: 1, burst: 250 },
      perCompany: { calls: 1, seconds: 60, burst: 3 },
    });
    charge("key_1", "cmp_1");
    expect(headers).toEqual({
      "ratelimit-policy": '"key";q=250;w=3, "company";q=3;w=180',
      ratelimit: '"key";r=249;t=1, "company";r=2;t=60',
    });
    clock.pass(12_000);
    charge("key_1");
    expect(headers["ratelimit"]).toBe('"key";r=249;t=1');
  });

  it("writes nothing where nothing is limited", () => {
    const { headers, charge } = meterOf({});
    for (let calls = 0; calls < 1_000; calls += 1) charge("key_1", "cmp_1");
    expect(headers).toEqual({});
  });

  it("names the limit that refused, and the time after which the call succeeds", () => {
    const { charge, clock, headers } = meterOf({ perKey: { calls: 3, seconds: 1, burst: 2 } });
    charge("key_1");
    charge("key_1");
    const { reason, details } = refusalOf(() => charge("key_1"));
    expect({ reason, details }).toEqual({
      reason: "RATE_LIMITED",
      details: { metadata: { limit: "key" }, retryDelayMs: 334 },
    });
    expect(headers["ratelimit"]).toBe('"key";r=0;t=1');
    clock.pass(334);
    charge("key_1");
  });

  it("counts the key's wait as well when the company refuses", () => {
    const { charge, clock } = meterOf({
      perKey: { calls: 1, seconds: 10, burst: 2 },
      perCompany: { calls: 1, seconds: 1, burst: 1 },
    });
    charge("key_1", "cmp_1");
    const { details } = refusalOf(() => charge("key_1", "cmp_1"));
    expect(details).toEqual({ metadata: { limit: "company", companyId: "cmp_1" }, retryDelayMs: 10_000 });
    clock.pass(10_000);
    charge("key_1", "cmp_1");
  });
});
