import { Buffer } from "node:buffer";
import { DomainError, erasedError } from "../core/errors.js";
import { erasedPrefix } from "../core/ids.js";
import type { IdempotencyClaim, WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { timePlus } from "./audit-columns.js";
import { violatedConstraint } from "./database-errors.js";
import { statement } from "./statement.js";

/** What an earlier call with the same key left behind. */
export interface StoredResult {
  readonly fingerprint: Uint8Array;
  readonly resourceIds: readonly string[];
}

/** The unique index that a concurrent twin runs into. */
export const claimConstraint = "idempotency_pkey";

/** When a claim made now is forgotten, as SQL. */
export const claimExpiry = timePlus("clock_timestamp()", "24 hours");

/**
 * Takes the answer of an earlier call: marks the claim as replayed and returns the ids of what that call made. The same
 * key with another request is refused.
 */
export function useStoredResult(claim: IdempotencyClaim, replay: StoredResult): readonly string[] {
  const fingerprints = [claim.fingerprint, ...(claim.olderFingerprints ?? [])];
  if (!fingerprints.some((fingerprint) => Buffer.from(replay.fingerprint).equals(fingerprint))) {
    throw new DomainError("IDEMPOTENCY_KEY_REUSED", "The idempotency key was already used for a different request.", {
      violations: [
        {
          field: "idempotency-key",
          reason: "CONFLICT",
          description: "Must be unique per request; it was used for a different request.",
        },
      ],
    });
  }
  claim.replayed = true;
  return replay.resourceIds;
}

/** The same for a create: the id of the one resource that it made. */
export function storedCreateId(resource: string, claim: IdempotencyClaim, replay: StoredResult): string {
  const ids = useStoredResult(claim, replay);
  assertNotErased(resource, ids);
  const [id = ""] = ids;
  return id;
}

/** RESOURCE_ERASED when what a create made was erased since: its record then holds a pseudonym, which no response shows. */
export function assertNotErased(resource: string, ids: readonly string[]): void {
  if (ids.some((id) => id.startsWith(erasedPrefix))) throw erasedError(resource);
}

/** Makes way for a new claim once the old one has expired. */
export const removeExpiredClaim = statement(
  "idempotency.remove_expired",
  "DELETE FROM idempotency WHERE key_id = $1 AND rpc = $2 AND key = $3 AND expired_time <= clock_timestamp()",
);

/** The stamp of this transaction's changes, and what an earlier call with the claim left. Call it under the row's lock. */
export async function beginChangeWithClaim(
  tx: Prisma.TransactionClient,
  write: WriteContext,
): Promise<{ now: Date; replay?: StoredResult }> {
  const key = write.claim?.key ?? null;
  const rows = await tx.$queryRaw<{ now: Date; fingerprint: Uint8Array | null; resource_ids: string[] | null }[]>`
    SELECT begin_change() AS now, i.fingerprint, i.resource_ids FROM (VALUES (1)) one
    LEFT JOIN idempotency i ON i.key_id = ${write.keyId} AND i.rpc = ${write.rpc} AND i.key = ${key}
      AND i.expired_time > clock_timestamp()`;
  const [row] = rows;
  if (!row) throw new Error("begin_change returned no row");
  const { now, fingerprint, resource_ids: resourceIds } = row;
  return { now, ...(fingerprint && resourceIds ? { replay: { fingerprint, resourceIds } } : {}) };
}

/** What a call made. */
export interface ClaimResult {
  /** Null for API keys, which belong to no company. */
  readonly companyId: string | null;
  readonly resourceIds: readonly string[];
}

/** Stores the claim beside the effect. A twin that was faster is a violation of `claimConstraint`. */
export async function insertClaim(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  effect: ClaimResult,
): Promise<void> {
  if (!write.claim) return;
  const { key, fingerprint } = write.claim;
  await tx.$executeRaw`DELETE FROM idempotency
    WHERE key_id = ${write.keyId} AND rpc = ${write.rpc} AND key = ${key} AND expired_time <= clock_timestamp()`;
  await tx.$executeRaw`INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time)
    VALUES (${write.keyId}, ${write.rpc}, ${key}, ${fingerprint}, ${effect.companyId}, ${[...effect.resourceIds]},
      ${Prisma.raw(claimExpiry)})`;
}

/** Runs a transaction again when a twin of its claim was faster: the second run finds what the twin stored. */
export async function retryOnDuplicateClaim<T>(transaction: () => Promise<T>): Promise<T> {
  try {
    return await transaction();
  } catch (error) {
    if (violatedConstraint(error) !== claimConstraint) throw error;
    return await transaction();
  }
}
