import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Server as NetServer } from "node:net";
import type { Duplex } from "node:stream";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { type HttpAnswer, headerOf } from "./http-message.js";
import { messageTooLarge } from "./limits.js";
import { restErrorAnswer } from "./rest.js";

interface HttpRefusal {
  readonly error: DomainError;
  readonly status: number;
}

/**
 * Adds an error body to what Node would reject before any handler runs: invalid HTTP, oversized headers, expectations
 * and CONNECT. Each response closes its connection.
 *
 * @param answering the response in progress on a connection, which a second one must not interrupt
 */
export function handleRejectedConnections(
  server: NetServer,
  refuse: RejectRequest,
  answering: (socket: Duplex) => ServerResponse | undefined,
): void {
  server.on("clientError", (error: Error & { code?: string; rawPacket?: Buffer }, socket: Duplex) => {
    // Other errors are of the connection: it is broken, or has no TLS to send a response over.
    const isHttp = /^(?:HPE_|ERR_HTTP_)/.test(error.code ?? "");
    if (!isHttp || !socket.writable || answering(socket)?.headersSent) return void socket.destroy();
    end(socket, answerOf(refusalOf(error)));
  });
  server.on("connect", (_request: IncomingMessage, socket: Duplex) => {
    // HTTP/2 emits the same event for CONNECT, with a response instead of a socket; Node rejects it correctly.
    if ("writable" in socket && "destroy" in socket && !("setHeader" in socket)) end(socket, answerOf(noTunnel()));
  });
  server.on(
    "checkExpectation",
    (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
      const { status, headers, body } = answerOf(noExpectation(), headerOf(request, requestIdHeader));
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.statusCode = status;
      response.end(body.toString());
    },
  );

  function answerOf({ error, status }: HttpRefusal, requestId?: string) {
    const refused = refuse(error, { transport: "rest", requestId: requestIdOf(requestId) });
    const answer = restErrorAnswer(refused);
    const headers = {
      ...answer.headers,
      connection: "close",
      "content-length": String(Buffer.byteLength(answer.body)),
    };
    return { status, headers, body: answer.body } satisfies HttpAnswer;
  }
}

function end(socket: Duplex, { status, headers, body }: HttpAnswer): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${reasonPhrases[status] ?? "Error"}\r\n${lines.join("")}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

export const maxHeaderBytes = 16 * 1024;

function refusalOf({ code, rawPacket }: { readonly code?: string; readonly rawPacket?: Buffer }): HttpRefusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { error: messageTooLarge(maxHeaderBytes), status: 431 };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { error: messageTooLarge(maxHeaderBytes), status: 413 };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { error: new DomainError("DEADLINE_EXCEEDED", "Timed out reading the request."), status: 408 };
    default:
      return { error: new DomainError("MALFORMED_REQUEST", problemOf(rawPacket)), status: 400 };
  }
}

function problemOf(rawPacket: Buffer | undefined): string {
  const isHttp2 = rawPacket?.subarray(0, 14).toString("latin1") === "PRI * HTTP/2.0";
  return isHttp2
    ? "This port supports HTTP/2 only over TLS. Use GRPC_PORT for gRPC."
    : "The request is not valid HTTP.";
}

function noTunnel(): HttpRefusal {
  const metadata = { method: "CONNECT" };
  return { error: new DomainError("METHOD_NOT_ALLOWED", "This server is not a proxy.", { metadata }), status: 405 };
}

function noExpectation(): HttpRefusal {
  const sentence = "Only `Expect: 100-continue` is supported.";
  return { error: new DomainError("MALFORMED_REQUEST", sentence), status: 417 };
}

/** RFC 9112 requires the Host header in HTTP/1.1. */
export function missingHostError(): DomainError {
  return new DomainError("MALFORMED_REQUEST", "The request has no Host header.");
}
