import { isDeepStrictEqual } from "node:util";
import { companyAccessFilter } from "../../core/access.js";
import type { CompanyAccess } from "../../core/principal.js";
import type { CustomFieldRepository } from "../setting-lists/setting-store.model.js";
import {
  type CheckedFields,
  checkFields,
  type FieldValues,
  type FieldWrite,
  fieldPath,
  relationsOf,
} from "./custom-field-values.model.js";

export interface FieldCheck {
  /** What the key reaches of the company: a record elsewhere is to it as if it did not exist. */
  readonly access: CompanyAccess;
  /** Whose fields. */
  readonly association: "CUSTOMER" | "LEAD";
  readonly write: FieldWrite;
  /** What is stored; empty for a create. */
  readonly current: FieldValues;
  readonly given: FieldValues;
}

/** Checks custom fields against the company's definitions and, for RELATION fields, against the records the key sees. */
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
  // Sending back what is stored is no new use of it, and asks nothing about the record.
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
