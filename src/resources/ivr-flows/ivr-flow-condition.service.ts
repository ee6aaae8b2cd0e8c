import type { FlowOperator } from "./ivr-flow.model.js";

/** Whether a condition of a branch holds. Texts are compared as they are; what is no number is never greater. */
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

/** NaN, which is neither greater nor smaller than anything, for what is no number. JSON writes 5e-7 for the small ones. */
function numberOf(text: string): number {
  return /^[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}
