import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "../../core/ip-ranges.js";
import { type AddressSet, addressSet } from "../pipeline/client-address.js";
import { type HttpAnswer, type HttpHandler, type HttpRequest, headerOf, jsonAnswer } from "./http-message.js";
import { rememberedCheck } from "./remembered.js";

export interface ProbeOptions {
  /** Conditions for readiness, by name. A check that rejects has failed. */
  readonly checks: Readonly<Record<string, () => Promise<boolean>>>;
  /** Metrics in text format; absent = no `/metrics`. */
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Bearer token of `/metrics`. Required if the server listens on more than loopback, and behind a proxy. */
  readonly metricsToken?: string;
  /** Addresses and ranges of proxies. */
  readonly trustedProxies?: readonly string[];
  readonly host: string;
  readonly isDraining: () => boolean;
}

/**
 * Serves `/healthz` (the process is alive), `/readyz` (ready for requests; the body names the failed check) and
 * `/metrics`. They need no API key.
 */
export function createProbeHandler(options: ProbeOptions): HttpHandler {
  const checks = Object.entries(options.checks).map(([name, check]) => [name, rememberedCheck(check)] as const);
  const proxies = addressSet(options.trustedProxies ?? []);
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    switch (request.path) {
      case "/healthz":
        return jsonAnswer(200, { status: "ok" });
      case "/readyz":
        return readiness(checks, options.isDraining());
      case "/metrics":
        return options.metrics && metricsAnswer(options, options.metrics, { request, proxies });
      default:
        return undefined;
    }
  };
}

async function readiness(
  checks: readonly (readonly [string, () => Promise<boolean>])[],
  isDraining: boolean,
): Promise<HttpAnswer> {
  const results = await Promise.all(
    checks.map(async ([name, check]) => [name, (await check()) ? "ok" : "failed"] as const),
  );
  const all = { server: isDraining ? "draining" : "ok", ...Object.fromEntries(results) };
  const isReady = Object.values(all).every((result) => result === "ok");
  return jsonAnswer(isReady ? 200 : 503, { status: isReady ? "ok" : "unavailable", checks: all });
}

async function metricsAnswer(
  { host, metricsToken }: ProbeOptions,
  metrics: NonNullable<ProbeOptions["metrics"]>,
  { request, proxies }: { readonly request: HttpRequest; readonly proxies: AddressSet },
): Promise<HttpAnswer> {
  const isOpen = metricsToken === undefined && isLoopback(host) && !isProxied(request, proxies);
  if (!isOpen && !holdsToken(headerOf(request, "authorization"), metricsToken)) {
    return jsonAnswer(401, { status: "unauthenticated" }, { "www-authenticate": "Bearer" });
  }
  const { contentType, text } = await metrics();
  return { status: 200, headers: { "content-type": contentType }, body: Buffer.from(text) };
}

/** Proxies add at least one of them. */
export const forwardingHeaders = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "via",
] as const;

/** A request through a proxy on this machine comes from loopback, but its client can be anywhere. */
function isProxied(request: HttpRequest, proxies: AddressSet): boolean {
  return proxies.has(request.peerAddress) || forwardingHeaders.some((name) => headerOf(request, name) !== undefined);
}

/** Compares in constant time. Hashing makes both inputs the same length. */
function holdsToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false;
  return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
