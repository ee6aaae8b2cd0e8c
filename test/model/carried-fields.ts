import fc from "fast-check";
import type { Expected } from "./learned.js";
import type { Fault } from "./outcome.js";
import type { FieldSample } from "./references.js";
import type { FieldValues } from "./world.js";

/** Decisions 7: CUSTOMER fields that have the code of a LEAD field and cannot take its values: another type, archived. */
const taken = ["field_size", "field_old"];

/** The custom fields of a lead as its customer shows them. */
export function carriedFields(fields: FieldValues): FieldValues {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.map(([code, value]) => [taken.includes(code) ? `lead:${code}` : code, value]));
}

const sentBack = (code: string, value: { readonly [member: string]: string }): FieldSample => ({
  ...{ code, sent: value },
  stored: value satisfies Expected,
});
const cleared = (code: string): FieldSample => ({ code, sent: {}, stored: {} });

/** What a lead may have left under no field of customers: it may be sent back or cleared, while it is there. */
export const carriedSamples = fc.constantFrom(
  ...[sentBack("lead:field_size", { string: "huge" }), cleared("lead:field_size"), cleared("lead:field_old")],
  ...[sentBack("field_budget", { int64: "500" }), cleared("field_budget")],
);

/** Whether a value that a lead left is there. */
export function carriedFaults(sample: FieldSample | undefined, stored: FieldValues): readonly Fault[] {
  if (!sample || sample.code in stored) return [];
  return [{ field: `custom_fields["${sample.code}"]`, reason: "NOT_FOUND" }];
}
