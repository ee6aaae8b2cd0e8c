import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DomainError } from "../../core/errors.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import type { RejectRequest } from "../pipeline/observe.js";
import { acceptsGzip } from "./http-body.js";
import { type HttpAnswer, type HttpHandler, type HttpRequest, headerOf, originOf } from "./http-message.js";
import { restErrorAnswer } from "./rest.js";

/** A file that the build has written, compressed, for one path. */
export interface SiteFile {
  /** Name in the folder, without `.gz`. */
  readonly name: string;
  readonly contentType: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface SiteOptions {
  /** Where the build has written the files. */
  readonly folder: string;
  /** By path. */
  readonly files: Readonly<Record<string, SiteFile>>;
  readonly refuse: RejectRequest;
}

interface Loaded {
  readonly gzipped: Buffer;
  readonly etag: string;
}

const decompress = promisify(gunzip);

/**
 * Serves files that describe the API. They contain no data of anyone, so they need no API key. Browsers keep them, and ask
 * each time whether they have changed.
 */
export function createSiteHandler({ folder, files, refuse }: SiteOptions): HttpHandler {
  const loading = new Map<string, Promise<Loaded>>();

  function load({ name }: SiteFile): Promise<Loaded> {
    const known = loading.get(name) ?? read(join(folder, `${name}.gz`));
    loading.set(name, known);
    // The next request tries again.
    known.catch(() => loading.delete(name));
    return known;
  }

  return async (request) => {
    const file = Object.hasOwn(files, request.path) ? files[request.path] : undefined;
    if (!file) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") return notAllowed(request, refuse);
    const { gzipped, etag } = await load(file);
    const headers = { ...file.headers, "cache-control": "no-cache", etag, vary: "Accept-Encoding" };
    if (matches(headerOf(request, "if-none-match"), etag)) return { status: 304, headers, body: "" };
    const typed = { ...headers, "content-type": file.contentType };
    if (acceptsGzip(request)) return { status: 200, headers: { ...typed, "content-encoding": "gzip" }, body: gzipped };
    return { status: 200, headers: typed, body: await decompress(gzipped) };
  };
}

async function read(path: string): Promise<Loaded> {
  const gzipped = await readFile(path);
  // Weak: the same for both encodings.
  return { gzipped, etag: `W/"${createHash("sha256").update(gzipped).digest("base64url").slice(0, 22)}"` };
}

/** `*`, or a list of tags, which are compared without regard to their weakness. */
function matches(given: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return (given ?? "").split(",").some((tag) => tag.trim() === "*" || bare(tag) === bare(etag));
}

function notAllowed(request: HttpRequest, refuse: RejectRequest): HttpAnswer {
  const { method, path } = request;
  const allow = "GET, HEAD";
  const error = new DomainError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed: ${allow}.`, {
    metadata: { method, path, allow },
  });
  const requestId = requestIdOf(headerOf(request, requestIdHeader));
  return restErrorAnswer(refuse(error, { transport: "rest", requestId, ...originOf(request) }));
}
