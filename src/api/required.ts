import { type DescField, type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Violation } from "../core/errors.js";
import { FieldBehavior, field_behavior } from "../gen/proto/google/api/field_behavior_pb.js";

const requiredFields = new WeakMap<DescMessage, readonly DescField[]>();

/**
 * A violation for every field of the request that is marked `(google.api.field_behavior) = REQUIRED` but absent or
 * empty. Only top-level fields are checked, because the rules for nested messages differ per RPC. Handlers add their
 * own violations, so that the client receives all of them at once.
 */
export function requiredViolations(schema: DescMessage, request: Message): Violation[] {
  const reflected = reflect(schema, request);
  return fieldsRequiredBy(schema)
    .filter((field) => !reflected.isSet(field) || (field.fieldKind === "scalar" && reflected.get(field) === ""))
    .map((field) => ({ field: field.name, reason: "REQUIRED", description: "Required." }));
}

function fieldsRequiredBy(schema: DescMessage): readonly DescField[] {
  const known = requiredFields.get(schema);
  if (known) return known;
  const fields = schema.fields.filter((field) => getOption(field, field_behavior).includes(FieldBehavior.REQUIRED));
  requiredFields.set(schema, fields);
  return fields;
}
