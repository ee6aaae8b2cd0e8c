import {
  type CheckedFields,
  checkFields,
  type FieldValues,
  type FieldWrite,
  fieldPath,
  relationsOf,
} from "./custom-fields.js";
import type { CustomFieldRepository } from "./setting-repository.js";

export interface FieldCheck {
  readonly companyId: string;
  /** Whose fields. */
  readonly association: "CUSTOMER" | "LEAD";
  readonly write: FieldWrite;
  /** What is stored; empty for a create. */
  readonly current: FieldValues;
  readonly given: FieldValues;
}

/** Checks custom fields against the company's definitions and, for RELATION fields, against its records. */
export async function checkCustomFields(
  repository: CustomFieldRepository,
  { companyId, association, write, current, given }: FieldCheck,
  signal: AbortSignal,
): Promise<CheckedFields> {
  const definitions = await repository.definitions(companyId, association, signal);
  const checked = checkFields(definitions, write, current, given);
  const accepted = Object.fromEntries(Object.entries(given).filter(([code]) => code in checked.values));
  const relations = relationsOf(accepted);
  if (relations.length === 0) return checked;
  const missing = await repository.missingRelations(companyId, relations, signal);
  const violations = missing.map((code) => ({
    field: fieldPath(code),
    reason: "NOT_FOUND" as const,
    description: "Points to a record that does not exist in the company.",
  }));
  return { values: checked.values, violations: [...checked.violations, ...violations] };
}
