import type { FieldValues, Json } from "./custom-field-values.model.js";

export type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };
export function isScalar(json: Json): json is null | boolean | number | string {
  return typeof json !== "object" || json === null;
}
/** JSON as protobuf-es takes it. */

export function cloneJson(json: Json): MutableJson {
  if (Array.isArray(json)) return json.map(cloneJson);
  if (typeof json === "object" && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, cloneJson(value)]));
  }
  return isScalar(json) ? json : null;
}
/** A google.protobuf.Struct of the values, each in its proto JSON form. */
export function toStruct(values: FieldValues): { [key: string]: MutableJson } {
  return Object.fromEntries(Object.entries(values).map(([code, value]) => [code, cloneJson(value)]));
}
