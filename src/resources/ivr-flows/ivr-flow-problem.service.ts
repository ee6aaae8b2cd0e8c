import { enumeration, type WordOf } from "../../core/enumeration.js";
import { notFoundInCompany, type Violation, type ViolationReason } from "../../core/errors.js";

/** Problems of a flow. `FlowProblem.Code` describes them. */
export const flowProblemCodes = enumeration(
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
);

export type FlowProblemCode = WordOf<typeof flowProblemCodes>;

export const flowSeverities = enumeration("WARNING", "ERROR");

export interface FlowProblem {
  readonly code: FlowProblemCode;
  readonly severity: WordOf<typeof flowSeverities>;
  /** "" for a problem of the whole flow. */
  readonly nodeId: string;
  /** Path within the definition, in proto names. */
  readonly field: string;
  /** The variable that is not known, or the first one of a text. */
  readonly variable?: string;
}

export function fault(code: FlowProblemCode, field: string, severity: FlowProblem["severity"] = "ERROR"): FlowProblem {
  return { code, severity, nodeId: "", field };
}

/** A problem with a variable that is read at `field`. */
export function variableFault(
  code: "UNKNOWN_VARIABLE" | "UNCERTAIN_VARIABLE",
  { field, variable }: { readonly field: string; readonly variable: string },
): FlowProblem {
  return { ...fault(code, field, code === "UNCERTAIN_VARIABLE" ? "WARNING" : "ERROR"), variable };
}

/** The text of a problem. Of the flow it contains at most the name of a variable. */
export function problemMessage({ code, field, variable }: FlowProblem): string {
  const sentence = (field.startsWith("timeout_outputs") && atTimeout[code]) || told[code].sentence;
  if (variable === undefined || variable.length > maxNameChars) return sentence;
  return sentence.replace("The variable", `The variable \`${variable}\``);
}

/** The shape of a variable's name has no limit. */
const maxNameChars = 100;

/** A timeout is at no node, and so has no earlier one. */
const atTimeout: Partial<Record<FlowProblemCode, string>> = {
  UNKNOWN_VARIABLE: "The variable is not an input, and no node that can be reached sets it.",
};

/** The problems of severity ERROR as violations, for a request that contains the flow at `path`. */
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
  UNREACHABLE_NODE: { reason: "NOT_ALLOWED", sentence: "The node cannot be reached from the start node." },
  LOOP_WITHOUT_EXIT: { reason: "NOT_ALLOWED", sentence: "The node is in a loop that never reaches an end node." },
  UNKNOWN_VARIABLE: { reason: "NOT_FOUND", sentence: "The variable is not an input, and no earlier node sets it." },
  UNCERTAIN_VARIABLE: { reason: "NOT_ALLOWED", sentence: "The variable is set on only some paths to this node." },
  MISSING_EXIT: { reason: "REQUIRED", sentence: "Required: set the next node." },
  UNKNOWN_NODE: { reason: "NOT_FOUND", sentence: "The flow has no node with this id." },
  DUPLICATE_NODE_ID: { reason: "CONFLICT", sentence: "Must be unique: another node has this id." },
  DUPLICATE_INPUT: { reason: "CONFLICT", sentence: "Must be unique: another input has this name." },
  NO_END_NODE: { reason: "REQUIRED", sentence: "The flow must have at least one end node." },
  TOO_MANY_NODES: { reason: "TOO_MANY", sentence: "The flow must have at most 50 nodes." },
  UNKNOWN_EXTERNAL_API: { reason: "NOT_FOUND", sentence: notFoundInCompany },
  ARCHIVED_EXTERNAL_API: { reason: "ARCHIVED", sentence: "The external API is archived." },
  UNKNOWN_PARAM: { reason: "UNKNOWN_FIELD", sentence: "The external API has no parameter with this name." },
  MISSING_PARAM: { reason: "REQUIRED", sentence: "Required." },
  INVALID_TEMPLATE: { reason: "INVALID_FORMAT", sentence: "Every `{{` must be followed by a variable name and `}}`." },
};
