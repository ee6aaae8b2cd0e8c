import { type Sink, writeDouble, writeLength, writeText, writeVarint, writtenBytes } from "./sink.js";
import { isValues, type Values } from "./values.js";

/** Tags of google.protobuf.Struct, its entries, Value and ListValue: number * 8 + wire type. */
const tags = {
  ...{ field: 0x0a, key: 0x0a, value: 0x12, item: 0x0a },
  ...{ null: 0x08, number: 0x11, text: 0x1a, flag: 0x20, struct: 0x2a, list: 0x32 },
} as const;

/** Writes a JSON object as a google.protobuf.Struct, without its tag and length. */
export function writeStruct(sink: Sink, json: Values): void {
  const keys = Object.keys(json);
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index] ?? "";
    const end = writtenBytes(sink);
    writePart(sink, tags.value, json[key], writeValue);
    writeText(sink, key);
    writeVarint(sink, tags.key);
    writeLength(sink, end);
    writeVarint(sink, tags.field);
  }
}

/** Writes a value with its tag and length. */
function writePart<T>(sink: Sink, tag: number, value: T, write: (sink: Sink, value: T) => void): void {
  const end = writtenBytes(sink);
  write(sink, value);
  writeLength(sink, end);
  writeVarint(sink, tag);
}

/** @throws TypeError which is a bug of the handler */
function writeValue(sink: Sink, value: unknown): void {
  if (typeof value === "string") {
    writeText(sink, value);
    writeVarint(sink, tags.text);
  } else if (typeof value === "number") {
    writeDouble(sink, value);
    writeVarint(sink, tags.number);
  } else if (typeof value === "boolean") {
    writeVarint(sink, value ? 1 : 0);
    writeVarint(sink, tags.flag);
  } else if (value === null) {
    writeVarint(sink, 0);
    writeVarint(sink, tags.null);
  } else if (Array.isArray(value)) {
    writePart(sink, tags.list, value, writeItems);
  } else if (isValues(value)) {
    writePart(sink, tags.struct, value, writeStruct);
  } else {
    throw new TypeError("A value of a Struct is not JSON.");
  }
}

function writeItems(sink: Sink, items: readonly unknown[]): void {
  for (let index = items.length - 1; index >= 0; index -= 1) writePart(sink, tags.item, items[index], writeValue);
}
