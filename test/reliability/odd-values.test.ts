import { afterAll, describe, expect, it } from "vitest";
import { rpcEntries } from "../resources/all-entries.js";
import type { RpcEntry } from "../resources/entry.js";
import { nameOf } from "../resources/method.js";
import { ableKey } from "../support/able-key.js";
import type { Refusal } from "../support/answer.js";
import { oddRequests } from "../support/odd-values.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const concurrency = 4;

/** Codes that no value of a request may lead to. */
const unexpected = new Set(["INTERNAL", "UNKNOWN", "UNAVAILABLE", "DATA_LOSS"]);

describe("an odd value in any field of a request", () => {
  it.each(rpcEntries.map((entry) => [nameOf(entry.method), entry] as const))(
    "is taken or refused by its field in %s",
    { timeout: 120_000 },
    async (_, entry) => expect(await faultsOf(entry)).toEqual([]),
  );

  it("would be noticed if it were not", async () => {
    const entry = rpcEntries.find(({ method }) => method.name === "CreateReferralSource");
    if (!entry) throw new Error("no entry");
    const { owner } = server.database;
    await owner.query("ALTER TABLE referral_source ADD CONSTRAINT no_percent CHECK (name !~ '%') NOT VALID");
    expect(await faultsOf(entry)).toEqual([expect.stringMatching(/^name = "%.*INVALID_REQUEST/)]);
    await owner.query("ALTER TABLE referral_source DROP CONSTRAINT no_percent");
  });
});

/** A refusal for which the caller can do nothing, or that does not say which field is wrong. */
function isFault({ code, reason, violations }: Refusal): boolean {
  if (unexpected.has(code)) return true;
  return reason === "INVALID_REQUEST" && (violations.length === 0 || violations.some(({ field }) => field === ""));
}

/** The values that ended as no value may, each with its field and what it ended as. */
async function faultsOf({ method, request }: RpcEntry): Promise<string[]> {
  const key = ableKey(method);
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
