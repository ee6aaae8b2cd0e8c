import { afterAll, expect, it } from "vitest";
import { isReadOnly } from "../../src/server/pipeline/contract.js";
import { entryOf } from "../resources/all-entries.js";
import { exported } from "../support/exported.js";
import { record } from "./run.js";
import { wholeText } from "./tenancy/answers.js";
import { unclassified } from "./tenancy/id-fields.js";
import { matrixPage } from "./tenancy/matrix.js";
import { canary, columnsWithoutCanary } from "./tenancy/neighbour.js";
import { faultsOf, isLeak, type Outcome, runMatrix } from "./tenancy/run-cells.js";
import { asNeighbour, openWorld, worldKeys } from "./tenancy/world.js";

const lines: string[] = [];
const world = await openWorld({ log: { write: (line) => lines.push(line) } });
afterAll(() => world.server.stop());

let outcomes: readonly Outcome[] = [];

// First, since T1 gives ids of the neighbour to records of the tenant. T2 finds the canaries in every column.
it("T4: an export of a company or of a person holds nothing of another company", async (context) => {
  const person = { kind: "RECORD_KIND_CUSTOMER", id: "cus_a1" };
  const whole = await exported(world.server, {}, { key: worldKeys.tenant });
  const exports = [whole, await exported(world.server, { person }, { key: worldKeys.tenant })];
  const tables = exports.flatMap(({ files }) => [...files]);
  const found = tables.filter(([, text]) => text.includes(canary)).map(([table]) => table);
  record(context, {
    id: "T4",
    done: `${tables.length} tables exported of a company and of a person, whose ids another company has as well`,
    seen: `canaries of the other company in ${found.length}`,
    must: "0",
  });
  for (const { status, error } of exports) expect({ status, error }).toEqual({ status: 200 });
  expect([...whole.files].filter(([, text]) => text === "")).toEqual([]);
  expect(found).toEqual([]);
});

it("T1: no rpc answers with what is another tenant's, nor tells it from what never existed", async (context) => {
  expect(world.rpcs.flatMap(({ method }) => unclassified(method))).toEqual([]);
  outcomes = await runMatrix(world);
  const faults = faultsOf(outcomes);
  const leaks = faults.filter(isLeak);
  record(context, {
    id: "T1",
    done: `${outcomes.length} cells: ${world.rpcs.length} RPCs, 3 transports, ${new Set(outcomes.map(({ cell }) => cell.name)).size} kinds of cross-tenant access`,
    seen: `${leaks.length} leaks, ${faults.length - leaks.length} other responses that violate the rules`,
    must: "0 leaks, 0 other responses",
  });
  expect(faults).toEqual([]);
  await expect(matrixPage(outcomes, world.rpcs)).toMatchFileSnapshot("tenancy-matrix.md");
});

it("T2: nothing that the neighbour holds stands in an answer, the log or the metrics", async (context) => {
  const { owner } = world.server.database;
  expect(await columnsWithoutCanary(owner)).toEqual([]);
  const metrics = await (await fetch(`${world.server.app.httpUrl}/metrics`)).text();
  const answers = faultsOf(outcomes).filter(isLeak);
  const found = [...lines, metrics].filter((text) => text.includes(canary));
  record(context, {
    id: "T2",
    done: `canaries in every column of another tenant; ${outcomes.length} responses, ${lines.length} log lines and the metrics scanned`,
    seen: `${answers.length + found.length} found`,
    must: "0 found",
  });
  expect(outcomes.length).toBeGreaterThan(0);
  expect(lines.length).toBeGreaterThan(outcomes.length);
  expect(metrics).toContain("process_cpu");
  expect([...answers, ...found]).toEqual([]);
});

it("T2 control: the neighbour itself reads them", async (context) => {
  const readings = world.rpcs.filter(({ method }) => isReadOnly(method) && !entryOf(method).tenancy?.showsNoText);
  const blind: string[] = [];
  for (const { method, request } of readings) {
    const answer = await world.server.call(method, asNeighbour(method, request), { key: worldKeys.neighbour });
    if (!wholeText(method, answer).includes(canary)) blind.push(`${method.name} ${answer.ok ? "" : answer.code}`);
  }
  record(context, {
    id: "T2 control",
    done: `${readings.length} read RPCs called with the other tenant's API key`,
    seen: `canaries in the responses of ${readings.length - blind.length}`,
    must: `all ${readings.length}`,
  });
  expect(blind).toEqual([]);
});
