import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import type { KeyRecord } from "../../src/core/key-grants.js";
import { generateSecret, hashSecret } from "../../src/core/key-secrets.js";
import { createKeyChecker } from "../../src/resources/api-keys/key-check.service.js";
import { createAttemptBudget } from "../../src/server/pipeline/attempt-budget.js";

const stranger = "203.0.113.9";
const other = "198.51.100.1";
const burst = 100;

describe("unknown API keys", () => {
  it("are looked up within a budget per address, which others do not share", async () => {
    const { asked, attempt } = checkerOf();
    const reasons = await inSequence(burst + 50, () => attempt(generateSecret(), stranger));
    expect(countOf(reasons)).toEqual({ KEY_UNKNOWN: burst, RATE_LIMITED: 50 });
    expect(asked()).toBe(burst);
    expect(await attempt(generateSecret(), other)).toBe("KEY_UNKNOWN");
  });

  it("get their budget back with time, and the error says when", async () => {
    const { advance, check, attempt } = checkerOf();
    await inSequence(burst, () => attempt(generateSecret(), stranger));
    const refusal = await check(generateSecret(), stranger).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      reason: "RATE_LIMITED",
      details: { metadata: { limit: "address" }, retryDelayMs: 100 },
    });
    advance(100);
    expect(await attempt(generateSecret(), stranger)).toBe("KEY_UNKNOWN");
    expect(await attempt(generateSecret(), stranger)).toBe("RATE_LIMITED");
  });

  it("cost nothing if the key turns out to be valid", async () => {
    const valid = Array.from({ length: 2 * burst }, () => generateSecret());
    const { attempt } = checkerOf({ valid });
    const reasons = await inSequence(valid.length, (index) => attempt(valid[index] ?? "", stranger));
    expect(countOf(reasons)).toEqual({ OK: valid.length });
  });

  it("neither delay nor use up a valid key at its first use, even from the same address", async () => {
    const valid = [generateSecret(), generateSecret()];
    const { attempt } = checkerOf({ valid, isStalled: true });
    const flood = inParallel(3 * burst, () => attempt(generateSecret(), stranger));
    expect(await attempt(valid[0] ?? "", stranger)).toBe("OK");
    expect(await attempt(valid[1] ?? "", other)).toBe("OK");
    expect(countOf(await flood)).toEqual({ OVERLOADED: burst, RATE_LIMITED: 2 * burst });
  });
});

function checkerOf({ valid = [], isStalled = false }: { valid?: readonly string[]; isStalled?: boolean } = {}) {
  let elapsedMs = 0;
  let asked = 0;
  const monotonicMs = () => elapsedMs;
  const records = new Map(valid.map((secret) => [hashSecret(secret).toString("base64"), recordOf(secret)]));
  const checker = createKeyChecker({
    repository: {
      async findByHash(hash) {
        asked += 1;
        const found = records.get(Buffer.from(hash).toString("base64"));
        if (isStalled && !found) await sleep(1_200);
        if (isStalled && !found) throw new DomainError("OVERLOADED", "The database is busy.");
        return found;
      },
      issuedHashes: async () => [...records.keys()],
      async touch() {},
    },
    monotonicMs,
    budget: createAttemptBudget(monotonicMs),
  });
  const check = (secret: string, address: string) => checker.check([secret], address);
  return {
    check,
    attempt: (secret: string, address: string) =>
      check(secret, address).then(
        () => "OK",
        (error: unknown) => (error instanceof DomainError ? error.reason : String(error)),
      ),
    advance: (milliseconds: number) => {
      elapsedMs += milliseconds;
    },
    asked: () => asked,
  };
}

function recordOf(secret: string): KeyRecord {
  return {
    keyId: "key_1",
    hash: hashSecret(secret),
    ...{ scopes: [], allowedAddresses: [] },
    organizations: [],
    companies: [],
  };
}

async function inSequence<T>(count: number, work: (index: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index += 1) results.push(await work(index));
  return results;
}

function inParallel<T>(count: number, work: () => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: count }, work));
}

function countOf(reasons: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
