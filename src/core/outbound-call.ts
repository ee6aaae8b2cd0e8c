import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

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

/**
 * Targets that are allowed although they are not public or have no TLS (EXTERNAL_API_ALLOW), as `host:port`, or
 * `host:port/path` for a single path.
 */
export type AllowedTargets = ReadonlySet<string>;

/**
 * Violation text for a URL that is not allowed as a target. Undefined if the URL itself shows no problem. The addresses
 * that the host resolves to are checked when the request is sent.
 *
 * The WHATWG parser determines the host. It understands the decimal, octal, hexadecimal, percent-encoded and full-width
 * notations of an address, and it is the parser that sends the request.
 */
export function targetFault(text: string, allowed: AllowedTargets): string | undefined {
  // The parser removes tabs and line breaks and treats a backslash as a slash. Other parsers could see another host.
  if (/[\p{Cc}\s\\]/u.test(text)) return "Must not contain spaces, control characters or backslashes.";
  const [, authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? [];
  if (authority === "" || !URL.canParse(text)) return "Must be an absolute HTTPS URL.";
  if (authority.includes("@")) return "Must not contain credentials.";
  if (text.includes("#")) return "Must not contain a fragment.";
  const url = new URL(text);
  if (url.port === "0") return "Must use a port from 1 to 65535.";
  if (isAllowedTarget(url, allowed)) return undefined;
  if (url.protocol !== "https:") return `Must be an HTTPS URL${butExceptions}`;
  return isPublicHost(hostOf(url)) ? undefined : `Must have a public host${butExceptions}`;
}

/** Tells developers how to reach a system on their own machine. */
const butExceptions = ", unless EXTERNAL_API_ALLOW lists its host and port.";

/** Whether EXTERNAL_API_ALLOW lists the host and port of a URL, or its path there. */
export function isAllowedTarget(url: URL, allowed: AllowedTargets): boolean {
  const host = `${url.hostname}:${portOf(url)}`;
  return allowed.has(host) || allowed.has(host + url.pathname);
}

/** An entry of EXTERNAL_API_ALLOW in the notation of the URL parser. Undefined if it is not `host:port`. */
export function readAllowedTarget(text: string): string | undefined {
  const [, port = ""] = /^[^/?#@*\\\s]+:(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) < 1 || !URL.canParse(`https://${text}`)) return undefined;
  return `${new URL(`https://${text}`).hostname}:${Number(port)}`;
}

export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** The host of a URL as a name or an address, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/**
 * Whether an address is globally routable unicast. Excludes the special ranges of the IANA registries and addresses
 * that embed an IPv4 address, which a gateway would unpack.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  if (parsed instanceof ipaddr.IPv4) return !isWithin(parsed, metadataServices);
  const [first = 0, , , , fifth = 0, sixth] = parsed.parts;
  // Global unicast is 2000::/3. Everything else is reserved (RFC 4291, 2.4).
  const isGlobal = first >> 13 === 1;
  // The interface identifier of ISATAP: 0000:5efe or 0200:5efe before an IPv4 address (RFC 5214, 6.1).
  const isIsatap = (fifth & ~0x0200) === 0 && sixth === 0x5efe;
  return isGlobal && !isIsatap && !isWithin(parsed, returnedRanges);
}

/** Whether a host is a public address, or a name that is resolved outside of this machine and its network. */
function isPublicHost(host: string): boolean {
  if (isIP(host) > 0) return isPublicAddress(host);
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(host) && !privateNames.test(host);
}

/** Names for this machine or this network: RFC 6761, 6762, 8375, and names that ICANN reserved for private use. */
const privateNames = /\.(localhost|localdomain|local|internal|home\.arpa)$/;

/** Ordinary unicast by number, but served by the host of a virtual machine: Azure's WireServer. */
const metadataServices = [ipaddr.parseCIDR("168.63.129.16/32")];

/** The 6bone, returned to IANA in 2006 (RFC 3701). */
const returnedRanges = [ipaddr.parseCIDR("3ffe::/16")];

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][]): boolean {
  return ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
}
