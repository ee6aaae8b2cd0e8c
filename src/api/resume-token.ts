import { createHmac, timingSafeEqual } from "node:crypto";
import { clone, type DescMessage, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { invalidRequest, violation } from "../core/errors.js";
import { canonicalBytes } from "./canonical.js";

/** Tokens that continue a stream. They are signed, and valid only for the request that started it. */
export interface ResumeTokens {
  /** Makes the tokens of the stream of a request. */
  sealFor(schema: DescMessage, request: Message): (position: object) => string;
  /**
   * The position in the token of a request; undefined if it has none.
   *
   * @throws DomainError INVALID_REQUEST
   */
  open(schema: DescMessage, request: Message & { readonly resumeToken: string }): unknown;
}

const macBytes = 16;
const maxTokenChars = 1_000;

/** @param secret `PAGE_TOKEN_SECRET` */
export function createResumeTokens(secret: string): ResumeTokens {
  const macOf = (body: Buffer, binding: Uint8Array) =>
    createHmac("sha256", secret).update("stream\n").update(binding).update(body).digest().subarray(0, macBytes);
  return {
    sealFor(schema, request) {
      const binding = bindingOf(schema, request);
      return (position) => {
        const body = Buffer.from(JSON.stringify(position));
        return Buffer.concat([macOf(body, binding), body]).toString("base64url");
      };
    },
    open(schema, request) {
      const { resumeToken } = request;
      if (resumeToken === "") return undefined;
      const bytes = resumeToken.length <= maxTokenChars ? Buffer.from(resumeToken, "base64url") : Buffer.alloc(0);
      const mac = bytes.subarray(0, macBytes);
      const body = bytes.subarray(macBytes);
      const isGenuine =
        mac.length === macBytes && timingSafeEqual(mac, macOf(body, bindingOf(schema, request))) && body.length > 0;
      if (isGenuine) return JSON.parse(body.toString());
      throw invalidRequest([violation(field, "NOT_ALLOWED", "Must be a token that this request has returned.")]);
    },
  };
}

const field = "resume_token";

/** The request without its token. */
function bindingOf(schema: DescMessage, request: Message): Uint8Array {
  const bare = clone(schema, request);
  const token = schema.fields.find(({ name }) => name === field);
  if (token) reflect(schema, bare).clear(token);
  return canonicalBytes(schema, bare);
}
