import { DomainError } from "../../core/errors.js";

/** Headers by which a browser tells which site a request comes from. Pages cannot set them. */
export const originHeader = "origin";
export const fetchSiteHeader = "sec-fetch-site";

interface OwnAddress {
  /** Origins whose pages can call the server, for example `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Address of the server for browsers, if it differs from the `Host` header. */
  readonly publicBaseUrl?: string;
  readonly hasTls: boolean;
}

interface BrowserRequest {
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly host: string | undefined;
}

/**
 * Tells whether a browser sent a request for a page of another site that is not allowed. It would send the credentials
 * that it remembers for this server, without the knowledge of their owner. Requests without these headers are not from a
 * browser, or from a page of this server.
 */
export function crossSiteRule({ origins, publicBaseUrl, hasTls }: OwnAddress): (request: BrowserRequest) => boolean {
  const known = new Set(origins);
  if (publicBaseUrl !== undefined) known.add(new URL(publicBaseUrl).origin);
  // Without TLS, a proxy in front of the server may have it.
  const schemes = hasTls ? ["https"] : ["http", "https"];
  return ({ origin, fetchSite, host }) => {
    if (origin === undefined) return fetchSite === "cross-site";
    return !known.has(origin) && !schemes.some((scheme) => originOf(`${scheme}://${host}`) === origin);
  };
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

export function crossSiteRequest(origin: string | undefined): DomainError {
  return new DomainError("CROSS_SITE_REQUEST", "Pages of other sites cannot send this request.", {
    metadata: origin === undefined ? {} : { origin },
  });
}
