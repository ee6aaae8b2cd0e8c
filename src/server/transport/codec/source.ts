import type { Buffer } from "node:buffer";

/** The bytes of one request, and how much of them is read. */
export interface Source {
  readonly bytes: Buffer;
  position: number;
  /** As `maxValuesOf` counts them. */
  values: number;
  readonly maxValues: number;
  depth: number;
}

export function readDouble(source: Source): number | undefined {
  const at = source.position;
  if (at + 8 > source.bytes.length) return undefined;
  source.position += 8;
  return source.bytes.readDoubleLE(at);
}

/** U+FFFD: the text contains it, or is not valid UTF-8. */
const replacement = "\ufffd";

export function readText(source: Source): string | undefined {
  const end = readEnd(source);
  if (end === undefined) return undefined;
  const text = source.bytes.toString("utf8", source.position, end);
  source.position = end;
  return text.includes(replacement) ? undefined : text;
}

/** The end of the length-delimited value at the position. */
export function readEnd(source: Source): number | undefined {
  const length = readVarint(source, tagBytes);
  const end = source.position + length;
  return length < 0 || end > source.bytes.length ? undefined : end;
}

/** 28 bits: more than a length, and most numbers. */
export const tagBytes = 4;
/** 49 bits, of which JavaScript calculates exactly. */
export const longBytes = 7;

/** The varint at the position, or -1 if it has more bytes. */
export function readVarint(source: Source, maxBytes: number): number {
  const { bytes } = source;
  let value = 0;
  let factor = 1;
  for (let read = 0; read < maxBytes; read += 1) {
    const byte = bytes[source.position] ?? 0x80;
    source.position += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 0x80;
  }
  return -1;
}
