import type { FlowBranch, FlowInput, FlowNode } from "./ivr-flow.model.js";
import type { FlowGraph } from "./ivr-flow-graph.service.js";

/** Names of variables. */
export type Names = Pick<ReadonlySet<string>, "has">;

/** What a node may read, when a run comes to it. */
export interface AvailableVariables {
  /** Some path to the node provides it. */
  readonly possible: Names;
  /** Every path to the node provides it. */
  readonly certain: Names;
}

/** Which variables a node provides, by the way it is left. */
export type NodeOutputs = (node: FlowNode, branch: FlowBranch) => readonly string[];

/** By node id, for every node that can be come to: which variables it may read. */
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
  // Ends, since what is possible only grows and what is certain only shrinks. A node that waits again is walked again.
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
 * Gives each variable a bit, so that what is known somewhere is one number: 50 nodes that provide hundreds of variables
 * each, with ways back, join such sets thousands of times, and sets of texts would take half a minute for it.
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
