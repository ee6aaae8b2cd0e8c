import { type DescMessage, type JsonObject, ScalarType } from "@bufbuild/protobuf";
import type { Direction } from "./schemas.js";

/** The JSON of the types of protobuf that have one of their own; undefined for all others. */
export function wellKnownSchema({ typeName }: DescMessage): JsonObject | undefined {
  const schema = wellKnown[typeName];
  if (!schema && typeName.startsWith("google.protobuf.")) throw new Error(`There is no schema for ${typeName}.`);
  return schema;
}

const wellKnown: Readonly<Record<string, JsonObject>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Struct": { type: "object", additionalProperties: true },
  "google.protobuf.Value": {},
};

/** 64 bits are texts in responses; in requests, numbers are accepted as well. */
export function scalarSchema(type: ScalarType, direction: Direction): JsonObject {
  switch (type) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
      return { type: "number", format: "double" };
    case ScalarType.FLOAT:
      return { type: "number", format: "float" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32" };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", minimum: 0, maximum: 0xffff_ffff };
    default:
      return { type: direction === "input" ? ["string", "integer"] : "string", format: "int64" };
  }
}
