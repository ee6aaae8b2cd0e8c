import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { inSlices, isSliceOver } from "../../../core/slices.js";
import { type BinaryParts, binaryParts, encodeBinary } from "./binary.js";
import { encodeJson, type JsonParts, jsonParts } from "./json.js";
import { type Sink, written, writtenBytes } from "./sink.js";
import { valuesOf } from "./values.js";

/** Shorter lists within a record are encoded at once. The few records of a page can have a mebibyte each. */
const minItems = 32;

/**
 * A response in protobuf's binary format, encoded in slices if it has a long list.
 *
 * @param message a message, or what one is created from
 */
export function binaryAnswer(schema: DescMessage, message: object): Buffer | Promise<Buffer> {
  const long = longListOf(schema, message);
  if (!long) return encodeBinary(schema, message);
  return inSlices(binarySlices(binaryParts(schema, long.field, message), long.items));
}

/** The same in ProtoJSON: a text, or the bytes of one that took several slices. */
export function jsonTextAnswer(schema: DescMessage, message: object): string | Promise<string | Buffer> | Buffer {
  const long = longListOf(schema, message);
  if (!long) return encodeJson(schema, message);
  return inSlices(jsonSlices(jsonParts(schema, long.field, message), long.items));
}

type MessageList = DescField & { readonly message: DescMessage };

interface Lists {
  readonly fields: readonly MessageList[];
  readonly minItems: number;
}

const listsOf = new Map<DescMessage, Lists>();

function longListOf(schema: DescMessage, message: object) {
  const lists = listsOf.get(schema) ?? findLists(schema);
  const values = valuesOf(message);
  for (const field of lists.fields) {
    const items = values[field.localName];
    if (Array.isArray(items) && items.length >= lists.minItems) return { field, items };
  }
  return undefined;
}

function findLists(schema: DescMessage): Lists {
  const isPage = schema.fields.some(({ name }) => name === "next_page_token");
  const lists = { fields: schema.fields.filter(isMessageList), minItems: isPage ? 2 : minItems };
  listsOf.set(schema, lists);
  return lists;
}

function isMessageList(field: DescField): field is MessageList {
  return field.fieldKind === "list" && field.message !== undefined;
}

/** Written from the last item to the first, as messages are. */
function* binarySlices(parts: BinaryParts, items: readonly unknown[]): Generator<void, Buffer> {
  const slices: Buffer[] = [];
  for (let left = items.length; left > 0; ) {
    if (slices.length > 0) yield;
    slices.push(
      written((sink) => {
        if (left === items.length) parts.after(sink);
        left = writeItems(sink, parts, items, left);
        if (left === 0) parts.before(sink);
      }),
    );
  }
  const [only] = slices;
  return slices.length === 1 && only ? only : Buffer.concat(slices.toReversed());
}

/** Returns how many items are left. */
function writeItems(sink: Sink, { item }: BinaryParts, items: readonly unknown[], count: number): number {
  let left = count;
  let isOver = false;
  while (left > 0 && !isOver) {
    left -= 1;
    const before = writtenBytes(sink);
    item(sink, items[left]);
    isOver = isSliceOver(writtenBytes(sink) - before);
  }
  return left;
}

function* jsonSlices({ before, item, after }: JsonParts, items: readonly unknown[]): Generator<void, string | Buffer> {
  const slices: Buffer[] = [];
  let text = before();
  for (const [index, value] of items.entries()) {
    const json = item(value);
    text += index === 0 ? json : `,${json}`;
    if (!isSliceOver(json.length)) continue;
    slices.push(Buffer.from(text));
    text = "";
    yield;
  }
  text += after();
  return slices.length === 0 ? text : Buffer.concat([...slices, Buffer.from(text)]);
}
