import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request, whatever version of HTTP it came by. */
export interface HttpRequest {
  readonly method: string;
  /** Path as it was sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Query as it was sent, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Address of the connected peer, without port. */
  readonly peerAddress: string;
  /** Aborts with a DomainError when the caller is gone before it was answered. */
  readonly signal: AbortSignal;
  /**
   * The body as it was sent, not decompressed. Rejects with DomainError MESSAGE_TOO_LARGE or CALL_CANCELLED.
   *
   * @param framingBytes what the body may hold beside the message
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
 * What clients send when they mean JSON: no type at all, text/plain, which spares a browser its preflight, and the form
 * type that `curl -d` names by itself.
 */
export const jsonTypes: readonly string[] = ["", "application/json", "text/plain", "application/x-www-form-urlencoded"];

/** Answers the requests that are its own; undefined leaves the request to the next handler. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer | undefined>;

/** One header of the request; several of one name are joined by ", ". */
export function headerOf(request: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** An answer of JSON text. */
export function jsonAnswer(status: number, json: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(JSON.stringify(json)),
  };
}
