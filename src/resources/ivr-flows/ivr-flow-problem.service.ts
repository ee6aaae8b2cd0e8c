import type { Violation, ViolationReason } from "../../core/errors.js";

/** What can be wrong with a flow, by its number in the contract from 1; see `FlowProblem.Code` there. */
export const flowProblemCodes = [
  "UNREACHABLE_NODE",
  "LOOP_WITHOUT_EXIT",
  "UNKNOWN_VARIABLE",
  "UNCERTAIN_VARIABLE",
  "MISSING_EXIT",
  "UNKNOWN_NODE",
  "DUPLICATE_NODE_ID",
  "DUPLICATE_INPUT",
  "NO_END_NODE",
  "TOO_MANY_NODES",
  "UNKNOWN_EXTERNAL_API",
  "ARCHIVED_EXTERNAL_API",
  "UNKNOWN_PARAM",
  "MISSING_PARAM",
  "INVALID_TEMPLATE",
] as const;

export type FlowProblemCode = (typeof flowProblemCodes)[number];

export interface FlowProblem {
  readonly code: FlowProblemCode;
  readonly severity: "WARNING" | "ERROR";
  /** "" = the flow as such. */
  readonly nodeId: string;
  /** Path from the definition, in the proto spelling. */
  readonly field: string;
}

export function fault(code: FlowProblemCode, field: string, severity: FlowProblem["severity"] = "ERROR"): FlowProblem {
  return { code, severity, nodeId: "", field };
}

/** The same in a sentence for people, which repeats nothing of the flow. */
export function problemMessage({ code }: FlowProblem): string {
  return told[code].sentence;
}

/** The problems for which a flow is refused, as violations of a request that holds the flow at `path`. */
export function toViolations(problems: readonly FlowProblem[], path: string): readonly Violation[] {
  return problems
    .filter(({ severity }) => severity === "ERROR")
    .map((problem) => ({
      field: `${path}.${problem.field}`,
      reason: told[problem.code].reason,
      description: problemMessage(problem),
    }));
}

const told: Record<FlowProblemCode, { readonly reason: ViolationReason; readonly sentence: string }> = {
  UNREACHABLE_NODE: { reason: "NOT_ALLOWED", sentence: "No path from the first node leads here." },
  LOOP_WITHOUT_EXIT: { reason: "NOT_ALLOWED", sentence: "Lies on a loop from which no end can be reached." },
  UNKNOWN_VARIABLE: { reason: "NOT_FOUND", sentence: "Names a variable that nothing before it provides." },
  UNCERTAIN_VARIABLE: { reason: "NOT_ALLOWED", sentence: "Names a variable that only some paths provide." },
  MISSING_EXIT: { reason: "REQUIRED", sentence: "Must name the node to go on with." },
  UNKNOWN_NODE: { reason: "NOT_FOUND", sentence: "The flow has no such node." },
  DUPLICATE_NODE_ID: { reason: "CONFLICT", sentence: "Is the id of a node before it." },
  DUPLICATE_INPUT: { reason: "CONFLICT", sentence: "Is the name of an input before it." },
  NO_END_NODE: { reason: "REQUIRED", sentence: "The flow needs an end." },
  TOO_MANY_NODES: { reason: "TOO_MANY", sentence: "A flow has at most 50 nodes." },
  UNKNOWN_EXTERNAL_API: { reason: "NOT_FOUND", sentence: "Does not exist in the company." },
  ARCHIVED_EXTERNAL_API: { reason: "ARCHIVED", sentence: "The external API is archived." },
  UNKNOWN_PARAM: { reason: "UNKNOWN_FIELD", sentence: "The external API has no such param." },
  MISSING_PARAM: { reason: "REQUIRED", sentence: "Must be given." },
  INVALID_TEMPLATE: { reason: "INVALID_FORMAT", sentence: "Holds a `{{` without the name of a variable and `}}`." },
};
