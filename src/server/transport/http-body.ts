import { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, gzip, inflate } from "node:zlib";
import { DomainError } from "../../core/errors.js";
import { callCancelled } from "../pipeline/deadline.js";
import { type HttpAnswer, type HttpRequest, headerOf } from "./http-message.js";
import { maxMessageBytes, messageTooLarge } from "./limits.js";

/**
 * Bytes of an oversized body that are read and discarded, so that the client receives the response instead of a reset.
 */
const maxDrainBytes = 4 * maxMessageBytes;

const decompressors = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

const acceptedCodings = "gzip, deflate, br";

/**
 * Reads a body up to a limit. Drains a limited part of what exceeds it, then rejects.
 *
 * Does not use `for await`: leaving the loop early destroys the socket, and the client would get no response.
 *
 * @throws DomainError MESSAGE_TOO_LARGE, CALL_CANCELLED
 */
export function readBody(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        if (size > limitBytes + maxDrainBytes) {
          stream.pause();
          reject(messageTooLarge());
        }
      }
    });
    stream.once("end", () => (size > limitBytes ? reject(messageTooLarge()) : resolve(Buffer.concat(chunks))));
    stream.once("error", () => reject(callCancelled()));
    // Every stream closes; only one that has not ended was canceled, and an error takes long to create.
    stream.once("close", () => {
      if (!stream.readableEnded) reject(callCancelled());
    });
  });
}

/**
 * Decompresses a body.
 *
 * @param coding value of `content-encoding` or of an equivalent; absent or `identity` = not compressed
 * @throws DomainError UNSUPPORTED_ENCODING, MESSAGE_TOO_LARGE, MALFORMED_REQUEST
 */
export async function decompress(bytes: Uint8Array, coding: string | undefined): Promise<Uint8Array> {
  const name = (coding ?? "identity").trim().toLowerCase();
  if (name === "identity" || name === "") return bytes;
  if (!isCoding(name)) {
    throw new DomainError("UNSUPPORTED_ENCODING", `Unsupported compression. Supported: ${acceptedCodings}.`, {
      metadata: { contentEncoding: name, accepted: acceptedCodings },
    });
  }
  try {
    return await decompressors[name](bytes, { maxOutputLength: maxMessageBytes, chunkSize: chunkSizeOf(bytes) });
  } catch (error) {
    if (error instanceof RangeError) throw messageTooLarge();
    throw new DomainError("MALFORMED_REQUEST", "The request body cannot be decompressed.");
  }
}

/**
 * Bytes decompressed per step. Each step costs about 20 us of the event loop. With the default of 16 KiB, a
 * decompression bomb blocked it for 5.7 ms until the limit of 4 MiB; with 256 KiB it blocks it for 1.0 ms.
 */
function chunkSizeOf({ length }: Uint8Array): number {
  return Math.min(256 * 1024, Math.max(16 * 1024, 4 * length));
}

function isCoding(name: string): name is keyof typeof decompressors {
  return Object.hasOwn(decompressors, name);
}

const compress = promisify(gzip);
const minCompressedBytes = 1024;

/** On every response: no caching, no content type sniffing. */
export const commonHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

const textType = /^(application\/json|text\/)/;
const gzipPattern = /(^|[ ,])gzip\b(?! *; *q=0(\.0*)?( |,|$))/i;

export function acceptsGzip(request: HttpRequest): boolean {
  return gzipPattern.test(headerOf(request, "accept-encoding") ?? "");
}

/** Compresses larger text responses if the client accepts gzip. */
export function compressed(request: HttpRequest, answer: HttpAnswer): HttpAnswer | Promise<HttpAnswer> {
  const { headers, body } = answer;
  const isText = textType.test(headers["content-type"] ?? "");
  if (!isText || Buffer.byteLength(body) < minCompressedBytes || headers["content-encoding"] !== undefined)
    return answer;
  const varied = new Set([...(headers["vary"]?.split(", ") ?? []), "Accept-Encoding"]);
  const vary = [...varied].join(", ");
  if (!acceptsGzip(request)) return { ...answer, headers: { ...headers, vary } };
  return compress(body, { level: 4 }).then((small) => ({
    ...answer,
    headers: { ...headers, vary, "content-encoding": "gzip" },
    body: small,
  }));
}

/**
 * Sends the response.
 *
 * @param request `isHead`: the body is left out. `isLast`: the connection is closed after it
 */
export function sendAnswer(
  response: ServerResponse | Http2ServerResponse,
  { status, headers, body }: HttpAnswer,
  { isHead, isLast }: { readonly isHead: boolean; readonly isLast: boolean },
): void {
  const sent: Record<string, string> = { ...commonHeaders, ...headers };
  const isBodyless = status === 204 || status === 304;
  if (!isBodyless) sent["content-length"] = String(Buffer.byteLength(body));
  if (isLast) sent["connection"] = "close";
  const chunk = isHead || isBodyless ? "" : body;
  if (response instanceof ServerResponse) {
    response.writeHead(status, sent).end(chunk);
    return;
  }
  // On HTTP/2 `writeHead` would send the headers at once, and the end of an empty response in a separate frame.
  response.statusCode = status;
  for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
  response.end(chunk);
}
