import { answerFactKeys, callerKeys } from "../callers/caller-profile.model.js";
import { invocationKeys } from "../external-apis/external-api.model.js";
import { type FlowBranch, type FlowDefinition, type FlowNode, transitionsOf } from "./ivr-flow.model.js";

/** Facts about the company that decide which variables a flow has. */
export interface VariableFacts {
  /** Ids of the custom fields that a customer query provides. */
  readonly customerFieldIds: readonly string[];
  /** The external APIs that the flow uses, by id. A missing one provides no outputs. */
  readonly externalApis: ReadonlyMap<string, { readonly outputs: readonly string[] }>;
}

/** Variables that every customer query provides, whatever its result; "" if unknown. */
export const queryKeys: readonly string[] = [...callerKeys, ...answerFactKeys];

/** The variables that a node provides on a branch, by full name. */
export function provided(
  node: FlowNode,
  branch: FlowBranch,
  { customerFieldIds, externalApis }: VariableFacts,
): readonly string[] {
  const own = (keys: readonly string[]) => keys.map((key) => `${node.id}.${key}`);
  switch (node.kind) {
    case "customer_query":
      return own(branch === "TIMED_OUT" ? queryKeys : [...queryKeys, ...customerFieldIds]);
    case "external_api":
      return own([
        ...invocationKeys,
        ...(branch === "SUCCESS" ? (externalApis.get(node.externalApiId)?.outputs ?? []) : []),
      ]);
    case "set":
      return node.assignments.map(({ variable }) => variable);
    case "branch":
    case "end":
      return [];
    default:
      return node satisfies never;
  }
}

/** Whether the keys of a flow depend on facts about the company: an end node without a list returns all variables. */
export function returnsEverything({ nodes }: Pick<FlowDefinition, "nodes">): boolean {
  return nodes.some(isOpenEnd);
}

/**
 * The names of all variables that a run of the flow can return, wherever it ends. First those that the flow lists: a
 * format that has no room for all of them leaves out the last ones.
 */
export function returnedKeys(
  { inputs, nodes, timeoutOutputs }: Pick<FlowDefinition, "inputs" | "nodes" | "timeoutOutputs">,
  facts: VariableFacts,
): readonly string[] {
  const listed = nodes.flatMap((node) => (node.kind === "end" ? node.outputs : []));
  const keys = new Set([...listed, ...timeoutOutputs]);
  if (!nodes.some(isOpenEnd)) return [...keys];
  for (const { name } of inputs) keys.add(name);
  const before = beforeOpenEnds(nodes);
  for (const node of nodes)
    for (const { branch, to } of transitionsOf(node))
      if (before.has(to)) for (const name of provided(node, branch, facts)) keys.add(name);
  return [...keys];
}

function isOpenEnd(node: FlowNode): boolean {
  return node.kind === "end" && node.outputs.length === 0;
}

/** Ids of the end nodes without a list, and of the nodes from which one can be reached. */
function beforeOpenEnds(nodes: readonly FlowNode[]): ReadonlySet<string> {
  const sources = new Map<string, string[]>();
  for (const { id, ...node } of nodes)
    for (const { to } of transitionsOf({ id, ...node })) sources.set(to, [...(sources.get(to) ?? []), id]);
  const found = new Set(nodes.filter(isOpenEnd).map(({ id }) => id));
  // A Set is iterated in insertion order, including elements added during the iteration.
  for (const id of found) for (const source of sources.get(id) ?? []) found.add(source);
  return found;
}
