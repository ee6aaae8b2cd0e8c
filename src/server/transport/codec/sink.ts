/**
 * Where a message is encoded. It is written from its end to its start, so that the length of each part is known when its
 * turn comes, and no part is moved or measured twice.
 */
export interface Sink {
  bytes: Buffer;
  /** Index of the first byte that is written. */
  start: number;
}

const initialBytes = 16 * 1024;
/** A larger buffer is not kept for the next message. */
const keptBytes = 256 * 1024;

const shared: Sink = { bytes: Buffer.allocUnsafeSlow(initialBytes), start: initialBytes };

/** The bytes that the function writes. It must not call this function itself. */
export function written(write: (sink: Sink) => void): Buffer {
  const sink = shared;
  sink.start = sink.bytes.length;
  write(sink);
  const bytes = Buffer.from(sink.bytes.subarray(sink.start));
  if (sink.bytes.length > keptBytes) sink.bytes = Buffer.allocUnsafeSlow(initialBytes);
  return bytes;
}

export function writtenBytes(sink: Sink): number {
  return sink.bytes.length - sink.start;
}

function reserve(sink: Sink, count: number): void {
  if (sink.start >= count) return;
  const used = sink.bytes.length - sink.start;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * sink.bytes.length, used + count));
  sink.bytes.copy(larger, larger.length - used, sink.start);
  sink.start = larger.length - used;
  sink.bytes = larger;
}

/** @param value from 0 to 2^32-1 */
export function writeVarint(sink: Sink, value: number): void {
  if (value < 0x80) {
    reserve(sink, 1);
    sink.start -= 1;
    sink.bytes[sink.start] = value;
    return;
  }
  const size = value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
  reserve(sink, size);
  sink.start -= size;
  let at = sink.start;
  let left = value;
  for (; left > 0x7f; left >>>= 7) sink.bytes[at++] = (left & 0x7f) | 0x80;
  sink.bytes[at] = left;
}

/** A varint of 64 bits. @param high the upper 32 bits, unsigned */
export function writeVarint64(sink: Sink, low: number, high: number): void {
  if (high === 0) {
    writeVarint(sink, low);
    return;
  }
  // 28 bits of the low half are four groups; the fifth has its other 4 bits and 3 of the high half.
  const rest = high >>> 3;
  if (rest > 0) writeVarint(sink, rest);
  reserve(sink, 5);
  sink.start -= 5;
  let at = sink.start;
  for (let shift = 0; shift < 28; shift += 7) sink.bytes[at++] = ((low >>> shift) & 0x7f) | 0x80;
  sink.bytes[at] = (low >>> 28) | ((high & 0x07) << 4) | (rest > 0 ? 0x80 : 0);
}

/** Shorter texts take less time one by one than by a call of the runtime. */
const shortText = 24;

/** The text in UTF-8 with its length. */
export function writeText(sink: Sink, text: string): void {
  const { length } = text;
  if (length < shortText && writeAscii(sink, text)) {
    writeVarint(sink, length);
    return;
  }
  const size = Buffer.byteLength(text);
  reserve(sink, size);
  sink.start -= size;
  sink.bytes.write(text, sink.start, size, "utf8");
  writeVarint(sink, size);
}

/** False, with nothing written, if the text has other characters. */
function writeAscii(sink: Sink, text: string): boolean {
  const { length } = text;
  reserve(sink, length);
  const { bytes } = sink;
  const start = sink.start - length;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    bytes[start + index] = code;
  }
  sink.start = start;
  return true;
}

/** The bytes with their length. */
export function writeBytes(sink: Sink, bytes: Uint8Array): void {
  reserve(sink, bytes.length);
  sink.start -= bytes.length;
  sink.bytes.set(bytes, sink.start);
  writeVarint(sink, bytes.length);
}

/** Eight bytes, little-endian. */
export function writeDouble(sink: Sink, value: number): void {
  reserve(sink, 8);
  sink.start -= 8;
  sink.bytes.writeDoubleLE(value, sink.start);
}

/** Four bytes, little-endian. */
export function writeFloat(sink: Sink, value: number): void {
  reserve(sink, 4);
  sink.start -= 4;
  sink.bytes.writeFloatLE(value, sink.start);
}

/** Four bytes, little-endian. @param value from -2^31 to 2^32-1 */
export function writeFixed32(sink: Sink, value: number): void {
  reserve(sink, 4);
  sink.start -= 4;
  sink.bytes.writeUInt32LE(value >>> 0, sink.start);
}

/** The length of what was written since `end` bytes, before it. */
export function writeLength(sink: Sink, end: number): void {
  writeVarint(sink, writtenBytes(sink) - end);
}
