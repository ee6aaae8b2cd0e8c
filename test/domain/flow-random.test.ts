import fc from "fast-check";
import { expect, it } from "vitest";
import { type FlowDefinition, type FlowNode, flowOperators } from "../../src/resources/ivr-flows/ivr-flow.model.js";
import { checkFlow } from "../../src/resources/ivr-flows/ivr-flow-check.service.js";
import type { FlowActions } from "../../src/resources/ivr-flows/ivr-flow-node.service.js";
import { runFlow } from "../../src/resources/ivr-flows/ivr-flow-run.service.js";
import { facts } from "../support/flows.js";

const id = fc.constantFrom("n0", "n1", "n2", "n3", "n4", "n5", "n6", "");
const template = fc.constantFrom(
  "",
  "text",
  "{{tel}}",
  "{{x}}",
  "{{n1.uname}}{{n2.credit}}",
  "{{",
  "{{n0.matchCount}}",
);
const variable = fc.constantFrom("x", "y", "tel", "n1.uname", "n2.status", "");

const kinds = {
  query: fc.record({
    kind: fc.constant("customer_query" as const),
    ...{ id, next: id, onNotFound: id, onTimeout: id },
    query: fc.record({ id: template, tel: template, email: template, thirdAccountId: template }),
  }),
  api: fc.record({
    kind: fc.constant("external_api" as const),
    ...{ id, onSuccess: id, onFailure: id, onTimeout: id },
    externalApiId: fc.constantFrom("xapi_1", "xapi_old", "xapi_no"),
    params: fc.dictionary(fc.constantFrom("phone", "lang", "other"), template),
  }),
  set: fc.record({
    ...{ kind: fc.constant("set" as const), id, next: id },
    assignments: fc.array(fc.record({ variable, value: template }), { maxLength: 3 }),
  }),
  branch: fc.record({
    ...{ kind: fc.constant("branch" as const), id, otherwise: id },
    cases: fc.array(
      fc.record({ variable, operator: fc.constantFrom(...flowOperators.words), value: template, next: id }),
      {
        maxLength: 3,
      },
    ),
  }),
  end: fc.record({
    ...{ kind: fc.constant("end" as const), id, exit: fc.constant("over") },
    outputs: fc.array(variable, { maxLength: 2 }),
  }),
};

const node = fc.oneof(kinds.query, kinds.api, kinds.set, kinds.branch, kinds.end);

const anyFlow: fc.Arbitrary<FlowDefinition> = fc.record({
  inputs: fc.constant([{ name: "tel", required: false, description: "" }]),
  startNodeId: id,
  nodes: fc.array(node, { maxLength: 60 }),
  timeoutMs: fc.constant(8_000),
  timeoutExit: fc.constant("late"),
  timeoutOutputs: fc.array(variable, { maxLength: 2 }),
});

/** Flows in which every exit names a node and every text is plain; all that is left to go wrong is the graph. */
const wiredFlow: fc.Arbitrary<FlowDefinition> = fc
  .tuple(fc.array(node, { minLength: 1, maxLength: 7 }), fc.array(fc.nat(), { minLength: 40, maxLength: 40 }))
  .map(([drawn, turns]) => {
    let turn = 0;
    const pick = () => `n${(turns[turn++ % turns.length] ?? 0) % (drawn.length + 1)}`;
    const nodes: FlowNode[] = drawn.map((one, index) => wired(one, `n${index}`, pick));
    const last: FlowNode = { kind: "end", id: `n${drawn.length}`, exit: "over", outputs: [] };
    return {
      ...{ inputs: [{ name: "tel", required: false, description: "" }], startNodeId: "n0" },
      ...{ nodes: [...nodes, last], timeoutMs: 8_000, timeoutExit: "", timeoutOutputs: [] },
    };
  });

function wired(one: FlowNode, own: string, pick: () => string): FlowNode {
  switch (one.kind) {
    case "customer_query": {
      const query = { id: "", tel: "{{tel}}", email: "", thirdAccountId: "" };
      return { ...one, id: own, query, next: pick(), onNotFound: pick(), onTimeout: pick() };
    }
    case "external_api": {
      const call = { externalApiId: "xapi_1", params: { phone: "{{tel}}" } };
      return { ...one, id: own, ...call, onSuccess: pick(), onFailure: pick(), onTimeout: pick() };
    }
    case "set":
      return { ...one, id: own, assignments: [{ variable: "x", value: "{{tel}}" }], next: pick() };
    case "branch":
      return {
        ...{ ...one, id: own, otherwise: pick() },
        cases: [{ variable: "tel", operator: "IS_EMPTY", value: "", next: pick() }],
      };
    case "end":
      return { ...one, id: own, outputs: [] };
    default:
      return one satisfies never;
  }
}

/** Others, who answer this way and that. */
function moods(turns: readonly number[]): FlowActions {
  let turn = 0;
  const next = () => (turns[turn++ % turns.length] ?? 0) % 3;
  const branches = ["SUCCESS", "FAILURE", "TIMED_OUT"] as const;
  return {
    async query() {
      const how = next();
      return how === 2 ? "TIMED_OUT" : { found: how === 0, values: { uname: how === 0 ? "Ada" : "" } };
    },
    invoke: async () => ({ branch: branches[next()] ?? "SUCCESS", reason: "R", status: "500", outputs: {} }),
  };
}

it("a check of any flow ends without an error, and names fields of the flow", () => {
  fc.assert(
    fc.property(anyFlow, (definition) => {
      for (const { field } of checkFlow(definition, facts))
        expect(field).toMatch(/^(nodes|inputs|start_node_id|timeout_outputs)/);
    }),
    { numRuns: 500 },
  );
});

it("a flow without errors ends at an end or at 20 nodes, whatever others answer", async () => {
  const seen = { good: 0, refused: 0 };
  const turns = fc.array(fc.nat(), { minLength: 20, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(wiredFlow, turns, async (definition, answers) => {
      if (checkFlow(definition, facts).some(({ severity }) => severity === "ERROR")) {
        seen.refused += 1;
        return;
      }
      seen.good += 1;
      const options = {
        inputs: new Map([["tel", "1"]]),
        actions: moods(answers),
        deadlineMs: performance.now() + 5_000,
      };
      const { outcome, path, exit } = await runFlow(definition, options, new AbortController().signal);
      expect(path.length).toBeLessThanOrEqual(20);
      expect([outcome, path.at(-1)?.kind === "end"]).toEqual(exit === "over" ? ["ENDED", true] : ["STEP_LIMIT", false]);
    }),
    { numRuns: 500 },
  );
  expect(seen.good).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(20);
});
