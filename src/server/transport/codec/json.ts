import { create, type DescEnum, type DescField, type DescMessage, ScalarType, toJson } from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import { isWrapperDesc, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { wrong } from "./scalars.js";
import { hasImplicitPresence, isJson, itemsOf, readerOf, type Values, valuesOf } from "./values.js";

/** The JSON of a value. */
type WriteJson = (value: unknown) => string;

interface FieldWriter {
  readonly field: DescField;
  /** `"name":value`, or "" if the field is not set. */
  readonly write: (message: Values) => string;
}

const writers = new Map<DescMessage, readonly FieldWriter[]>();

/**
 * Encodes a message, or what one is created from, to the ProtoJSON of protobuf-es with `alwaysEmitImplicit`. Each message
 * type is compiled once to functions, one per field, which write JSON directly instead of an object for JSON.stringify.
 */
export function encodeJson(schema: DescMessage, message: object): string {
  return messageWriter(schema)(message);
}

/** The same in parts: the text before the items of a list of messages, each item, and the text after them. */
export function jsonParts(schema: DescMessage, list: DescField & { readonly message: DescMessage }, message: object) {
  const fields = writersOf(schema);
  const values = valuesOf(message);
  const at = fields.findIndex(({ field }) => field === list);
  const textOf = (some: readonly FieldWriter[]) => joined(some, values);
  return {
    before: () => `{${[textOf(fields.slice(0, at)), `"${list.jsonName}":[`].filter((text) => text !== "").join(",")}`,
    item: messageWriter(list.message),
    after: () => `${["]", textOf(fields.slice(at + 1))].filter((text) => text !== "").join(",")}}`,
  };
}

function messageWriter(schema: DescMessage): WriteJson {
  if (schema.typeName === TimestampSchema.typeName) return timestampJson;
  // Rare, and with rules of their own.
  if (schema.typeName.startsWith("google.protobuf."))
    return (value) => JSON.stringify(toJson(schema, create(schema, valuesOf(value)), { alwaysEmitImplicit: true }));
  const fields = writersOf(schema);
  return (value) => `{${joined(fields, valuesOf(value))}}`;
}

function joined(fields: readonly FieldWriter[], message: Values): string {
  let json = "";
  for (const { write } of fields) {
    const text = write(message);
    if (text !== "") json += json === "" ? text : `,${text}`;
  }
  return json;
}

function writersOf(schema: DescMessage): readonly FieldWriter[] {
  const known = writers.get(schema);
  if (known) return known;
  const compiled: FieldWriter[] = [];
  // Known before its fields are compiled, since a message can contain itself.
  writers.set(schema, compiled);
  const fields = schema.fields.toSorted((a, b) => a.number - b.number);
  compiled.push(...fields.map((field) => ({ field, write: fieldWriter(field) })));
  return compiled;
}

function fieldWriter(field: DescField): (message: Values) => string {
  const read = readerOf(field);
  const write = valueWriter(field);
  const name = `${JSON.stringify(field.jsonName)}:`;
  const absent = hasImplicitPresence(field) ? name + zeroOf(field) : "";
  return (message) => {
    const value = read(message);
    return value === undefined ? absent : name + write(value);
  };
}

function zeroOf(field: DescField): string {
  if (field.fieldKind === "list") return "[]";
  if (field.fieldKind === "map") return "{}";
  if (field.fieldKind === "enum") return enumWriter(field.enum)(0);
  return field.fieldKind === "scalar" ? scalarWriter(field.scalar)(scalarZeroValue(field.scalar, false)) : "";
}

function valueWriter(field: DescField): WriteJson {
  switch (field.fieldKind) {
    case "list": {
      const write = itemWriter(field);
      return (value) => `[${itemsOf(value).map(write).join(",")}]`;
    }
    case "map": {
      const write = itemWriter(field);
      return (value) => {
        const entries = Object.entries(valuesOf(value));
        return `{${entries.map(([key, item]) => `${textJson(key)}:${write(item)}`).join(",")}}`;
      };
    }
    default:
      return itemWriter(field);
  }
}

function itemWriter(field: DescField): WriteJson {
  if (field.message) return messageFieldWriter(field, field.message);
  return field.enum ? enumWriter(field.enum) : scalarWriter(field.scalar ?? ScalarType.STRING);
}

function messageFieldWriter(field: DescField, message: DescMessage): WriteJson {
  const [wrapped] = message.fields;
  const isUnwrapped = field.fieldKind === "message" && !field.oneof && isWrapperDesc(message);
  if (isUnwrapped && wrapped) return scalarWriter(wrapped.scalar ?? ScalarType.STRING);
  if (isJson(message, field.parent)) return (value) => JSON.stringify(valuesOf(value));
  // Compiled at the first use, since a message can contain itself.
  let write: WriteJson | undefined;
  return (value) => {
    write ??= messageWriter(message);
    return write(value);
  };
}

/** A number that the enum does not know stays a number. */
function enumWriter({ values }: DescEnum): WriteJson {
  const names = new Map<unknown, string>(values.map(({ number, name }) => [number, `"${name}"`]));
  return (value) => names.get(value) ?? JSON.stringify(numberOf(value));
}

function scalarWriter(type: ScalarType): WriteJson {
  switch (type) {
    case ScalarType.STRING:
      return (value) => (typeof value === "string" ? textJson(value) : wrong(type));
    case ScalarType.BOOL:
      return (value) => (typeof value === "boolean" ? String(value) : wrong(type));
    case ScalarType.BYTES:
      return (value) => (value instanceof Uint8Array ? `"${Buffer.from(value).toString("base64")}"` : wrong(type));
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value) => (Number.isFinite(value) ? JSON.stringify(value) : `"${numberOf(value)}"`);
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return (value) => `"${BigInt(typeof value === "bigint" || typeof value === "string" ? value : numberOf(value))}"`;
    default:
      return (value) => (Number.isInteger(value) ? String(value) : wrong(type));
  }
}

/** Has none of the characters that JSON escapes: quote, backslash, controls, halves of a surrogate pair. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function textJson(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

const firstSecond = Date.parse("0001-01-01T00:00:00Z") / 1_000;
const lastSecond = Date.parse("9999-12-31T23:59:59Z") / 1_000;

/** RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a second. */
function timestampJson(value: unknown): string {
  const { seconds, nanos = 0 } = valuesOf(value);
  const second = Number(seconds ?? 0);
  const isValid =
    second >= firstSecond && second <= lastSecond && typeof nanos === "number" && nanos >= 0 && nanos < 1e9;
  if (!isValid) throw new TypeError("A timestamp is out of range.");
  const text = new Date(second * 1_000).toISOString().slice(0, "2000-01-01T00:00:00".length);
  return nanos === 0 ? `"${text}Z"` : `"${text}.${fractionOf(nanos)}Z"`;
}

function fractionOf(nanos: number): string {
  const digits = String(nanos).padStart(9, "0");
  if (digits.endsWith("000000")) return digits.slice(0, 3);
  return digits.endsWith("000") ? digits.slice(0, 6) : digits;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : wrong(ScalarType.INT32);
}
