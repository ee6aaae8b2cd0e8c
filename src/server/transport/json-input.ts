import type { DescMessage, Message } from "@bufbuild/protobuf";
import { readValidJson } from "./codec/json-reader.js";
import { unwrapped, withoutOwnId } from "./json-beside.js";
import { type ReadOptions, readEveryMember } from "./json-message.js";
import { type JsonNode, parseJson } from "./json-parse.js";
import { valueLimit } from "./limits.js";

/**
 * Decodes the bytes of a JSON request. An empty body is an empty object.
 *
 * @throws DomainError
 */
export function decodeJson(
  schema: DescMessage,
  bytes: Uint8Array,
  options: Omit<ReadOptions, "found" | "isLenient"> = {},
): Message {
  if (bytes.length === 0) return readJson(schema, { members: [] });
  const root = parseJson(bytes, valueLimit(schema));
  return readJson(schema, withoutOwnId(schema, unwrapped(schema, root, options.readBack), options.readBack), options);
}

/**
 * Reads a request from proto3 JSON, including the alternatives in `json-rewrites.ts`, enum values as in `json-enums.ts`
 * and FieldMask paths in lowerCamelCase or snake_case. Nothing is ignored silently: unknown and duplicate fields, wrong
 * types, unsafe integers and `__proto__` keys are all reported in one error, each with its path. The length of a list is
 * checked before its items are read.
 *
 * @throws DomainError INVALID_REQUEST
 */
export function readJson(schema: DescMessage, root: JsonNode, options: ReadOptions = {}): Message {
  const isValidSoFar = options.found === undefined || options.found.length === 0;
  const valid = isValidSoFar ? readValidJson(schema, root) : undefined;
  if (!valid) return readEveryMember(schema, root, options);
  for (const [path, emptiness] of valid.emptyMembers) options.beside?.emptyMembers.set(path, emptiness);
  return valid.message;
}
