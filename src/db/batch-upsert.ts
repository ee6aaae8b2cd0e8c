import type { BatchResult, StoredItem, StoredOutcome } from "../core/batch.js";
import { notFoundError } from "../core/errors.js";
import type { UpsertDecision } from "../core/upsert.js";
import type { WriteContext } from "../core/write.js";
import type { BatchStep } from "./batch-write.js";

interface Versioned {
  readonly id: string;
  readonly version: bigint;
}

interface Storing<Created, Plan> {
  readonly write: WriteContext;
  /** Number of items. */
  readonly size: number;
  /** Name of the resource in errors. */
  readonly resource: string;
  /** Takes the locks that come before the idempotency records. */
  begin?(records: readonly Created[]): Promise<void>;
  insert(records: readonly Created[]): Promise<void>;
  /** Returns the new versions by id. */
  change(plans: readonly Plan[]): Promise<ReadonlyMap<string, bigint>>;
  /** The versions of those records that the principal can access. */
  versionsOf(ids: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
}

/** Stores what a batch of upserts decided, and returns the result of each item in their order. */
export async function storeUpserts<
  Created extends { readonly id: string },
  Plan extends { readonly record: Versioned },
  Stored extends Versioned,
>(
  { replayed, outcomes: earlier, record }: BatchStep,
  decision: UpsertDecision<Created, Plan, Stored>,
  { write, size, resource, begin, insert, change, versionsOf }: Storing<Created, Plan>,
): Promise<readonly BatchResult[]> {
  const outcomes = outcomesOf(decision);
  const records = [...decision.created.values()];
  if (outcomes.size > 0) {
    if (records.length > 0) await begin?.(records);
    await record(
      new Map([...outcomes].map(([position, { id }]) => [position, id])),
      new Map([...outcomes].map(([position, { outcome }]) => [position, outcome])),
    );
    if (records.length > 0) await insert(records);
  } else if (write.claim) write.claim.replayed = replayed.size > 0;
  const changed = await change([...decision.changed.values()]);
  const versions = await versionsOf([...new Set(replayed.values())]);
  return Array.from({ length: size }, (_, position): BatchResult => {
    const refusal = decision.refused.get(position);
    if (refusal) return { refusal };
    const stored = outcomes.get(position);
    if (stored) return { ...stored, version: changed.get(stored.id) ?? stored.version, replayed: false };
    const id = replayed.get(position) ?? "";
    const version = versions.get(id);
    if (version === undefined) return { refusal: notFoundError(resource, id) };
    return { outcome: earlier.get(position) ?? "CREATED", id, version, replayed: true };
  });
}

type Outcome = Omit<StoredItem, "replayed">;

/** What became of each item that was not refused, by position. */
function outcomesOf<
  Created extends { readonly id: string },
  Plan extends { readonly record: Versioned },
  Stored extends Versioned,
>({ created, changed, left }: UpsertDecision<Created, Plan, Stored>): ReadonlyMap<number, Outcome> {
  const of = (outcome: StoredOutcome, { id, version }: Versioned) => ({ outcome, id, version });
  return new Map([
    ...[...created].map(([position, { id }]) => [position, of("CREATED", { id, version: 1n })] as const),
    ...[...changed].map(([position, { record }]) => [position, of("UPDATED", record)] as const),
    ...[...left].map(([position, { record, outcome }]) => [position, of(outcome, record)] as const),
  ]);
}
