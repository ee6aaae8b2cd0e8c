import type { DescMessage } from "@bufbuild/protobuf";
import { DomainError, invalidRequest, violation } from "../../core/errors.js";
import type { Decoded } from "../pipeline/call.js";
import type { ReadBack } from "../pipeline/read-back.js";
import { decodeBinary } from "./binary-input.js";
import { decodeText, textFramingBytes } from "./grpc-web-text.js";
import { decompress } from "./http-body.js";
import { formType, type HttpRequest, headerOf, jsonTypes } from "./http-message.js";
import { nothingBeside } from "./json-beside.js";
import { decodeJson } from "./json-input.js";
import { maxMessageBytes, messageTooLarge } from "./limits.js";
import { looksLikeJson, unsupportedMediaType } from "./rest-body.js";

export interface MessageEncoding {
  readonly protocol: "connect" | "grpc-web";
  readonly json: boolean;
  /** Whether the body is base64, in both directions. */
  readonly text?: boolean;
  /** Whether it is the form of Connect for streams. */
  readonly isStream?: boolean;
}

const connectVersionHeader = "connect-protocol-version";

/** One byte of flags and four bytes of length precede the message. */
const envelopePrefixBytes = 5;

/** By content type, without parameters. */
const wireForms: Readonly<Record<string, MessageEncoding>> = {
  // Accepted for the same reason as on the REST routes.
  ...Object.fromEntries(jsonTypes.map((type) => [type, { protocol: "connect", json: true } as const])),
  "application/proto": { protocol: "connect", json: false },
  "application/grpc-web": { protocol: "grpc-web", json: false },
  "application/grpc-web+proto": { protocol: "grpc-web", json: false },
  "application/grpc-web+json": { protocol: "grpc-web", json: true },
  "application/grpc-web-text": { protocol: "grpc-web", json: false, text: true },
  "application/grpc-web-text+proto": { protocol: "grpc-web", json: false, text: true },
};

/** The encoding that the request declares; undefined for an unsupported content type. */
export function wireFormOf(request: HttpRequest): MessageEncoding | undefined {
  if (request.method === "GET") {
    const encoding = new URLSearchParams(request.query).get("encoding");
    return encoding === "json" || encoding === "proto" ? { protocol: "connect", json: encoding === "json" } : undefined;
  }
  const [type = ""] = (headerOf(request, "content-type") ?? "").split(";", 1);
  return wireForms[type.trim().toLowerCase()];
}

const connectStreamForms: Readonly<Record<string, MessageEncoding>> = {
  "application/connect+proto": { protocol: "connect", json: false, isStream: true },
  "application/connect+json": { protocol: "connect", json: true, isStream: true },
};

/** The same for an rpc with a stream of responses. gRPC-Web has the same content types for both. */
export function streamFormOf(request: HttpRequest): MessageEncoding | undefined {
  const [type = ""] = (headerOf(request, "content-type") ?? "").split(";", 1);
  const known = connectStreamForms[type.trim().toLowerCase()];
  if (known) return known;
  const form = wireFormOf(request);
  return form?.protocol === "grpc-web" ? form : undefined;
}

/** A message with the prefix of gRPC-Web and of streams in Connect. */
export function framed(flags: number, message: Buffer): Buffer {
  const prefix = Buffer.alloc(envelopePrefixBytes);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/**
 * Rejects another version of the Connect protocol. Clients need not send the version.
 *
 * @throws DomainError INVALID_REQUEST
 */
export function checkConnectVersion(request: HttpRequest): void {
  const [field, version, expected] =
    request.method === "GET"
      ? (["connect", new URLSearchParams(request.query).get("connect"), "v1"] as const)
      : ([connectVersionHeader, headerOf(request, connectVersionHeader) ?? null, "1"] as const);
  if (version === null || version === expected) return;
  throw invalidRequest([violation(field, "NOT_ALLOWED", `Must be "${expected}".`)]);
}

/**
 * The message bytes, taken from the query, decompressed, or unwrapped from the gRPC-Web envelope.
 *
 * @throws DomainError
 */
export async function messageBytes(request: HttpRequest, form: MessageEncoding): Promise<Uint8Array> {
  if (request.method === "GET") return queryBytes(new URLSearchParams(request.query));
  if (form.text === true) {
    const text = await request.readBody(envelopePrefixBytes + textFramingBytes);
    return envelopedBytes(decodeText(text), headerOf(request, "grpc-encoding"));
  }
  const isEnveloped = form.protocol === "grpc-web" || form.isStream === true;
  const body = await request.readBody(isEnveloped ? envelopePrefixBytes : 0);
  if (form.isStream === true) return envelopedBytes(body, headerOf(request, "connect-content-encoding"));
  if (form.protocol === "connect")
    return jsonUnlessForm(request, await decompress(body, headerOf(request, "content-encoding")));
  return envelopedBytes(body, headerOf(request, "grpc-encoding"));
}

/** JSON may be labeled as a form, but Connect has no forms. */
function jsonUnlessForm(request: HttpRequest, body: Uint8Array): Uint8Array {
  const contentType = headerOf(request, "content-type") ?? "";
  const isForm = contentType.toLowerCase().startsWith(formType);
  if (isForm && body.length > 0 && !looksLikeJson(body)) throw unsupportedMediaType(contentType, "application/json");
  return body;
}

/** @throws DomainError */
export function decodeMessage(
  schema: DescMessage,
  bytes: Uint8Array,
  form: MessageEncoding,
  readBack: ReadBack | undefined,
): Decoded {
  if (!form.json) return { message: decodeBinary(schema, bytes) };
  const beside = nothingBeside();
  return { message: decodeJson(schema, bytes, { beside, readBack }), readBack, ...beside };
}

async function queryBytes(query: URLSearchParams): Promise<Uint8Array> {
  const message = query.get("message") ?? "";
  const bytes = Buffer.from(message, query.get("base64") === "1" ? "base64url" : "utf8");
  return decompress(bytes, query.get("compression") ?? undefined);
}

/** Unwraps the single envelope of the body. */
async function envelopedBytes(body: Uint8Array, encoding: string | undefined): Promise<Uint8Array> {
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (view.length < envelopePrefixBytes) throw new DomainError("MALFORMED_REQUEST", "The request contains no message.");
  const length = view.readUInt32BE(1);
  if (length > maxMessageBytes) throw messageTooLarge();
  if (view.length !== envelopePrefixBytes + length)
    throw new DomainError("MALFORMED_REQUEST", "The request must contain exactly one complete message.");
  const isCompressed = (view.readUInt8(0) & 1) === 1;
  return decompress(view.subarray(envelopePrefixBytes), isCompressed ? encoding : undefined);
}
