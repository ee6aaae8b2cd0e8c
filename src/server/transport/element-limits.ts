import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { type DomainError, invalidRequest, type Violation } from "../../core/errors.js";

/**
 * Most values of one request: fields that are set, items of lists and entries of maps, at every depth. 4 MiB hold two
 * million of them, each a hundred times as costly to read as to send; no request of the contract needs a tenth of these.
 */
export const maxValues = 20_000;

/** No handler takes more of these; each says its own, lower limit. */
const maxMessages = 1_000;
/** The longest list of all is the order of a company's settings. */
const maxScalars = 5_000;
const maxEnums = 100;
export const maxMaskPaths = 100;

/** Most items of a list or entries of a map. Held before any of them is read. */
export function maxItemsOf(field: DescField & { readonly fieldKind: "list" | "map" }): number {
  if (field.parent?.typeName === FieldMaskSchema.typeName) return maxMaskPaths;
  if (field.fieldKind === "map" || field.listKind === "message") return maxMessages;
  return field.listKind === "enum" ? maxEnums : maxScalars;
}

/** A list, map or mask that is longer than its limit. */
export function tooManyItems(field: string, max: number): Violation {
  return { field, reason: "TOO_MANY", description: `Must have at most ${max} items.` };
}

/**
 * The refusal of a request of more than `maxValues` values.
 *
 * @param keys member names, in either spelling, and indexes down to what holds most of them
 */
export function tooManyValues(schema: DescMessage, keys: readonly (string | number)[]): DomainError {
  const description = `The request has more than ${maxValues} values; most of them are in this field.`;
  return invalidRequest([{ field: pathOf(schema, keys), reason: "TOO_MANY", description }]);
}

function pathOf(schema: DescMessage, keys: readonly (string | number)[]): string {
  let path = "";
  let within: DescMessage | undefined = schema;
  let map: DescField | undefined;
  for (const key of keys) {
    const field: DescField | undefined =
      map || typeof key === "number"
        ? undefined
        : within?.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (typeof key === "number") path += `[${key}]`;
    else if (map) path += `[${JSON.stringify(key)}]`;
    else path = path === "" ? (field?.name ?? key) : `${path}.${field?.name ?? key}`;
    if (typeof key === "number") continue;
    within = map ? map.message : field?.message;
    map = field?.fieldKind === "map" ? field : undefined;
  }
  return path;
}
