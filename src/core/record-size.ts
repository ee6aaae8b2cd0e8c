import { DomainError, type Violation } from "./errors.js";
import { protoName } from "./text.js";

/** Upper bounds for a number, time or flag, and for the tag and length of a member. */
const scalarBytes = 12;
const tagBytes = 4;

/** Rows of an answer have at most so many bytes: a default gRPC client rejects messages above 4 MiB. */
export const maxPageBytes = 3 * 1024 * 1024;

/** A text of a row is long above this size. */
export const longTextBytes = 16 * 1024;

/**
 * Bytes of members that are made whenever they are asked for, by name. A record with late members is measured without
 * making them.
 */
export const lateBytes = Symbol("bytes of late members");

export interface LateBytes {
  readonly [lateBytes]?: Readonly<Record<string, number>>;
}

/**
 * Estimates the size of a record in a response, with all its lists. Never far too low; too high if members have long
 * names.
 */
export function recordBytes(value: unknown): number {
  if (typeof value === "string") return textBytes(value);
  if (!hasMembers(value)) return scalarBytes;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += tagBytes + recordBytes(item);
    return bytes;
  }
  const late = value[lateBytes];
  // Names count, because custom field codes are sent with each value.
  for (const name of Object.keys(value)) bytes += tagBytes + name.length + (late?.[name] ?? recordBytes(value[name]));
  return bytes;
}

/** A character takes at most three bytes per code unit in UTF-8. */
const bytesPerUnit = 3;

/** At least `recordBytes`, without looking into a text. */
export function mostBytes(value: unknown): number {
  if (typeof value === "string") return bytesPerUnit * value.length;
  if (!hasMembers(value)) return scalarBytes;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += tagBytes + mostBytes(item);
    return bytes;
  }
  const late = value[lateBytes];
  for (const name in value) bytes += tagBytes + name.length + (late?.[name] ?? mostBytes(value[name]));
  return bytes;
}

function hasMembers(value: unknown): value is Readonly<Record<string, unknown>> & LateBytes {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** JSON writes these characters as two. */
const escaped = /["\\\n\t]/g;

function textBytes(text: string): number {
  const escapes = escapedAtAll.test(text) ? (text.match(escaped)?.length ?? 0) : 0;
  return Buffer.byteLength(text) + escapes;
}

const escapedAtAll = /["\\\n\t]/;

interface RecordSizes {
  /** The record after the write. */
  readonly record: unknown;
  /** Its size if that is not the size of the record, because it has more than is read with it. */
  readonly bytes?: number;
  /** Size before the write. 0 for a new record. */
  readonly storedBytes?: number;
  readonly limit: number;
}

/**
 * Throws INVALID_REQUEST if a record grows beyond the limit. A record that was stored before the limit can be changed as
 * long as it does not grow.
 */
export function assertRecordSize({ record, bytes = recordBytes(record), storedBytes = 0, limit }: RecordSizes): void {
  if (bytes <= limit || bytes <= storedBytes) return;
  throw recordTooLarge({ field: largestMember(record), bytes, storedBytes, limit });
}

/**
 * Whether a record could exceed the limit, by the texts that its statement stores. Almost no record does, so that this is
 * all that a create costs.
 *
 * @param values parameters of the statement, with lists as arrays or JSON
 */
export function mayExceed(values: readonly unknown[], limit: number): boolean {
  let units = 0;
  for (const value of values) {
    if (typeof value === "string") units += value.length;
    else if (Array.isArray(value)) for (const text of value) units += typeof text === "string" ? text.length : 0;
  }
  return bytesPerUnit * units > limit;
}

interface TooLarge {
  /** Path of the part that takes most of the space. */
  readonly field: string;
  readonly bytes: number;
  /** 0 for a new record. */
  readonly storedBytes: number;
  readonly limit: number;
}

function recordTooLarge({ field, bytes, storedBytes, limit }: TooLarge): DomainError {
  const now = storedBytes === 0 ? "" : ` It has ${storedBytes} bytes now.`;
  const description = `Must leave the whole record with at most ${limit} bytes; it would have ${bytes}.${now}`;
  const violation: Violation = { field, reason: "TOO_LONG", description };
  return new DomainError("INVALID_REQUEST", `${field}: ${description}`, {
    metadata: { bytes: String(bytes), storedBytes: String(storedBytes), limitBytes: String(limit) },
    violations: [violation],
  });
}

/** The proto name of the member that takes most of the space, "" if there is none. */
function largestMember(record: unknown): string {
  if (typeof record !== "object" || record === null) return "";
  let largest = { name: "", bytes: 0 };
  for (const [name, member] of Object.entries(record)) {
    const bytes = recordBytes(member);
    if (bytes > largest.bytes) largest = { name, bytes };
  }
  return protoName(largest.name);
}
