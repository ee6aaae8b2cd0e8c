import type { OutboundFailure } from "../core/outbound-call.js";

export class OutboundFault extends Error {
  override readonly name = "OutboundFault";

  constructor(
    readonly failure: OutboundFailure,
    options?: ErrorOptions,
  ) {
    super(failure, options);
  }
}

/**
 * Derives the failure of an exchange from the errors of undici, zlib and sockets.
 *
 * @throws TypeError for a request that cannot be sent over HTTP
 */
export function failureOf(error: unknown): OutboundFailure {
  if (error instanceof OutboundFault) return error.failure;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // The original message would contain the header.
  if (/^UND_ERR_(INVALID_ARG|NOT_SUPPORTED)$/.test(code)) throw new TypeError("The request cannot be sent over HTTP.");
  if (code === "UND_ERR_HEADERS_OVERFLOW") return "ANSWER_TOO_LARGE";
  // Of undici, which is loaded with the first call.
  if (error instanceof Error && error.name === "HTTPParserError") return "ANSWER_MALFORMED";
  // Z_: zlib, also for truncated brotli. ERR__: brotli.
  return /^(Z_|ERR__|UND_ERR_RES_CONTENT_LENGTH)/.test(code) ? "ANSWER_MALFORMED" : "CONNECTION_LOST";
}
