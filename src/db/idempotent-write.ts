import { Buffer } from "node:buffer";
import type pg from "pg";
import { DomainError, erasedError } from "../core/errors.js";
import { erasedPrefix } from "../core/ids.js";
import {
  actingStaffId,
  type IdempotencyClaim,
  type ResourceKind,
  type WriteContext,
  type WriteResult,
} from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { timePlus } from "./audit-log.js";
import type { Database } from "./database.js";
import { violatedConstraint } from "./database-errors.js";
import type { RefusedRow } from "./refusing-duplicates.js";
import { type Statement, statement } from "./statement.js";

/** A write that takes effect once per idempotency key. */
interface OnceSteps<Locked, Response> {
  /** Locks the record. Concurrent duplicates wait here, and the second one then finds the idempotency record. */
  lock(tx: Prisma.TransactionClient): Promise<Locked>;
  /** Checks that a retry must still pass before it gets the replayed response. */
  replay?(step: ResponseStep<Locked>): Promise<void>;
  /**
   * Writes, and stores the idempotency record with `record`: last if `lock` makes concurrent duplicates wait, otherwise
   * before the first row whose unique key the second of them would violate. A refusal stores no record and is the
   * response.
   */
  work(step: WorkStep<Locked>): Promise<Recorded | Refusal<Response>>;
  /** Reads the response, also for a replay. */
  response(step: ResponseStep<Locked>): Promise<Response>;
}

interface WorkStep<Locked> {
  readonly tx: Prisma.TransactionClient;
  readonly locked: Locked;
  /** The time of all changes of this transaction. */
  readonly now: Date;
  record(result: RecordedWrite): Promise<Recorded>;
}

interface ResponseStep<Locked> {
  readonly tx: Prisma.TransactionClient;
  readonly locked: Locked;
  /** Ids that the work recorded, now or for the first request. */
  readonly ids: readonly string[];
}

interface RecordedWrite extends WriteResult {
  /** Null for API keys, which belong to no company. */
  readonly companyId: string | null;
}

const recordedIds = Symbol("recordedIds");

/** Proof that the work called `record`. */
interface Recorded {
  readonly [recordedIds]: readonly string[];
}

export interface Refusal<Response> {
  readonly refusal: Response;
}

/**
 * Runs a write in one transaction: lock, change timestamp, replay, work, idempotency record, response. Runs it again if
 * a concurrent duplicate was faster: the second run finds its record.
 *
 * @throws IDEMPOTENCY_KEY_REUSED if the earlier request was different; the refusal of the write; what the steps and
 * `transact` throw
 */
export async function once<Locked, Response>(
  database: Database,
  write: WriteContext,
  { lock, replay, work, response }: OnceSteps<Locked, Response>,
): Promise<Response> {
  const run = () =>
    database.transact(write, async (tx) => {
      const locked = await lock(tx);
      const { now, stored } = await beginChange(tx, write);
      if (write.claim && stored) {
        const step = { tx, locked, ids: useStoredResult(write.claim, stored) };
        await replay?.(step);
        return response(step);
      }
      if (write.refusal) throw write.refusal;
      const outcome = await work({ tx, locked, now, record: (result) => insertRecord(tx, write, result) });
      return "refusal" in outcome ? outcome.refusal : response({ tx, locked, ids: outcome[recordedIds] });
    });
  try {
    return await run();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return await run();
  }
}

/** The idempotency record of an earlier request in the result of a create statement. Null if there is none. */
export interface StoredResultRow extends pg.QueryResultRow {
  readonly replay_fingerprint: Buffer | null;
  readonly replay_presence: Buffer | null;
  readonly replay_ids: readonly string[] | null;
}

interface CreateOnce<Row extends StoredResultRow & RefusedRow> {
  readonly resource: string;
  /** Looks up the record of an earlier request and stores its own. Returns one row. */
  readonly statement: Statement;
  readonly values: readonly unknown[];
  /** Whether the snapshot of the statement was current. Absent means always. */
  isFinal?(row: Row): boolean;
}

/**
 * The same for a create in one statement. Runs it again after a concurrent duplicate, or if an expired record still
 * exists. `replayedId` is the record that an earlier request created.
 */
export async function createOnce<Row extends StoredResultRow & RefusedRow>(
  database: Database,
  write: WriteContext,
  { resource, statement: create, values, isFinal = () => true }: CreateOnce<Row>,
): Promise<{ readonly row: Row; readonly replayedId?: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [row] = await database.write<Row>(create, values, write);
      if (!row) throw new Error("create statement returned no row");
      const ids = storedResult(write, row);
      if (ids) {
        const [replayedId = ""] = assertNotErased(resource, ids);
        return { row, replayedId };
      }
      // The record that refuses it may be the one that a concurrent duplicate has made.
      const isOwn = row.refusing && write.claim && attempt === 1;
      if ((isFinal(row) && !isOwn) || attempt === maxAttempts) return { row };
    } catch (error) {
      if (attempt === maxAttempts || !isDuplicate(error)) throw error;
      await removeExpiredClaim(database, write);
    }
  }
}

/** The ids that an earlier request recorded. Undefined if there was none. Throws IDEMPOTENCY_KEY_REUSED. */
export function storedResult({ claim }: WriteContext, row: StoredResultRow): readonly string[] | undefined {
  const { replay_fingerprint: fingerprint, replay_presence: presence, replay_ids: ids } = row;
  return claim && fingerprint && ids ? useStoredResult(claim, { fingerprint, presence, ids, outcomes: [] }) : undefined;
}

/** Makes room for a new idempotency record. One that has not expired stays: then the next attempt finds it. */
export async function removeExpiredClaim(database: Pick<Database, "write">, write: WriteContext): Promise<void> {
  await database.write(removeExpired, [write.keyId, write.rpc, write.claim?.key], write);
}

/** The parameters of a create statement that come from its request. */
export function requestParameters(write: WriteContext, companyId: string) {
  return {
    ...{ companyId, keyId: write.keyId, rpc: write.rpc, requestId: write.requestId, ip: write.ip },
    address: write.recordedAddress ?? "",
    author: actingStaffId(write, companyId),
    claimKey: write.claim?.key ?? null,
    fingerprint: write.claim?.fingerprint ?? null,
    presence: write.claim?.presences[0] ?? null,
  };
}

export type RequestParameters = ReturnType<typeof requestParameters>;

const maxAttempts = 5;

/** When an idempotency record created now expires, as SQL. */
export const claimExpiry = timePlus("clock_timestamp()", "24 hours");

/** The idempotency record of an earlier request, in a create statement. */
export const replaySql = `replay AS MATERIALIZED (
  SELECT fingerprint, presence, resource_ids FROM idempotency
  WHERE key_id = :keyId AND rpc = :rpc AND key = :claimKey AND expired_time > clock_timestamp())`;

/** The columns of `StoredResultRow`, in a statement that joins `replay`. */
export const replayColumns = `replay.fingerprint AS replay_fingerprint, replay.presence AS replay_presence,
  replay.resource_ids AS replay_ids`;

/** Stores the idempotency record for the row of `admitted`, and then takes the timestamp of the change. */
export function claimSql(kind: ResourceKind, ids = "ARRAY[:id]"): string {
  return claimFromSql("admitted", `'${kind}'`, ids);
}

/**
 * The same with the kind and the ids as SQL.
 *
 * @param admitted the common table expression that has a row if the change is made
 */
export function claimFromSql(admitted: string, kind: string, ids: string): string {
  return `claim AS (
  INSERT INTO idempotency (key_id, rpc, key, fingerprint, presence, company_id, kind, resource_ids, expired_time)
  SELECT :keyId, :rpc, :claimKey, :fingerprint, :presence, :companyId, ${kind}, ${ids}, ${claimExpiry} FROM ${admitted} WHERE :claimKey::text IS NOT NULL
  RETURNING 1),
stamp AS MATERIALIZED (
  SELECT begin_change() AS now FROM ${admitted} WHERE :claimKey::text IS NULL OR EXISTS (SELECT 1 FROM claim))`;
}

const removeExpired = statement(
  "idempotency.remove_expired",
  "DELETE FROM idempotency WHERE key_id = $1 AND rpc = $2 AND key = $3 AND expired_time <= clock_timestamp()",
);

/**
 * Throws RESOURCE_ERASED if the created record was erased in the meantime. The idempotency record then contains its
 * pseudonym, which no response shows.
 */
export function assertNotErased(resource: string, ids: readonly string[]): readonly string[] {
  if (ids.some((id) => id.startsWith(erasedPrefix))) throw erasedError(resource);
  return ids;
}

/**
 * A lock for a write whose replay must be answered after its record was moved, promoted or erased: the error is thrown
 * by `orThrow` where the record is needed.
 */
export function orNotFound<Locked>(lock: Promise<Locked>): Promise<Locked | DomainError> {
  return lock.catch((error: unknown) => {
    if (error instanceof DomainError && absent.includes(error.reason)) return error;
    throw error;
  });
}

const absent: readonly string[] = ["RESOURCE_NOT_FOUND", "LEAD_PROMOTED"];

export function orThrow<Locked>(locked: Locked | DomainError): Locked {
  if (locked instanceof DomainError) throw locked;
  return locked;
}

/** Whether a concurrent duplicate stored the same idempotency record first. */
export function isDuplicate(error: unknown): boolean {
  return violatedConstraint(error) === "idempotency_pkey";
}

interface StoredRequest {
  readonly fingerprint: Uint8Array;
  /** Null in the record of an earlier version. */
  readonly presence: Uint8Array | null;
}

export interface StoredResult extends StoredRequest {
  readonly ids: readonly string[];
  /** What an upsert did for each of the ids. Empty if the request created them. */
  readonly outcomes: readonly string[];
}

/** Throws IDEMPOTENCY_KEY_REUSED unless the earlier request had the same fingerprint and the same members. */
export function assertSameRequest(claim: IdempotencyClaim, { fingerprint, presence }: StoredRequest): void {
  const fingerprints = [claim.fingerprint, ...(claim.olderFingerprints ?? [])];
  if (!isOneOf(fingerprint, fingerprints) || !(presence === null || isOneOf(presence, claim.presences))) {
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
}

function isOneOf(stored: Uint8Array, known: readonly Uint8Array[]): boolean {
  return known.some((bytes) => Buffer.from(stored).equals(bytes));
}

/** Marks the claim as replayed and returns the ids of the earlier request, if it was the same request. */
function useStoredResult(claim: IdempotencyClaim, stored: StoredResult): readonly string[] {
  assertSameRequest(claim, stored);
  claim.replayed = true;
  return stored.ids;
}

/** The change timestamp of this transaction and the result of an earlier request: in one statement, after the lock. */
export async function beginChange(
  tx: Prisma.TransactionClient,
  write: WriteContext,
): Promise<{ readonly now: Date; readonly stored?: StoredResult }> {
  const key = write.claim?.key ?? null;
  const [row] = await tx.$queryRaw<BeginRow[]>`
    SELECT begin_change() AS now, i.fingerprint, i.presence, i.resource_ids, i.outcomes FROM (VALUES (1)) one
    LEFT JOIN idempotency i ON i.key_id = ${write.keyId} AND i.rpc = ${write.rpc} AND i.key = ${key}
      AND i.expired_time > clock_timestamp()`;
  if (!row) throw new Error("begin_change returned no row");
  const { now, fingerprint, presence, resource_ids: ids, outcomes } = row;
  return { now, ...(fingerprint && ids ? { stored: { fingerprint, presence, ids, outcomes: outcomes ?? [] } } : {}) };
}

interface BeginRow {
  readonly now: Date;
  readonly fingerprint: Uint8Array | null;
  readonly presence: Uint8Array | null;
  readonly resource_ids: string[] | null;
  readonly outcomes: string[] | null;
}

/** Stores the idempotency record in the transaction of the change, if the request has an idempotency key. */
async function insertRecord(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  result: RecordedWrite,
): Promise<Recorded> {
  const { companyId, kind, ids } = result;
  const recorded = { [recordedIds]: ids };
  if (!write.claim) return recorded;
  const { key, fingerprint, presences } = write.claim;
  await tx.$executeRaw`DELETE FROM idempotency
    WHERE key_id = ${write.keyId} AND rpc = ${write.rpc} AND key = ${key} AND expired_time <= clock_timestamp()`;
  await tx.$executeRaw`INSERT INTO idempotency
      (key_id, rpc, key, fingerprint, presence, company_id, kind, resource_ids, expired_time)
    VALUES (${write.keyId}, ${write.rpc}, ${key}, ${fingerprint}, ${presences[0]}, ${companyId}, ${kind}, ${[...ids]},
      ${Prisma.raw(claimExpiry)})`;
  return recorded;
}
