import { type Violation, violation } from "./errors.js";

/**
 * Required fields of a record, each with how to read it. A record that was imported or promoted can lack one: its empty
 * value can then be sent back as it was read.
 */
export type RequiredFields<Stored> = Readonly<Record<string, (stored: Stored) => string | undefined>>;

/**
 * The violations of the required fields that an update leaves empty, unless they are empty already.
 *
 * @param stored undefined if it is not known
 */
export function clearedFields<Fields extends RequiredFields<Stored>, Stored>(
  emptied: readonly (keyof Fields & string)[],
  fields: Fields,
  stored: Stored | undefined,
): readonly Violation[] {
  return emptied.filter((field) => stored === undefined || (fields[field]?.(stored) ?? "") !== "").map(clearedField);
}

export function clearedField(field: string): Violation {
  return violation(field, "REQUIRED", "Must not be cleared; this field is required.");
}
