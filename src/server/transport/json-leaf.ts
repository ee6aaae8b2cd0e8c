import { type DescField, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { ViolationReason } from "../../core/errors.js";
import { isJsonObject, type JsonNode } from "./json-parse.js";

/** Why protobuf does not accept a value for the field. */
interface LeafFault {
  readonly reason: ViolationReason;
  readonly description: string;
}

type Leaf = DescField & { readonly fieldKind: "scalar" | "enum" | "list" | "map" };

const integers: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT32,
  ScalarType.UINT32,
  ScalarType.SINT32,
  ScalarType.FIXED32,
  ScalarType.SFIXED32,
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

/** Explains an invalid scalar or enum, or an invalid item of such a list or map. */
export function leafFault(field: Leaf, node: JsonNode): LeafFault {
  if (field.scalar === undefined) return { reason: "WRONG_TYPE", description: `Must be ${namesOf(field)}.` };
  if (field.scalar === ScalarType.BOOL) return { reason: "WRONG_TYPE", description: "Must be true or false." };
  if (field.scalar === ScalarType.STRING) return { reason: "WRONG_TYPE", description: "Must be a string." };
  if (field.scalar === ScalarType.BYTES) return textFault(node, "Must be a base64 string.");
  const kind = integers.has(field.scalar) ? "an integer" : "a number";
  if (typeof node === "number") {
    if (kind === "an integer" && !Number.isInteger(node))
      return { reason: "WRONG_TYPE", description: "Must be an integer." };
    return { reason: "OUT_OF_RANGE", description: "Must be within the range of the field type." };
  }
  if (typeof node === "string" && /^-?\d+$/.test(node)) {
    return { reason: "OUT_OF_RANGE", description: "Must be within the range of the field type." };
  }
  return textFault(node, `Must be ${kind}.`);
}

/** A 64-bit integer given as a JSON number too large for a double: its last digits are already lost. */
export function losesPrecision(field: Leaf, node: JsonNode): boolean {
  return field.scalar !== undefined && integers.has(field.scalar) && typeof node === "number" && Number.isInteger(node)
    ? !Number.isSafeInteger(node)
    : false;
}

/** The value for protobuf's JSON reader; undefined for an object or array, which a leaf cannot be. */
export function leafJson(node: JsonNode): JsonValue | undefined {
  return isJsonObject(node) || Array.isArray(node) ? undefined : node;
}

/** The value names of the enum, unless there are too many. */
function namesOf({ enum: desc }: Leaf): string {
  const names = desc?.values.filter(({ number }) => number !== 0).map(({ name }) => name) ?? [];
  return names.length > 0 && names.length <= maxNames ? names.join(" or ") : "a value name of the enum";
}

const maxNames = 12;

function textFault(node: JsonNode, description: string): LeafFault {
  return { reason: typeof node === "string" ? "INVALID_FORMAT" : "WRONG_TYPE", description };
}
