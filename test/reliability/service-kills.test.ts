import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { type Service, startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { randomOf, record, times } from "./run.js";
import { counted, lossesOf, noLosses } from "./whole.js";
import { preparedTenant, Writers } from "./writers.js";

const random = randomOf("R1");
const secret = "demo-key-of-the-first-company-in-kill-tests";

/** Kills the service again and again while 32 writers write, until enough is seen. */
async function killed(kills: number, { keyed }: { readonly keyed: boolean }) {
  await using folder = await makeDataFolder();
  const start = (): Promise<Service> =>
    startService({ DATA_DIR: folder.path, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" });
  let service = await start();
  await using _last = { [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
  const prepared = await preparedTenant(folder, { httpUrl: service.httpUrl, secret });
  const tenant = () => ({ ...prepared.tenant, httpUrl: service.httpUrl });
  const writers = new Writers({ ...prepared, count: 32, keyed, tenant });
  for (let kill = 1; kill <= kills; kill += 1) {
    await writers.reach(20 + random.below(60));
    await sleep(random.below(50));
    service.child.kill("SIGKILL");
    await service.ended;
    service = await start();
  }
  await writers.reach(100);
  await writers.stop();
  const { acknowledged } = writers;
  const losses = await folder.joined((_, owner) => lossesOf(owner, prepared.tenant.companyId, acknowledged));
  const { code } = await service.stop();
  const done = `32 writers, ${kills} times kill -9 of the server, ${acknowledged.calls} writes acknowledged, ${acknowledged.repeats} retries`;
  return { acknowledged, losses, code, done };
}

it("R1: kill -9 of the service loses, doubles and halves nothing", async (context) => {
  const { acknowledged, losses, code, done } = await killed(times({ short: 8, long: 200 }), { keyed: true });
  record(context, { id: "R1", done, seen: counted(losses), must: counted(noLosses) });
  expect(losses).toEqual(noLosses);
  expect(acknowledged.repeats).toBeGreaterThan(0);
  expect(code).toBe(0);
});

it("R1 control: without idempotency keys writes are doubled", async (context) => {
  const { losses, done } = await killed(6, { keyed: false });
  record(context, {
    id: "R1 control",
    done: `${done}, no idempotency keys`,
    seen: counted(losses),
    must: "some duplicated",
  });
  expect(losses.doubled.length).toBeGreaterThan(0);
});
