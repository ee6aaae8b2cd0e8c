import { DomainError } from "../../core/errors.js";
import { maxMessageBytes } from "./limits.js";

/** What base64 adds to a message, with room for a request in many chunks, each with its own padding. */
export const textFramingBytes = Math.ceil(maxMessageBytes / 2);

/**
 * Decodes base64 that can consist of several encoded chunks, so that padding can be in the middle.
 *
 * @throws DomainError MALFORMED_REQUEST
 */
export function decodeText(body: Uint8Array): Buffer {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const chunks = chunksOf(text);
  if (/[^A-Za-z0-9+/=]/.test(text) || chunks.some((chunk) => chunk.length % 4 !== 0))
    throw new DomainError("MALFORMED_REQUEST", "The request body is not valid base64.");
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "base64")));
}

/** Each with its padding of at most two characters. Misplaced padding makes a chunk of a wrong length. */
function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length; ) {
    const padding = text.indexOf("=", start);
    const width = text[padding + 1] === "=" ? 2 : 1;
    const end = padding === -1 ? text.length : padding + width;
    chunks.push(text.slice(start, end));
    start = end;
  }
  return chunks;
}

export function encodeText(body: Uint8Array | string): string {
  return Buffer.from(body).toString("base64");
}
