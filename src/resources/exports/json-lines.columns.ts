import type { CopiedRows } from "../../db/copy-out.js";
import type { ExportedColumn } from "./exported-table.columns.js";

/*
 * The lines of a JSONL file, made of the rows that COPY writes in its binary format. The functions of PostgreSQL for JSON took
 * three times as long as all else that an export does; this process works while PostgreSQL reads the next rows. The bytes
 * are those of `row_to_json`.
 */

/** The lines of binary rows. Each part has whole lines. */
export async function* jsonLines(
  columns: readonly ExportedColumn[],
  parts: AsyncIterable<CopiedRows>,
): AsyncGenerator<CopiedRows> {
  const toLines = lineWriter(columns);
  let isFirst = true;
  for await (const { bytes } of parts) {
    const lines = toLines(bytes, isFirst ? headerBytes : 0);
    isFirst = false;
    if (lines.rows > 0) yield lines;
  }
}

/** The signature, the flags and the length of an extension, which is 0. */
const headerBytes = 19;

interface Field {
  readonly json: ExportedColumn["json"];
  /** What comes before a value. */
  readonly before: Buffer;
  readonly absent: Buffer;
}

function lineWriter(columns: readonly ExportedColumn[]) {
  const fields = columns.map(({ name, json }, position): Field => {
    const member = `${position === 0 ? "{" : ","}"${name}":`;
    return { json, before: Buffer.from(json === "text" ? `${member}"` : member), absent: Buffer.from(`${member}null`) };
  });
  return (bytes: Buffer, start: number): CopiedRows => {
    let target: Buffer = Buffer.allocUnsafeSlow(bytes.length * 4);
    let [at, to, rows] = [start, 0, 0];
    // The last row has no fields, but their number -1.
    while (at < bytes.length && bytes[at] !== 0xff) {
      at += 2;
      for (const { json, before, absent } of fields) {
        const size = bytes.readInt32BE(at);
        at += 4;
        const atMost = to + absent.length + maxEscapeBytes * Math.max(size, longestNumber);
        if (atMost > target.length) target = grown(target, to, atMost);
        if (size < 0) to = copied(absent, 0, absent.length, target, to);
        else {
          to = copied(before, 0, before.length, target, to);
          if (json === "text") to = escaped(bytes, at, at + size, target, to);
          else if (json === "number") to = numbered(bytes, at, size, target, to);
          else to = copied(bytes, at, at + size, target, to);
          at += size;
        }
      }
      target[to] = closingBrace;
      target[to + 1] = lineFeed;
      to += 2;
      rows += 1;
    }
    return { bytes: target.subarray(0, to), rows };
  };
}

const [quote, backslash, closingBrace, lineFeed, zero] = [34, 92, 125, 10, 48];
/** `\u0001` */
const maxEscapeBytes = 6;
const longestNumber = 20;

function grown(buffer: Buffer, used: number, atLeast: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(atLeast, buffer.length * 2));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

/** Below so many bytes, a loop is faster than a call of the runtime. */
const shortBytes = 64;

/** Copies bytes, and returns where they end. */
function copied(source: Buffer, from: number, end: number, target: Buffer, to: number): number {
  if (end - from > shortBytes) return to + source.copy(target, to, from, end);
  let place = to;
  for (let at = from; at < end; at += 1) {
    target[place] = source[at] ?? 0;
    place += 1;
  }
  return place;
}

/** Copies a text as PostgreSQL escapes it, and closes it. */
function escaped(source: Buffer, from: number, end: number, target: Buffer, to: number): number {
  let place = to;
  for (let at = from; at < end; at += 1) {
    const byte = source[at] ?? 0;
    const short = byte >= 32 && byte !== quote && byte !== backslash ? undefined : escapes[byte];
    if (short) place = copied(short, 0, short.length, target, place);
    else {
      target[place] = byte;
      place += 1;
    }
  }
  target[place] = quote;
  return place + 1;
}

/** What takes the place of a byte of a text, by its number. */
const escapes = Array.from({ length: 93 }, (_, byte) => {
  const short = { 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\" }[byte];
  const text = short ?? (byte < 32 ? `\\u${byte.toString(16).padStart(4, "0")}` : undefined);
  return text === undefined ? undefined : Buffer.from(text);
});

/** Writes a boolean, which has one byte, or an integer of 2, 4 or 8. */
function numbered(source: Buffer, at: number, size: number, target: Buffer, to: number): number {
  if (size === 1) {
    const word = source[at] === 1 ? yes : no;
    return copied(word, 0, word.length, target, to);
  }
  const high = size === 8 ? source.readInt32BE(at) : 0;
  const low = size === 2 ? source.readInt16BE(at) : size === 4 ? source.readInt32BE(at) : source.readUInt32BE(at + 4);
  if (high === 0 && low >= 0 && low < 10) {
    target[to] = zero + low;
    return to + 1;
  }
  const isExact = Math.abs(high) < 2 ** 20;
  const number = isExact ? high * 2 ** 32 + low : source.readBigInt64BE(at);
  const text = String(number);
  for (let digit = 0; digit < text.length; digit += 1) target[to + digit] = text.charCodeAt(digit);
  return to + text.length;
}

const [yes, no] = [Buffer.from("true"), Buffer.from("false")];
