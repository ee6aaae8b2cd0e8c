import type { Socket } from "node:net";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { Client } from "undici";
import type { OutboundRequest, OutboundResponse } from "../core/outbound-call.js";
import { OutboundFault } from "./outbound-failure.js";

const maxHeaderBytes = 16 * 1024;

/**
 * Sends one request over an open connection and reads the response, whatever its status. The connection is used once:
 * it never serves another tenant, nor a name that resolves to another address by now.
 *
 * @throws OutboundFault, or the error of the connection, the HTTP parser or the decoder
 */
export async function exchange(
  request: OutboundRequest,
  socket: Socket,
  signal: AbortSignal,
): Promise<Omit<OutboundResponse, "kind" | "durationMs">> {
  const url = new URL(request.url);
  let unused: Socket | undefined = socket;
  const client = new Client(url.origin, {
    connect(_options, callback) {
      const given = unused;
      unused = undefined;
      // Undici does not accept a synchronous callback.
      queueMicrotask(() => (given ? callback(null, given) : callback(new Error("connection already used"), null)));
    },
    maxHeaderSize: maxHeaderBytes,
    // The timer of the whole call covers these.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const answer = await client.request({
      method: request.method,
      path: url.pathname + url.search,
      headers: headersOf(request).flat(),
      body: request.body ?? null,
      signal,
      reset: true,
    });
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): readonly [string, string] => [name, one]),
    );
    const encoding = headers.find(([name]) => name === "content-encoding")?.[1] ?? "";
    return { status: answer.statusCode, headers, body: await readBody(answer.body, encoding, signal) };
  } finally {
    socket.destroy();
    await client.destroy();
  }
}

function headersOf({ headers }: OutboundRequest): string[][] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const ours = [
    ["accept-encoding", "gzip, deflate, br"],
    ["user-agent", "moego-open-backend"],
  ];
  return [...headers.map((header) => [...header]), ...ours.filter(([name = ""]) => !names.has(name))];
}

/** After decompression. */
export const maxBodyBytes = 64 * 1024;

/**
 * Before decompression. Incompressible data grows slightly when compressed, and a stream of empty blocks would never
 * end.
 */
const maxWireBytes = 2 * maxBodyBytes;

/**
 * Reads and decompresses a body as it arrives. Stops at the first byte over the limit.
 *
 * @param encoding the `content-encoding` of the response
 * @throws OutboundFault, or the error of the stream or its decoder
 */
export async function readBody(body: Readable, encoding: string, signal: AbortSignal): Promise<string> {
  const wire = countWire(body);
  const { value: first, done } = await wire.next();
  // Responses to HEAD, and those with status 204 or 304, may name an encoding without having a body.
  if (done) return "";
  const chunks: Uint8Array[] = [];
  const collect = async (source: AsyncIterable<Uint8Array>) => {
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) throw new OutboundFault("ANSWER_TOO_LARGE");
      chunks.push(chunk);
    }
  };
  const decoder = decoderOf(encoding, first);
  const all = prepend(first, wire);
  await (decoder ? pipeline(all, decoder, collect, { signal }) : collect(all));
  return new TextDecoder("utf-8").decode(Buffer.concat(chunks));
}

async function* countWire(body: Readable): AsyncGenerator<Uint8Array, undefined> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxWireBytes) throw new OutboundFault("ANSWER_TOO_LARGE");
    yield chunk;
  }
  return undefined;
}

async function* prepend(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Supports one coding only; nested codings occur only in decompression bombs. Undefined = not compressed. */
function decoderOf(encoding: string, first: Uint8Array): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      // Some servers omit the zlib header. Its first byte names the method, 8.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
    case "br":
      return createBrotliDecompress();
    default:
      throw new OutboundFault("ANSWER_MALFORMED");
  }
}
