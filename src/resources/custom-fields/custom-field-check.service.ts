import { isDeepStrictEqual } from "node:util";
import { companyAccessFilter } from "../../core/access.js";
import type { Violation, ViolationReason } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { moneyFaults } from "../../core/money.js";
import type { CompanyAccess } from "../../core/principal.js";
import { lineRule, normalise, noteRule, textFault } from "../../core/text.js";
import type {
  CustomFieldRepository,
  FieldAssociation,
  FieldDefinition,
  FieldType,
  FieldValue,
  FieldValues,
  Json,
  RelationTarget,
} from "./custom-field.model.js";
import { readFieldText } from "./custom-field-input-text.service.js";

interface CheckContext {
  /** The principal's access to the company. Records that it cannot access are treated as nonexistent. */
  readonly access: CompanyAccess;
  /** What the fields belong to. */
  readonly association: FieldAssociation;
}

export interface FieldCheck extends CheckContext, RecordFields {}

/** The values of one record. */
interface RecordFields {
  readonly write: FieldWrite;
  /** The stored values. Empty for a create. */
  readonly current: FieldValues;
  readonly given: FieldValues;
}

/** How the given values are combined with the stored ones. */
export type FieldWrite =
  /** There are no stored values. Defaults are filled in, and required fields must be set. */
  | "create"
  /** Given codes are replaced, empty values are cleared, other codes are unchanged. */
  | "merge"
  /** The given values replace all stored values. */
  | "replace";

export interface CheckedFields {
  readonly values: FieldValues;
  readonly violations: readonly Violation[];
}

/**
 * Checks custom fields against the definitions of the company, and RELATION fields against the records that the
 * principal can access.
 */
export async function checkCustomFields(
  repository: CustomFieldRepository,
  { access, association, ...record }: FieldCheck,
  signal: AbortSignal,
): Promise<CheckedFields> {
  const [checked] = await checkFieldsOfEach(repository, { access, association, records: [record] }, signal);
  return checked ?? { values: {}, violations: [] };
}

/** The same for several records of a kind, with as many reads as for one. The results have their order. */
export async function checkFieldsOfEach(
  repository: CustomFieldRepository,
  { access, association, records }: CheckContext & { readonly records: readonly RecordFields[] },
  signal: AbortSignal,
): Promise<readonly CheckedFields[]> {
  if (records.length === 0) return [];
  const codes = [...new Set(records.flatMap(({ given }) => Object.keys(given)))];
  // A merge leaves the fields that it does not contain unchanged.
  const withExpected = records.some(({ write }) => write !== "merge");
  const query = { companyId: access.companyId, association, codes, withExpected };
  const definitions = withExpected || codes.length > 0 ? await repository.definitions(query, signal) : [];
  const checked = records.map((record) => {
    const { values, violations } = checkFields(definitions, record.write, record.current, record.given);
    return { values, violations, relations: newRelations(record, violations) };
  });
  // The code of a target says which record has it.
  const targets = checked.flatMap(({ relations }, position) =>
    relations.map((target) => ({ ...target, code: `${position}:${target.code}` })),
  );
  if (targets.length === 0) return checked;
  const missing = new Set(await repository.missingRelations(companyAccessFilter(access), targets, signal));
  return checked.map(({ values, violations, relations }, position) => {
    const lost = relations.filter(({ code }) => missing.has(`${position}:${code}`));
    return { values, violations: [...violations, ...lost.map(({ code }) => missingRelation(code))] };
  });
}

/** Sending a stored value back unchanged is always allowed, so it reveals nothing about the record. */
function newRelations({ current, given }: RecordFields, violations: readonly Violation[]): readonly RelationTarget[] {
  const refused = new Set(violations.map((violation) => violation.field));
  const accepted = Object.fromEntries(Object.entries(given).filter(([code]) => !refused.has(fieldPath(code))));
  const stored = relationsOf(current);
  return relationsOf(accepted).filter((target) => !stored.some((known) => isDeepStrictEqual(known, target)));
}

function missingRelation(code: string): Violation {
  const description = "The referenced record was not found in this company.";
  return { field: fieldPath(code), reason: "NOT_FOUND", description };
}

/**
 * Checks custom field values against the definitions of the company, with at most one violation per code. A stored
 * value may be sent back or cleared even if its field is archived, no longer has the option, or does not exist in the
 * company (values of a promoted lead).
 *
 * @param current the stored values; empty for a create
 */
export function checkFields(
  definitions: readonly FieldDefinition[],
  write: FieldWrite,
  current: FieldValues,
  given: FieldValues,
): CheckedFields {
  const byCode = new Map(definitions.map((definition) => [definition.code, definition]));
  const values = new Map(write === "merge" ? Object.entries(current) : []);
  const violations = new Map<string, Violation>();
  const refuse = (code: string, reason: ViolationReason, description: string): void => {
    violations.set(code, { field: fieldPath(code), reason, description });
  };

  for (const [code, sent] of Object.entries(given)) {
    const definition = byCode.get(code);
    const value = definition ? readFieldText(definition, sent) : sent;
    if (isProblem(value)) {
      refuse(code, value.reason, value.description);
      continue;
    }
    const stored = ownValue(current, code);
    const isCleared = Object.keys(value).length === 0;
    if (stored && isCleared) values.delete(code);
    else if (stored && isSameValue(stored, value)) values.set(code, stored);
    else if (!definition) refuse(code, "NOT_FOUND", "Unknown custom field.");
    else if (isCleared) values.delete(code);
    else if (definition.archived) refuse(code, "ARCHIVED", "Must not be used; the custom field is archived.");
    else {
      const checked = checkValue(definition, value);
      if ("reason" in checked) refuse(code, checked.reason, checked.description);
      else values.set(code, checked.value);
    }
  }
  for (const definition of definitions) {
    if (definition.archived || values.has(definition.code)) continue;
    if (write === "create" && definition.defaultValue) values.set(definition.code, definition.defaultValue);
    // A merge that does not contain a required field leaves it unchanged. The field may have become required later.
    else if (
      definition.required &&
      (write !== "merge" || ownValue(given, definition.code)) &&
      !violations.has(definition.code)
    ) {
      refuse(definition.code, "REQUIRED", "Required.");
    }
  }
  return { values: Object.fromEntries(values), violations: [...violations.values()] };
}

/** The value of a code, which may also be the name of an object member, such as `constructor`. */
export function ownValue(values: FieldValues, code: string): FieldValue | undefined {
  return Object.hasOwn(values, code) ? values[code] : undefined;
}

/** Whether two values are equal. The order of their members does not matter. */
export function isSameValue(one: FieldValue | undefined, other: FieldValue): boolean {
  return isDeepStrictEqual(one, other);
}

/** Path of a field in violations. */
export function fieldPath(code: string): string {
  return `custom_fields["${code}"]`;
}

/** The relations among the values. Their targets must exist in the company. */
export function relationsOf(values: FieldValues): RelationTarget[] {
  return Object.entries(values).flatMap(([code, value]) => {
    const relation = value["relation"];
    if (!isObject(relation)) return [];
    const entity = relation["entity"] === "LEAD" ? ("LEAD" as const) : ("CUSTOMER" as const);
    const id = relation["id"];
    const refId = relation["refId"];
    return [
      {
        code,
        entity,
        ...(typeof id === "string" && id !== "0" ? { rawId: BigInt(id) } : {}),
        ...(typeof refId === "string" && refId !== "" ? { refId } : {}),
      },
    ];
  });
}

type FieldProblem = { readonly reason: ViolationReason; readonly description: string };

function isProblem(value: FieldValue | FieldProblem): value is FieldProblem {
  return "reason" in value;
}

/** The member of `CustomField.Value` for each type (proto: `CustomField.Type`). */
const memberOf = {
  SHORT_TEXT: "string",
  LONG_TEXT: "string",
  NUMBER: "int64",
  DATE: "timestampTime",
  BOOLEAN: "bool",
  SELECT: "string",
  MULTI_SELECT: "stringList",
  RELATION: "relation",
  MONEY: "money",
  TIME: "timeOfDay",
  DATETIME: "timestampTime",
  GROUP: undefined,
} as const satisfies Record<FieldType, string | undefined>;

/** The value in its stored form, or why the field does not accept it. */
export function checkValue(
  definition: FieldDefinition,
  sent: FieldValue,
): { readonly value: FieldValue } | FieldProblem {
  const value = readFieldText(definition, sent);
  if (isProblem(value)) return value;
  const member = memberOf[definition.type];
  if (!member) return { reason: "NOT_ALLOWED", description: "A GROUP field cannot have a value." };
  if (!(member in value)) {
    return {
      reason: "WRONG_TYPE",
      description: `Must set the member \`${member}\` for a field of type ${definition.type}.`,
    };
  }
  const content = value[member];
  switch (definition.type) {
    case "SHORT_TEXT":
    case "LONG_TEXT": {
      const rule = definition.type === "SHORT_TEXT" ? { ...lineRule, min: 1 } : noteRule;
      const text = normalise(String(content), rule);
      return textFault(text, rule) ?? { value: { string: text } };
    }
    case "SELECT":
      return definition.options.includes(String(content)) ? { value } : notAnOption;
    case "MULTI_SELECT": {
      const chosen = isObject(content) && Array.isArray(content["values"]) ? content["values"] : [];
      if (new Set(chosen).size !== chosen.length)
        return { reason: "DUPLICATE_FIELD", description: "Must not repeat an option." };
      return chosen.every((text) => definition.options.includes(String(text))) ? { value } : notAnOption;
    }
    case "MONEY":
      return amountFault(content) ?? { value };
    case "TIME":
      return timeOfDayFault(content) ?? { value };
    case "RELATION":
      return relationFault(content) ?? { value };
    case "NUMBER":
    case "BOOLEAN":
    case "DATE":
    case "DATETIME":
    case "GROUP":
      return { value };
    default:
      return definition.type satisfies never;
  }
}

const notAnOption = {
  reason: "NOT_ALLOWED",
  description: "Must be an option of the field.",
} as const satisfies FieldProblem;

function amountFault(content: Json | undefined): FieldProblem | undefined {
  if (!isObject(content)) return { reason: "WRONG_TYPE", description: "Must be a money object." };
  const units = BigInt(typeof content["units"] === "string" ? content["units"] : 0);
  const [fault] = moneyFaults({
    ...{ units, nanos: Number(content["nanos"] ?? 0) },
    currencyCode: String(content["currencyCode"] ?? ""),
  });
  return fault;
}

function timeOfDayFault(content: Json | undefined): FieldProblem | undefined {
  if (!isObject(content)) return { reason: "WRONG_TYPE", description: "Must be a time of day." };
  const limits = { hours: 23, minutes: 59, seconds: 59, nanos: 999_999_999 };
  for (const [part, limit] of Object.entries(limits)) {
    const number = Number(content[part] ?? 0);
    if (number < 0 || number > limit)
      return { reason: "OUT_OF_RANGE", description: `${part} must be from 0 to ${limit}.` };
  }
  return undefined;
}

function relationFault(content: Json | undefined): FieldProblem | undefined {
  if (!isObject(content) || (content["entity"] !== "CUSTOMER" && content["entity"] !== "LEAD")) {
    return { reason: "REQUIRED", description: "entity must be CUSTOMER or LEAD." };
  }
  const refId = content["refId"];
  if (typeof refId === "string" && refId !== "" && !isId(refId)) {
    return {
      reason: "INVALID_FORMAT",
      description: "ref_id must be 1 to 30 characters from A-Z, a-z, 0-9, `_`, `.` and `-`.",
    };
  }
  const named = (typeof content["id"] === "string" && content["id"] !== "0") || Boolean(refId);
  return named ? undefined : { reason: "REQUIRED", description: "Required: set id or ref_id." };
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
