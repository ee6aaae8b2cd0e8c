import { rule } from "./fields.js";

/** A field is not both set and cleared: the arguments of `refine`. */
export function setOrCleared<Clear extends string, Field extends string>(clear: Clear, field: Field) {
  return rule<Readonly<Record<Clear, boolean> & Partial<Record<Field, unknown>>>>(
    (message) => !message[clear] || message[field] === undefined,
    { path: clear, reason: "CONFLICT", message: "Must not be set and cleared in the same request." },
  );
}
