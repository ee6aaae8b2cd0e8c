import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Answer, addTenant, atOnce, type Tenant } from "../faults/world.js";
import { environmentOf, type Service, startService } from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { effectsOf, planned, refusalOf, sendOnce } from "./exactly-once.js";
import { randomOf, record, times } from "./run.js";
import { addService, type PlannedWrite } from "./write-kind.js";
import { writeKinds } from "./write-kinds.js";

const random = randomOf("R4");
const callers = 8;

let database: TestDatabase;
let services: readonly Service[];
/** The same company, served by one process and by the other. */
let one: Tenant;
let two: Tenant;

beforeAll(async () => {
  database = await createDatabase();
  const environment = { ...environmentOf(database), LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" };
  services = await Promise.all([startService(environment), startService(environment)]);
  const [first, second] = services.map(({ httpUrl }) => httpUrl);
  one = await addTenant({ database, app: { httpUrl: first ?? "" } });
  two = { ...one, httpUrl: second ?? "" };
  await addService(database.owner, one);
});
afterAll(async () => {
  await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
  await database.drop();
});

interface Pair {
  readonly write: PlannedWrite;
  readonly key: string;
  readonly answers: readonly [Answer, Answer];
}

/** Sends every write to both processes at the same moment, with one key or with none. */
async function pairs(count: number, { keyed, alike }: { readonly keyed: boolean; readonly alike: boolean }) {
  const sent: Pair[] = [];
  let begun = 0;
  await atOnce(callers, async () => {
    while (begun++ < count) {
      const write = await planned(random.pick(writeKinds), random.pick([one, two]));
      const key = randomUUID();
      const keys = keyed ? [key] : [];
      const answers = await Promise.all([
        sendOnce(one, write.call, ...keys),
        sendOnce(two, alike ? write.call : write.other, ...keys),
      ]);
      sent.push({ write, key, answers });
    }
  });
  return sent;
}

const isReused = (answer: Answer) =>
  answer.status === 400 && answer.body.code === 3 && refusalOf(answer).reason === "IDEMPOTENCY_KEY_REUSED";
const show = ({ write, answers }: Pair) => `${write.kind.name}: ${answers.map(({ text }) => text).join("\n")}`;
const effects = async (sent: readonly Pair[]) => {
  const found = await effectsOf(
    database.owner,
    one,
    sent.map(({ write }) => write),
  );
  return found.map(({ count }) => count);
};

it("R4: simultaneous repeats in two processes have one effect and one answer", async (context) => {
  const sent = await pairs(times({ short: 600, long: 50_000 }), { keyed: true, alike: true });
  const unequal = sent.filter(({ answers: [a, b] }) => {
    return a.status !== 200 || b.status !== 200 || a.text !== b.text || a.replayed === b.replayed;
  });
  const notOnce = (await effects(sent)).filter((count) => count !== 1);
  const refused: Answer[] = [];
  for (let begin = 0; begin < sent.length; begin += callers) {
    const again = sent.slice(begin, begin + callers);
    refused.push(
      ...(await Promise.all(again.map(({ write, key }) => sendOnce(random.pick([one, two]), write.other, key)))),
    );
  }
  const notRefused = refused.filter((answer) => !isReused(answer));
  const notOnceAfter = (await effects(sent)).filter((count) => count !== 1);
  record(context, {
    id: "R4",
    done: `${sent.length} pairs of identical requests with one key, sent to two processes at the same time, of ${writeKinds.length} RPCs; then a different body with the same key`,
    seen: `${sent.length - notOnce.length} with one effect, ${sent.length - unequal.length} byte-identical responses, ${refused.length - notRefused.length} different bodies rejected`,
    must: `${sent.length}, ${sent.length}, ${sent.length}`,
  });
  expect(unequal.map(show)).toEqual([]);
  expect(notOnce).toEqual([]);
  expect(notRefused.map(({ text }) => text)).toEqual([]);
  expect(notOnceAfter).toEqual([]);
});

it("R4: of two different calls with one key at the same moment one is refused", async (context) => {
  const sent = await pairs(times({ short: 200, long: 15_000 }), { keyed: true, alike: false });
  const wrong = sent.filter(({ answers }) => {
    return answers.filter(({ status }) => status === 200).length !== 1 || answers.filter(isReused).length !== 1;
  });
  const notOnce = (await effects(sent)).filter((count) => count !== 1);
  record(context, {
    id: "R4 other body",
    done: `${sent.length} pairs of different requests with one key, sent to two processes at the same time`,
    seen: `${sent.length - notOnce.length} with one effect, ${sent.length - wrong.length} with one rejected with IDEMPOTENCY_KEY_REUSED`,
    must: `${sent.length}, ${sent.length}`,
  });
  expect(wrong.map(show)).toEqual([]);
  expect(notOnce).toEqual([]);
});

it("R4 control: without keys both have an effect", async (context) => {
  const sent = await pairs(40, { keyed: false, alike: true });
  const found = await effects(sent);
  const expected = sent.filter(({ write }) => write.kind.doubles).length;
  const doubled = found.filter((count) => count === 2).length;
  record(context, {
    id: "R4 control",
    done: `${sent.length} pairs without keys, ${expected} of RPCs that allow a second effect`,
    seen: `${doubled} with two effects`,
    must: `${expected}`,
  });
  expect(doubled).toBe(expected);
});
