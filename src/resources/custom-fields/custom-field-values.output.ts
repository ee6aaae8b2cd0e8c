import type { FieldValues, Json } from "./custom-field-values.model.js";

type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

function isScalar(json: Json): json is null | boolean | number | string {
  return typeof json !== "object" || json === null;
}

/** A mutable copy, as protobuf-es requires. */
export function cloneJson(json: Json): MutableJson {
  if (Array.isArray(json)) return json.map(cloneJson);
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, cloneJson(value)]));
  }
  return isScalar(json) ? json : null;
}

/** The values as a `google.protobuf.Struct`, each in proto JSON. */
export function toStruct(values: FieldValues): { [key: string]: MutableJson } {
  return Object.fromEntries(Object.entries(values).map(([code, value]) => [code, cloneJson(value)]));
}
