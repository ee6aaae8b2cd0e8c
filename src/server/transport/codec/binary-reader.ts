import { Buffer } from "node:buffer";
import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { DurationSchema, FieldMaskSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { maxItemsOf, maxValuesOf } from "../limits.js";
import { type Properties, setterOf, zeroMessageOf } from "./properties.js";
import { wireTypeOfScalar } from "./scalars.js";
import { longBytes, readDouble, readEnd, readText, readVarint, type Source, tagBytes } from "./source.js";

/** Undefined for everything that is not clearly valid. */
type ReadValue = (source: Source) => unknown;
type ReadMessage = (source: Source, end: number) => Message | undefined;
/** Reads the value behind a tag into the message. False for everything that is not clearly valid. */
type ReadField = (message: Properties, source: Source) => boolean;

/** No message of the contract is as deep. */
const maxDepth = 50;

/**
 * Reads a request that is as most are: known fields, each of the right wire type, and none of them twice but lists and
 * maps. Each message type is compiled once to functions, one per field: protobuf-es sets every value by reflection, and
 * has to be preceded by a scan for limits.
 *
 * @returns undefined if anything is invalid, or valid in a rare way. `decodeBinary` then tells which
 */
export function readValidBinary(schema: DescMessage, bytes: Uint8Array): Message | undefined {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const source = { bytes: buffer, position: 0, values: 0, maxValues: maxValuesOf(schema), depth: 0 };
  return readerOf(schema)(source, buffer.length);
}

const readers = new Map<DescMessage, ReadMessage>();

function readerOf(schema: DescMessage): ReadMessage {
  const known = readers.get(schema);
  if (known) return known;
  const read = messageReader(schema);
  readers.set(schema, read);
  return read;
}

/** Of the types of protobuf itself, the others have properties of their own kinds. */
const plainTypes: readonly string[] = [TimestampSchema, DurationSchema, FieldMaskSchema].map(
  ({ typeName }) => typeName,
);

function messageReader(schema: DescMessage): ReadMessage {
  if (schema.typeName.startsWith("google.protobuf.") && !plainTypes.includes(schema.typeName)) return () => undefined;
  const zero = zeroMessageOf(schema);
  // Compiled at the first use, since a message can contain itself.
  let fields: ReadonlyMap<number, ReadField> | undefined;
  return (source, end) => {
    fields ??= fieldReaders(schema);
    const message = zero();
    const properties: Properties = message;
    source.depth += 1;
    if (source.depth > maxDepth) return undefined;
    while (source.position < end) {
      const read = fields.get(readVarint(source, tagBytes));
      source.values += 1;
      if (!read?.(properties, source) || source.values > source.maxValues) return undefined;
    }
    source.depth -= 1;
    return source.position === end ? message : undefined;
  };
}

/** By tag: number and wire type. */
function fieldReaders({ fields }: DescMessage): ReadonlyMap<number, ReadField> {
  const compiled = new Map<number, ReadField>();
  for (const field of fields) {
    const read = fieldReader(field);
    const wireType = wireTypeOf(field);
    compiled.set((field.number << 3) | wireType, read);
    if (field.fieldKind === "list" && wireType === WireType.Varint)
      compiled.set((field.number << 3) | WireType.LengthDelimited, packedReader(read));
  }
  return compiled;
}

/** The items are numbers, so that none of them is empty. */
function packedReader(read: ReadField): ReadField {
  return (message, source) => {
    const end = readEnd(source) ?? 0;
    // The tag is counted already, in place of the first item.
    source.values -= 1;
    while (source.position < end) {
      source.values += 1;
      if (!read(message, source)) return false;
    }
    return source.position === end;
  };
}

function wireTypeOf(field: DescField): WireType {
  const isDelimited = field.fieldKind === "map" || field.message;
  return isDelimited ? WireType.LengthDelimited : wireTypeOfScalar(field.scalar);
}

function fieldReader(field: DescField): ReadField {
  const { localName: name, oneof } = field;
  const read = itemReader(field);
  switch (field.fieldKind) {
    case "list":
      return listReader(name, maxItemsOf(field), read);
    case "map":
      return field.mapKey === ScalarType.STRING ? mapReader(field, read) : () => false;
    default: {
      const set = setterOf(field);
      const isMerged = field.fieldKind === "message" && !oneof;
      return (message, source) => {
        // A second message would be merged with the first.
        if (isMerged && message[name] !== undefined) return false;
        const value = read(source);
        return value !== undefined && set(message, value);
      };
    }
  }
}

function listReader(name: string, max: number, read: ReadValue): ReadField {
  return (message, source) => {
    const items = message[name];
    const item = read(source);
    if (item === undefined || !Array.isArray(items) || items.length >= max) return false;
    items.push(item);
    return true;
  };
}

const keyTag = (1 << 3) | WireType.LengthDelimited;
/** Counting the entries of a map takes as long as it has entries. */
const maxEntries = 100;

function mapReader(field: DescField & { readonly fieldKind: "map" }, read: ReadValue): ReadField {
  const { localName: name, scalar } = field;
  const valueTag = (2 << 3) | (field.message ? WireType.LengthDelimited : wireTypeOfScalar(scalar));
  return (message, source) => {
    const entries = message[name];
    const end = readEnd(source);
    const key = readVarint(source, tagBytes) === keyTag ? readText(source) : undefined;
    if (key === undefined || key === "__proto__" || readVarint(source, tagBytes) !== valueTag) return false;
    const value = read(source);
    source.values += 2;
    if (value === undefined || source.position !== end || !isProperties(entries)) return false;
    if (Object.hasOwn(entries, key) || Object.keys(entries).length >= maxEntries) return false;
    entries[key] = value;
    return true;
  };
}

function isProperties(value: unknown): value is Properties {
  return typeof value === "object" && value !== null;
}

function itemReader(field: DescField): ReadValue {
  const { message } = field;
  if (!message) return field.enum ? enumReader(field.enum.open) : scalarReader(field.scalar);
  let read: ReadMessage | undefined;
  return (source) => {
    read ??= readerOf(message);
    const end = readEnd(source);
    return end === undefined ? undefined : read(source, end);
  };
}

/** A closed enum refuses numbers that it does not know. */
function enumReader(isOpen: boolean): ReadValue {
  return isOpen ? scalarReader(ScalarType.INT32) : () => undefined;
}

function scalarReader(type: ScalarType | undefined): ReadValue {
  switch (type) {
    case ScalarType.STRING:
      return readText;
    case ScalarType.BOOL:
      return (source) => {
        const number = readVarint(source, tagBytes);
        return number < 0 ? undefined : number !== 0;
      };
    case ScalarType.INT32:
    case ScalarType.UINT32:
      return (source) => {
        const number = readVarint(source, tagBytes);
        return number < 0 ? undefined : number;
      };
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return (source) => {
        const number = readVarint(source, longBytes);
        return number < 0 ? undefined : BigInt(number);
      };
    case ScalarType.DOUBLE:
      return readDouble;
    default:
      return () => undefined;
  }
}
