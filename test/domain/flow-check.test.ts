import { describe, expect, it } from "vitest";
import type { FlowDefinition } from "../../src/resources/ivr-flows/ivr-flow.model.js";
import { checkFlow, type FlowCheckContext } from "../../src/resources/ivr-flows/ivr-flow-check.service.js";
import {
  flowProblemCodes,
  problemMessage,
  toViolations,
} from "../../src/resources/ivr-flows/ivr-flow-problem.service.js";
import { api, branch, end, facts, flow, query, set } from "../support/flows.js";
import { timed } from "../support/timed.js";

/** Code, node and field of each problem. */
function problemsOf(definition: FlowDefinition, company: FlowCheckContext = facts): string[] {
  return checkFlow(definition, company).map(({ code, nodeId, field }) => `${code} ${nodeId} ${field}`);
}

describe("a flow", () => {
  it("without a fault has no problems", () => {
    const nodes = [
      query("caller", "credit", { onNotFound: "stranger", onTimeout: "stranger" }),
      api("credit", "greet", { params: { phone: "{{tel}}", lang: "{{caller.cf_1}}" }, onFailure: "stranger" }),
      set("greet", "more", { text: "Hello {{caller.uname}}, {{caller.matchCount}}", again: "{{text}}" }),
      branch("more", "credit.status", ["done", "done"]),
      end("done", { outputs: ["again", "tel"] }),
      end("stranger"),
    ];
    expect(problemsOf(flow(nodes))).toEqual([]);
  });

  it("may loop, when an end can be reached from the loop", () => {
    expect(problemsOf(flow([set("again", "ask"), branch("ask", "x", ["again", "done"]), end()]))).toEqual([]);
  });

  it("returns at a timeout what a node that can be reached provides, and nothing else", () => {
    const nodes = [query("caller", "credit"), api("credit", "greet"), set("greet", "done"), end(), set("lost", "lost")];
    const known = ["tel", "x", "caller.uname", "caller.matchCount", "credit.credit", "credit.reason"];
    expect(problemsOf(flow(nodes.slice(0, 4), { timeoutOutputs: known }))).toEqual([]);
    const unknown = ["tel", "caller.credit", "lost.x", "y"];
    expect(problemsOf(flow(nodes.slice(0, 4), { timeoutOutputs: unknown }))).toEqual([
      "UNKNOWN_VARIABLE  timeout_outputs[1]",
      "UNKNOWN_VARIABLE  timeout_outputs[2]",
      "UNKNOWN_VARIABLE  timeout_outputs[3]",
    ]);
    const apart = set("apart", "done", { z: "1" });
    expect(problemsOf(flow([...nodes.slice(0, 4), apart], { timeoutOutputs: ["z"] }))).toContain(
      "UNKNOWN_VARIABLE  timeout_outputs[0]",
    );
  });

  it("is told all its problems at once", () => {
    const nodes = [query("caller", "", { onNotFound: "nowhere" }), set("alone", "alone", { x: "{{" })];
    expect(problemsOf(flow(nodes))).toEqual([
      "NO_END_NODE  nodes",
      "MISSING_EXIT caller nodes[0].customer_query.next",
      "UNKNOWN_NODE caller nodes[0].customer_query.on_not_found",
      "MISSING_EXIT caller nodes[0].customer_query.on_timeout",
      "UNREACHABLE_NODE alone nodes[1].id",
      "LOOP_WITHOUT_EXIT alone nodes[1].id",
      "INVALID_TEMPLATE alone nodes[1].set.assignments[0].value",
    ]);
  });
});

describe("what a check costs", () => {
  const keys = Array.from({ length: 300 }, (_, number) => `cf_of_the_company_${number}`);
  const ids = Array.from({ length: 49 }, (_, number) => `n${number}`);
  const at = (number: number) => ids[((number % 49) + 49) % 49] ?? "";
  const shapes = {
    ring: (number) => [at(number + 1), at(number + 1)],
    ladder: (number) => [at(0), at(number - 1)],
    web: (number) => [at(number * 7 + 1), at(number * 13 + 5)],
  } satisfies Record<string, (number: number) => [string, string]>;

  it.each(Object.entries(shapes))("is small for 50 nodes that learn much and go back: %s", timed, (_, waysOf) => {
    const nodes = ids.map((id, number) => {
      const [onNotFound, onTimeout] = waysOf(number);
      return query(id, at(number + 1), { onNotFound, onTimeout: number === 48 ? "done" : onTimeout });
    });
    const startedAt = performance.now();
    expect(problemsOf(flow([...nodes, end()]), { ...facts, customerFieldIds: keys })).toEqual([]);
    // A tenth of it on an idle machine; joined as sets of texts up to half a minute.
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });
});

describe("a problem", () => {
  it("UNREACHABLE_NODE: no path leads to the node", () => {
    expect(problemsOf(flow([end(), set("alone", "done")]))).toEqual(["UNREACHABLE_NODE alone nodes[1].id"]);
  });

  it("LOOP_WITHOUT_EXIT: each node of a loop that leads to no end, and none that leads into it", () => {
    const nodes = [branch("begin", "tel", ["done", "a"]), set("a", "b"), set("b", "c"), set("c", "b"), end()];
    expect(problemsOf(flow(nodes))).toEqual(["LOOP_WITHOUT_EXIT b nodes[2].id", "LOOP_WITHOUT_EXIT c nodes[3].id"]);
  });

  it("UNKNOWN_VARIABLE: nothing before the node provides it", () => {
    const nodes = [
      set("first", "caller", { x: "{{later}}", y: "{{x}}" }),
      query("caller", "second", { onNotFound: "third", onTimeout: "third" }),
      set("second", "third", { later: "{{caller.nothing}}" }),
      end("third", { outputs: ["none"] }),
    ];
    expect(problemsOf(flow(nodes))).toEqual([
      "UNKNOWN_VARIABLE first nodes[0].set.assignments[0].value",
      "UNKNOWN_VARIABLE second nodes[2].set.assignments[0].value",
      "UNKNOWN_VARIABLE third nodes[3].end.outputs[0]",
    ]);
  });

  it("UNKNOWN_VARIABLE: custom fields are not known where a customer query took too long, all else is", () => {
    const texts = { x: "{{caller.uname}} {{caller.status}} {{caller.kind}}", y: "{{caller.matchCount}}" };
    const nodes = [
      query("caller", "done", { onNotFound: "lost", onTimeout: "late" }),
      set("lost", "done", { ...texts, z: "{{caller.cf_1}}" }),
      set("late", "later", texts),
      set("later", "done", { z: "{{caller.cf_1}}" }),
      end(),
    ];
    expect(problemsOf(flow(nodes))).toEqual(["UNKNOWN_VARIABLE later nodes[3].set.assignments[0].value"]);
  });

  it("UNKNOWN_VARIABLE: what an external API learns is not known where it has failed", () => {
    const nodes = [
      api("credit", "done", { onFailure: "down", onTimeout: "done" }),
      set("down", "done", { x: "{{credit.credit}}", y: "{{credit.reason}}" }),
      end(),
    ];
    expect(problemsOf(flow(nodes))).toEqual(["UNKNOWN_VARIABLE down nodes[1].set.assignments[0].value"]);
  });

  it("UNCERTAIN_VARIABLE: only some paths provide it, which is a warning", () => {
    const nodes = [branch("ask", "tel", ["some", "done"]), set("some", "done"), end("done", { outputs: ["x"] })];
    expect(checkFlow(flow(nodes), facts)).toEqual([
      {
        ...{ code: "UNCERTAIN_VARIABLE", severity: "WARNING", nodeId: "done", field: "nodes[2].end.outputs[0]" },
        variable: "x",
      },
    ]);
  });

  it("UNCERTAIN_VARIABLE: what a loop provides is not certain where it begins", () => {
    const nodes = [
      set("begin", "ask", { y: "{{x}}" }),
      branch("ask", "y", ["more", "done"]),
      set("more", "begin"),
      end(),
    ];
    expect(problemsOf(flow(nodes))).toEqual(["UNCERTAIN_VARIABLE begin nodes[0].set.assignments[0].value"]);
  });

  it("MISSING_EXIT: a way on, or the beginning, is not named", () => {
    expect(problemsOf(flow([api("credit", "done", { onFailure: "", onTimeout: "" }), end()]))).toEqual([
      "MISSING_EXIT credit nodes[0].external_api.on_failure",
      "MISSING_EXIT credit nodes[0].external_api.on_timeout",
    ]);
    expect(problemsOf(flow([branch("ask", "tel", ["", ""]), end()]))).toContain(
      "MISSING_EXIT ask nodes[0].branch.cases[0].next",
    );
    expect(problemsOf(flow([end()], { startNodeId: "" }))).toContain("MISSING_EXIT  start_node_id");
  });

  it("UNKNOWN_NODE: a way on, or the beginning, names no node", () => {
    expect(problemsOf(flow([branch("ask", "tel", ["done", "nowhere"]), end()]))).toEqual([
      "UNKNOWN_NODE ask nodes[0].branch.otherwise",
    ]);
    expect(problemsOf(flow([end()], { startNodeId: "nowhere" }))).toContain("UNKNOWN_NODE  start_node_id");
  });

  it("DUPLICATE_NODE_ID and DUPLICATE_INPUT: the second of two", () => {
    const inputs = ["tel", "tel"].map((name) => ({ name, required: false, description: "" }));
    expect(problemsOf(flow([end(), end()], { inputs }))).toEqual([
      "DUPLICATE_INPUT  inputs[1].name",
      "DUPLICATE_NODE_ID done nodes[1].id",
    ]);
  });

  it("NO_END_NODE: no node is an end", () => {
    expect(problemsOf(flow([set("a", "a")]))).toContain("NO_END_NODE  nodes");
    expect(problemsOf(flow([]))).toContain("NO_END_NODE  nodes");
  });

  it("TOO_MANY_NODES: 51 are, 50 are not", () => {
    const nodes = (count: number) =>
      Array.from({ length: count }, (_, n) => (n === count - 1 ? end(`n${n}`) : set(`n${n}`, `n${n + 1}`)));
    expect(problemsOf(flow(nodes(50)))).toEqual([]);
    expect(problemsOf(flow(nodes(51)))).toEqual(["TOO_MANY_NODES  nodes"]);
  });

  it("UNKNOWN_EXTERNAL_API: the company has none with this id", () => {
    expect(problemsOf(flow([api("credit", "done", { externalApiId: "xapi_no" }), end()]))).toEqual([
      "UNKNOWN_EXTERNAL_API credit nodes[0].external_api.external_api_id",
    ]);
  });

  it("ARCHIVED_EXTERNAL_API: an error for a new use, a warning for one that was there before", () => {
    const nodes = [api("credit", "done", { externalApiId: "xapi_old", params: {} }), end()];
    const severities = (company: FlowCheckContext) => checkFlow(flow(nodes), company).map(({ severity }) => severity);
    expect(severities(facts)).toEqual(["ERROR"]);
    expect(severities({ ...facts, usedBefore: new Set(["xapi_old"]) })).toEqual(["WARNING"]);
  });

  it("UNKNOWN_PARAM and MISSING_PARAM: what the external API does not take, and what it must be given", () => {
    const nodes = [api("credit", "done", { params: { constructor: "x", lang: "en" } }), end()];
    expect(problemsOf(flow(nodes))).toEqual([
      'UNKNOWN_PARAM credit nodes[0].external_api.params["constructor"]',
      'MISSING_PARAM credit nodes[0].external_api.params["phone"]',
    ]);
  });

  it("MISSING_PARAM: a customer query that asks by nothing", () => {
    const nothing = { id: "", tel: "", email: "", thirdAccountId: "" };
    expect(problemsOf(flow([query("caller", "done", { query: nothing }), end()]))).toEqual([
      "MISSING_PARAM caller nodes[0].customer_query",
    ]);
  });

  it("INVALID_TEMPLATE: braces that name no variable", () => {
    expect(problemsOf(flow([set("a", "done", { x: "{{tel} or {{constructor()}}" }), end()]))).toEqual([
      "INVALID_TEMPLATE a nodes[0].set.assignments[0].value",
    ]);
  });

  it("names the variable, in a sentence for the place that reads it", () => {
    const long = "x".repeat(101);
    const nodes = [
      branch("ask", "tel", ["some", "done"]),
      set("some", "done"),
      end("done", { outputs: ["x", "caller.none", long] }),
    ];
    expect(checkFlow(flow(nodes, { timeoutOutputs: ["lost.y", "tel"] }), facts).map(problemMessage)).toEqual([
      "The variable `lost.y` is not an input, and no node that can be reached sets it.",
      "The variable `x` is set on only some paths to this node.",
      "The variable `caller.none` is not an input, and no earlier node sets it.",
      "The variable is not an input, and no earlier node sets it.",
    ]);
  });

  it("has a sentence, and becomes a violation only when it is an error", () => {
    const problems = flowProblemCodes.words.map((code, index) => ({
      ...{ code, severity: index === 0 ? ("WARNING" as const) : ("ERROR" as const), nodeId: "", field: "nodes" },
    }));
    for (const problem of problems) expect(problemMessage(problem)).toMatch(/^[A-Z].+\.$/);
    const violations = toViolations(problems, "definition");
    expect(violations).toHaveLength(flowProblemCodes.words.length - 1);
    expect(new Set(violations.map(({ field }) => field))).toEqual(new Set(["definition.nodes"]));
  });
});
