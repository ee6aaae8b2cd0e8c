import type { Message } from "@bufbuild/protobuf";
import { recordBytes } from "../../core/record-size.js";

/** The largest message that a default gRPC client accepts. */
export const maxResponseBytes = 4 * 1024 * 1024;

/** Names what a response lacks because it would exceed `maxResponseBytes`. */
export const omittedHeader = "moego-omitted";

/** Bytes of an encoded response: of a message, or of the body of an HTTP response. */
export function encodedBytes(answer: unknown): number {
  if (answer instanceof Uint8Array) return answer.length;
  if (typeof answer !== "object" || answer === null || !("body" in answer)) return 0;
  const { body } = answer;
  return typeof body === "string" || body instanceof Uint8Array ? Buffer.byteLength(body) : 0;
}

/** Room for what the estimate of a size does not count. */
const shortenedBytes = 3 * 1024 * 1024;

interface Part {
  readonly path: string;
  readonly bytes: number;
  remove(): void;
}

/**
 * Removes the largest texts and map entries of a message until it fits into a response. Only records that were stored
 * before their size was limited need it: a client must be able to read and shrink them, and a write that is stored must
 * not look like a failure.
 *
 * @returns paths of what was removed, largest first
 */
export function shorten(message: Message): readonly string[] {
  const parts = partsOf(message, "").toSorted((a, b) => b.bytes - a.bytes);
  let bytes = recordBytes(message);
  const removed: string[] = [];
  for (const part of parts) {
    if (bytes <= shortenedBytes) break;
    part.remove();
    bytes -= part.bytes;
    removed.push(part.path);
  }
  return removed;
}

function partsOf(holder: object, path: string): Part[] {
  // A map, or the members of a Struct. A value without one of its parts would be another value.
  const isMap = !("$typeName" in holder) && !("case" in holder) && !Array.isArray(holder);
  return Object.entries(holder).flatMap(([name, value]): Part[] => {
    if (name === "$typeName" || name === "case") return [];
    const at = "case" in holder ? path : [path, name].filter((step) => step !== "").join(".");
    const bytes = () => recordBytes(value);
    if (isMap) return [{ path: at, bytes: bytes(), remove: () => Reflect.deleteProperty(holder, name) }];
    if (typeof value === "string") return [{ path: at, bytes: bytes(), remove: () => Reflect.set(holder, name, "") }];
    return typeof value === "object" && value !== null && !(value instanceof Uint8Array) ? partsOf(value, at) : [];
  });
}

const maxHeaderChars = 1_024;

/** The value of the header: as many paths as fit, then an ellipsis. */
export function omittedPaths(paths: readonly string[]): string {
  let text = "";
  for (const path of paths) {
    const encoded = encodeURIComponent(path);
    const longer = text === "" ? encoded : `${text},${encoded}`;
    if (longer.length > maxHeaderChars) return `${text},...`;
    text = longer;
  }
  return text;
}
