import { DomainError } from "../../core/errors.js";
import { formType, jsonTypes } from "./http-message.js";
import type { Route } from "./rest-routes.js";

/** The encoding of a REST body. */
export type BodyEncoding = "json" | "form";

/**
 * The encoding of a body, by its content type and the route.
 *
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE
 */
export function bodyEncodingOf(body: Uint8Array, contentType: string, { takesForm }: Route): BodyEncoding {
  if (body.length === 0) return "json";
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const isUtf8 = charset === undefined || ["utf-8", "utf8", "us-ascii"].includes(charset);
  const isForm = type === formType && !looksLikeJson(body);
  const isJson = !isForm && (jsonTypes.includes(type) || /^application\/[\w.-]+\+json$/.test(type));
  if (isUtf8 && isJson) return "json";
  if (isUtf8 && isForm && takesForm) return "form";
  const accepted = takesForm ? `application/json, ${formType}` : "application/json";
  throw unsupportedMediaType(contentType, accepted);
}

/** @param accepted content types, joined by ", " */
export function unsupportedMediaType(contentType: string, accepted: string): DomainError {
  const message = `Unsupported content type. Send UTF-8 as ${accepted.replaceAll(", ", " or ")}.`;
  return new DomainError("UNSUPPORTED_MEDIA_TYPE", message, { metadata: { contentType, accepted } });
}

/** Whether the body is a JSON object: `curl -d` sends it as a form. No name in a form starts with a brace. */
export function looksLikeJson(body: Uint8Array): boolean {
  const start = Buffer.from(body.subarray(0, 256)).toString("latin1");
  return /^(?:\xef\xbb\xbf)?[ \t\n\r]*\{/.test(start);
}
