import { create, type DescEnum, type DescField, type DescMessage, ScalarType, toJson } from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import { isWrapperDesc, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { detailTypes } from "../http-message.js";
import { compile, sourceOfValue } from "./compile.js";
import { wrong } from "./scalars.js";
import { hasImplicitPresence, isJson, itemsOf, type Values, valuesOf } from "./values.js";

/** The JSON of a value. */
type WriteJson = (value: unknown) => string;

interface FieldWriter {
  readonly field: DescField;
  /** The member without its value: `"name":` */
  readonly name: string;
  /** The value of an absent member, "" if it is left out. */
  readonly zero: string;
  readonly write: WriteJson;
}

/** The members of a message, without braces. */
type Members = (message: Values) => string;

interface MessageWriter {
  readonly fields: readonly FieldWriter[];
  readonly members: Members;
}

const writers = new Map<DescMessage, MessageWriter>();

/**
 * Encodes a message, or what one is created from, to the ProtoJSON of protobuf-es with `alwaysEmitImplicit`. Each message
 * type is compiled once to a function, which writes JSON directly instead of an object for JSON.stringify.
 */
export function encodeJson(schema: DescMessage, message: object): string {
  return messageWriter(schema)(message);
}

/** The same in parts: the text before the items of a list of messages, each item, and the text after them. */
export function jsonParts(
  schema: DescMessage,
  list: DescField & { readonly message: DescMessage },
  message: object,
): JsonParts {
  const { before, item, after } = partsOf(schema, list);
  const values = valuesOf(message);
  return {
    before: () => `{${[before(values), `"${list.jsonName}":[`].filter((text) => text !== "").join(",")}`,
    item,
    after: () => `${["]", after(values)].filter((text) => text !== "").join(",")}}`,
  };
}

export interface JsonParts {
  before(): string;
  readonly item: WriteJson;
  after(): string;
}

interface Parts {
  readonly before: Members;
  readonly item: WriteJson;
  readonly after: Members;
}

const parts = new Map<DescField, Parts>();

function partsOf(schema: DescMessage, list: DescField & { readonly message: DescMessage }): Parts {
  const known = parts.get(list);
  if (known) return known;
  const { fields } = writerOf(schema);
  const at = fields.findIndex(({ field }) => field === list);
  const compiled = {
    before: compiledMembers(fields.slice(0, at)),
    item: messageWriter(list.message),
    after: compiledMembers(fields.slice(at + 1)),
  };
  parts.set(list, compiled);
  return compiled;
}

function messageWriter(schema: DescMessage): WriteJson {
  if (schema.typeName === TimestampSchema.typeName) return timestampJson;
  // Rare, and with rules of their own.
  if (schema.typeName.startsWith("google.protobuf."))
    return (value) => JSON.stringify(toJson(schema, create(schema, valuesOf(value)), jsonOptions));
  const { members } = writerOf(schema);
  return (value) => `{${members(valuesOf(value))}}`;
}

/** A response has no other message in an Any than the details of an error. */
const jsonOptions = { alwaysEmitImplicit: true, registry: detailTypes };

function writerOf(schema: DescMessage): MessageWriter {
  const known = writers.get(schema);
  if (known) return known;
  const fields = schema.fields.toSorted((a, b) => a.number - b.number).map(fieldWriter);
  const compiled = { fields, members: compiledMembers(fields) };
  writers.set(schema, compiled);
  return compiled;
}

function fieldWriter(field: DescField): FieldWriter {
  const zero = hasImplicitPresence(field) ? zeroOf(field) : "";
  return { field, name: `${JSON.stringify(field.jsonName)}:`, zero, write: valueWriter(field) };
}

/** The members of the fields, by a function in which each is read and written by its name. */
function compiledMembers(fields: readonly FieldWriter[]): Members {
  let comma: "" | "," | "maybe" = "";
  const members = fields.map(({ field, name, zero }, index) => {
    const separator = comma === "maybe" ? `(json === "" ? "" : ",") + ` : "";
    const text = JSON.stringify(comma === "maybe" ? name : comma + name);
    const value = `w${index}(value)`;
    if (zero !== "" || comma === "") comma = zero === "" ? "maybe" : ",";
    return `value = ${sourceOfValue(field)}; ${
      zero === ""
        ? `if (value !== undefined && value !== null) json += ${separator}${text} + ${value};`
        : `json += ${separator}${text} + (value === undefined || value === null ? ${JSON.stringify(zero)} : ${value});`
    }`;
  });
  return compile(
    fields.map(({ write }) => write),
    `(message) => { let json = "", value; ${members.join("\n")} return json; }`,
  );
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
      return (value) =>
        typeof value === "bigint" ? `"${value}"` : `"${BigInt(typeof value === "string" ? value : numberOf(value))}"`;
    default:
      return (value) => (Number.isInteger(value) ? String(value) : wrong(type));
  }
}

/** Has none of the characters that JSON escapes: quote, backslash, controls, halves of a surrogate pair. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
/** Shorter texts take less time one by one than by an expression. */
const shortText = 24;

function textJson(text: string): string {
  return (text.length < shortText ? isShortPlain(text) : plain.test(text)) ? `"${text}"` : JSON.stringify(text);
}

/** False for all others than ASCII. */
function isShortPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false;
  }
  return true;
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
  const day = Math.floor(second / secondsPerDay);
  const text = `${dateOf(day)}T${timeOfDay(second - day * secondsPerDay)}`;
  return nanos === 0 ? `"${text}Z"` : `"${text}.${fractionOf(nanos)}Z"`;
}

const secondsPerDay = 86_400;

/** The last days that were written, by the rest of their number. A list has few. */
const lastDays: { readonly day: number; readonly date: string }[] = [];
const keptDays = 64;

function dateOf(day: number): string {
  const last = lastDays[day & (keptDays - 1)];
  if (last?.day === day) return last.date;
  const date = new Date(day * secondsPerDay * 1_000).toISOString().slice(0, "2000-01-01".length);
  lastDays[day & (keptDays - 1)] = { day, date };
  return date;
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

function timeOfDay(second: number): string {
  const minute = Math.floor(second / 60);
  return `${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}:${twoDigits[second % 60]}`;
}

function fractionOf(nanos: number): string {
  const digits = String(nanos).padStart(9, "0");
  if (digits.endsWith("000000")) return digits.slice(0, 3);
  return digits.endsWith("000") ? digits.slice(0, 6) : digits;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : wrong(ScalarType.INT32);
}
