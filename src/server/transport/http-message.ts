import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request of any HTTP version. */
export interface HttpRequest {
  readonly method: string;
  /** Path as received, percent-encoded, without the query. */
  readonly path: string;
  /** Query as received, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Address of the peer, without the port. */
  readonly peerAddress: string;
  /** Aborts with a DomainError if the client disconnects before the response is sent. */
  readonly signal: AbortSignal;
  /**
   * The body as received, not decompressed. Rejects with DomainError MESSAGE_TOO_LARGE or CALL_CANCELLED.
   *
   * @param framingBytes bytes allowed in addition to the message
   */
  readBody(framingBytes?: number): Promise<Uint8Array>;
}

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Content types accepted as JSON: none at all, text/plain (which avoids a CORS preflight), and the form type that `curl
 * -d` sends by default.
 */
export const jsonTypes: readonly string[] = ["", "application/json", "text/plain", "application/x-www-form-urlencoded"];

/** Returns undefined to pass the request to the next handler. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer | undefined>;

/** Repeated headers are joined by ", ". */
export function headerOf(request: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

export function jsonAnswer(status: number, json: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(JSON.stringify(json)),
  };
}
