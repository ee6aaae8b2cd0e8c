import { throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import type { FieldSearch } from "../../core/record-search.js";
import type { CustomFieldRepository, FieldAssociation, FieldDefinition, FieldValue } from "./custom-field.model.js";
import { checkValue } from "./custom-field-check.service.js";

/** A condition on a custom field as a client sends it: values and limits are texts, empty if not set. */
export interface FieldFilter {
  /** Id or code. */
  readonly field: string;
  readonly values: readonly string[];
  readonly min: string;
  readonly max: string;
}

interface FieldFilterContext {
  readonly companyId: string;
  readonly association: FieldAssociation;
  readonly signal: AbortSignal;
}

/**
 * Reads conditions by the definitions of the fields. Archived fields can be searched, because records keep their values.
 *
 * @throws DomainError INVALID_REQUEST with all violations at `filter.custom_fields[n]`
 */
export async function toFieldSearches(
  repository: CustomFieldRepository,
  filters: readonly FieldFilter[] | undefined,
  { companyId, association, signal }: FieldFilterContext,
): Promise<readonly FieldSearch[]> {
  if (!filters) return [];
  const names = filters.map(({ field }) => field);
  const named = await repository.named({ companyId, association, names }, signal);
  const codes = [...new Set(named.map(({ code }) => code))];
  const definitions = await repository.definitions({ companyId, association, codes, withExpected: false }, signal);
  const violations: Violation[] = [];
  const searches = filters.flatMap((filter, index) => {
    const path = `filter.custom_fields[${index}]`;
    // A code has precedence over another field's id.
    const code = (named.find((one) => one.code === filter.field) ?? named.find(({ id }) => id === filter.field))?.code;
    const definition = definitions.find((one) => one.code === code);
    if (definition) return toSearch(filter, definition, { path, violations });
    violations.push(violation(`${path}.field`, "NOT_FOUND", "Unknown custom field."));
    return [];
  });
  throwIfInvalid(violations);
  return searches;
}

interface Report {
  readonly path: string;
  readonly violations: Violation[];
}

function toSearch(filter: FieldFilter, definition: FieldDefinition, { path, violations }: Report): FieldSearch[] {
  const { code, type } = definition;
  const isOption = type === "SELECT" || type === "MULTI_SELECT";
  const read = (text: string, at: string): readonly FieldValue[] => {
    // Several texts name several options.
    const checked = checkValue(isOption ? { ...definition, type: "SELECT" } : definition, { text });
    if ("value" in checked) return [checked.value];
    violations.push(violation(`${path}.${at}`, checked.reason, checked.description));
    return [];
  };
  const values = filter.values.flatMap((text, index) => read(text, `values[${index}]`));
  const member = type === "NUMBER" ? "int64" : type === "DATE" || type === "DATETIME" ? "timestampTime" : undefined;
  const limit = (end: "min" | "max"): string | undefined => {
    const text = filter[end];
    if (text === "") return undefined;
    if (member) return read(text, end).map((value) => String(value[member]))[0];
    violations.push(violation(`${path}.${end}`, "NOT_ALLOWED", "Must be empty: the field is not a number or date."));
    return undefined;
  };
  const [min, max] = [limit("min"), limit("max")];
  return [
    {
      code,
      ...(filter.values.length > 0 ? { values: values.map((value) => JSON.stringify(value)) } : {}),
      ...(isOption && filter.values.length > 0 ? { options: values.map((value) => String(value["string"])) } : {}),
      ...(member ? { member } : {}),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    },
  ];
}
