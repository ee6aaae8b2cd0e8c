/** Why a request to another system brought no answer that can be used. */
export type OutboundFailure =
  /** The URL, or an address its host resolves to, may not be called (EXTERNAL_API_ALLOW). No packet left for it. */
  | "TARGET_FORBIDDEN"
  | "NAME_NOT_RESOLVED"
  | "CONNECTION_FAILED"
  /** No certificate that proves the host, no common protocol, or an end in the middle of the handshake. */
  | "TLS_FAILED"
  /** The connection ended before the answer did. */
  | "CONNECTION_LOST"
  /** No connection, or no whole answer, within the time limit. */
  | "TIMEOUT"
  /** A body of more than 64 KiB after decompression, or headers of more than 16 KiB. */
  | "ANSWER_TOO_LARGE"
  /** An answer that breaks HTTP or its own content encoding. */
  | "ANSWER_MALFORMED"
  /** The API failed several times in a row and is left alone for a while. */
  | "BREAKER_OPEN"
  /** The company has as many calls under way as it may. */
  | "TOO_MANY_CALLS";

/**
 * One HTTP request to another system. Whoever builds it has checked method, header names and values: those that frame a
 * message (host, connection, keep-alive, content-length, transfer-encoding, upgrade, expect, te, trailer) are not his.
 */
export interface OutboundRequest {
  readonly companyId: string;
  /** Configuration that the request belongs to. */
  readonly externalApiId: string;
  /** Of the configuration. Each has a circuit breaker of its own: what was wrong may have been put right. */
  readonly version: string;
  readonly method: string;
  /** Absolute, without user information. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** For connecting and answering together. */
  readonly timeoutMs: number;
}

export interface OutboundResponse {
  readonly kind: "answered";
  /** Any status, those of redirects and errors too. */
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

/** Sends requests to systems of others. It follows no redirect and goes through no proxy. */
export interface OutboundCalls {
  /** What is wrong with a URL as a target, as a sentence; undefined = nothing that its text shows. */
  targetFault(url: string): string | undefined;
  /**
   * Rejects when the signal fires, with its reason, and with a TypeError for a method or header that HTTP cannot carry.
   * Everything else that can go wrong is an answer.
   */
  call(request: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse | OutboundFailureResult>;
}
