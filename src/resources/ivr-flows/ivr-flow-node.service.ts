import { renderTemplate } from "../../core/template.js";
import { invocationKeys } from "../external-apis/external-api.model.js";
import {
  type CustomerQueryNode,
  type ExternalApiNode,
  type FlowBranch,
  type FlowNode,
  type FlowOperator,
  transitionsOf,
} from "./ivr-flow.model.js";
import { queryKeys } from "./ivr-flow-variables.service.js";

/**
 * What a run does outside of it. Both end in "TIMED_OUT" by the deadline, on the clock of `performance.now()`. Both
 * settle soon after the signal fires; the run does not wait for what they do then.
 */
export interface FlowActions {
  /** Nobody found: all values are "". "TIMED_OUT" if it took too long. */
  query(
    question: CustomerQueryNode["query"],
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<FlowQueryResult | "TIMED_OUT">;
  /** @param call.step position of the node in the path, starting at 0; a run may call the same API several times */
  invoke(
    call: { readonly externalApiId: string; readonly params: Readonly<Record<string, string>>; readonly step: number },
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<FlowInvocation>;
}

export interface FlowQueryResult {
  readonly found: boolean;
  /** All keys of a customer query, always. */
  readonly values: Readonly<Record<string, string>>;
}

export interface FlowInvocation {
  readonly branch: Exclude<FlowBranch, "OTHERWISE">;
  /** "" if successful. */
  readonly reason: string;
  /** "" if there was no response. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The reason of a node that makes the variables too large. */
export const sizeLimit = "SIZE_LIMIT";

/** How a node ended. */
interface NodeResult {
  readonly branch: FlowBranch;
  readonly reason?: string;
  readonly to: string;
}

interface NodeContext {
  readonly memory: FlowMemory;
  readonly actions: FlowActions;
  /** Deadline of the actions. */
  readonly deadlineMs: number;
  /** Position of the node in the path, starting at 0. A run may execute the same node several times. */
  readonly step: number;
}

/** Executes a node. Ends in FAILURE with reason `sizeLimit` if the variables become too large. */
export async function executeNode(node: FlowNode, context: NodeContext, signal: AbortSignal): Promise<NodeResult> {
  try {
    return await execute(node, context, signal);
  } catch (error) {
    if (error instanceof SizeLimitReached) return { branch: "FAILURE", reason: sizeLimit, to: "" };
    throw error;
  }
}

async function execute(node: FlowNode, context: NodeContext, signal: AbortSignal): Promise<NodeResult> {
  const { memory } = context;
  switch (node.kind) {
    case "customer_query":
      return query(node, context, signal);
    case "external_api":
      return invoke(node, context, signal);
    case "set":
      for (const { variable, value } of node.assignments) memory.put(variable, memory.render(value));
      return { branch: "SUCCESS", to: node.next };
    case "branch": {
      const met = node.cases.find(({ variable, operator, value }) =>
        evaluateCondition(memory.get(variable), operator, memory.render(value)),
      );
      return met ? { branch: "SUCCESS", to: met.next } : { branch: "OTHERWISE", to: node.otherwise };
    }
    case "end":
      return { branch: "SUCCESS", to: "" };
    default:
      return node satisfies never;
  }
}

async function query(
  node: CustomerQueryNode,
  { memory, actions, deadlineMs }: NodeContext,
  signal: AbortSignal,
): Promise<NodeResult> {
  const { id, tel, email, thirdAccountId } = node.query;
  const asked = {
    ...{ id: memory.render(id), tel: memory.render(tel) },
    ...{ email: memory.render(email), thirdAccountId: memory.render(thirdAccountId) },
  };
  memory.forget(node.id);
  const result = await actions.query(asked, signal, deadlineMs);
  // Telephone systems keep the old value of a variable that a response leaves out.
  const values = result === "TIMED_OUT" ? emptyQueryValues : result.values;
  for (const [key, value] of Object.entries(values)) memory.put(`${node.id}.${key}`, value);
  if (result === "TIMED_OUT") return leave(node, "TIMED_OUT", "TIMEOUT");
  return result.found ? leave(node, "SUCCESS") : leave(node, "FAILURE", "NOT_FOUND");
}

/** The values of a query without a result. */
const emptyQueryValues = Object.fromEntries(queryKeys.map((key) => [key, ""]));

async function invoke(
  node: ExternalApiNode,
  { memory, actions, step, deadlineMs }: NodeContext,
  signal: AbortSignal,
): Promise<NodeResult> {
  const params = Object.fromEntries(
    Object.entries(node.params).map(([name, template]) => [name, memory.render(template)] as const),
  );
  memory.forget(node.id);
  const { branch, outputs, ...how } = await actions.invoke(
    { externalApiId: node.externalApiId, params, step },
    signal,
    deadlineMs,
  );
  for (const [name, value] of Object.entries(outputs)) memory.put(`${node.id}.${name}`, value);
  for (const key of invocationKeys) memory.put(`${node.id}.${key}`, how[key]);
  return leave(node, branch, how.reason);
}

/** The transition of a node on a branch. */
function leave(node: CustomerQueryNode | ExternalApiNode, branch: FlowBranch, reason = ""): NodeResult {
  const to = transitionsOf(node).find((exit) => exit.branch === branch)?.to ?? "";
  return { branch, reason, to };
}

/**
 * Evaluates the condition of a branch. Texts are compared as they are. A text that is not a number is never greater or
 * less.
 */
export function evaluateCondition(variable: string, operator: FlowOperator, value: string): boolean {
  switch (operator) {
    case "EQUALS":
      return variable === value;
    case "NOT_EQUALS":
      return variable !== value;
    case "CONTAINS":
      return variable.includes(value);
    case "STARTS_WITH":
      return variable.startsWith(value);
    case "GREATER_THAN":
      return numberOf(variable) > numberOf(value);
    case "LESS_THAN":
      return numberOf(variable) < numberOf(value);
    case "IS_EMPTY":
      return variable === "";
    case "IS_NOT_EMPTY":
      return variable !== "";
    default:
      return operator satisfies never;
  }
}

/**
 * NaN for a text that is not a number, so that every comparison is false. The exponent is accepted because JSON writes
 * small numbers as 5e-7.
 */
function numberOf(text: string): number {
  return /^[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Maximum number of characters of one variable and of all together. Limits how much templates can multiply text. */
const maxValue = 65_536;
const maxTotal = 262_144;

/** The variables have grown too large, so the run cannot continue. */
class SizeLimitReached extends Error {}

/**
 * The variables of a run. Setting a variable or filling a template throws SizeLimitReached if the result is too large.
 */
export interface FlowMemory {
  get(name: string): string;
  put(name: string, value: string): void;
  /** Removes the outputs of a node before it runs again. */
  forget(nodeId: string): void;
  render(template: string): string;
  entries(): Readonly<Record<string, string>>;
}

export function createFlowMemory(inputs: ReadonlyMap<string, string>): FlowMemory {
  const values = new Map(inputs);
  let total = [...values.values()].reduce((sum, { length }) => sum + length, 0);
  const bounded = (value: string) => {
    if (value.length > maxValue) throw new SizeLimitReached();
    return value;
  };
  return {
    get: (name) => values.get(name) ?? "",
    put(name, value) {
      const grown = total + bounded(value).length - (values.get(name) ?? "").length;
      if (grown > maxTotal) throw new SizeLimitReached();
      total = grown;
      values.set(name, value);
    },
    forget(nodeId) {
      for (const [name, { length }] of values) {
        if (!name.startsWith(`${nodeId}.`)) continue;
        total -= length;
        values.delete(name);
      }
    },
    render(template) {
      const text = renderTemplate(template, values, maxValue);
      if (text === undefined) throw new SizeLimitReached();
      return text;
    },
    entries: () => Object.fromEntries(values),
  };
}
