import { create, type DescField, type DescMessage, fromJson, type Message, ScalarType } from "@bufbuild/protobuf";
import { DurationSchema, FieldMaskSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { Emptiness } from "../../../core/presence.js";
import { maxKeyChars } from "../json-entries.js";
import { isJsonObject, type JsonNode, type JsonObjectNode } from "../json-parse.js";
import { maskPaths, rewriteOf } from "../json-rewrites.js";
import { maxItemsOf } from "../limits.js";
import { memberPath } from "../member-path.js";
import { enumReader, scalarReader } from "./json-leaf.js";
import { emptinessOf, type Properties, setterOf, zeroMessageOf } from "./properties.js";

/** What the fields of one request share. */
interface Reading {
  readonly request: DescMessage;
  readonly emptyMembers: Map<string, Emptiness>;
}

/** Undefined for everything that is not clearly valid. */
type ReadMessage = (node: JsonNode, path: string, reading: Reading) => Message | undefined;
type ReadValue = (node: JsonNode, path: string, reading: Reading) => unknown;

interface FieldReader {
  readonly name: string;
  readonly read: ReadValue;
  /** Whether a message with this value says nothing of the field. */
  readonly isEmpty: (value: unknown) => boolean;
  /** False if another field of the same oneof is set. */
  readonly set: (message: Properties, value: unknown) => boolean;
  readonly takesNull: boolean;
}

interface ValidRequest {
  readonly message: Message;
  readonly emptyMembers: ReadonlyMap<string, Emptiness>;
}

/**
 * Reads a request that is as most are: each member once, by one of its two names, with a value of its type. Each message
 * type is compiled once to functions, one per field: `mergeFromJson` of protobuf-es reads every value by reflection, and
 * takes ten times as long.
 *
 * @returns undefined if anything is invalid, or valid in a rare way. `readJson` then tells which
 */
export function readValidJson(schema: DescMessage, root: JsonNode): ValidRequest | undefined {
  const emptyMembers = new Map<string, Emptiness>();
  const message = readerOf(schema)(root, "", { request: schema, emptyMembers });
  return message && { message, emptyMembers };
}

const readers = new Map<DescMessage, ReadMessage>();

function readerOf(schema: DescMessage): ReadMessage {
  const known = readers.get(schema);
  if (known) return known;
  const read = schema.typeName.startsWith("google.protobuf.") ? wholeReader(schema) : messageReader(schema);
  readers.set(schema, read);
  return read;
}

/** Types with a JSON encoding of their own. The others of them are rare. */
function wholeReader(schema: DescMessage): ReadMessage {
  switch (schema.typeName) {
    case FieldMaskSchema.typeName:
      return (node, _, { request }) => {
        const paths = typeof node === "string" ? maskPaths(request, node) : undefined;
        return paths && create(FieldMaskSchema, { paths });
      };
    case TimestampSchema.typeName:
    case DurationSchema.typeName:
      return (node) => (typeof node === "string" ? parsed(schema, node) : undefined);
    default:
      return () => undefined;
  }
}

function parsed(schema: DescMessage, text: string): Message | undefined {
  try {
    return fromJson(schema, text);
  } catch {
    return undefined;
  }
}

function messageReader(schema: DescMessage): ReadMessage {
  const zero = zeroMessageOf(schema);
  const rewrite = rewriteOf(schema);
  // Compiled at the first use, since a message can contain itself.
  let fields: ReadonlyMap<string, FieldReader> | undefined;
  return (given, path, reading) => {
    fields ??= fieldReaders(schema);
    let isClear = true;
    const unclear = () => {
      isClear = false;
    };
    const node = rewrite ? rewrite(given, unclear) : given;
    return isClear && isJsonObject(node) ? readMembers(fields, zero(), node, path, reading) : undefined;
  };
}

function readMembers(
  fields: ReadonlyMap<string, FieldReader>,
  message: Message,
  { members }: JsonObjectNode,
  path: string,
  reading: Reading,
): Message | undefined {
  const properties: Properties = message;
  const seen: FieldReader[] = [];
  for (const { key, value: node } of members) {
    const field = fields.get(key);
    if (!field || seen.includes(field)) return undefined;
    seen.push(field);
    if (node === null && !field.takesNull) {
      reading.emptyMembers.set(memberPath(path, field.name), "null");
      continue;
    }
    const value = field.read(node, path, reading);
    if (value === undefined || !field.set(properties, value)) return undefined;
    if (field.isEmpty(value)) reading.emptyMembers.set(memberPath(path, field.name), "empty");
  }
  return message;
}

function fieldReaders({ fields }: DescMessage): ReadonlyMap<string, FieldReader> {
  const compiled = new Map<string, FieldReader>();
  for (const field of fields) {
    const reader = {
      name: field.name,
      read: fieldReader(field),
      isEmpty: emptinessOf(field),
      set: setterOf(field),
      takesNull: field.message?.typeName === "google.protobuf.Value",
    };
    compiled.set(field.name, reader);
    compiled.set(field.jsonName, reader);
  }
  return compiled;
}

/** The reader of a field in the message at the path. */
function fieldReader(field: DescField): ReadValue {
  const { name } = field;
  const read = itemReader(field);
  switch (field.fieldKind) {
    case "list":
      return (node, path, reading) => readItems(node, maxItemsOf(field), read, memberPath(path, name), reading);
    case "map":
      if (field.mapKey !== ScalarType.STRING) return () => undefined;
      return (node, path, reading) => readEntries(node, maxItemsOf(field), read, memberPath(path, name), reading);
    case "message":
      return (node, path, reading) => read(node, memberPath(path, name), reading);
    default:
      return read;
  }
}

function readItems(node: JsonNode, max: number, read: ReadValue, path: string, reading: Reading) {
  if (!Array.isArray(node) || node.length > max) return undefined;
  const items: unknown[] = [];
  for (const item of node) {
    const value = read(item, `${path}[${items.length}]`, reading);
    if (value === undefined) return undefined;
    items.push(value);
  }
  return items;
}

function readEntries(node: JsonNode, max: number, read: ReadValue, path: string, reading: Reading) {
  if (!isJsonObject(node) || node.members.length > max) return undefined;
  const entries: Properties = {};
  for (const { key, value: item } of node.members) {
    if (key === "__proto__" || key.length > maxKeyChars || Object.hasOwn(entries, key)) return undefined;
    const value = read(item, `${path}[${JSON.stringify(key)}]`, reading);
    if (value === undefined) return undefined;
    entries[key] = value;
  }
  return entries;
}

function itemReader(field: DescField): ReadValue {
  if (field.message) {
    const { message } = field;
    let read: ReadMessage | undefined;
    return (node, path, reading) => {
      read ??= readerOf(message);
      return read(node, path, reading);
    };
  }
  return field.enum ? enumReader(field.enum) : scalarReader(field.scalar);
}
