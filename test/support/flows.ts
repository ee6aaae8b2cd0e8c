import type {
  BranchNode,
  CustomerQueryNode,
  EndNode,
  ExternalApiNode,
  FlowDefinition,
  FlowNode,
  SetNode,
} from "../../src/resources/ivr-flows/ivr-flow.model.js";
import type { FlowCheckContext } from "../../src/resources/ivr-flows/ivr-flow-check.service.js";

/** Parts of flows, good unless told otherwise. */
export function flow(nodes: readonly FlowNode[], more: Partial<FlowDefinition> = {}): FlowDefinition {
  const inputs = [{ name: "tel", required: true, description: "" }];
  return {
    inputs,
    startNodeId: nodes[0]?.id ?? "",
    nodes,
    timeoutMs: 8_000,
    timeoutExit: "",
    timeoutOutputs: [],
    ...more,
  };
}

export function end(id = "done", more: Partial<EndNode> = {}): EndNode {
  return { kind: "end", id, exit: `exit of ${id}`, outputs: [], ...more };
}

export function set(id: string, next: string, assignments: Readonly<Record<string, string>> = { x: "1" }): SetNode {
  const list = Object.entries(assignments).map(([variable, value]) => ({ variable, value }));
  return { kind: "set", id, assignments: list, next };
}

/** Asks by the input `tel`. */
export function query(id: string, next: string, more: Partial<CustomerQueryNode> = {}): CustomerQueryNode {
  const asked = { id: "", tel: "{{tel}}", email: "", thirdAccountId: "" };
  return { kind: "customer_query", id, query: asked, next, onNotFound: next, onTimeout: next, ...more };
}

/** Calls `xapi_1`, which wants a param `phone`. */
export function api(id: string, next: string, more: Partial<ExternalApiNode> = {}): ExternalApiNode {
  const exits = { onSuccess: next, onFailure: next, onTimeout: next };
  return { kind: "external_api", id, externalApiId: "xapi_1", params: { phone: "{{tel}}" }, ...exits, ...more };
}

/** Whether `variable` is empty. */
export function branch(
  id: string,
  variable: string,
  [next, otherwise]: readonly [next: string, otherwise: string],
): BranchNode {
  return { kind: "branch", id, cases: [{ variable, operator: "IS_EMPTY", value: "", next }], otherwise };
}

/** A company with two external APIs, of which one is archived. */
export const facts: FlowCheckContext = {
  externalApis: new Map([
    [
      "xapi_1",
      {
        archived: false,
        params: new Map([
          ["phone", true],
          ["lang", false],
        ]),
        outputs: ["credit"],
      },
    ],
    ["xapi_old", { archived: true, params: new Map(), outputs: [] }],
  ]),
  usedBefore: new Set(),
  customerFieldIds: ["cf_1"],
};
