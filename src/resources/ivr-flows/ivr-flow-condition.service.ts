import type { FlowOperator } from "./ivr-flow.model.js";

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
