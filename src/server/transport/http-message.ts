import type { IncomingHttpHeaders } from "node:http";
import { createRegistry } from "@bufbuild/protobuf";
import { invalidRequest } from "../../core/errors.js";
import { file_google_rpc_error_details } from "../../gen/proto/google/rpc/error_details_pb.js";
import { forwardedForHeader } from "../pipeline/client-address.js";

/** An HTTP request of any HTTP version. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-encoded path without the query, normalized (`normalizedPath`). */
  readonly path: string;
  /** Query as received, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether a browser sent it for a page of another site (`crossSiteRule`). */
  readonly isCrossSite?: boolean;
  /** Address of the peer, without the port. */
  readonly peerAddress: string;
  /** Aborts with a DomainError if the client disconnects before the response is sent. */
  readonly signal: AbortSignal;
  /**
   * The body as received, not decompressed. Rejects with DomainError MESSAGE_TOO_LARGE or CALL_CANCELLED.
   *
   * @param framingBytes bytes allowed in addition to the message
   * @param options `needsKey`: whether a request without an API key is rejected anyway; default true. Its client is
   * then not asked for the body.
   */
  readBody(framingBytes?: number, options?: { readonly needsKey?: boolean }): Promise<Uint8Array>;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A text is sent in UTF-8, together with the headers. */
  readonly body: Uint8Array | string;
}

/** A response whose body is sent while it is made. */
export interface HttpStream {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parts of the body. The next one is made once the client can take it. */
  readonly chunks: AsyncIterable<Uint8Array | string>;
  /** Resolves when no further part is made. */
  readonly finished: Promise<unknown>;
}

export const formType = "application/x-www-form-urlencoded";

/** The content type of responses in JSON. */
export const jsonType = "application/json";

/**
 * Content types accepted as JSON: none at all, text/plain (which avoids a CORS preflight), and the form type that `curl
 * -d` sends by default.
 */
export const jsonTypes: readonly string[] = ["", jsonType, "text/plain", formType];

/** Returns undefined to pass the request to the next handler. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer | HttpStream | undefined>;

/** Repeated headers are joined by ", ". */
export function headerOf(request: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Where a request came from, for the log line of a request that reaches no rpc. */
export function originOf(request: HttpRequest) {
  return { peerAddress: request.peerAddress, forwardedFor: headerOf(request, forwardedForHeader) };
}

export function jsonAnswer(status: number, json: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: { "content-type": jsonType, ...headers },
    body: JSON.stringify(json),
  };
}

/** The message types of error details, needed to write them as JSON. */
export const detailTypes = createRegistry(file_google_rpc_error_details);

/** Of Connect: whole milliseconds, at most ten digits. */
export const connectTimeoutHeader = "connect-timeout-ms";
/** Of gRPC and gRPC-Web, and of REST as in grpc-gateway: at most eight digits and a unit, for example `200m`. */
export const grpcTimeoutHeader = "grpc-timeout";

const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Timeout that the client requests, in milliseconds; undefined if it sets none.
 *
 * @throws DomainError INVALID_REQUEST at the header, for an invalid value
 */
export function timeoutMsOf(
  request: HttpRequest,
  header: typeof connectTimeoutHeader | typeof grpcTimeoutHeader,
): number | undefined {
  const value = headerOf(request, header);
  if (value === undefined) return undefined;
  const isConnect = header === connectTimeoutHeader;
  const shape = isConnect ? /^(\d{1,10})$/ : /^(\d{1,8})([HMSmun])$/;
  const [, amount, unit = "m"] = shape.exec(value) ?? [];
  if (amount !== undefined) return Number(amount) * (unitsMs[unit] ?? 1);
  const description = `Must be a valid timeout of the protocol, for example ${isConnect ? "500" : "500m"}.`;
  throw invalidRequest([{ field: header, reason: "INVALID_FORMAT", description }]);
}
