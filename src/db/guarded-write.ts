import type pg from "pg";
import type { ResourceKind, WriteContext } from "../core/write.js";
import { timePlus } from "./audit-log.js";
import type { Database } from "./database.js";
import { concurrentWrite } from "./database-errors.js";
import { claimSql, isDuplicate, removeExpiredClaim, type StoredResultRow, storedResult } from "./idempotent-write.js";
import type { Statement } from "./statement.js";
import { createTurns } from "./turns.js";

/** A change of one record in two round trips: a read, and a write that is stored if the record is still as it was read. */
interface GuardedWrite<State, Row extends pg.QueryResultRow, Response> {
  /** Names the record among the writers of this process. */
  readonly record: string;
  /** Reads in one statement what the rules need, and the idempotency record. Throws if the principal cannot access it. */
  read(): Promise<GuardedState<State>>;
  /** The response to a retry of an earlier request, with the ids that it recorded. */
  replay(state: State, ids: readonly string[]): Promise<Response>;
  /** Applies the rules. Without effects: it runs again if another request changed the record in between. */
  decide(state: State): GuardedChange<Row, Response> | Promise<GuardedChange<Row, Response>>;
  /** Whether an error says that another request stored what the rules did not find. */
  isOutdated?(error: unknown): boolean;
}

export interface GuardedState<State> {
  readonly state: State;
  readonly stored: StoredResultRow;
}

interface GuardedChange<Row, Response> {
  /** Begins with `guardSql` and returns one row, or none if the record is not as it was read. */
  readonly statement: Statement;
  readonly values: readonly unknown[];
  /** Undefined if nothing was stored, because of something that the next attempt takes into account. */
  respond(written: Row): Response | undefined;
}

/** Only other processes and transactions can come in between, so that few attempts are needed. */
const maxAttempts = 20;

const inTurn = createTurns();

/**
 * Runs a guarded write, and runs it again as long as other requests change the record between its two statements. A
 * concurrent duplicate either waits for the lock and then misses the version, or violates the key of the idempotency
 * record; its next read finds the record.
 *
 * @throws IDEMPOTENCY_KEY_REUSED if the earlier request was different; the refusal of the write; CONCURRENT_WRITE after
 *   too many attempts; what the steps and `Database.write` throw
 */
export function guardedWrite<State, Row extends pg.QueryResultRow, Response>(
  database: Database,
  write: WriteContext,
  { record, read, replay, decide, isOutdated = () => false }: GuardedWrite<State, Row, Response>,
): Promise<Response> {
  return inTurn(record, write.signal, async () => {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const { state, stored } = await read();
      const ids = storedResult(write, stored);
      if (ids) return replay(state, ids);
      if (write.refusal) throw write.refusal;
      const { statement, values, respond } = await decide(state);
      try {
        const [written] = await database.write<Row>(statement, values, write);
        const response = written && respond(written);
        if (response !== undefined) return response;
      } catch (error) {
        if (isDuplicate(error)) await removeExpiredClaim(database, write);
        else if (!isOutdated(error)) throw error;
      }
    }
    throw concurrentWrite();
  });
}

/**
 * The beginning of the statement of a guarded write. `admitted` has a row if the record has the version that was read:
 * it waits for the lock, and then compares the version again. The idempotency record and the timestamp of the change
 * follow under the lock. All else selects from `stamp`.
 *
 * @param kind also the name of the table
 * @param recorded the kind of what a retry needs
 */
export function guardSql(kind: ResourceKind, recorded = kind): string {
  return `${admittedSql(kind)},
${claimSql(recorded, ":recordedIds::text[]")}`;
}

/**
 * The first half, for statements that check something else under the lock before their claim.
 *
 * @param first SQL of what must be true before the record is locked
 */
export function admittedSql(kind: ResourceKind, first?: string): string {
  const isReady = first === undefined ? "" : ` AND ${first}`;
  return `admitted AS MATERIALIZED (
  SELECT 1 FROM ${kind} WHERE company_id = :companyId AND id = :id AND version = :version::bigint${isReady} FOR NO KEY UPDATE)`;
}

export interface GuardParameters {
  readonly id: string;
  /** The version that was read. */
  readonly version: string;
  /** What a retry needs. */
  readonly recordedIds: readonly string[];
}

/** `last_updated_time` of the changed row: like `updatedTime` of the audit log. */
export function updatedTimeSql(alias: string): string {
  return `greatest(stamp.now, ${timePlus(`${alias}.last_updated_time`, "1 millisecond")})`;
}

/** Gives the record its new version, as `changed`. */
export function versionSql(kind: "customer" | "lead"): string {
  return `changed AS (
  UPDATE ${kind} t SET version = t.version + 1, last_updated_by = :author, last_updated_time = ${updatedTimeSql("t")}
  FROM stamp WHERE t.company_id = :companyId AND t.id = :id RETURNING t.version, t.last_updated_time)`;
}

/** Appends the change to the audit log, with the version of the row of `changed`. */
export function auditSql(kind: ResourceKind): string {
  return `audit AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time,
    changed_fields, location_before, location_after, client_address)
  SELECT :companyId, '${kind}', :id, changed.version, :rpc, :keyId, :author, :requestId, stamp.now,
    :changedFields::text[], :locationBefore::text, :locationAfter::text, :address::text FROM changed, stamp
  RETURNING 1)`;
}

export interface AuditParameters {
  /** Names of the changed fields, as the API spells them. */
  readonly changedFields: readonly string[];
  readonly locationBefore: string | null;
  readonly locationAfter: string | null;
}
