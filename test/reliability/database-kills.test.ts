import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { killDatabase } from "./kill-database.js";
import { randomOf, record, times } from "./run.js";
import { counted, lossesOf, noLosses } from "./whole.js";
import { preparedTenant, Writers } from "./writers.js";

const random = randomOf("R2");
const secret = "demo-key-of-the-first-company-in-kill-tests";
const deadlineMs = 10_000;

it("R2: kill -9 of the database loses, doubles and halves nothing, and the service outlives it", async (context) => {
  const kills = times({ short: 8, long: 100 });
  await using folder = await makeDataFolder();
  const environment = { DATA_DIR: folder.path, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" };
  await using service = await startService(environment);
  const prepared = await preparedTenant(folder, { httpUrl: service.httpUrl, secret });
  const writers = new Writers({ ...prepared, count: 32, tenant: () => prepared.tenant, deadlineMs });
  const back: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    await writers.reach(20);
    // A database that is lost again within 2 s counts as one that cannot run; after five such losses the service ends.
    await sleep(2_000 + random.below(1_000));
    await killDatabase(folder);
    const ready = Date.now();
    await writers.reach(1);
    back.push(Date.now() - ready);
  }
  await writers.reach(100);
  await writers.stop();
  const { acknowledged, slowestMs } = writers;
  const losses = await folder.joined((_, owner) => lossesOf(owner, prepared.tenant.companyId, acknowledged));
  const { code } = await service.stop();
  const slowestBack = Math.max(...back);
  record(context, {
    id: "R2",
    done: `32 writers, ${kills} times kill -9 of the postmaster and its children, ${acknowledged.calls} writes acknowledged, ${acknowledged.repeats} retries`,
    seen: `${counted(losses)}; slowest response ${slowestMs} ms, available at most ${slowestBack} ms after the database`,
    must: `${counted(noLosses)}; responses within ${deadlineMs} ms, available within 3000 ms`,
  });
  expect(losses).toEqual(noLosses);
  expect(slowestMs).toBeLessThanOrEqual(deadlineMs);
  expect(slowestBack).toBeLessThanOrEqual(3_000);
  expect(acknowledged.repeats).toBeGreaterThan(0);
  expect(code).toBe(0);
});
