import { describe, expect, it } from "vitest";
import { DomainError, notFoundError } from "../../src/core/errors.js";
import type { KeyRecord } from "../../src/core/key-grants.js";
import { generateSecret, hashSecret, isWellFormedSecret, secretPrefixOf } from "../../src/core/key-secrets.js";
import { privilegedScopes, scopes } from "../../src/core/principal.js";
import type { WriteContext } from "../../src/core/write.js";
import type { ApiKeyInput, ApiKeyRepository } from "../../src/resources/api-keys/api-key.model.js";
import { createApiKeys } from "../../src/resources/api-keys/api-key.service.js";
import { createKeyChecker } from "../../src/resources/api-keys/key-check.service.js";

const secret = generateSecret();

describe("a secret", () => {
  it("carries 256 random bits and a checksum behind its prefix", () => {
    expect(secret).toMatch(/^moego_[0-9A-Za-z]{49}$/);
    expect(isWellFormedSecret(secret)).toBe(true);
    expect(generateSecret()).not.toBe(secret);
  });

  it("is refused without a look-up when any one character is mistyped", () => {
    for (let position = "moego_".length; position < secret.length; position += 1) {
      const wrong = secret[position] === "a" ? "b" : "a";
      expect(isWellFormedSecret(secret.slice(0, position) + wrong + secret.slice(position + 1))).toBe(false);
    }
    expect(isWellFormedSecret(secret.slice(0, -1))).toBe(false);
    expect(isWellFormedSecret(`${secret}0`)).toBe(false);
  });

  it("may be a chosen text of 32 to 200 characters", () => {
    expect(isWellFormedSecret("k".repeat(32))).toBe(true);
    expect(isWellFormedSecret("k".repeat(31))).toBe(false);
    expect(isWellFormedSecret("k".repeat(201))).toBe(false);
    expect(isWellFormedSecret(`${"k".repeat(32)}:`)).toBe(false);
  });

  it("is told apart by a hint that gives away little", () => {
    expect(secretPrefixOf(secret)).toBe(`${secret.slice(0, 10)}...`);
  });
});

describe("a key check", () => {
  it("grants every scope but the privileged for an empty list, and the named ones otherwise", async () => {
    const ordinary = await checkerOf(record()).checker.check([secret], client);
    expect([...ordinary.principal.scopes]).toEqual(scopes.filter((scope) => !privilegedScopes.includes(scope)));
    const named = await checkerOf(record({ scopes: ["customer:read", "key:admin"] })).checker.check([secret], client);
    expect([...named.principal.scopes]).toEqual(["customer:read", "key:admin"]);
  });

  it("gives nothing for stored scopes that it does not know", async () => {
    const grant = await checkerOf(record({ scopes: ["future:scope"] })).checker.check([secret], client);
    expect(grant.principal.scopes.size).toBe(0);
  });

  it("takes the first known reading of the credential and asks for no text that cannot be a secret", async () => {
    const { checker, asked } = checkerOf(record());
    await checker.check(["short", `${secret}x`, secret], client);
    expect(asked()).toBe(1);
  });

  it.each([
    ["KEY_UNKNOWN", undefined],
    ["KEY_REVOKED", record({ revokedTime: new Date(0) })],
    ["KEY_EXPIRED", record({ expiresInMs: 0 })],
  ])("answers %s and never repeats the secret", async (reason, stored) => {
    const error = await checkerOf(stored)
      .checker.check([secret], client)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({ reason });
    expect(JSON.stringify(error) + String(error)).not.toContain(secret.slice(6));
  });

  it("remembers an answer for less than two seconds, and a revocation shows after them", async () => {
    const stored = { current: record() };
    const { checker, asked, advance } = checkerOf(() => stored.current);
    await checker.check([secret], client);
    stored.current = record({ revokedTime: new Date(0) });
    advance(1_999);
    await checker.check([secret], client);
    expect(asked()).toBe(1);
    advance(1);
    await expect(checker.check([secret], client)).rejects.toMatchObject({ reason: "KEY_REVOKED" });
  });

  it("ends a remembered key at its expiry, not after the two seconds", async () => {
    const { checker, advance } = checkerOf(record({ expiresInMs: 500 }));
    await checker.check([secret], client);
    advance(500);
    await expect(checker.check([secret], client)).rejects.toMatchObject({ reason: "KEY_EXPIRED" });
  });

  it("shares one look-up among all who ask at once, and forgets one that failed", async () => {
    let failures = 1;
    const { checker, asked } = checkerOf(() => {
      if (failures-- > 0) throw new Error("database away");
      return record();
    });
    await expect(checker.check([secret], client)).rejects.toThrow("database away");
    await Promise.all(Array.from({ length: 50 }, () => checker.check([secret], client)));
    expect(asked()).toBe(2);
  });

  it("keeps known keys remembered and renewed through a flood of unknown ones", async () => {
    const pending: (() => void)[] = [];
    const { checker, asked, advance } = checkerOf(async (hash) => {
      if (Buffer.from(hash).equals(hashSecret(secret))) return record();
      await new Promise<void>((resolve) => pending.push(resolve));
      return undefined;
    });
    await checker.check([secret], client);
    const flood = Array.from({ length: 1_500 }, () =>
      checker.check([generateSecret()], client).catch((error: unknown) => error),
    );
    await new Promise(setImmediate);
    expect(asked()).toBe(1 + 1);
    advance(2_000);
    await checker.check([secret], client);
    expect(asked()).toBe(1 + 1 + 1);
    for (let next = pending.shift(); next; next = pending.shift()) {
      next();
      await new Promise(setImmediate);
    }
    const reasons = (await Promise.all(flood)).map((error) => (error instanceof DomainError ? error.reason : "none"));
    expect(new Set(reasons)).toEqual(new Set(["KEY_UNKNOWN", "OVERLOADED"]));
    expect(reasons.filter((reason) => reason === "OVERLOADED")).toHaveLength(1_500 - 1_001);
  });

  it("notes the use of a key once a minute, and no call fails for it", async () => {
    const { checker, touches, advance } = checkerOf(record(), true);
    await checker.check([secret], client);
    await checker.check([secret], client);
    advance(60_000);
    await checker.check([secret], client);
    expect(touches()).toBe(2);
  });
});

describe("making a key", () => {
  const input: ApiKeyInput = {
    name: "Front desk",
    organizations: [{ type: "COMPANY", id: "cmp_001" }],
    scopes: [],
    allowedAddresses: ["10.0.0.0/8", "2001:db8::1"],
    expiredTime: new Date(2_000_000),
  };

  it("returns the secret once and stores its hash", async () => {
    const { keys, inserted } = keysOf();
    const made = await keys.create(input, "installation", write);
    const { secret: shown = "" } = made;
    expect(isWellFormedSecret(shown)).toBe(true);
    expect(inserted()).toMatchObject({ name: "Front desk", hash: hashSecret(shown) });
    expect(JSON.stringify(inserted())).not.toContain(shown);
  });

  it("reports everything that is wrong at once", async () => {
    const wrong: ApiKeyInput = {
      name: " ",
      organizations: [
        { type: "COMPANY", id: "cmp_404" },
        { type: "BUSINESS", companyId: "cmp_001", id: "no such id" },
      ],
      scopes: ["customer:read", "customer:eat"],
      allowedAddresses: ["10.0.0.0/33", "::1/129", "fe80::1%eth0", "host"],
      staffId: "staff_404",
      expiredTime: new Date(1_000_000),
    };
    const error = await keysOf()
      .keys.create(wrong, "installation", write)
      .catch((thrown: unknown) => thrown);
    const fields = error instanceof DomainError ? error.details.violations?.map((violation) => violation.field) : [];
    expect(fields).toEqual([
      "name",
      "scopes[1]",
      "allowed_addresses[0]",
      "allowed_addresses[1]",
      "allowed_addresses[2]",
      "allowed_addresses[3]",
      "expired_time",
      "organizations[0].id",
      "organizations[1].id",
      "staff_id",
    ]);
  });

  it("binds every key to an organization, but a platform key to none", async () => {
    const { keys } = keysOf();
    await expect(keys.create({ ...input, organizations: [] }, "installation", write)).rejects.toThrow("organizations");
    await expect(keys.create({ ...input, scopes: ["platform:admin"] }, "installation", write)).rejects.toThrow(
      "organizations",
    );
    await keys.create({ ...input, organizations: [], scopes: ["platform:admin"] }, "installation", write);
  });
});

const client = "203.0.113.9";
const write: WriteContext = {
  ...{ rpc: "test", requestId: "1", keyId: "", ip: "", signal: new AbortController().signal },
  companies: "all",
};

function record(changes: Partial<KeyRecord> = {}): KeyRecord {
  const companies = [
    {
      companyId: "cmp_001",
      country: "US",
      timeZone: "America/New_York",
      refusesDoubtfulPhones: false,
      duplicatePolicy: "WARN" as const,
    },
  ];
  return {
    keyId: "key_1",
    hash: hashSecret(secret),
    scopes: [],
    allowedAddresses: [],
    organizations: ["2:/cmp_001"],
    companies,
    ...changes,
  };
}

type Stored = KeyRecord | undefined;

function checkerOf(stored: Stored | ((hash: Uint8Array) => Stored | Promise<Stored>), touchFails = false) {
  let elapsedMs = 0;
  let asked = 0;
  let touches = 0;
  const checker = createKeyChecker({
    repository: {
      async findByHash(hash) {
        asked += 1;
        return typeof stored === "function" ? stored(hash) : stored;
      },
      async touch() {
        touches += 1;
        if (touchFails) throw new Error("read-only");
      },
      issuedHashes: async () => [],
    },
    monotonicMs: () => elapsedMs,
  });
  const advance = (milliseconds: number) => {
    elapsedMs += milliseconds;
  };
  return { checker, advance, asked: () => asked, touches: () => touches };
}

function keysOf() {
  let inserted: unknown;
  const repository: ApiKeyRepository = {
    async insert(key) {
      inserted = key;
      return { ...key, hints: [key.hint], createdTime: new Date(1_000_000), updatedTime: new Date(1_000_000) };
    },
    list: async () => [],
    get: async () => undefined,
    change: (id) => Promise.reject(notFoundError("ApiKey", id)),
    existing: async (organizations) => organizations.map((one) => one.id === "cmp_001"),
    hasStaff: async (staffId) => staffId === "staff_001",
  };
  return { keys: createApiKeys({ repository, now: () => 1_000_000 }), inserted: () => inserted };
}
