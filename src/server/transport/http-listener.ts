import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { closeAnsweredStreams } from "./answered-streams.js";
import { closeDeadSessions } from "./dead-sessions.js";
import { maxHeaderBytes } from "./http-errors.js";
import { handshakeTimeoutMs, type TlsFiles } from "./tls.js";

/** Closes connections without traffic, and those that send their request too slowly. */
const idleTimeoutMs = 120_000;
const requestTimeoutMs = 60_000;
const headersTimeoutMs = 15_000;
/**
 * Longer than the idle timeout of common load balancers, which would otherwise reuse a connection that the server just
 * closed.
 */
const keepAliveTimeoutMs = 75_000;

/** The servers behind one port: HTTP/1 with or without TLS, and HTTP/2 for connections that choose it over TLS. */
export interface HttpListener {
  /** Listens. */
  readonly http1: HttpServer | HttpsServer;
  /** Does not listen; gets its connections from `http1`. */
  readonly http2: Http2Server;
}

/** Shortened by tests. */
export interface HttpTimeouts {
  readonly headersMs?: number;
  readonly requestMs?: number;
  readonly handshakeMs?: number;
}

/**
 * HTTP/1 is always a server of Node's HTTP modules. The HTTP/1 of `createSecureServer` of `node:http2` has no timeouts
 * for headers and requests.
 */
export function createListener(tls: TlsFiles | undefined, timeouts: HttpTimeouts = {}): HttpListener {
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: 128, maxHeaderListSize: maxHeaderBytes } });
  http2.setTimeout(idleTimeoutMs);
  closeAnsweredStreams(http2);
  closeDeadSessions(http2);
  const limits = {
    headersTimeout: timeouts.headersMs ?? headersTimeoutMs,
    requestTimeout: timeouts.requestMs ?? requestTimeoutMs,
    connectionsCheckingInterval: Math.min(30_000, timeouts.headersMs ?? 30_000, timeouts.requestMs ?? 30_000),
    keepAliveTimeout: keepAliveTimeoutMs,
  };
  const http1 = tls ? createSecure(tls, http2, limits, timeouts.handshakeMs) : createServer(limits);
  http1.setTimeout(idleTimeoutMs);
  return { http1, http2 };
}

function createSecure(
  { certificate, key }: TlsFiles,
  http2: Http2Server,
  limits: object,
  handshakeTimeout = handshakeTimeoutMs,
): HttpsServer {
  const server = createHttpsServer({
    ...{ cert: certificate, key, handshakeTimeout, ALPNProtocols: ["h2", "http/1.1"] },
    ...limits,
  });
  const serveHttp1 = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") http2.emit("connection", socket);
    else for (const serve of serveHttp1) Reflect.apply(serve, server, [socket]);
  });
  return server;
}
