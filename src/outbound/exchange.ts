import type { Socket } from "node:net";
import { Client } from "undici";
import type { OutboundRequest, OutboundResponse } from "../core/outbound-call.js";
import { readBody } from "./response-body.js";

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
