import { type DescField, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { ViolationReason } from "../../core/errors.js";
import { isJsonObject, type JsonNode, type JsonObjectNode } from "./json-parse.js";

/**
 * Reports a violation.
 *
 * @param description a function if it is expensive to build; called only if the violation is reported
 */
export type ReportFault = (field: string, reason: ViolationReason, description: string | (() => string)) => undefined;

/** Part of a key that is repeated in the paths below it. No error shows more of a path. */
export const maxKeyChars = 256;

/** JSON without a descriptor, under the same rules for keys and integers. */
export function freeJson(node: JsonNode, path: string, fault: ReportFault): JsonValue {
  if (Array.isArray(node)) return node.map((item, index) => freeJson(item, `${path}[${index}]`, fault));
  if (isJsonObject(node)) {
    const object: JsonObject = {};
    for (const { key, value, path: at } of entriesOf(node, path, fault)) object[key] = freeJson(value, at, fault);
    return object;
  }
  if (typeof node === "number" && Number.isInteger(node) && !Number.isSafeInteger(node)) {
    fault(path, "OUT_OF_RANGE", "The integer is too large for a JSON number; send it as a string.");
  }
  return node;
}

/** Entries of a map or a free-form object, without duplicate and reserved keys. */
export function entriesOf(
  node: JsonObjectNode,
  path: string,
  fault: ReportFault,
): { key: string; value: JsonNode; path: string }[] {
  const seen = new Set<string>();
  return node.members.flatMap(({ key, value }) => {
    const at = `${path}[${JSON.stringify(key.slice(0, maxKeyChars))}]`;
    if (key === "__proto__") fault(at, "NOT_ALLOWED", "Reserved key.");
    else if (seen.has(key)) fault(at, "DUPLICATE_FIELD", "Duplicate key.");
    else {
      seen.add(key);
      return [{ key, value, path: at }];
    }
    return [];
  });
}

export type MapField = DescField & { readonly fieldKind: "map" };

/** Converts a JSON key to the map's key type. The map rejects what cannot be converted. */
export function mapKey(field: MapField, key: string): unknown {
  if (field.mapKey === ScalarType.STRING) return key;
  if (field.mapKey === ScalarType.BOOL) return key === "true" || (key === "false" ? false : key);
  return isLongKey(field) && /^-?\d+$/.test(key) ? BigInt(key) : Number(key);
}

function isLongKey({ mapKey }: MapField): boolean {
  const long = [ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64];
  return long.includes(mapKey);
}
