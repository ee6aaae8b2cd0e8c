import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { startExternalSystem } from "../support/external-system.js";
import { randomOf, record, times } from "./run.js";

const random = randomOf("R1 flows");
const secret = "demo-key-of-the-first-company-in-flow-kills";
const company = "v1/callcenter/companies/cmp_001";

it("R1 flows: kill -9 in the middle of keyed runs never asks an external system twice", async (context) => {
  await using folder = await makeDataFolder();
  await using system = await startExternalSystem();
  const environment = { DATA_DIR: folder.path, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" };
  const start = () => startService({ ...environment, EXTERNAL_API_ALLOW: system.hostPort });
  let service = await start();
  await using _last = { [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const response = await fetch(`${service.httpUrl}/${company}/${path}`, {
      ...{ method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) },
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  const api = {
    ...{ id: "xapi_late", name: "Late", method: "POST", url: `${system.origin}/late` },
    requestParams: [{ name: "call", location: "QUERY", type: "STRING", required: true }],
  };
  expect(await post("external_apis", api)).toMatchObject({ status: 200 });
  const exits = { onSuccess: "done", onFailure: "done", onTimeout: "done" };
  const definition = {
    ...{ inputs: [{ name: "call" }], startNodeId: "ask" },
    nodes: [
      { id: "ask", externalApi: { externalApiId: "xapi_late", params: { call: "{{call}}" }, ...exits } },
      { id: "done", end: { exit: "done" } },
    ],
  };
  expect(await post("ivr_flows", { id: "ivr_late", name: "Late", definition })).toMatchObject({ status: 200 });

  let [ended, unknown, calls] = [0, 0, 0];
  const kills = times({ short: 3, long: 40 });
  const runs = (names: readonly string[]) =>
    Promise.all(
      names.map(async (call) => {
        const request = { inputs: { call }, idempotencyKey: call };
        return await post("ivr_flows/ivr_late:run", request).catch(() => undefined);
      }),
    );
  for (let kill = 1; kill <= kills; kill += 1) {
    const names = Array.from({ length: 12 }, (_, index) => `call-${kill}-${index}`);
    calls += names.length;
    const before = system.requests.length;
    // Two legs of each call.
    const cut = Promise.all([runs(names), runs(names)]);
    await expect.poll(() => system.requests.length).toBeGreaterThan(before);
    await sleep(random.below(1_200));
    service.child.kill("SIGKILL");
    await service.ended;
    await cut;
    service = await start();
    for (const answer of await runs(names)) {
      if (answer?.status === 200) ended += 1;
      else if (JSON.stringify(answer?.body).includes("OUTCOME_UNKNOWN")) unknown += 1;
      else throw new Error(`neither a result nor OUTCOME_UNKNOWN: ${JSON.stringify(answer?.body)}`);
    }
  }
  const asked = new Map<string, number>();
  for (const { url } of system.requests) asked.set(url, (asked.get(url) ?? 0) + 1);
  const twice = [...asked.values()].filter((count) => count > 1).length;
  record(context, {
    id: "R1 flows",
    done: `${kills} times kill -9 of the server, ${calls} calls sent from two legs and again after the start`,
    seen: `${ended} results, ${unknown} OUTCOME_UNKNOWN, ${twice} external requests doubled`,
    must: "a result or OUTCOME_UNKNOWN for each call, 0 doubled",
  });
  expect(twice).toBe(0);
  expect(ended + unknown).toBe(calls);
  expect(unknown).toBeGreaterThan(0);
});
