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
  const chunks = text.match(/[^=]+={0,2}/g) ?? [];
  const isWhole = chunks.every((chunk) => chunk.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(chunk));
  if (!isWhole || chunks.join("").length !== text.length)
    throw new DomainError("MALFORMED_REQUEST", "The request body is not valid base64.");
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "base64")));
}

export function encodeText(body: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64"), "latin1");
}
