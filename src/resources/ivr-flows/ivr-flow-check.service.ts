import { type FlowDraft, type FlowInput, type FlowNode, maxNodes, transitionsOf } from "./ivr-flow.model.js";
import { analyzeVariables, type FlowGraph, graphOf } from "./ivr-flow-graph.service.js";
import { type FlowProblem, fault, variableFault } from "./ivr-flow-problem.service.js";
import { paramField, textProblems } from "./ivr-flow-text-check.service.js";
import { provided, type VariableFacts } from "./ivr-flow-variables.service.js";

/** Facts about the company that a check needs. */
export interface FlowCheckContext extends VariableFacts {
  /** The external APIs that the flow uses, by id. A missing one does not exist. */
  readonly externalApis: ReadonlyMap<string, ExternalApiSummary>;
  /** External APIs that the flow already used. If one of them is archived, it is only a warning. */
  readonly usedBefore: ReadonlySet<string>;
}

export interface ExternalApiSummary {
  readonly archived: boolean;
  /** Request parameters by name, with whether each is required. */
  readonly params: ReadonlyMap<string, boolean>;
  readonly outputs: readonly string[];
}

/** All problems of a flow: first those of the flow as a whole, then those of each node. Never throws. */
export function checkFlow(definition: FlowDraft, facts: FlowCheckContext): readonly FlowProblem[] {
  const { inputs, nodes, startNodeId } = definition;
  if (nodes.length > maxNodes) return [fault("TOO_MANY_NODES", "nodes")];
  const graph = graphOf(definition);
  const known = analyzeVariables(graph, startNodeId, {
    inputs,
    provides: (node, branch) => provided(node, branch, facts),
  });
  return [
    ...duplicateInputs(inputs),
    ...startProblems(definition, graph),
    ...(nodes.some(({ kind }) => kind === "end") ? [] : [fault("NO_END_NODE", "nodes")]),
    ...timeoutProblems(definition, graph, facts),
    ...nodes.flatMap((node, index) => {
      const isFirst = graph.nodes.get(node.id) === node;
      const problems = [
        ...(isFirst ? placeProblems(node, graph) : [fault("DUPLICATE_NODE_ID", "id")]),
        ...exitProblems(node, graph),
        ...(node.kind === "customer_query" && Object.values(node.query).every((text) => text === "")
          ? [fault("MISSING_PARAM", node.kind)]
          : []),
        ...(node.kind === "external_api" ? apiProblems(node, facts) : []),
        ...textProblems(node, isFirst ? known.get(node.id) : undefined),
      ];
      return problems.map((problem) => ({ ...problem, nodeId: node.id, field: `nodes[${index}].${problem.field}` }));
    }),
  ];
}

function duplicateInputs(inputs: readonly FlowInput[]): FlowProblem[] {
  const names = inputs.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [fault("DUPLICATE_INPUT", `inputs[${index}].name`)] : [],
  );
}

function startProblems({ startNodeId }: FlowDraft, { nodes }: FlowGraph): FlowProblem[] {
  if (startNodeId === "") return [fault("MISSING_EXIT", "start_node_id")];
  return nodes.has(startNodeId) ? [] : [fault("UNKNOWN_NODE", "start_node_id")];
}

/** A run can end after every reachable node, so what any of them provides can be returned. */
function timeoutProblems(
  { inputs, timeoutOutputs }: FlowDraft,
  { nodes, reachable }: FlowGraph,
  facts: FlowCheckContext,
): FlowProblem[] {
  if (timeoutOutputs.length === 0) return [];
  const known = new Set(inputs.map(({ name }) => name));
  for (const [id, node] of nodes) {
    if (!reachable.has(id)) continue;
    for (const { branch } of transitionsOf(node)) for (const name of provided(node, branch, facts)) known.add(name);
  }
  return timeoutOutputs.flatMap((name, index) =>
    known.has(name) ? [] : [variableFault("UNKNOWN_VARIABLE", { field: `timeout_outputs[${index}]`, variable: name })],
  );
}

function placeProblems({ id }: FlowNode, { reachable, trapped }: FlowGraph): FlowProblem[] {
  return [
    ...(reachable.has(id) ? [] : [fault("UNREACHABLE_NODE", "id")]),
    ...(trapped.has(id) ? [fault("LOOP_WITHOUT_EXIT", "id")] : []),
  ];
}

function exitProblems(node: FlowNode, { nodes }: FlowGraph): FlowProblem[] {
  return transitionsOf(node).flatMap(({ field, to }) => {
    if (to === "") return [fault("MISSING_EXIT", field)];
    return nodes.has(to) ? [] : [fault("UNKNOWN_NODE", field)];
  });
}

function apiProblems(node: Extract<FlowNode, { kind: "external_api" }>, facts: FlowCheckContext): FlowProblem[] {
  const api = facts.externalApis.get(node.externalApiId);
  const field = "external_api.external_api_id";
  if (!api) return [fault("UNKNOWN_EXTERNAL_API", field)];
  const severity = facts.usedBefore.has(node.externalApiId) ? "WARNING" : "ERROR";
  const missing = [...api.params].filter(([name, mustBeGiven]) => mustBeGiven && !Object.hasOwn(node.params, name));
  return [
    ...(api.archived ? [fault("ARCHIVED_EXTERNAL_API", field, severity)] : []),
    ...Object.keys(node.params)
      .filter((name) => !api.params.has(name))
      .map((name) => fault("UNKNOWN_PARAM", paramField(name))),
    ...missing.map(([name]) => fault("MISSING_PARAM", paramField(name))),
  ];
}
