import type { FlowBranch, FlowInput, FlowNode } from "./ivr-flow.js";
import type { FlowGraph } from "./ivr-flow-graph.js";

/** What a node may read, when a run comes to it. */
export interface Known {
  /** Some path to the node provides it. */
  readonly possible: ReadonlySet<string>;
  /** Every path to the node provides it. */
  readonly certain: ReadonlySet<string>;
}

/** Which keys a node provides, by the way it is left; without the node's id in front. */
export type Provides = (node: FlowNode, branch: FlowBranch) => readonly string[];

/** By node id, for every node that can be come to: which variables it may read. */
export function knownVariables(
  { nodes, ways, reachable }: FlowGraph,
  startNodeId: string,
  { inputs, provides }: { readonly inputs: readonly FlowInput[]; readonly provides: Provides },
): ReadonlyMap<string, Known> {
  const names = new Set(inputs.map(({ name }) => name));
  const known = new Map<string, Known>();
  const waiting = new Set<string>();
  const arrive = (id: string, possible: ReadonlySet<string>, certain: ReadonlySet<string>) => {
    const before = known.get(id);
    const now = before
      ? { possible: union(before.possible, possible), certain: intersection(before.certain, certain) }
      : { possible, certain };
    const changed = now.possible.size !== before?.possible.size || now.certain.size !== before.certain.size;
    known.set(id, now);
    if (changed) waiting.add(id);
  };

  if (reachable.has(startNodeId)) arrive(startNodeId, names, names);
  // Ends, since what is possible only grows and what is certain only shrinks. A node that waits again is walked again.
  for (const id of waiting) {
    waiting.delete(id);
    const node = nodes.get(id);
    const here = known.get(id);
    if (!node || !here) continue;
    for (const { branch, to } of ways.get(id) ?? []) {
      const provided = new Set(provides(node, branch));
      arrive(to, union(here.possible, provided), union(here.certain, provided));
    }
  }
  return known;
}

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one, ...other]);
}

function intersection(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one].filter((name) => other.has(name)));
}
