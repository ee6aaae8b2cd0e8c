import { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server as NetServer } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { createCallSignal } from "../../core/call-signal.js";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { crossSiteRule, fetchSiteHeader, originHeader } from "../pipeline/cross-site.js";
import { callCancelled } from "../pipeline/deadline.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { toStatusError } from "../pipeline/status.js";
import { type CorsRules, corsRules } from "./cors.js";
import type { RunningServer } from "./grpc.js";
import { createProbeHandler, type ProbeOptions } from "./health.js";
import { compressed, readBody, sendAnswer } from "./http-body.js";
import { handleRejectedConnections, maxHeaderBytes, missingHostError } from "./http-errors.js";
import { type HttpLifetime, watchLifetime } from "./http-lifetime.js";
import { createListener, type HttpTimeouts } from "./http-listener.js";
import {
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  type HttpStream,
  headerOf,
  originOf,
} from "./http-message.js";
import { sendStream } from "./http-stream.js";
import { maxMessageBytes, messageTooLarge } from "./limits.js";
import { normalizedPath } from "./request-path.js";
import { restErrorAnswer } from "./rest.js";
import { renewalOf, type TlsFiles } from "./tls.js";

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** Time for the client of an oversized body to read the response before its connection is closed. */
const unreadBodyGraceMs = 1_000;

interface HttpServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Tried in order until one responds. The last one must accept every request. */
  readonly handlers: readonly HttpHandler[];
  readonly probes: Omit<ProbeOptions, "host" | "isDraining">;
  readonly corsOrigins?: readonly string[];
  /** Address of this server for browsers, if it is not the one of their requests. */
  readonly publicBaseUrl?: string;
  /** Absent = HTTP/1 without TLS. With TLS, HTTP/2 is available as well. */
  readonly tls?: TlsFiles;
  /** Connections above this number are closed at once; default: no limit. */
  readonly maxConnections?: number;
  readonly timeouts?: HttpTimeouts;
  readonly logger: Logger;
  readonly refuse: RejectRequest;
}

/** Serves Connect, gRPC-Web, REST and health checks on one port. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const listener = createListener(options.tls, options.timeouts);
  const { http1 } = listener;
  const lifetime = watchLifetime(listener);
  const isDraining = (): boolean => lifetime.isDraining();
  const probes = createProbeHandler({ ...options.probes, host: options.host, isDraining });
  const served = {
    ...options,
    handlers: [probes, ...options.handlers],
    lifetime,
    cors: corsRules(options.corsOrigins ?? []),
    isCrossSite: crossSiteRule({
      origins: options.corsOrigins ?? [],
      hasTls: options.tls !== undefined,
      ...(options.publicBaseUrl === undefined ? {} : { publicBaseUrl: options.publicBaseUrl }),
    }),
    answering: new WeakMap<Duplex, ServerResponse>(),
  };
  // Node silently drops headers above maxHeadersCount, so only their total size is limited. Node rejects a missing Host
  // header without a body, so that check is done in `exchange`.
  Object.assign(http1, { maxHeadersCount: 0, maxHeaderSize: maxHeaderBytes, requireHostHeader: false });
  if (options.maxConnections !== undefined) http1.maxConnections = options.maxConnections;
  for (const server of [http1, listener.http2]) {
    handleRejectedConnections(server, options.refuse, (socket) => served.answering.get(socket));
    const serve = (expectsContinue: boolean) => (request: NodeRequest, response: NodeResponse) => {
      exchange(served, request, response, expectsContinue).catch((err: unknown) => {
        options.logger.error({ err }, "failed to send the response");
        response.destroy();
      });
    };
    server.on("request", serve(false));
    server.on("checkContinue", serve(true));
  }

  await new Promise<void>((resolve, reject) => {
    http1.once("error", reject);
    http1.listen(options.port, options.host, () => resolve());
  });
  return {
    port: portOf(http1),
    renewCertificate: renewalOf(http1),
    stop: ({ timeoutMs }) => lifetime.stop(timeoutMs),
  };
}

function portOf(server: NetServer): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("The HTTP server is not bound to a port");
  return address.port;
}

interface Served {
  readonly handlers: readonly HttpHandler[];
  readonly cors: CorsRules;
  readonly isCrossSite: ReturnType<typeof crossSiteRule>;
  readonly lifetime: HttpLifetime;
  readonly logger: Logger;
  readonly refuse: RejectRequest;
  /** By HTTP/1 connection. */
  readonly answering: WeakMap<Duplex, ServerResponse>;
}

async function exchange(
  served: Served,
  nodeRequest: NodeRequest,
  response: NodeResponse,
  expectsContinue: boolean,
): Promise<void> {
  const isHttp1 = nodeRequest instanceof IncomingMessage;
  const done = isHttp1 ? served.lifetime.begin(nodeRequest.socket) : undefined;
  const gone = createCallSignal();
  if (response instanceof ServerResponse) served.answering.set(nodeRequest.socket, response);
  response.once("close", () => {
    done?.();
    served.answering.delete(nodeRequest.socket);
    // Not `writableFinished`: on HTTP/2 it is true for a stream that the client has reset.
    if (!response.writableEnded) gone.abort(callCancelled());
  });
  const request = requestOf(nodeRequest, response, { ...served, expectsContinue, signal: gone.signal });
  const isHostless = isHttp1 && nodeRequest.httpVersion === "1.1" && headerOf(request, "host") === undefined;
  const answer = isHostless ? withoutHost(served, request) : await answerOf(served, request);
  if (request.signal.aborted) return;
  if (isHttp1 && !nodeRequest.complete) response.once("finish", () => letGo(nodeRequest));
  const isLast = isHostless || served.lifetime.isDraining() || (expectsContinue && !nodeRequest.complete);
  // HTTP/2 uses GOAWAY and does not allow the header.
  const isLastOfHttp1 = isHttp1 && isLast;
  if ("chunks" in answer) await sendStream(response, answer, { isLast: isLastOfHttp1 });
  else sendAnswer(response, answer, { isHead: request.method === "HEAD", isLast: isLastOfHttp1 });
}

function withoutHost({ refuse }: Served, request: HttpRequest): HttpAnswer {
  const requestId = requestIdOf(headerOf(request, requestIdHeader));
  return restErrorAnswer(refuse(missingHostError(), { transport: "rest", requestId, ...originOf(request) }));
}

async function answerOf({ handlers, cors, logger }: Served, request: HttpRequest): Promise<HttpAnswer | HttpStream> {
  try {
    const answer = cors.preflight(request) ?? (await firstAnswer(handlers, request));
    const corsHeaders = cors.headersFor(request);
    const whole = corsHeaders ? { ...answer, headers: { ...answer.headers, ...corsHeaders } } : answer;
    return "chunks" in whole ? whole : await compressed(request, whole);
  } catch (error) {
    const requestId = requestIdOf(headerOf(request, requestIdHeader));
    logger.error({ err: error, requestId }, "unhandled transport error");
    return restErrorAnswer(
      toStatusError(new DomainError("INTERNAL", "Internal error. Report it with the request ID."), requestId),
    );
  }
}

async function firstAnswer(handlers: readonly HttpHandler[], request: HttpRequest): Promise<HttpAnswer | HttpStream> {
  for (const handler of handlers) {
    const answer = await handler(request);
    if (answer) return answer.status === 401 && !("chunks" in answer) ? withChallenge(answer) : answer;
  }
  throw new Error("No handler produced a response; the last handler must accept every request");
}

/**
 * RFC 9110 requires the header in every 401 response. Not Basic: a browser would ask for a password, remember it, and
 * send it with requests of other sites.
 */
function withChallenge(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { "www-authenticate": "Bearer", ...answer.headers } };
}

interface Arrival extends Pick<Served, "isCrossSite"> {
  readonly expectsContinue: boolean;
  readonly signal: AbortSignal;
}

function requestOf(
  nodeRequest: NodeRequest,
  response: NodeResponse,
  { isCrossSite, expectsContinue, signal }: Arrival,
): HttpRequest {
  const [path = "/", query = ""] = splitOnce(nodeRequest.url ?? "/", "?");
  return {
    method: nodeRequest.method ?? "GET",
    path: normalizedPath(path),
    query,
    headers: nodeRequest.headers,
    isCrossSite: isCrossSite({
      origin: headerOf(nodeRequest, originHeader),
      fetchSite: headerOf(nodeRequest, fetchSiteHeader),
      host: headerOf(nodeRequest, ":authority") ?? headerOf(nodeRequest, "host"),
    }),
    peerAddress: nodeRequest.socket.remoteAddress ?? "unknown",
    signal,
    async readBody(framingBytes = 0, { needsKey = true } = {}) {
      const limitBytes = maxMessageBytes + framingBytes;
      if (expectsContinue) {
        // The client waits before it sends the body. A client that gets an error instead has sent nothing in vain.
        if (Number(headerOf(nodeRequest, "content-length")) > limitBytes) throw messageTooLarge();
        if (needsKey && headerOf(nodeRequest, "authorization") === undefined) throw bodyNotWanted();
        response.writeContinue();
      }
      return isBodyless(nodeRequest) ? noBody : readBody(nodeRequest, limitBytes);
    },
  };
}

const noBody = new Uint8Array();

/** HTTP/1 announces a body. Node discards it itself if nobody reads it. */
function isBodyless(request: NodeRequest): boolean {
  const { headers } = request;
  return (
    request instanceof IncomingMessage &&
    headers["content-length"] === undefined &&
    headers["transfer-encoding"] === undefined
  );
}

/** Never sent: a transport reports what it knows of the body after the missing key. */
function bodyNotWanted(): DomainError {
  return new DomainError("KEY_MISSING", "The request has no API key.");
}

/** Closes the connection of a client that still sends its body after the response. HTTP/2 closes the stream alone. */
function letGo(nodeRequest: IncomingMessage): void {
  if (nodeRequest.complete) return;
  const timer = setTimeout(() => nodeRequest.socket.destroy(), unreadBodyGraceMs);
  nodeRequest.once("end", () => clearTimeout(timer));
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
