import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answer, addTenant, atOnce, openWorld, type Tenant, type World } from "../faults/world.js";
import { type CommitCutter, type Cut, openCommitCutter } from "./commit-cutter.js";
import { effectsOf, planned, refusalOf, sender, sendOnce, sendUntilDone } from "./exactly-once.js";
import { randomOf, record, times } from "./run.js";
import { addService, type PlannedWrite } from "./write-kind.js";
import { writeKinds } from "./write-kinds.js";

const random = randomOf("R3");
const cutKinds: readonly Cut[] = ["answered", "unanswered"];

let world: World;
let cutter: CommitCutter;
/** What becomes of the next commit. */
let decide: () => Cut | undefined = () => undefined;

beforeAll(async () => {
  world = await openWorld({}, async (databaseUrl) => {
    const url = new URL(databaseUrl);
    cutter = await openCommitCutter({ host: url.hostname, port: Number(url.port) || 5432 }, () => decide());
    url.host = `127.0.0.1:${cutter.port}`;
    return url.href;
  });
});
afterAll(async () => {
  await cutter[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function preparedTenant(): Promise<Tenant> {
  decide = () => undefined;
  const tenant = await addTenant(world);
  await addService(world.database.owner, tenant);
  return tenant;
}

/** Cuts the next commit, and no other. */
function cutOnce(cut: Cut): void {
  decide = () => {
    decide = () => undefined;
    return cut;
  };
}

it("R3: after an answer that was lost, the same key tells the true outcome", async (context) => {
  const tenant = await preparedTenant();
  const goal = times({ short: 100, long: 5_000 });
  const cuts = () => cutter.cuts.answered + cutter.cuts.unanswered;
  const wrong: string[] = [];
  let repeats = 0;
  let isRefused = false;
  const mayRepeat = (answer: Answer) => {
    const { reason, isRetryable } = refusalOf(answer);
    const isExpected = answer.status === 503 && reason === "DATABASE_UNAVAILABLE" && isRetryable;
    repeats += 1;
    // The other callers end as well.
    isRefused ||= !isExpected;
    return isExpected;
  };
  decide = () => (cuts() < goal && random.below(2) === 0 ? random.pick(cutKinds) : undefined);
  const done: { write: PlannedWrite; answer: Answer }[] = [];
  // Every kind once, before chance decides.
  const first = [...writeKinds];
  await atOnce(6, async () => {
    while (cuts() < goal && !isRefused) {
      const write = await planned(first.pop() ?? random.pick(writeKinds), tenant, sender(tenant, mayRepeat));
      done.push({ write, answer: await sendUntilDone(tenant, write.call, mayRepeat) });
    }
  });
  const effects = await effectsOf(
    world.database.owner,
    tenant,
    done.map(({ write }) => write),
  );
  for (const [index, { write, answer }] of done.entries()) {
    const { count, ids } = effects[index] ?? { count: 0, ids: [] };
    const isTrue = count === 1 && ids[0] === write.kind.idOf(answer.body);
    if (!isTrue) wrong.push(`${write.kind.name}: ${count} effects on ${ids}, ${answer.text}`);
  }
  const replayed = done.filter(({ answer }) => answer.replayed).length;
  record(context, {
    id: "R3",
    done: `${cuts()} connections terminated after COMMIT (or the only statement) was sent, ${cutter.cuts.answered} of them after its response; ${done.length} writes of ${writeKinds.length} RPCs, ${repeats} retried with the same key`,
    seen: `${done.length - wrong.length} effects exactly once and as in the response, ${replayed} returned as replays; ${wrong.length} wrong`,
    must: "0 wrong",
  });
  expect(wrong).toEqual([]);
  expect(replayed).toBeGreaterThan(0);
  expect(new Set(done.map(({ write }) => write.kind.name)).size).toBe(writeKinds.length);
});

/** Loses one answer to each of so many writes of every kind that have no key. Each is sent once by its caller. */
async function loseWithoutKeys(tenant: Tenant, rounds: number) {
  const lost: { write: PlannedWrite; cut: Cut; answer: Answer }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of writeKinds) {
      for (const cut of cutKinds) {
        const write = await planned(kind, tenant);
        cutOnce(cut);
        lost.push({ write, cut, answer: await sendOnce(tenant, write.call) });
        decide = () => undefined;
      }
    }
  }
  // A commit that was delivered and not waited for may still be under way.
  await sleep(200);
  return lost;
}

it("R3: without a key the outcome is called unknown, and the service does not send the write again", async (context) => {
  const tenant = await preparedTenant();
  const lost = await loseWithoutKeys(tenant, times({ short: 2, long: 50 }));
  const writes = lost.map(({ write }) => write);
  const effects = await effectsOf(world.database.owner, tenant, writes);
  const count = (index: number) => effects[index]?.count ?? 0;
  const badAnswers = lost.filter(({ answer }) => {
    const { reason, isRetryable } = refusalOf(answer);
    return answer.status !== 503 || reason !== "OUTCOME_UNKNOWN" || isRetryable;
  });
  const badEffects = lost.filter(({ cut }, index) => count(index) > 1 || (cut === "answered" && count(index) === 0));
  record(context, {
    id: "R3 no key",
    done: `${lost.length} responses of writes without a key lost`,
    seen: `${lost.length - badAnswers.length} OUTCOME_UNKNOWN without RetryInfo; ${badEffects.length} effects lost or duplicated by the server`,
    must: `${lost.length} OUTCOME_UNKNOWN, 0 lost or duplicated`,
  });
  expect(badAnswers.map(({ write, answer }) => `${write.kind.name} ${answer.text}`)).toEqual([]);
  expect(badEffects.map(({ write }) => write.kind.name)).toEqual([]);
});

it("R3 control: sent again without a key, writes are doubled", async (context) => {
  const tenant = await preparedTenant();
  const lost = await loseWithoutKeys(tenant, 1);
  for (const { write } of lost) await sendOnce(tenant, write.call);
  const writes = lost.map(({ write }) => write);
  const effects = await effectsOf(world.database.owner, tenant, writes);
  const doubled = effects.filter(({ count }) => count > 1).length;
  record(context, {
    id: "R3 control",
    done: `${lost.length} responses lost, each write retried without a key`,
    seen: `${doubled} duplicated`,
    must: "some duplicated",
  });
  expect(doubled).toBeGreaterThan(0);
});
