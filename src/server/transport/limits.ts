import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { DomainError, invalidRequest, type Violation } from "../../core/errors.js";
import { isBatch } from "../pipeline/contract.js";

/** Maximum size of one request message on any transport, before and after decompression. */
export const maxMessageBytes = 4 * 1024 * 1024;

export function messageTooLarge(limitBytes = maxMessageBytes): DomainError {
  return new DomainError("MESSAGE_TOO_LARGE", `The request exceeds ${limitBytes} bytes.`, {
    metadata: { limitBytes: String(limitBytes) },
  });
}

/**
 * Maximum number of values in one request: set fields, list items and map entries, at every depth. 4 MiB could hold two
 * million values, each a hundred times more expensive to read than to send. No request of a single record needs a tenth
 * of this limit. A batch has several hundred records, of which a full one has about a hundred values.
 */
export function maxValuesOf(request: DescMessage): number {
  const known = limits.get(request);
  if (known !== undefined) return known;
  const limit = isBatch(request) ? 60_000 : 20_000;
  limits.set(request, limit);
  return limit;
}

const limits = new WeakMap<DescMessage, number>();

/** Higher than every limit that a handler sets for its own field. */
const maxMessages = 1_000;
/** The longest list of the contract is the order of a settings list. */
const maxScalars = 5_000;
const maxEnums = 100;
export const maxMaskPaths = 100;

/** Maximum number of items of a list or entries of a map, checked before any of them is read. */
export function maxItemsOf(field: DescField & { readonly fieldKind: "list" | "map" }): number {
  if (field.parent?.typeName === FieldMaskSchema.typeName) return maxMaskPaths;
  if (field.fieldKind === "map" || field.listKind === "message") return maxMessages;
  return field.listKind === "enum" ? maxEnums : maxScalars;
}

export function tooManyItems(field: string, max: number): Violation {
  return { field, reason: "TOO_MANY", description: `Must have at most ${max} items.` };
}

/** The limit of a JSON request, or of the part of it at these keys. */
export function valueLimit(schema: DescMessage, within: readonly (string | number)[] = []) {
  return {
    max: maxValuesOf(schema),
    refuse: (keys: readonly (string | number)[]) => tooManyValues(schema, [...within, ...keys]),
  };
}

/**
 * Error for a request with more values than `maxValuesOf`.
 *
 * @param keys member names, in either JSON notation, and indexes that lead to the field with most of the values
 */
export function tooManyValues(schema: DescMessage, keys: readonly (string | number)[]): DomainError {
  const description = `The request has more than ${maxValuesOf(schema)} values; most of them are in this field.`;
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
