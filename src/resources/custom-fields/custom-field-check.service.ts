import { isDeepStrictEqual } from "node:util";
import { type CompanyAccess, companyAccessFilter } from "../../core/principal.js";
import {
  type CheckedFields,
  type CustomFieldRepository,
  checkFields,
  type FieldAssociation,
  type FieldValues,
  type FieldWrite,
  fieldPath,
  relationsOf,
} from "./custom-field-values.model.js";

export interface FieldCheck {
  /** The principal's access to the company. Records that it cannot access are treated as nonexistent. */
  readonly access: CompanyAccess;
  /** Whether the fields belong to a customer or a lead. */
  readonly association: FieldAssociation;
  readonly write: FieldWrite;
  /** The stored values. Empty for a create. */
  readonly current: FieldValues;
  readonly given: FieldValues;
}

/**
 * Checks custom fields against the definitions of the company, and RELATION fields against the records that the
 * principal can access.
 */
export async function checkCustomFields(
  repository: CustomFieldRepository,
  { access, association, write, current, given }: FieldCheck,
  signal: AbortSignal,
): Promise<CheckedFields> {
  const definitions = await repository.definitions(access.companyId, association, signal);
  const checked = checkFields(definitions, write, current, given);
  const refused = new Set(checked.violations.map((violation) => violation.field));
  const accepted = Object.fromEntries(Object.entries(given).filter(([code]) => !refused.has(fieldPath(code))));
  const stored = relationsOf(current);
  // Sending a stored value back unchanged is always allowed, so it reveals nothing about the record.
  const relations = relationsOf(accepted).filter((target) => !stored.some((known) => isDeepStrictEqual(known, target)));
  if (relations.length === 0) return checked;
  const missing = await repository.missingRelations(companyAccessFilter(access), relations, signal);
  const violations = missing.map((code) => ({
    field: fieldPath(code),
    reason: "NOT_FOUND" as const,
    description: "The referenced record was not found in this company.",
  }));
  return { values: checked.values, violations: [...checked.violations, ...violations] };
}
