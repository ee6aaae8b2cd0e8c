import { setImmediate } from "node:timers";
import { type DescField, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";

/** Encoding holds the event loop for about this long at a time. */
const sliceMs = 3;
/** Shorter lists are encoded at once. */
const minItems = 32;

/**
 * Encodes a response with a long list, item by item, and lets other requests run between two slices. Protobuf's writer
 * takes 50 ms for a mebibyte of custom fields, for which all other companies would wait. Undefined if no list is long.
 */
export function encodeSliced(schema: DescMessage, message: Message): Promise<Buffer> | undefined {
  for (const field of schema.fields) {
    const items: unknown = field.fieldKind === "list" ? Reflect.get(message, field.localName) : undefined;
    if (field.fieldKind === "list" && field.message && Array.isArray(items) && items.length >= minItems)
      return encodeList(schema, message, { field, of: field.message, items });
  }
  return undefined;
}

interface LongList {
  readonly field: DescField;
  readonly of: DescMessage;
  readonly items: readonly Message[];
}

async function encodeList(schema: DescMessage, message: Message, { field, of, items }: LongList): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let startedAt = performance.now();
  for (const item of items) {
    const bytes = toBinary(of, item);
    parts.push(lengthDelimited(field.number, bytes.length), bytes);
    if (performance.now() - startedAt < sliceMs) continue;
    await nextSlice();
    startedAt = performance.now();
  }
  // Fields may have any order.
  parts.push(toBinary(schema, { ...message, [field.localName]: [] }));
  return Buffer.concat(parts);
}

/** Tag and length of a field: `number * 8 + 2`, since it is length-delimited. */
function lengthDelimited(number: number, length: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]);
}

function varint(value: number): number[] {
  return value > 0x7f ? [(value & 0x7f) | 0x80, ...varint(value >>> 7)] : [value];
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
