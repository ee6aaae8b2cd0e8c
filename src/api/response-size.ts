/**
 * The number of rows that fit into one response. At least one, so that pagination always progresses. A default gRPC
 * client rejects messages above 4 MiB, and the estimate can be slightly too low.
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
/** Upper bounds for a number, time or flag, and for the tag and length of a member. */
const scalarBytes = 12;
const tagBytes = 4;

/** Estimates the encoded size of a row. Never far too low; too high if members have long names. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return scalarBytes;
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += tagBytes + sizeOf(item);
    return bytes;
  }
  // Names count, because custom field codes are sent with each value.
  for (const [name, member] of Object.entries(value)) bytes += tagBytes + name.length + sizeOf(member);
  return bytes;
}
