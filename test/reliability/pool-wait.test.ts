import { afterAll, expect, it } from "vitest";
import { type Answer, addTenant, atOnce, call, openWorld, type World } from "../faults/world.js";
import { timed } from "../support/timed.js";
import { record, times } from "./run.js";

const poolSize = 5;
const calls = 500;
const holdMs = 1_000;
const waitMs = 2_000;
/** The wait of the call, its statement, and what 500 answers at once take; the key check has connections of its own. */
const budgetMs = waitMs + holdMs + 3_000;

const worlds: World[] = [];
afterAll(() => Promise.all(worlds.map((world) => world[Symbol.asyncDispose]())));

interface Round {
  readonly answered: number;
  readonly refused: number;
  /** Calls whose end is none of the two. */
  readonly wrong: readonly string[];
  readonly slowestMs: number;
}

/** A service with five connections, each call of which holds one for a second. */
async function crowded(environment: Readonly<Record<string, string>>) {
  const world = await openWorld({ DATABASE_POOL_SIZE: String(poolSize), ...environment });
  worlds.push(world);
  const tenant = await addTenant(world);
  await world.database.owner.query(`
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${holdMs / 1_000}); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION hold();
  `);
  await call(tenant, "customers:list", { companyId: tenant.companyId, pagination: {} });

  return async (): Promise<Round> => {
    const body = { companyId: tenant.companyId, preferredBusinessId: tenant.businessId, firstName: "Ada" };
    const ends = await atOnce(calls, async () => {
      const startedAt = performance.now();
      const signal = AbortSignal.timeout(20_000);
      const customer = { ...body, lastName: "Test", phone: "+12125550123" };
      const end = await call(tenant, "customers", customer, { signal }).then(endOf, () => "no answer");
      return { end, ms: performance.now() - startedAt };
    });
    const of = (wanted: string) => ends.filter(({ end }) => end === wanted).length;
    return {
      answered: of("answered"),
      refused: of("refused"),
      wrong: ends.map(({ end }) => end).filter((end) => end !== "answered" && end !== "refused"),
      slowestMs: Math.round(Math.max(...ends.map(({ ms }) => ms))),
    };
  };
}

function endOf({ status, body }: Answer): string {
  if (status === 200) return "answered";
  const types: readonly string[] = body.details.map((detail: { "@type": string }) => detail["@type"]);
  const mayRetry = types.includes("type.googleapis.com/google.rpc.RetryInfo");
  return [503, 429].includes(status) && mayRetry ? "refused" : `${status} ${JSON.stringify(body)}`;
}

it("O1: calls that find no connection in time are told so within their wait budget", timed, async (context) => {
  const rounds = times({ short: 1, long: 10 });
  const crowd = await crowded({ DATABASE_POOL_WAIT_MS: String(waitMs) });
  const seen: Round[] = [];
  for (let round = 0; round < rounds; round += 1) seen.push(await crowd());
  const sum = (of: (round: Round) => number) => seen.reduce((all, round) => all + of(round), 0);
  const wrong = seen.flatMap((round) => round.wrong);
  const slowestMs = Math.max(...seen.map((round) => round.slowestMs));
  record(context, {
    id: "O1",
    done: `${rounds} times ${calls} concurrent requests, each holding one of ${poolSize} connections for ${holdMs} ms, waiting at most ${waitMs} ms`,
    seen: `${sum(({ answered }) => answered)} completed, ${sum(({ refused }) => refused)} rejected with RetryInfo, ${wrong.length} otherwise; slowest ${slowestMs} ms`,
    must: `all completed or rejected with RetryInfo, within ${budgetMs} ms`,
  });
  expect(wrong).toEqual([]);
  expect(slowestMs).toBeLessThanOrEqual(budgetMs);
  expect(Math.min(...seen.map(({ answered }) => answered))).toBeGreaterThanOrEqual(poolSize);
});

it("O1 control: with a long wait for connections calls take longer than that", async (context) => {
  const crowd = await crowded({ DATABASE_POOL_WAIT_MS: "8000" });
  const { answered, refused, slowestMs } = await crowd();
  record(context, {
    id: "O1 control",
    done: `${calls} concurrent requests, waiting at most 8000 ms`,
    seen: `${answered} completed, ${refused} rejected; slowest ${slowestMs} ms`,
    must: `slowest above ${budgetMs} ms`,
  });
  expect(slowestMs).toBeGreaterThan(budgetMs);
});
