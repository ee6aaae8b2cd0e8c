import { createHmac } from "node:crypto";
import { clone, type DescMessage, type DescMethodUnary, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { canonicalBytes } from "../../api/canonical.js";
import { type DomainError, invalidRequest, violation } from "../../core/errors.js";
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
  return (method, request, { key: ofHeader, company = "" }) => {
    if (isReadOnly(method)) return undefined;
    const { key: ofField, rest } = keyField(method.input, request);
    const key = ofField ?? ofHeader;
    if (key === undefined) return undefined;
    const field = ofField === undefined ? idempotencyKeyHeader : fieldName;
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw unfitKey(field);
    if (ofHeader !== undefined && ofHeader !== key) throw differentKeys();
    const bytes = canonicalBytes(method.input, rest);
    const under = (secret: Uint8Array): Uint8Array =>
      createHmac("sha256", secret)
        .update(`${rpcNameOf(method)}\n${company}\n`)
        .update(bytes)
        .digest();
    const older = former.length === 0 ? {} : { olderFingerprints: former.map(under) };
    return { key, fingerprint: under(present), ...older, replayed: false };
  };
}

/** A field of this name has the key of clients that cannot set headers. */
const fieldName = "idempotency_key";

/** The key in the request, and the request without it. A retry can have the key in the other place. */
function keyField(schema: DescMessage, request: Message): { readonly key?: string; readonly rest: Message } {
  const field = schema.fields.find(({ name }) => name === fieldName);
  if (!field || !reflect(schema, request).isSet(field)) return { rest: request };
  const rest = reflect(schema, clone(schema, request));
  const key = rest.get(field);
  rest.clear(field);
  return { key: String(key), rest: rest.message };
}

function differentKeys(): DomainError {
  return invalidRequest([violation(fieldName, "CONFLICT", "Must match the idempotency-key header.")]);
}

function unfitKey(field: string): DomainError {
  return invalidRequest([
    {
      field,
      reason: "INVALID_FORMAT",
      description: "Must be 1 to 255 printable ASCII characters.",
    },
  ]);
}
