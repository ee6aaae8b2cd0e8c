import { type DescField, type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { z } from "zod";
import { type DomainError, invalidRequest, type Violation, type ViolationReason } from "../core/errors.js";
import { FieldBehavior, field_behavior } from "../gen/proto/google/api/field_behavior_pb.js";

/**
 * Validates a request and returns typed domain input, or throws INVALID_REQUEST with all violations: required fields of
 * the contract, issues of the schema, and those that the handler found.
 */
export function parse<T>(
  descriptor: DescMessage,
  request: Message,
  schema: z.ZodType<T>,
  found: readonly Violation[] = [],
): T {
  const result = tryParse(descriptor, request, schema, found);
  if ("refusal" in result) throw result.refusal;
  return result.value;
}

/** The same for an item of a batch, whose refusal is its result. */
export function tryParse<T>(
  descriptor: DescMessage,
  message: Message,
  schema: z.ZodType<T>,
  found: readonly Violation[] = [],
): { readonly value: T } | { readonly refusal: DomainError } {
  const result = schema.safeParse(message, { error: issueMessage, reportInput: true });
  const issues = result.success ? [] : result.error.issues.map((issue) => toViolation(descriptor, issue));
  const violations = onePerField([...requiredViolations(descriptor, message), ...found, ...issues]);
  if (!result.success || violations.length > 0) return { refusal: invalidRequest(violations) };
  return { value: result.data };
}

/**
 * A violation for every field of the request that is marked `(google.api.field_behavior) = REQUIRED` but absent or
 * empty. Only top-level fields are checked, because the rules for nested messages differ per RPC. Handlers add their
 * own violations, so that the client receives all of them at once. Pagination is an exception: the published API requires it,
 * and clients expect the first page without it.
 */
export function requiredViolations(schema: DescMessage, request: Message): Violation[] {
  const reflected = reflect(schema, request);
  return fieldsRequiredBy(schema)
    .filter((field) => !reflected.isSet(field) || (field.fieldKind === "scalar" && reflected.get(field) === ""))
    .map((field) => ({ field: field.name, reason: "REQUIRED", description: "Required." }));
}

const requiredFields = new WeakMap<DescMessage, readonly DescField[]>();

function fieldsRequiredBy(schema: DescMessage): readonly DescField[] {
  const known = requiredFields.get(schema);
  if (known) return known;
  const fields = schema.fields.filter(
    (field) => getOption(field, field_behavior).includes(FieldBehavior.REQUIRED) && field.name !== "pagination",
  );
  requiredFields.set(schema, fields);
  return fields;
}

/** A zod issue with a violation reason and text. */
export function customIssue(reason: ViolationReason, message: string) {
  return { code: "custom" as const, message, params: { reason } };
}

/** The first violation of each field. */
export function onePerField(violations: readonly Violation[]): Violation[] {
  const byField = new Map<string, Violation>();
  for (const violation of violations) if (!byField.has(violation.field)) byField.set(violation.field, violation);
  return [...byField.values()];
}

function toViolation(descriptor: DescMessage, issue: z.core.$ZodIssue): Violation {
  return { field: protoPath(descriptor, issue.path), reason: reasonOf(issue), description: issue.message };
}

function reasonOf(issue: z.core.$ZodIssue): ViolationReason {
  switch (issue.code) {
    case "custom":
      return issue.params?.["reason"] ?? "INVALID_FORMAT";
    case "too_big":
      return issue.origin === "array" ? "TOO_MANY" : "OUT_OF_RANGE";
    case "too_small":
      return issue.origin === "array" ? "TOO_FEW" : "OUT_OF_RANGE";
    case "invalid_type":
      return isNotFinite(issue.input) ? "OUT_OF_RANGE" : "WRONG_TYPE";
    case "invalid_value":
      return "NOT_ALLOWED";
    default:
      return "INVALID_FORMAT";
  }
}

/** Texts for the built-in checks of zod. A custom issue keeps its own text. */
function issueMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "too_big":
      return `Must be at most ${issue.maximum}.`;
    case "too_small":
      return `Must be at least ${issue.minimum}.`;
    case "invalid_type":
      // Only numbers have this case: NaN and the infinities.
      return isNotFinite(issue.input) ? "Must be a finite number." : "Must match the type of the field.";
    case "invalid_value":
      return "Must be one of the allowed values.";
    default:
      return "Invalid value.";
  }
}

function isNotFinite(input: unknown): boolean {
  return typeof input === "number" && !Number.isFinite(input);
}

/**
 * Converts a path of local names and indexes to proto names: `address.postal_code`, `tags[0].name`, `fields["code"]`.
 */
export function protoPath(descriptor: DescMessage, path: readonly PropertyKey[]): string {
  let text = "";
  let message: DescMessage | undefined = descriptor;
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else {
      const field: DescMessage["fields"][number] | undefined = message?.fields.find((known) => known.localName === key);
      if (field) text += `${text === "" ? "" : "."}${field.name}`;
      else text += `[${JSON.stringify(String(key))}]`;
      message = field?.message;
    }
  }
  return text;
}
