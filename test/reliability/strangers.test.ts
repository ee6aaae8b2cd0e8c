import { randomUUID } from "node:crypto";
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { afterAll, expect, it, type TestContext } from "vitest";
import { authorizationOf, type FixtureKey, fixtureKey, keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { startObserved } from "./real-service.js";
import { record } from "./run.js";

/** What a thousand strangers send at once, each on a connection of its own. */
const attacks: Readonly<Record<string, (index: number) => Sent>> = {
  "ask /readyz and /healthz": (index) => ({ path: index % 2 === 0 ? "/readyz" : "/healthz", headers: {} }),
  "send an unknown key": (index) => ({
    path: "/v1/customers/cus_a1",
    headers: {
      authorization: `Bearer stranger-${randomUUID()}`,
      // From addresses of their own, so that no budget of an address holds them back.
      "x-forwarded-for": `198.18.${index >> 8}.${index & 255}`,
    },
  }),
};
const strangers = 1_000;
/** A lookup of an unknown key waits for a second at most; the rest is for the machine. */
const maxMs = 10_000;

const server = await startServer();
afterAll(() => server.stop());

for (const attack of Object.keys(attacks)) {
  it(`F3: ${strangers} strangers ${attack}: honest calls are served, with old keys and with new ones`, async (context) => {
    const seen = await served(attack, ["slow-statements"]);
    note(context, "F3", seen);
    expect(seen.refused).toEqual([]);
    expect(seen.slowestMs).toBeLessThanOrEqual(maxMs);
    expect(seen.statuses).toEqual(attack.startsWith("ask") ? [200] : [401, 503]);
    expect(seen.slowestStrangerMs).toBeLessThanOrEqual(maxMs);
  });

  it(`F3: ${strangers} strangers ${attack}: without the guards honest calls are refused`, async (context) => {
    const seen = await served(attack, ["slow-statements", "unguarded"], 3);
    note(context, "F3 control", seen);
    expect(seen.refused.length).toBeGreaterThan(0);
  });
}

interface Sent {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

interface Seen {
  readonly attack: string;
  /** Status of each honest call that was not served. */
  readonly refused: readonly number[];
  readonly calls: number;
  readonly slowestMs: number;
  /** What strangers were answered, each once. */
  readonly statuses: readonly number[];
  readonly slowestStrangerMs: number;
}

/** What honest clients see while each stranger asks so many times, and the database is slow to answer strangers. */
async function served(attack: string, preloads: readonly string[], times = 1): Promise<Seen> {
  await using service = await startObserved(server.database, {
    ...{ TRUSTED_PROXIES: "127.0.0.1", DATABASE_POOL_WAIT_MS: "1000", MAX_CALLS_IN_FLIGHT_PER_COMPANY: "8" },
    SLOW_STATEMENTS: JSON.stringify({ "app.ping": 1_500, "keys.check": 50 }),
    NODE_OPTIONS: preloads.map((name) => `--import=${join(import.meta.dirname, `${name}.mjs`)}`).join(" "),
  });
  const fresh = Array.from({ length: 20 }, () => fixtureKey(`key_${randomUUID()}`, [{ type: "COMPANY", id: "cmp_a" }]));
  await server.insertKeys(fresh);
  const agent = new Agent({ maxSockets: strangers + 10 });
  const send = (sent: Sent) => answerTo(service.httpUrl, agent, sent);
  const call = (key: FixtureKey) =>
    send({ path: "/v1/customers/cus_a1", headers: { authorization: authorizationOf(key) } });
  await call(keys.a);
  const of = attacks[attack];
  if (!of) throw new Error("no such attack");
  const asking = Array.from({ length: strangers }, async (_, index) => {
    const answers = [await send(of(index))];
    while (answers.length < times) answers.push(await send(of(index)));
    return answers;
  });
  const honest: Answered[] = [];
  // One after another, so that only strangers can use up what they share.
  for (const key of fresh) honest.push(await call(key), await call(keys.a));
  const answers = (await Promise.all(asking)).flat();
  agent.destroy();
  return {
    attack,
    refused: honest.flatMap(({ status }) => (status === 200 ? [] : [status])),
    calls: honest.length,
    slowestMs: slowest(honest),
    statuses: [...new Set(answers.map(({ status }) => status))].toSorted(),
    slowestStrangerMs: slowest(answers),
  };
}

interface Answered {
  readonly status: number;
  readonly tookMs: number;
}

function answerTo(url: string, agent: Agent, { path, headers }: Sent): Promise<Answered> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    request(url + path, { agent, headers }, (response) => {
      response
        .resume()
        .on("end", () => resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - startMs }));
    })
      .on("error", reject)
      .end();
  });
}

function slowest(answers: readonly Answered[]): number {
  return Math.round(Math.max(...answers.map(({ tookMs }) => tookMs)));
}

function note(context: TestContext, id: string, seen: Seen): void {
  record(context, {
    id,
    done: `${strangers} strangers ${seen.attack} at once, and the database is slow to answer them${id === "F3" ? "" : "; no guards"}`,
    seen: `${seen.refused.length} of ${seen.calls} honest calls refused, slowest ${seen.slowestMs} ms; strangers get ${seen.statuses.join(", ")}, the slowest after ${seen.slowestStrangerMs} ms`,
    must: id === "F3" ? `0 refused, no answer after more than ${maxMs} ms` : "some refused",
  });
}
