import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { objectAt } from "./document.js";

/** Says what is wrong with a value by a schema of the document; undefined if it is valid. */
export type CheckSchema = (schema: JsonObject, value: JsonValue) => string | undefined;

/**
 * Checks values by the schemas of the document. Members that no schema has are faults in responses as well, where clients
 * must expect them: in a test they are what the document does not describe.
 */
export function schemaCheck(document: JsonObject): CheckSchema {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat("int32", {
    type: "number",
    validate: (value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 31,
  });
  ajv.addFormat("int64", true);
  ajv.addSchema({ $id: base, components: { schemas: closed(objectAt(document, "components", "schemas")) } });
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    const text = JSON.stringify(closed(schema)).replaceAll('"$ref":"#/', `"$ref":"${base}#/`);
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
    compiled.set(text, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { separator: "\n" });
  };
}

const base = "https://document.test/openapi.json";

/** The schema without room for other members. */
function closed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, closed(inner)] as const);
  const isObject = value["type"] === "object" && "properties" in value && !("additionalProperties" in value);
  return { ...Object.fromEntries(entries), ...(isObject ? { additionalProperties: false } : {}) };
}
