import { fieldRule } from "./fields.js";

/** Arguments of `refine` for the rule that a field is not both set and cleared. */
export function notSetAndCleared<Clear extends string, Field extends string>(clear: Clear, field: Field) {
  return fieldRule<Readonly<Record<Clear, boolean> & Partial<Record<Field, unknown>>>>(
    (message) => !message[clear] || message[field] === undefined,
    { path: clear, reason: "CONFLICT", message: "Must not be set and cleared in the same request." },
  );
}
