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
  return earlyRefusalsOf(items, { fieldsOf: ({ id }) => [["id", id === undefined ? [] : [id]]], check });
}

interface EarlyChecks<Item> {
  /** The values of an item that no other may have, by their fields. */
  fieldsOf(item: Item): readonly (readonly [field: string, values: readonly string[]])[];
  check?(item: Item): void;
}

/** The same for items that another field can name. */
export function earlyRefusalsOf<Item>(
  items: readonly BatchItem<Item>[],
  { fieldsOf, check = () => {} }: EarlyChecks<Item>,
): Refusals {
  const refused = new Map<number, DomainError>();
  const seen = new Set<string>();
  const repeated = (field: string, values: readonly string[]): DomainError | undefined => {
    const named = values.map((value) => `${field} ${value}`);
    const isRepeated = named.some((one) => seen.has(one));
    for (const one of named) seen.add(one);
    if (!isRepeated) return undefined;
    return invalidRequest([violation(field, "DUPLICATE_FIELD", "Must be unique in the request.")]);
  };
  for (const [position, item] of items.entries()) {
    const refusal = isRefused(item)
      ? item.refusal
      : (refusalOf(() => check(item.value)) ??
        repeated("idempotency_key", item.claim ? [item.claim.key] : []) ??
        fieldsOf(item.value).reduce<DomainError | undefined>(
          (found, [field, values]) => found ?? repeated(field, values),
          undefined,
        ));
    if (refusal) refused.set(position, refusal);
  }
  return refused;
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
