import { enumeration, type WordOf } from "../../core/enumeration.js";
import { invocationKeys } from "../external-apis/external-api-call.service.js";
import {
  type CustomerQueryNode,
  type ExternalApiNode,
  type FlowBranch,
  type FlowDefinition,
  type FlowNode,
  maxSteps,
  transitionsOf,
} from "./ivr-flow.model.js";
import { matchCountKey } from "./ivr-flow-check.service.js";
import { evaluateCondition } from "./ivr-flow-condition.service.js";
import { startClock } from "./ivr-flow-timer.service.js";
import { createFlowVariables, type FlowMemory, SizeLimitReached } from "./ivr-flow-variable-store.service.js";

/** How a run ended. */
export const flowOutcomes = enumeration("ENDED", "TIMEOUT", "STEP_LIMIT", "SIZE_LIMIT");
export type FlowOutcome = WordOf<typeof flowOutcomes>;

export interface FlowRun {
  readonly outcome: FlowOutcome;
  /** The exit name of the end node that was reached, otherwise "". */
  readonly exit: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly path: readonly FlowStep[];
  readonly durationMs: number;
}

/** A node that was executed. */
export interface FlowStep {
  readonly nodeId: string;
  readonly kind: FlowNode["kind"];
  readonly branch: FlowBranch;
  readonly durationMs: number;
  /** Why the node ended in FAILURE or TIMED_OUT, otherwise "". */
  readonly reason: string;
}

/** The effects of a run. Both settle soon after the signal fires; the run does not wait for what they do then. */
export interface FlowSteps {
  /** Undefined if nobody is found. "TIMED_OUT" if it took too long. */
  query(
    question: CustomerQueryNode["query"],
    signal: AbortSignal,
  ): Promise<
    { readonly values: Readonly<Record<string, string>>; readonly matchCount: number } | "TIMED_OUT" | undefined
  >;
  /** @param call.step position of the node in the path, starting at 0; a run may call the same API several times */
  invoke(
    call: { readonly externalApiId: string; readonly params: Readonly<Record<string, string>>; readonly step: number },
    signal: AbortSignal,
  ): Promise<FlowInvocation>;
}

export interface FlowInvocation {
  readonly branch: Exclude<FlowBranch, "OTHERWISE">;
  /** "" if successful. */
  readonly reason: string;
  /** "" if there was no response. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly inputs: ReadonlyMap<string, string>;
  /** On the clock of `performance.now()`. The run then ends with TIMEOUT. */
  readonly deadlineMs: number;
  readonly steps: FlowSteps;
}

const runTimeout = "RUN_TIMEOUT";
const sizeLimit = "SIZE_LIMIT";

/**
 * Runs a flow that has no errors (ivr-flow-check.service.ts). Rejects with the error of a step, and when the signal
 * fires.
 */
export async function runFlow(
  { nodes, startNodeId }: FlowDefinition,
  { inputs, deadlineMs, steps }: RunOptions,
  signal: AbortSignal,
): Promise<FlowRun> {
  const begun = performance.now();
  const memory = createFlowVariables(inputs);
  const path: FlowStep[] = [];
  const clock = startClock(deadlineMs, signal);
  const end = (outcome: FlowOutcome, exit = "", outputs: readonly string[] = []): FlowRun => ({
    ...{ outcome, exit, path, durationMs: performance.now() - begun },
    variables:
      outputs.length === 0
        ? memory.entries()
        : Object.fromEntries(outputs.map((name) => [name, memory.get(name)] as const)),
  });

  try {
    let id = startNodeId;
    while (path.length < maxSteps) {
      const node = nodes.find((one) => one.id === id);
      if (!node) throw new Error("stored flow references an unknown node");
      const stepBegun = performance.now();
      const note = (branch: FlowBranch, reason = "") => {
        path.push({ nodeId: id, kind: node.kind, branch, durationMs: performance.now() - stepBegun, reason });
      };
      if (clock.isOver()) return end("TIMEOUT");
      const left = await clock.race((time) => attempt(node, { memory, steps, step: path.length }, time));
      if (left === "OVER") {
        note("TIMED_OUT", runTimeout);
        return end("TIMEOUT");
      }
      note(left.branch, left.reason);
      if (left.reason === sizeLimit) return end("SIZE_LIMIT");
      if (node.kind === "end") return end("ENDED", node.exit, node.outputs);
      id = left.to;
    }
    return end("STEP_LIMIT");
  } finally {
    clock.stop();
  }
}

/** How a node ended. */
interface Left {
  readonly branch: FlowBranch;
  readonly reason?: string;
  readonly to: string;
}

interface Surroundings {
  readonly memory: FlowMemory;
  readonly steps: FlowSteps;
  readonly step: number;
}

async function attempt(node: FlowNode, around: Surroundings, signal: AbortSignal): Promise<Left> {
  try {
    return await execute(node, around, signal);
  } catch (error) {
    if (error instanceof SizeLimitReached) return { branch: "FAILURE", reason: sizeLimit, to: "" };
    throw error;
  }
}

async function execute(node: FlowNode, around: Surroundings, signal: AbortSignal): Promise<Left> {
  const { memory } = around;
  switch (node.kind) {
    case "customer_query":
      return query(node, around, signal);
    case "external_api":
      return invoke(node, around, signal);
    case "set":
      for (const { variable, value } of node.assignments) memory.put(variable, memory.filled(value));
      return { branch: "SUCCESS", to: node.next };
    case "branch": {
      const met = node.cases.find(({ variable, operator, value }) =>
        evaluateCondition(memory.get(variable), operator, memory.filled(value)),
      );
      return met ? { branch: "SUCCESS", to: met.next } : { branch: "OTHERWISE", to: node.otherwise };
    }
    case "end":
      return { branch: "SUCCESS", to: "" };
    default:
      return node satisfies never;
  }
}

async function query(node: CustomerQueryNode, { memory, steps }: Surroundings, signal: AbortSignal): Promise<Left> {
  const { id, tel, email, thirdAccountId } = node.query;
  const asked = {
    ...{ id: memory.filled(id), tel: memory.filled(tel) },
    ...{ email: memory.filled(email), thirdAccountId: memory.filled(thirdAccountId) },
  };
  memory.forget(node.id);
  const found = await steps.query(asked, signal);
  if (found === "TIMED_OUT") return { ...leave(node, "TIMED_OUT"), reason: "TIMEOUT" };
  for (const [key, value] of Object.entries(found?.values ?? {})) memory.put(`${node.id}.${key}`, value);
  memory.put(`${node.id}.${matchCountKey}`, String(found?.matchCount ?? 0));
  return found ? leave(node, "SUCCESS") : { ...leave(node, "FAILURE"), reason: "NOT_FOUND" };
}

async function invoke(node: ExternalApiNode, around: Surroundings, signal: AbortSignal): Promise<Left> {
  const { memory, steps, step } = around;
  const { externalApiId } = node;
  const params = Object.fromEntries(
    Object.entries(node.params).map(([name, template]) => [name, memory.filled(template)] as const),
  );
  memory.forget(node.id);
  const { branch, outputs, ...how } = await steps.invoke({ externalApiId, params, step }, signal);
  for (const [name, value] of Object.entries(outputs)) memory.put(`${node.id}.${name}`, value);
  for (const key of invocationKeys) memory.put(`${node.id}.${key}`, how[key]);
  return { ...leave(node, branch), reason: how.reason };
}

/** The transition of a node on a branch. */
function leave(node: CustomerQueryNode | ExternalApiNode, branch: FlowBranch): Left {
  const to = transitionsOf(node).find((exit) => exit.branch === branch)?.to ?? "";
  return { branch, to };
}
