import { DomainError } from "../../core/errors.js";
import type { StatusError } from "../pipeline/status.js";

/** Response headers of HTTP that an error has beside its body. */
export function errorHeaders(error: StatusError): Readonly<Record<string, string>> {
  const metadata = (error.cause instanceof DomainError ? error.cause.details.metadata : undefined) ?? {};
  const { allow, accepted } = metadata;
  return {
    ...(error.reason === "METHOD_NOT_ALLOWED" && allow ? { allow } : {}),
    ...(error.reason === "UNSUPPORTED_ENCODING" && accepted ? { "accept-encoding": accepted } : {}),
    ...(error.retryAfter ? { "retry-after": error.retryAfter } : {}),
  };
}
