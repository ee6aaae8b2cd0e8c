/** Why a request to a third-party system returned no usable response. */
export type OutboundFailure =
  /** The URL, or an address that its host resolves to, is not allowed (EXTERNAL_API_ALLOW). Nothing was sent to it. */
  | "TARGET_FORBIDDEN"
  | "NAME_NOT_RESOLVED"
  | "CONNECTION_FAILED"
  /** No certificate that proves the host, no common protocol, or the connection was closed during the handshake. */
  | "TLS_FAILED"
  /** The connection was closed before the response was complete. */
  | "CONNECTION_LOST"
  /** No connection, or no complete response, within the time limit. */
  | "TIMEOUT"
  /** More than 64 KiB of body after decompression, or more than 16 KiB of headers. */
  | "ANSWER_TOO_LARGE"
  /** A response that violates HTTP or its own content encoding. */
  | "ANSWER_MALFORMED"
  /** The API failed several times in a row, so the circuit breaker is open. */
  | "BREAKER_OPEN"
  /** The company has reached its limit of concurrent requests. */
  | "TOO_MANY_CALLS";

/**
 * An HTTP request to a third-party system. The code that builds it has validated method, header names and values. It
 * must not set headers that frame a message: host, connection, keep-alive, content-length, transfer-encoding, upgrade,
 * expect, te, trailer.
 */
export interface OutboundRequest {
  readonly companyId: string;
  /** The external API that the request belongs to. */
  readonly externalApiId: string;
  /**
   * Version of the external API. Each version has its own circuit breaker, because a change may have fixed the cause of
   * the failures.
   */
  readonly version: string;
  readonly method: string;
  /** Absolute, without credentials. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Includes connecting and reading the response. */
  readonly timeoutMs: number;
}

export interface OutboundResponse {
  readonly kind: "answered";
  /** Any status, including redirects and errors. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Decompressed, as UTF-8. */
  readonly body: string;
  readonly durationMs: number;
}

export interface OutboundFailureResult {
  readonly kind: "failed";
  readonly failure: OutboundFailure;
  readonly durationMs: number;
}

/** Sends requests to third-party systems. Does not follow redirects or use a proxy. */
export interface OutboundCalls {
  /** Violation text for a URL that is not allowed as a target. Undefined if the URL itself shows no problem. */
  targetFault(url: string): string | undefined;
  /**
   * Rejects with the reason of the signal when it fires, and with a TypeError for a method or header that HTTP cannot
   * represent. Every other failure is a result.
   */
  call(request: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse | OutboundFailureResult>;
}
