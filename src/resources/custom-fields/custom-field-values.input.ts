import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { z } from "zod";
import { customIssue } from "../../api/parse.js";
import {
  type CustomField_Value,
  CustomField_ValueSchema,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { FieldValue } from "./custom-field.model.js";

const maxFieldsPerCall = 200;

/** The code of a field, or the key of a value that came from a promoted lead. */
const fieldKey = /^(?:lead:)?[A-Za-z0-9_.-]{1,64}$/;

/** Custom field values in proto JSON, by code. */
export const customFields = z.record(z.string(), z.custom<CustomField_Value>()).transform((values, context) => {
  const entries = Object.entries(values);
  if (entries.length > maxFieldsPerCall) {
    context.addIssue(customIssue("TOO_MANY", `Must have at most ${maxFieldsPerCall} custom fields.`));
    return z.NEVER;
  }
  const result: Record<string, FieldValue> = {};
  for (const [code, value] of entries) {
    const json = fieldKey.test(code) ? toFieldValue(value) : undefined;
    if (json) result[code] = json;
    else context.addIssue({ ...customIssue("INVALID_FORMAT", "Must be a valid custom field value."), path: [code] });
  }
  return result;
});

function isJsonObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** The value in proto JSON. Undefined if it has none. */
export function toFieldValue(value: CustomField_Value): FieldValue | undefined {
  try {
    const json = toJson(CustomField_ValueSchema, value, { alwaysEmitImplicit: true });
    return isJsonObject(json) ? json : undefined;
  } catch {
    // A timestamp that is out of range has no JSON encoding.
    return undefined;
  }
}
