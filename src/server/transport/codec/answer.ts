import { setImmediate } from "node:timers";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { binaryParts, encodeBinary } from "./binary.js";
import { encodeJson, jsonParts } from "./json.js";
import { valuesOf } from "./values.js";

/** Encoding holds the event loop for about this long at a time. */
const sliceMs = 2;
/** Shorter lists are encoded at once. */
const minItems = 32;

/**
 * A response in protobuf's binary format. A long list is encoded item by item, and other requests run between two slices:
 * a mebibyte of custom fields takes tens of milliseconds, for which all other companies would wait.
 *
 * @param message a message, or what one is created from
 */
export function binaryAnswer(schema: DescMessage, message: object): Buffer | Promise<Buffer> {
  const long = longListOf(schema, message);
  if (!long) return encodeBinary(schema, message);
  const { before, item, after } = binaryParts(schema, long.field, message);
  return inSlices(long.items, item).then((items) => Buffer.concat([before(), ...items, after()]));
}

/** The same in ProtoJSON. */
export function jsonTextAnswer(schema: DescMessage, message: object): string | Promise<string> {
  const long = longListOf(schema, message);
  if (!long) return encodeJson(schema, message);
  const { before, item, after } = jsonParts(schema, long.field, message);
  return inSlices(long.items, item).then((items) => before() + items.join(",") + after());
}

function longListOf(schema: DescMessage, message: object) {
  const values = valuesOf(message);
  for (const field of schema.fields) {
    if (!isMessageList(field)) continue;
    const items = values[field.localName];
    if (Array.isArray(items) && items.length >= minItems) return { field, items };
  }
  return undefined;
}

function isMessageList(field: DescField): field is DescField & { readonly message: DescMessage } {
  return field.fieldKind === "list" && field.message !== undefined;
}

async function inSlices<T>(items: readonly unknown[], encode: (item: unknown) => T): Promise<T[]> {
  const encoded: T[] = [];
  let startedAt = performance.now();
  for (const item of items) {
    encoded.push(encode(item));
    if (performance.now() - startedAt < sliceMs) continue;
    await nextSlice();
    startedAt = performance.now();
  }
  return encoded;
}

const waiting: (() => void)[] = [];
let isScheduled = false;

/** Resolves in a later turn of the event loop. In each turn only one slice of all responses runs. */
function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}
