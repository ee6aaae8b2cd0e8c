import { afterAll, describe, expect, it } from "vitest";
import { scopesOf } from "../../src/server/pipeline/contract.js";
import { services } from "../../src/services.js";
import type { Refusal } from "../support/answer.js";
import { keys } from "../support/fixture-keys.js";
import { oddRequests } from "../support/odd-values.js";
import { startServer } from "../support/server.js";
import { nameOf, type RpcFixture } from "./rpc-fixture.js";
import { rpcFixtures } from "./rpc-fixtures.js";

const server = await startServer();
afterAll(() => server.stop());

const scopeOf = scopesOf(services);
const concurrency = 4;

/** Codes that no value of a request may lead to. */
const unexpected = new Set(["INTERNAL", "UNKNOWN", "UNAVAILABLE", "DATA_LOSS"]);

describe("an odd value in any field of a request", () => {
  it.each(rpcFixtures.map((fixture) => [nameOf(fixture.method), fixture] as const))(
    "is taken or refused by its field in %s",
    { timeout: 120_000 },
    async (_, fixture) => expect(await faultsOf(fixture)).toEqual([]),
  );

  it("would be noticed if it were not", async () => {
    const fixture = rpcFixtures.find(({ method }) => method.name === "CreateReferralSource");
    if (!fixture) throw new Error("no fixture");
    const { owner } = server.database;
    await owner.query("ALTER TABLE referral_source ADD CONSTRAINT no_percent CHECK (name !~ '%') NOT VALID");
    expect(await faultsOf(fixture)).toEqual([expect.stringMatching(/^name = "%.*INVALID_REQUEST/)]);
    await owner.query("ALTER TABLE referral_source DROP CONSTRAINT no_percent");
  });
});

/** A refusal for which the caller can do nothing, or that does not say which field is wrong. */
function isFault({ code, reason, violations }: Refusal): boolean {
  if (unexpected.has(code)) return true;
  return reason === "INVALID_REQUEST" && (violations.length === 0 || violations.some(({ field }) => field === ""));
}

/** The values that ended as no value may, each with its field and what it ended as. */
async function faultsOf({ method, request }: RpcFixture): Promise<string[]> {
  const key = scopeOf.get(method) === "platform:admin" ? keys.platform : keys.a;
  const faults: string[] = [];
  const next = oddRequests(method.input, await request(server)).values();
  const client = async () => {
    for (const { what, message } of next) {
      const answer = await server.call(method, message, { key });
      if (!answer.ok && isFault(answer)) faults.push(`${what}: ${answer.code} ${answer.reason} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return faults;
}
