import { type BatchItem, isRefused, refusalOf } from "./batch.js";
import { DomainError, invalidRequest, violation } from "./errors.js";
import type { Principal } from "./principal.js";
import type { IdempotencyClaim } from "./write.js";

/** A record of a batch, valid by itself. */
export interface NewItem {
  /** The id in another system. Absent: the server generates one. */
  readonly id?: string;
  /** Whether it has ids, times, authors or states that only an import can have. */
  readonly isImport: boolean;
}

/** An item that is still to be decided. */
export interface OpenItem<Item> {
  readonly position: number;
  readonly item: Item;
}

/** Refusals by the positions of their items. */
export type Refusals = ReadonlyMap<number, DomainError>;

/** Throws SCOPE_REQUIRED if an item has what only an import can have. */
export function requireImportScope(items: readonly BatchItem<NewItem>[], { scopes }: Principal): void {
  const imports = items.some((item) => !isRefused(item) && item.value.isImport);
  if (!imports || scopes.has("record:import")) return;
  throw new DomainError(
    "SCOPE_REQUIRED",
    "Records with ids, times, authors or states require the scope record:import.",
    { metadata: { scope: "record:import" } },
  );
}

/**
 * Items that are refused before anything is read.
 *
 * @param check throws the refusal of an item by the access of the API key
 */
export function earlyRefusals<Item extends NewItem>(
  items: readonly BatchItem<Item>[],
  check: (item: Item) => void = () => {},
): Refusals {
  const refused = new Map<number, DomainError>();
  const [keys, ids] = [new Set<string>(), new Set<string>()];
  for (const [position, item] of items.entries()) {
    const refusal = isRefused(item)
      ? item.refusal
      : (refusalOf(() => check(item.value)) ??
        repeatedIn(keys, "idempotency_key", item.claim?.key) ??
        repeatedIn(ids, "id", item.value.id));
    if (refusal) refused.set(position, refusal);
  }
  return refused;
}

/** The refusal of a value that an earlier item has. */
function repeatedIn(seen: Set<string>, field: string, value: string | undefined): DomainError | undefined {
  if (value === undefined) return undefined;
  const isRepeated = seen.has(value);
  seen.add(value);
  if (!isRepeated) return undefined;
  return invalidRequest([violation(field, "DUPLICATE_FIELD", "Must be unique in the request.")]);
}

/** The idempotency claims of items with their own keys, by position. */
export function claimsOf(items: readonly BatchItem<unknown>[]): ReadonlyMap<number, IdempotencyClaim> {
  return new Map(
    items.flatMap((item, position) => (isRefused(item) || !item.claim ? [] : [[position, item.claim] as const])),
  );
}

/** The items that are not refused, in their order. */
export function openItems<Item>(items: readonly BatchItem<Item>[], refused: Refusals): readonly OpenItem<Item>[] {
  return items.flatMap((item, position) =>
    isRefused(item) || refused.has(position) ? [] : [{ position, item: item.value }],
  );
}

/** What earlier requests mean for the items of a batch, within its transaction. */
interface Earlier {
  /** What they stored for items, by position. */
  readonly replayed: ReadonlyMap<number, string>;
  readonly refused: Refusals;
}

/** The items that neither earlier requests nor their own fields have decided, and the refusals so far. */
export function undecided<Asked extends { readonly position: number }>(
  { replayed, refused: byEarlier }: Earlier,
  asked: readonly Asked[],
  early: Refusals,
): { readonly open: readonly Asked[]; readonly refused: Map<number, DomainError> } {
  const refused = new Map([...early, ...byEarlier]);
  for (const position of replayed.keys()) refused.delete(position);
  return { open: asked.filter(({ position }) => !replayed.has(position) && !refused.has(position)), refused };
}
