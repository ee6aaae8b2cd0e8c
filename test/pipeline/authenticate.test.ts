import { describe, expect, it } from "vitest";
import type { KeyChecker } from "../../src/core/key-grants.js";
import { authenticate, parseCredentials } from "../../src/server/pipeline/authenticate.js";

const secret = "moego_0123456789";
const base64 = (text: string) => Buffer.from(text).toString("base64");

const asked: (readonly string[])[] = [];
const keys: KeyChecker = {
  async check(secrets) {
    asked.push(secrets);
    return {
      principal: { keyId: "key_1", scopes: new Set(), organizations: [], companies: new Map() },
      allowedAddresses: [],
    };
  },
};

describe("the readings of an authorization header", () => {
  it.each([
    ["base64 of the secret, as documented", `Basic ${base64(secret)}`],
    ["base64 of the secret and a colon", `Basic ${base64(`${secret}:`)}`],
    ["the secret as it is", `Basic ${secret}`],
    ["a bearer token", `Bearer ${secret}`],
    ["the secret without a scheme", secret],
    ["base64 of the secret without a scheme", base64(secret)],
    ["a scheme in other letters", `bASIC   ${base64(secret)} `],
  ])("hold the secret given by %s", (_how, header) => {
    expect(parseCredentials(header)).toContain(secret);
  });

  it("put the documented one first", () => {
    expect(parseCredentials(`Basic ${base64(secret)}`)[0]).toBe(secret);
    expect(parseCredentials(`Basic ${base64(`${secret}:`)}`)[0]).toBe(secret);
  });

  it("put the secret first that has no scheme and is no base64", () => {
    expect(parseCredentials("key-with.dots")).toEqual(["key-with.dots"]);
  });

  it("take no user name beside a password", () => {
    expect(parseCredentials(`Basic ${base64(`${secret}:password`)}`)).not.toContain(secret);
  });

  it.each([
    undefined,
    "",
    "Basic",
    "Basic ",
    "Digest",
    "Digest abc",
    "Basic a b",
    `Bearer ${"x".repeat(600)}`,
    "Bearer é",
  ])("are none for %s", (header) => {
    expect(parseCredentials(header)).toEqual([]);
  });
});

it("tells a missing credential from an unreadable one", async () => {
  await expect(authenticate(undefined, keys, "203.0.113.9")).rejects.toMatchObject({ reason: "KEY_MISSING" });
  for (const header of ["Digest abc", "Bearer"]) {
    const message = expect.stringMatching(/^The authorization header is malformed\. Send/);
    await expect(authenticate(header, keys, "203.0.113.9")).rejects.toMatchObject({ reason: "KEY_MISSING", message });
  }
  await expect(authenticate("Bearer é", keys, "203.0.113.9")).rejects.toMatchObject({ reason: "KEY_UNKNOWN" });
  await expect(authenticate(`Bearer ${secret}`, keys, "203.0.113.9")).resolves.toMatchObject({
    principal: { keyId: "key_1" },
  });
  expect(asked).toEqual([[secret]]);
});
