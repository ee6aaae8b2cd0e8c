import { getEventListeners } from "node:events";
import { expect, it, vi } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import type { FlowDefinition, FlowOperator } from "../../src/resources/ivr-flows/ivr-flow.model.js";
import { createFlowActions } from "../../src/resources/ivr-flows/ivr-flow-actions.service.js";
import { evaluateCondition, type FlowActions } from "../../src/resources/ivr-flows/ivr-flow-node.service.js";
import { runFlow } from "../../src/resources/ivr-flows/ivr-flow-run.service.js";
import { queryKeys } from "../../src/resources/ivr-flows/ivr-flow-variables.service.js";
import { api, branch, end, flow, query, set } from "../support/flows.js";
import { timed } from "../support/timed.js";

const signal = new AbortController().signal;
const never = () => new Promise<never>(() => {});

const reader = { rpc: "a.B/C", keyId: "key_a", requestId: "request" };
const anybody = { keyId: "key_a", scopes: new Set<never>(), organizations: [], companies: new Map<string, never>() };

const good: FlowActions = {
  query: async () => ({ found: true, values: { uname: "Ada", matchCount: "2" } }),
  invoke: async () => ({ branch: "SUCCESS", reason: "", status: "200", outputs: { credit: "12" } }),
};

function run(definition: FlowDefinition, actions: FlowActions = good, milliseconds = 5_000) {
  const inputs = new Map([["tel", "+12125550101"]]);
  return runFlow(definition, { inputs, actions, deadlineMs: performance.now() + milliseconds }, signal);
}

it("answers the exit, the variables and the path with the time of each node", async () => {
  const nodes = [
    query("caller", "credit"),
    api("credit", "greet"),
    set("greet", "done", { x: "{{caller.uname}}" }),
    end(),
  ];
  const ran = await run(flow(nodes));
  expect(ran).toMatchObject({ outcome: "ENDED", exit: "exit of done" });
  expect(ran.variables).toEqual({
    ...{ tel: "+12125550101", x: "Ada", "caller.uname": "Ada", "caller.matchCount": "2" },
    ...{ "credit.credit": "12", "credit.status": "200", "credit.reason": "" },
  });
  expect(ran.path.map(({ nodeId, kind, branch: way }) => [nodeId, kind, way])).toEqual([
    ["caller", "customer_query", "SUCCESS"],
    ["credit", "external_api", "SUCCESS"],
    ["greet", "set", "SUCCESS"],
    ["done", "end", "SUCCESS"],
  ]);
  for (const { durationMs } of ran.path) expect(durationMs).toBeGreaterThanOrEqual(0);
});

it("leaves neither a timer nor a listener behind", async () => {
  vi.useFakeTimers();
  try {
    expect((await run(flow([set("a", "done", { x: "1" }), end()]))).outcome).toBe("ENDED");
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it("answers with the outputs of the end alone, empty where nothing was learnt", async () => {
  const ran = await run(flow([set("a", "done", { x: "1", y: "2" }), end("done", { outputs: ["y", "z"] })]));
  expect(ran.variables).toEqual({ y: "2", z: "" });
});

it("goes the way of what happened, and says why", async () => {
  const actions: FlowActions = {
    query: async () => ({ found: false, values: { uname: "", matchCount: "0", status: "withheld" } }),
    invoke: async () => ({ branch: "TIMED_OUT", reason: "TIMEOUT", status: "", outputs: {} }),
  };
  const nodes = [
    query("caller", "done", { onNotFound: "credit" }),
    api("credit", "done", { onTimeout: "ask" }),
    branch("ask", "credit.status", ["late", "done"]),
    end("late"),
    end(),
  ];
  const ran = await run(flow(nodes), actions);
  expect(ran.exit).toBe("exit of late");
  expect(ran.path.map(({ branch: way, reason }) => [way, reason])).toEqual([
    ["FAILURE", "NOT_FOUND"],
    ["TIMED_OUT", "TIMEOUT"],
    ["SUCCESS", ""],
    ["SUCCESS", ""],
  ]);
  expect(ran.variables).toMatchObject({ "caller.status": "withheld", "credit.reason": "TIMEOUT" });
  const late = await run(flow(nodes), { ...actions, query: async () => "TIMED_OUT" });
  expect(late.path.map(({ nodeId }) => nodeId)).toEqual(["caller", "done"]);
});

it("ends at its deadline with the path so far, though a step heeds no signal", timed, async () => {
  const begun = performance.now();
  const ran = await run(flow([set("a", "caller"), query("caller", "done"), end()]), { ...good, query: never }, 100);
  expect(performance.now() - begun).toBeLessThan(300);
  expect(ran).toMatchObject({ outcome: "TIMEOUT", exit: "" });
  expect(ran.variables).toEqual({});
  expect(ran.path.map(({ nodeId, reason }) => [nodeId, reason])).toEqual([
    ["a", ""],
    ["caller", "RUN_TIMEOUT"],
  ]);
  expect(await run(flow([end()]), good, 0)).toMatchObject({ outcome: "TIMEOUT", path: [] });
});

it(
  "answers a run without an end with the exit and the variables of the flow for it, and with no others",
  timed,
  async () => {
    const more = { timeoutExit: "late", timeoutOutputs: ["x", "caller.uname"] };
    const late = [query("caller", "a"), set("a", "credit"), api("credit", "done"), end()];
    expect(await run(flow(late, more), { ...good, invoke: never }, 100)).toMatchObject({
      ...{ outcome: "TIMEOUT", exit: "late", variables: { x: "1", "caller.uname": "Ada" } },
    });
    const early = [query("caller", "a"), set("a", "done"), end()];
    expect((await run(flow(early, more), { ...good, query: never }, 100)).variables).toEqual({
      ...{ x: "", "caller.uname": "" },
    });
    const loop = [set("a", "b"), branch("b", "x", ["done", "a"]), end()];
    const large = [set("a", "b", { y: "0".repeat(900) }), set("b", "b", { y: "{{y}}{{y}}" })];
    for (const [nodes, outcome] of [
      [loop, "STEP_LIMIT"],
      [large, "SIZE_LIMIT"],
    ] as const) {
      const own = { timeoutExit: "broken", timeoutOutputs: ["tel"] };
      const variables = { tel: "+12125550101" };
      expect(await run(flow(nodes, own))).toMatchObject({ outcome, exit: "broken", variables });
      expect(await run(flow(nodes))).toMatchObject({ outcome, exit: "", variables: {} });
    }
  },
);

it("executes at most 20 nodes", async () => {
  const ran = await run(flow([set("a", "b"), branch("b", "x", ["done", "a"]), end()]));
  expect(ran).toMatchObject({ outcome: "STEP_LIMIT", exit: "" });
  expect(ran.path).toHaveLength(20);
});

it("ends before its variables outgrow their limit", async () => {
  const twice = "{{x}}{{x}}";
  const double = Object.fromEntries(["x"].map((name) => [name, twice]));
  const nodes = [
    set("a", "b", { x: "0123456789".repeat(100) }),
    set("b", "ask", double),
    branch("ask", "x", ["done", "b"]),
  ];
  const ran = await run(flow([...nodes, end()]));
  expect(ran.outcome).toBe("SIZE_LIMIT");
  expect(ran.path.at(-1)).toMatchObject({ nodeId: "b", branch: "FAILURE", reason: "SIZE_LIMIT" });
});

it("forgets what a node has learnt before it learns anew", async () => {
  const results = ["TIMED_OUT", { found: true, values: { uname: "Ada", cf_1: "blue" } }] as const;
  const left = [...results];
  const actions: FlowActions = { ...good, query: async () => left.pop() ?? "TIMED_OUT" };
  const nodes = [query("caller", "caller", { onTimeout: "done" }), end()];
  const { variables } = await run(flow(nodes), actions);
  expect(variables).toEqual({
    tel: "+12125550101",
    ...Object.fromEntries(queryKeys.map((key) => [`caller.${key}`, ""])),
  });
});

it("rejects with the reason of the caller's signal, and with the fault of a step", async () => {
  const gone = new AbortController();
  const options = { inputs: new Map(), actions: { ...good, query: never }, deadlineMs: performance.now() + 5_000 };
  const running = runFlow(flow([query("caller", "done"), end()]), options, gone.signal);
  gone.abort(new Error("gone"));
  await expect(running).rejects.toThrow("gone");
  const broken = { ...good, query: () => Promise.reject(new Error("broken")) };
  await expect(run(flow([query("caller", "done"), end()]), broken)).rejects.toThrow("broken");
});

it.each<[string, FlowOperator, string, boolean]>([
  ["a", "EQUALS", "a", true],
  ["a", "EQUALS", "A", false],
  ["a", "NOT_EQUALS", "b", true],
  ["abc", "CONTAINS", "bc", true],
  ["abc", "CONTAINS", "cb", false],
  ["+1212", "STARTS_WITH", "+1", true],
  ["10", "GREATER_THAN", "9", true],
  ["-1.5", "LESS_THAN", "-1", true],
  ["9", "GREATER_THAN", "9", false],
  ["", "LESS_THAN", "1", false],
  ["1e9", "GREATER_THAN", "1", true],
  ["5e-7", "LESS_THAN", "1", true],
  ["1e", "GREATER_THAN", "0", false],
  ["0x10", "GREATER_THAN", "1", false],
  ["", "IS_EMPTY", "", true],
  [" ", "IS_EMPTY", "", false],
  ["a", "IS_NOT_EMPTY", "", true],
])("says whether %j %s %j", (variable, operator, value, expected) => {
  expect(evaluateCondition(variable, operator, value)).toBe(expected);
});

it.each(["STATEMENT_TIMEOUT", "LOCK_TIMEOUT"] as const)(
  "takes the timeout branch of an external API whose configuration the database gives up: %s",
  async (reason) => {
    const invoke = async () => {
      throw new DomainError(reason, "The database was too slow.");
    };
    const dependencies = { callerQuery: { find: invoke }, externalApis: { invoke }, keyUse: { record() {} } };
    const actions = createFlowActions(dependencies, { principal: anybody, companyId: "cmp_a", reader });
    const ran = await run(flow([api("credit", "done", { onTimeout: "late" }), end("late"), end()]), actions);
    expect(ran.exit).toBe("exit of late");
    expect(ran.path[0]).toMatchObject({ branch: "TIMED_OUT", reason: "TIMEOUT" });
  },
);
