import { type BatchResult, batchOutcomes, isRefused, refusalOf, type StoredOutcome } from "../core/batch.js";
import { DomainError, erasedError, notFoundError } from "../core/errors.js";
import { isErasedId } from "../core/ids.js";
import type { IdempotencyClaim, ResourceKind, WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import type { Database } from "./database.js";
import { violatedConstraint } from "./database-errors.js";
import { assertSameRequest, beginChange, claimExpiry, type StoredResult } from "./idempotent-write.js";
import { statement } from "./statement.js";

/** Before a batch, so that the foreign keys of thousands of new rows are checked by plans for a table of thousands. */
export const refreshStatistics = statement("statistics.refresh", "SELECT refresh_statistics()");

/** A batch of records of one kind. */
interface BatchWrite {
  readonly companyId: string;
  readonly kind: ResourceKind;
  /** Name of the resource in errors. */
  readonly resource: string;
  /** Number of items. */
  readonly size: number;
  /** Of items with their own idempotency keys, by position. */
  readonly claims: ReadonlyMap<number, IdempotencyClaim>;
  /** Unique constraints that a concurrent request can violate first. The batch then finds what that has stored. */
  readonly contested: readonly string[];
}

export interface BatchStep {
  readonly tx: Prisma.TransactionClient;
  /** The time of all changes of this transaction. */
  readonly now: Date;
  /** What earlier requests stored for items, by position. */
  readonly replayed: ReadonlyMap<number, string>;
  /** What they did for those items. */
  readonly outcomes: ReadonlyMap<number, StoredOutcome>;
  /** Items whose key was used otherwise, or whose record was erased, by position. */
  readonly refused: ReadonlyMap<number, DomainError>;
  /** Stores the idempotency records. Called before the first row whose unique key a concurrent duplicate would violate. */
  record(stored: ReadonlyMap<number, string>, outcomes?: ReadonlyMap<number, StoredOutcome>): Promise<void>;
}

/**
 * Runs a batch in one transaction: change timestamp, what earlier requests stored, work. The batch itself has one
 * idempotency record with an id for each item, "" for one that was refused. Runs again if a concurrent request was
 * faster.
 *
 * @throws IDEMPOTENCY_KEY_REUSED if the earlier request with the key of the batch was different
 */
export async function batchOnce(
  database: Database,
  write: WriteContext,
  batch: BatchWrite,
  work: (step: BatchStep) => Promise<readonly BatchResult[]>,
): Promise<readonly BatchResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transact(write, async (tx) => {
        const { now, stored: ofBatch } = await beginChange(tx, write);
        if (write.claim && ofBatch) assertSameRequest(write.claim, ofBatch);
        else if (write.refusal) throw write.refusal;
        const ofItems = await storedUnder(tx, write, itemRpc(write), keysOf(batch.claims));
        let isRecorded = false;
        const unanswered = (positions: readonly number[]): Unanswered => ({
          batch: ofBatch || isRecorded || !write.claim ? [] : [write.claim.key],
          items: positions.map((position) => batch.claims.get(position)?.key ?? "").filter((key) => !ofItems.has(key)),
        });
        const step: BatchStep = {
          ...{ tx, now, ...earlierOf(batch, ofBatch, ofItems) },
          record(ids, outcomes) {
            isRecorded = true;
            const recorded = { ids, ...(outcomes ? { outcomes } : {}), ...(ofBatch ? { ofBatch } : {}) };
            return recordItems(tx, write, batch, recorded);
          },
        };
        if (attempt > 1) return await work(step);
        const results = await work(step).catch(async (error: unknown) => {
          if (error instanceof DomainError) await assertStillOpen(tx, write, unanswered([...batch.claims.keys()]));
          throw error;
        });
        const refused = results.flatMap((result, position) => (isRefused(result) ? [position] : []));
        if (refused.length > 0) await assertStillOpen(tx, write, unanswered(refused));
        return results;
      });
    } catch (error) {
      if (attempt === maxAttempts || !(error instanceof AnsweredMeanwhile || isContested(error, batch))) throw error;
    }
  }
}

/** A concurrent duplicate has stored what this request would be refused for. */
class AnsweredMeanwhile extends Error {}

/** Keys for which no earlier request was found: of the batch, and of refused items. */
interface Unanswered {
  readonly batch: readonly string[];
  readonly items: readonly string[];
}

/**
 * What refuses an item may be the record that a concurrent duplicate has made for it, while this request waited for a lock.
 *
 * @throws AnsweredMeanwhile if there is an answer to repeat now
 */
async function assertStillOpen(tx: Prisma.TransactionClient, write: WriteContext, keys: Unanswered): Promise<void> {
  const ofBatch = await storedUnder(tx, write, write.rpc, keys.batch);
  const ofItems = await storedUnder(
    tx,
    write,
    itemRpc(write),
    keys.items.filter((key) => key !== ""),
  );
  if (ofBatch.size + ofItems.size > 0) throw new AnsweredMeanwhile();
}

interface Outcomes extends Pick<BatchStep, "replayed" | "refused"> {
  /** The ids of new records, by position. */
  readonly made: ReadonlyMap<number, string>;
  /** The versions of replayed records that the principal can access, by id. */
  readonly versions: ReadonlyMap<string, bigint>;
}

/** A result for each item of a batch of creates, in their order. */
export function resultsOf(
  { size, resource }: Pick<BatchWrite, "size" | "resource">,
  { made, refused, replayed, versions }: Outcomes,
): readonly BatchResult[] {
  return Array.from({ length: size }, (_, position): BatchResult => {
    const refusal = refused.get(position);
    if (refusal) return { refusal };
    const created = made.get(position);
    if (created !== undefined) return { outcome: "CREATED", id: created, version: 1n, replayed: false };
    const id = replayed.get(position) ?? "";
    const version = versions.get(id);
    if (version === undefined) return { refusal: notFoundError(resource, id) };
    return { outcome: "CREATED", id, version, replayed: true };
  });
}

const maxAttempts = 5;

function isContested(error: unknown, { contested }: BatchWrite): boolean {
  const constraint = violatedConstraint(error) ?? "";
  return constraint === "idempotency_pkey" || contested.includes(constraint);
}

/** The records of items are of another RPC, so that the key of an item can be the key of a batch. */
function itemRpc({ rpc }: WriteContext): string {
  return `${rpc}/items`;
}

interface StoredItemRow extends StoredResult {
  readonly key: string;
}

async function storedUnder(
  tx: Prisma.TransactionClient,
  { keyId }: WriteContext,
  rpc: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, StoredResult>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.$queryRaw<StoredItemRow[]>`
    SELECT key, fingerprint, presence, resource_ids AS ids, outcomes FROM idempotency
    WHERE key_id = ${keyId} AND rpc = ${rpc} AND key = ANY(${[...keys]}::text[])
      AND expired_time > clock_timestamp()`;
  return new Map(rows.map((row) => [row.key, row]));
}

function earlierOf(
  { claims, resource }: BatchWrite,
  ofBatch: StoredResult | undefined,
  ofItems: ReadonlyMap<string, StoredResult>,
): Pick<BatchStep, "replayed" | "refused" | "outcomes"> {
  const replayed = new Map<number, string>();
  const outcomes = new Map<number, StoredOutcome>();
  const refused = new Map<number, DomainError>();
  const found = (position: number, id: string, outcome: string | undefined): void => {
    if (isErasedId(id)) refused.set(position, erasedError(resource));
    else if (id !== "") {
      replayed.set(position, id);
      outcomes.set(position, outcomeOf(outcome));
    }
  };
  for (const [position, id] of (ofBatch?.ids ?? []).entries()) found(position, id, ofBatch?.outcomes[position]);
  for (const [position, claim] of claims) {
    const stored = ofItems.get(claim.key);
    if (!stored) continue;
    const reused = refusalOf(() => assertSameRequest(claim, stored));
    if (reused) refused.set(position, keyReused(reused));
    else found(position, stored.ids[0] ?? "", stored.outcomes[0]);
  }
  return { replayed, refused, outcomes };
}

function outcomeOf(stored: string | undefined): StoredOutcome {
  const word = batchOutcomes.words.find((one) => one === stored);
  return word === undefined || word === "REFUSED" ? "CREATED" : word;
}

/** The key of an item is a field of the item, and not a header. */
function keyReused({ reason, message, details: { violations = [] } }: DomainError): DomainError {
  const field = "idempotency_key";
  return new DomainError(reason, message, { violations: violations.map((violation) => ({ ...violation, field })) });
}

function keysOf(claims: ReadonlyMap<number, IdempotencyClaim>): string[] {
  return [...claims.values()].map(({ key }) => key);
}

interface Recorded {
  readonly ids: ReadonlyMap<number, string>;
  /** Absent if all were created. */
  readonly outcomes?: ReadonlyMap<number, StoredOutcome>;
  /** The record of the batch, if an earlier request made it. */
  readonly ofBatch?: StoredResult;
}

async function recordItems(
  tx: Prisma.TransactionClient,
  write: WriteContext,
  batch: BatchWrite,
  { ids, outcomes, ofBatch }: Recorded,
): Promise<void> {
  const own = [...batch.claims].flatMap(([position, claim]) => {
    const id = ids.get(position);
    if (id === undefined) return [];
    const outcome = outcomes && [outcomes.get(position) ?? ""];
    return [{ ...rowOf(itemRpc(write), claim), resource_ids: [id], outcomes: outcome }];
  });
  const whole = Array.from({ length: batch.size }, (_, position) => ids.get(position) ?? ofBatch?.ids[position] ?? "");
  const wholeOutcomes =
    outcomes && whole.map((_, position) => outcomes.get(position) ?? ofBatch?.outcomes[position] ?? "");
  if (write.claim && ofBatch) {
    await tx.$executeRaw`UPDATE idempotency SET resource_ids = ${whole}::text[], outcomes = ${wholeOutcomes ?? []}::text[]
      WHERE company_id = ${batch.companyId} AND key_id = ${write.keyId} AND rpc = ${write.rpc} AND key = ${write.claim.key}`;
  }
  // In one order, so that concurrent batches cannot deadlock.
  const rows = [
    ...(write.claim && !ofBatch
      ? [{ ...rowOf(write.rpc, write.claim), resource_ids: whole, outcomes: wholeOutcomes }]
      : []),
    ...own.toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  ];
  if (rows.length === 0) return;
  const json = JSON.stringify(rows);
  await tx.$executeRaw`DELETE FROM idempotency i USING jsonb_to_recordset(${json}::jsonb) AS r (rpc text, key text)
    WHERE i.key_id = ${write.keyId} AND i.rpc = r.rpc AND i.key = r.key AND i.expired_time <= clock_timestamp()`;
  await tx.$executeRaw`INSERT INTO idempotency
      (key_id, rpc, key, fingerprint, presence, company_id, kind, resource_ids, outcomes, expired_time)
    SELECT ${write.keyId}, r.rpc, r.key, decode(r.fingerprint, 'hex'), decode(r.presence, 'hex'), ${batch.companyId},
      ${batch.kind}, r.resource_ids, coalesce(r.outcomes, '{}'), ${Prisma.raw(claimExpiry)}
    FROM jsonb_to_recordset(${json}::jsonb)
      AS r (rpc text, key text, fingerprint text, presence text, resource_ids text[], outcomes text[])`;
}

function rowOf(rpc: string, { key, fingerprint, presences }: IdempotencyClaim) {
  return { rpc, key, fingerprint: hex(fingerprint), presence: hex(presences[0]) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
