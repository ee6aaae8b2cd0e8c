import {
  type FlowBranch,
  type FlowDefinition,
  type FlowInput,
  type FlowNode,
  transitionsOf,
} from "./ivr-flow.model.js";

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

/** Variable names. */
export type Names = Pick<ReadonlySet<string>, "has">;

/** The variables that a node can read. */
export interface AvailableVariables {
  /** Provided by some path to the node. */
  readonly possible: Names;
  /** Provided by every path to the node. */
  readonly certain: Names;
}

/** The variables that a node provides, by branch. */
export type NodeOutputs = (node: FlowNode, branch: FlowBranch) => readonly string[];

/** The variables that each reachable node can read, by node id. */
export function analyzeVariables(
  { nodes, ways, reachable }: FlowGraph,
  startNodeId: string,
  { inputs, provides }: { readonly inputs: readonly FlowInput[]; readonly provides: NodeOutputs },
): ReadonlyMap<string, AvailableVariables> {
  const variables = createNumbering();
  const known = new Map<string, { readonly possible: bigint; readonly certain: bigint }>();
  const waiting = new Set<string>();
  const arrive = (id: string, possible: bigint, certain: bigint) => {
    const before = known.get(id);
    const now = before
      ? { possible: before.possible | possible, certain: before.certain & certain }
      : { possible, certain };
    known.set(id, now);
    if (now.possible !== before?.possible || now.certain !== before.certain) waiting.add(id);
  };

  const waysOut = new Map(
    [...nodes.values()].map((node) => [
      node.id,
      (ways.get(node.id) ?? []).map(({ branch, to }) => ({ to, provided: variables.bitsOf(provides(node, branch)) })),
    ]),
  );
  const given = variables.bitsOf(inputs.map(({ name }) => name));
  if (reachable.has(startNodeId)) arrive(startNodeId, given, given);
  // Terminates, because possible variables only grow and certain ones only shrink. A node that is added again is
  // processed again.
  for (const id of waiting) {
    waiting.delete(id);
    const here = known.get(id);
    if (!here) continue;
    for (const { to, provided } of waysOut.get(id) ?? []) {
      arrive(to, here.possible | provided, here.certain | provided);
    }
  }
  return new Map(
    [...known].map(([id, { possible, certain }]) => [
      id,
      { possible: variables.namesOf(possible), certain: variables.namesOf(certain) },
    ]),
  );
}

/**
 * Assigns each variable a bit, so that a set of variables is one number. With 50 nodes in loops that provide hundreds
 * of variables each, sets are combined thousands of times. With sets of strings this would take half a minute.
 */
function createNumbering() {
  const numbers = new Map<string, number>();
  const numberOf = (name: string) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  return {
    bitsOf: (names: readonly string[]): bigint =>
      names.reduce((bits, name) => bits | (1n << BigInt(numberOf(name))), 0n),
    namesOf(bits: bigint): Names {
      const digits = bits.toString(2);
      return {
        has(name) {
          const number = numbers.get(name);
          return number !== undefined && digits[digits.length - 1 - number] === "1";
        },
      };
    },
  };
}
