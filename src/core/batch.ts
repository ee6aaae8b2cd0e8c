import { enumeration, type WordOf } from "./enumeration.js";
import { DomainError, invalidRequest } from "./errors.js";
import type { ImportEntries } from "./import-entry.js";
import { prefixPaths } from "./record-import.js";
import type { IdempotencyClaim } from "./write.js";

/** Maximum number of items of one batch. */
export const maxBatchItems = 500;

export const batchModes = enumeration("ALL_OR_NOTHING", "EACH");

export type BatchMode = WordOf<typeof batchModes>;

export const batchOutcomes = enumeration("CREATED", "UPDATED", "UNCHANGED", "REFUSED", "SKIPPED");

/** What became of an item that was not refused. */
export type StoredOutcome = Exclude<WordOf<typeof batchOutcomes>, "REFUSED">;

/** An item of a request: parsed, or refused by its fields alone. */
export type BatchItem<T> =
  | {
      readonly value: T;
      /** Of an item with its own idempotency key. */
      readonly claim?: IdempotencyClaim;
    }
  | RefusedBatchItem;

export interface RefusedBatchItem {
  readonly refusal: DomainError;
}

/** What a batch stored or found for an item. */
export interface StoredItem {
  readonly outcome: StoredOutcome;
  readonly id: string;
  readonly version: bigint;
  /** Whether an earlier request stored it. */
  readonly replayed: boolean;
}

/** The result of each item of a batch, in their order. */
export type BatchResult = StoredItem | RefusedBatchItem;

export function isRefused(result: object): result is RefusedBatchItem {
  return "refusal" in result;
}

/** A batch, and what happens if an item is refused. */
export interface Batch<T> {
  readonly companyId: string;
  readonly mode: BatchMode;
  readonly items: readonly BatchItem<T>[];
  /** Of an import by the `moego` command: what is stored with each new record. */
  readonly imported?: ImportEntries | undefined;
}

/** The refusal that a rule throws. */
export function refusalOf(rule: () => unknown): DomainError | undefined {
  try {
    rule();
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** What the work makes, or the refusal that one of its rules throws. */
export async function orRefusal<T>(work: () => T | Promise<T>): Promise<T | RefusedBatchItem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DomainError) return { refusal: error };
    throw error;
  }
}

/**
 * Throws the error of a batch that is stored as a whole or not at all, if an item is refused: all violations of all
 * items. A missing permission comes before them, as for a single record, and any other refusal after them.
 *
 * @param refusals by the position of their items
 */
export function throwIfAnyRefused(refusals: ReadonlyMap<number, DomainError>): void {
  const errors = [...refusals].toSorted(([one], [other]) => one - other);
  const forbidden = errors.find(([, { reason }]) => permissions.includes(reason));
  const [first] = errors;
  if (!first) return;
  if (forbidden) throw ofItem(forbidden);
  const violations = errors.flatMap(([position, { details }]) =>
    prefixPaths(pathOfItem(position), details.violations ?? []),
  );
  if (violations.length === 0) throw ofItem(first);
  if (errors.every(([, { reason }]) => reason === "TAG_ARCHIVED"))
    throw new DomainError("TAG_ARCHIVED", first[1].message, { violations });
  throw invalidRequest(violations);
}

export function pathOfItem(position: number): string {
  return `items[${position}]`;
}

const permissions: readonly string[] = ["SCOPE_REQUIRED", "BUSINESS_NOT_ALLOWED"];

function ofItem([position, error]: readonly [number, DomainError]): DomainError {
  const { metadata = {}, ...details } = error.details;
  return new DomainError(error.reason, `${pathOfItem(position)}: ${error.message}`, {
    ...details,
    metadata: { ...metadata, item: String(position) },
  });
}
