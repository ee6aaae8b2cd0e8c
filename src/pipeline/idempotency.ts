import { createHash } from "node:crypto";
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { invalidRequest } from "../domain/errors.js";
import type { Claim } from "../domain/write.js";
import { canonicalBytes } from "../handlers/canonical.js";
import { isReading, rpcNameOf } from "./contract.js";

/** Header by which a caller says that two calls are one. */
export const idempotencyKeyHeader = "idempotency-key";
/** Header of an answer that is that of an earlier call. */
export const idempotencyReplayedHeader = "idempotency-replayed";

/** What a claim is made of beside the request message. */
export interface ClaimHeaders {
  readonly key: string | undefined;
  /** The company that the caller narrows its key to: the same message means another record in another company. */
  readonly company: string | undefined;
}

/**
 * The caller's claim that this call happens at most once; undefined for a reading rpc, which needs none, and when the
 * caller makes none.
 *
 * @throws DomainError INVALID_REQUEST for a key that is not 1 to 255 visible ASCII characters
 */
export function claimOf(
  method: DescMethodUnary,
  request: Message,
  { key, company = "" }: ClaimHeaders,
): Claim | undefined {
  if (key === undefined || isReading(method)) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidRequest([
      {
        field: idempotencyKeyHeader,
        reason: "INVALID_FORMAT",
        description: "The idempotency-key header must be 1 to 255 visible ASCII characters.",
      },
    ]);
  }
  return { key, fingerprint: fingerprintOf(method, request, company), replayed: false };
}

function fingerprintOf(method: DescMethodUnary, request: Message, company: string): Uint8Array {
  return createHash("sha256")
    .update(`${rpcNameOf(method)}\n${company}\n`)
    .update(canonicalBytes(method.input, request))
    .digest();
}
