import type { WriteContext } from "../core/write.js";
import type { Prisma } from "../gen/prisma/client.js";
import type { Database } from "./database.js";
import {
  beginChangeWithClaim,
  type ClaimResult,
  insertClaim,
  retryOnDuplicateClaim,
  useStoredResult,
} from "./idempotency.js";

/** A write that happens once per idempotency key. */
export interface OnceSteps<Locked, Response> {
  /** Locks what the write is about. Concurrent calls with one key wait here, then the second finds the record. */
  lock(tx: Prisma.TransactionClient): Promise<Locked>;
  /** Checks that a retry must still pass before it gets the replayed response. */
  replay?(step: ResponseStep<Locked>): Promise<void>;
  /**
   * Writes, and stores the idempotency record by `record`: last where `lock` makes concurrent calls wait, otherwise
   * before the first row that the second of them would find taken. A refusal stores no record and is the response.
   */
  work(step: WorkStep<Locked>): Promise<Recorded | Refusal<Response>>;
  /** Reads the response, after the work or instead of it. */
  response(step: ResponseStep<Locked>): Promise<Response>;
}

export interface WorkStep<Locked> {
  readonly tx: Prisma.TransactionClient;
  readonly locked: Locked;
  /** The time of all changes of this transaction. */
  readonly now: Date;
  record(result: ClaimResult): Promise<Recorded>;
}

export interface ResponseStep<Locked> {
  readonly tx: Prisma.TransactionClient;
  readonly locked: Locked;
  /** Ids that the work recorded, now or in the first call. */
  readonly ids: readonly string[];
}

const recordedIds = Symbol("recordedIds");

/** Proof that the work called `record`. */
export interface Recorded {
  readonly [recordedIds]: readonly string[];
}

export interface Refusal<Response> {
  readonly refusal: Response;
}

/**
 * Runs a write in one transaction: lock, time of the change, replay of an earlier call with the same idempotency key,
 * work, record, response. Runs it again when a concurrent call with the same key was faster: the second run finds what
 * that one stored.
 *
 * @throws IDEMPOTENCY_KEY_REUSED when the earlier call was a different request; what the steps and `transact` throw
 */
export function once<Locked, Response>(
  database: Database,
  write: WriteContext,
  { lock, replay, work, response }: OnceSteps<Locked, Response>,
): Promise<Response> {
  return retryOnDuplicateClaim(() =>
    database.transact(write, async (tx) => {
      const locked = await lock(tx);
      const { now, replay: stored } = await beginChangeWithClaim(tx, write);
      if (write.claim && stored) {
        const step = { tx, locked, ids: useStoredResult(write.claim, stored) };
        await replay?.(step);
        return response(step);
      }
      const outcome = await work({
        ...{ tx, locked, now },
        async record(result) {
          await insertClaim(tx, write, result);
          return { [recordedIds]: result.resourceIds };
        },
      });
      return "refusal" in outcome ? outcome.refusal : response({ tx, locked, ids: outcome[recordedIds] });
    }),
  );
}
