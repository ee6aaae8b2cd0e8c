import { createHmac } from "node:crypto";
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { canonicalBytes } from "../../api/canonical.js";
import { type DomainError, invalidRequest } from "../../core/errors.js";
import type { IdempotencyClaim } from "../../core/write.js";
import { isReadOnly, rpcNameOf } from "./contract.js";

/** The client repeats a request with the same value to have it executed at most once. */
export const idempotencyKeyHeader = "idempotency-key";
export const idempotencyReplayedHeader = "idempotency-replayed";

interface ClaimHeaders {
  readonly key: string | undefined;
  /** The company that the client restricts its API key to. In another company the same message means another record. */
  readonly company: string | undefined;
}

/** 32 bytes each: the current key, then previous ones. Identical for every server process. */
export type FingerprintKeys = readonly [Uint8Array, ...Uint8Array[]];

type ClaimFactory = (method: DescMethodUnary, request: Message, headers: ClaimHeaders) => IdempotencyClaim | undefined;

/**
 * Creates the idempotency claim of a request: undefined for a read-only rpc, and without an idempotency key. The
 * factory throws DomainError INVALID_REQUEST if the key is not 1 to 255 printable ASCII characters.
 *
 * Requests contain personal data that can be guessed. Fingerprints are keyed with a secret outside the database, so
 * that reading them does not allow testing guesses.
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
