/**
 * How many of the rows fit into one answer: at least one, so that a walk goes on. A default gRPC client refuses a message
 * above 4 MiB; the estimate below may be a little short.
 */
export function countRowsThatFit(rows: readonly unknown[]): number {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += sizeOf(row);
    if (bytes > maxAnswerBytes && index > 0) return index;
  }
  return rows.length;
}

const maxAnswerBytes = 3 * 1024 * 1024;
/** A number, time or flag, and the tag and length of any member of a message. */
const scalarBytes = 12;
const tagBytes = 4;

/** About the bytes of the message made of a row: never far below, and above where members have long names. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return scalarBytes;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += tagBytes + sizeOf(item);
    return bytes;
  }
  // Names count: those of custom fields are sent, one with each value.
  for (const [name, member] of Object.entries(value)) bytes += tagBytes + name.length + sizeOf(member);
  return bytes;
}
