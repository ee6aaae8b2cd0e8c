import { createHmac } from "node:crypto";
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { canonicalBytes } from "../../api/canonical.js";
import { type DomainError, invalidRequest } from "../../core/errors.js";
import type { IdempotencyClaim } from "../../core/write.js";
import { isReadOnly, rpcNameOf } from "./contract.js";

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

/** Keys of 32 bytes each: the present one, then former ones. All processes of a service have the same. */
export type FingerprintKeys = readonly [Uint8Array, ...Uint8Array[]];

/** Makes the claim of a call. */
export type ClaimFactory = (
  method: DescMethodUnary,
  request: Message,
  headers: ClaimHeaders,
) => IdempotencyClaim | undefined;

/**
 * Makes the caller's claim that a call happens at most once: none for a reading rpc, which needs none, and when the caller
 * makes none. It throws DomainError INVALID_REQUEST for a key that is not 1 to 255 printable ASCII characters.
 *
 * Requests hold what can be guessed of a person. So that nobody who reads the stored fingerprints can try guesses on them,
 * they are made under a key that the database does not hold.
 */
export function createClaims([present, ...former]: FingerprintKeys): ClaimFactory {
  return (method, request, { key, company = "" }) => {
    if (key === undefined || isReadOnly(method)) return undefined;
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw unfitKey();
    const bytes = canonicalBytes(method.input, request);
    const under = (secret: Uint8Array): Uint8Array =>
      createHmac("sha256", secret)
        .update(`${rpcNameOf(method)}\n${company}\n`)
        .update(bytes)
        .digest();
    const older = former.length === 0 ? {} : { olderFingerprints: former.map(under) };
    return { key, fingerprint: under(present), ...older, replayed: false };
  };
}

function unfitKey(): DomainError {
  return invalidRequest([
    {
      field: idempotencyKeyHeader,
      reason: "INVALID_FORMAT",
      description: "Must be 1 to 255 printable ASCII characters.",
    },
  ]);
}
