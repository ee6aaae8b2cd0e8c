import { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type HttpAnswer, type HttpRequest, headerOf } from "./http-message.js";

const compress = promisify(gzip);
const minCompressedBytes = 1024;

/** On every response: no caching, no content type sniffing. */
const commonHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Compresses larger text responses if the client accepts gzip. */
export async function compressed(request: HttpRequest, answer: HttpAnswer): Promise<HttpAnswer> {
  const { headers, body } = answer;
  const isText = /^(application\/json|text\/)/.test(headers["content-type"] ?? "");
  if (!isText || body.length < minCompressedBytes || headers["content-encoding"] !== undefined) return answer;
  const vary = headers["vary"] === undefined ? "Accept-Encoding" : `${headers["vary"]}, Accept-Encoding`;
  if (!/(^|[ ,])gzip\b(?! *; *q=0(\.0*)?( |,|$))/i.test(headerOf(request, "accept-encoding") ?? "")) {
    return { ...answer, headers: { ...headers, vary } };
  }
  const small = await compress(body, { level: 4 });
  return { ...answer, headers: { ...headers, vary, "content-encoding": "gzip" }, body: small };
}

/** Sends the response. For HEAD, the body is left out. */
export function sendAnswer(
  response: ServerResponse | Http2ServerResponse,
  { status, headers, body }: HttpAnswer,
  { isHead }: { readonly isHead: boolean },
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...commonHeaders, ...headers })) response.setHeader(name, value);
  if (status !== 204) response.setHeader("content-length", String(body.length));
  const chunk = isHead || status === 204 ? "" : body;
  // The two classes declare different overloads of `end`, so TypeScript needs the distinction.
  if (response instanceof ServerResponse) response.end(chunk);
  else response.end(chunk);
}
