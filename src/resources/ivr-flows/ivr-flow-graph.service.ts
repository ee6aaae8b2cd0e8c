import { type FlowBranch, type FlowDefinition, type FlowNode, transitionsOf } from "./ivr-flow.model.js";

/** An edge from one node to another. */
export interface FlowEdge {
  readonly branch: FlowBranch;
  readonly to: string;
}

/**
 * The edges between the nodes of a flow. Of nodes with the same id only the first is used. Edges to missing nodes are
 * omitted.
 */
export interface FlowGraph {
  readonly nodes: ReadonlyMap<string, FlowNode>;
  /** By node id. */
  readonly ways: ReadonlyMap<string, readonly FlowEdge[]>;
  /** Ids of the nodes that a run can reach. */
  readonly reachable: ReadonlySet<string>;
  /** Ids of the nodes in a loop that never reaches an end node. */
  readonly trapped: ReadonlySet<string>;
}

export function graphOf({ nodes, startNodeId }: Pick<FlowDefinition, "nodes" | "startNodeId">): FlowGraph {
  const byId = new Map<string, FlowNode>();
  for (const node of nodes) if (!byId.has(node.id)) byId.set(node.id, node);
  const ways = new Map(
    [...byId.values()].map((node) => [node.id, transitionsOf(node).filter(({ to }) => byId.has(to))]),
  );
  const after = (id: string) =>
    reach(
      ways,
      (ways.get(id) ?? []).map(({ to }) => to),
    );

  const trapped = [...byId.keys()].filter((id) => {
    const later = after(id);
    return later.has(id) && ![...later].some((other) => byId.get(other)?.kind === "end");
  });
  return {
    nodes: byId,
    ways,
    reachable: reach(ways, byId.has(startNodeId) ? [startNodeId] : []),
    trapped: new Set(trapped),
  };
}

/** The given nodes and all nodes that can be reached from them. */
function reach(ways: FlowGraph["ways"], from: readonly string[]): ReadonlySet<string> {
  const seen = new Set(from);
  // A Set is iterated in insertion order, including elements added during the iteration.
  for (const id of seen) for (const { to } of ways.get(id) ?? []) seen.add(to);
  return seen;
}
