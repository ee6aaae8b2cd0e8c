import { cors } from "@connectrpc/connect";
import { matchCountHeader, warningHeader } from "../../core/response-header.js";
import { companyHeader } from "../pipeline/authorize.js";
import { requestIdHeader } from "../pipeline/call.js";
import { idempotencyKeyHeader, idempotencyReplayedHeader } from "../pipeline/idempotency-key.js";
import { rateLimitHeader, rateLimitPolicyHeader } from "../pipeline/rate-limit.js";
import { omittedHeader } from "../pipeline/response-size.js";
import { type HttpAnswer, type HttpRequest, headerOf } from "./http-message.js";
import { ignoredHeader } from "./ignored-parameters.js";

const allowedMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].join(", ");
/** W3C Trace Context and Baggage, which instrumented pages add to every request. */
const traceHeaders = ["traceparent", "tracestate", "baggage"];
const allowedHeaders = [
  ...cors.allowedHeaders,
  "authorization",
  "content-encoding",
  "grpc-encoding",
  ...traceHeaders,
  idempotencyKeyHeader,
  companyHeader,
  requestIdHeader,
].join(", ");
const exposedHeaders = [
  ...cors.exposedHeaders,
  idempotencyReplayedHeader,
  ignoredHeader,
  matchCountHeader,
  rateLimitHeader,
  rateLimitPolicyHeader,
  requestIdHeader,
  "accept-encoding",
  "allow",
  "grpc-accept-encoding",
  omittedHeader,
  "retry-after",
  "www-authenticate",
  warningHeader,
].join(", ");

/** Allows web pages from the configured origins to read responses. */
export interface CorsRules {
  /**
   * Headers for the response to this request. No allow headers if the request has no origin or one that is not allowed.
   * Undefined if no origin is allowed.
   */
  headersFor(request: HttpRequest): Readonly<Record<string, string>> | undefined;
  /** The response to a preflight request; undefined for any other request. */
  preflight(request: HttpRequest): HttpAnswer | undefined;
}

/** @param origins for example `https://app.example.com` */
export function corsRules(origins: readonly string[]): CorsRules {
  function headersFor(request: HttpRequest): Readonly<Record<string, string>> | undefined {
    if (origins.length === 0) return undefined;
    const origin = headerOf(request, "origin");
    const allowed = origin !== undefined && origins.includes(origin);
    return {
      vary: "Origin",
      ...(allowed ? { "access-control-allow-origin": origin, "access-control-expose-headers": exposedHeaders } : {}),
    };
  }

  return {
    headersFor,
    preflight(request) {
      if (request.method !== "OPTIONS" || headerOf(request, "access-control-request-method") === undefined)
        return undefined;
      const headers = headersFor(request) ?? {};
      const permissions = {
        "access-control-allow-methods": allowedMethods,
        "access-control-allow-headers": allowedHeaders,
        "access-control-max-age": "7200",
      };
      const allowed = headers["access-control-allow-origin"] !== undefined;
      return { status: 204, headers: allowed ? { ...headers, ...permissions } : headers, body: new Uint8Array() };
    },
  };
}
