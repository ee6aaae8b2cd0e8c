import { type BatchItem, isRefused } from "./batch.js";
import { earlyRefusalsOf, type Refusals } from "./batch-items.js";
import { DomainError, invalidRequest, violation } from "./errors.js";
import { type ExternalId, externalIdKey } from "./external-id.js";
import { phoneForms } from "./phone/numbering-plan.js";
import type { Principal, Scope } from "./principal.js";
import { foldCase } from "./text.js";
import { keyValues, type MatchKeys, namedKeys } from "./upsert.js";

interface KeyedItem {
  readonly keys: MatchKeys;
}

interface UpsertChecks<Item> {
  /** The field of an item that has the record. */
  readonly noun: "customer" | "lead" | "pet" | "sale";
  /** All external ids that an item gives, including the one of its keys. */
  externalIdsOf(item: Item): readonly ExternalId[];
  /** Further values that no other item may have, by their fields. */
  fieldsOf?(item: Item): readonly (readonly [field: string, values: readonly string[]])[];
  /** Throws the refusal of an item by the access of the API key. */
  check?(item: Item): void;
}

/** Items of upserts that are refused before anything is read. No two may have the same key or give the same external id. */
export function earlyUpsertRefusals<Item extends KeyedItem>(
  items: readonly BatchItem<Item>[],
  { noun, externalIdsOf, fieldsOf = () => [], check }: UpsertChecks<Item>,
): Refusals {
  return earlyRefusalsOf(items, {
    fieldsOf: (item) => [
      ...namedKeys(item.keys),
      [`${noun}.external_ids`, externalIdsOf(item).map(externalIdKey)] as const,
      ...fieldsOf(item),
    ],
    ...(check ? { check } : {}),
  });
}

interface LookupScope {
  readonly scope: Scope;
  readonly nouns: "customers" | "leads";
}

/** Looking for a person by a contact is reading. Throws SCOPE_REQUIRED. */
export function requireLookupScope(
  items: readonly BatchItem<KeyedItem>[],
  { scopes }: Principal,
  { scope, nouns }: LookupScope,
): void {
  const isLookup = ({ phone, email }: MatchKeys) => phone !== undefined || email !== undefined;
  if (scopes.has(scope) || !items.some((item) => !isRefused(item) && isLookup(item.value.keys))) return;
  const message = `Matching ${nouns} by phone or email requires the scope ${scope}.`;
  throw new DomainError("SCOPE_REQUIRED", message, { metadata: { scope } });
}

interface NewContact {
  readonly phones: readonly { readonly number: string }[];
  readonly email: string;
  readonly externalIds: readonly ExternalId[];
}

/** The values by which an upsert finds a record. */
export function contactValues({ phones, email, externalIds }: NewContact): readonly string[] {
  return [
    ...phones.flatMap(({ number }) => phoneForms(number)),
    ...(email === "" ? [] : [foldCase(email)]),
    ...externalIds.map(externalIdKey),
  ];
}

/** An item that is still to be decided. */
export interface AskedKeys {
  readonly position: number;
  readonly upsert: KeyedItem;
}

/** What a batch of upserts has found, and locked until it ends. */
export interface FoundRecords<Stored> {
  /** Ids of the records that match each item, by position. Those found by a contact are visible and not archived. */
  readonly matches: ReadonlyMap<number, readonly string[]>;
  /** The records with these ids, visible or not. */
  readonly records: ReadonlyMap<string, Stored>;
}

interface MatchRules<Asked, Stored> {
  readonly noun: "customer" | "lead" | "pet" | "package";
  /** Gets the refusals. */
  readonly refused: Map<number, DomainError>;
  /** The refusal of an item by what it found: at least one record. */
  refuseFound(records: readonly Stored[], asked: Asked): DomainError | undefined;
  /** The refusal of an item that found nothing. */
  refuseAbsent(asked: Asked): DomainError | undefined;
  /** The values by which a later item would find the record that an item creates. */
  namesOf(asked: Asked): readonly string[];
}

/** The items that match a record, and those that match none. No two may mean the same record. */
export function matchEach<Asked extends AskedKeys, Stored extends { readonly id: string }>(
  open: readonly Asked[],
  { matches, records }: FoundRecords<Stored>,
  { noun, refused, refuseFound, refuseAbsent, namesOf }: MatchRules<Asked, Stored>,
) {
  const [ids, names] = [new Set<string>(), new Set<string>()];
  const repeated = () =>
    invalidRequest([violation("match", "DUPLICATE_FIELD", `Must not match the ${noun} of another item.`)]);
  const matched: (Asked & { readonly record: Stored })[] = [];
  const unmatched: Asked[] = [];
  for (const one of open) {
    const { position, upsert } = one;
    const found = (matches.get(position) ?? []).flatMap((id) => records.get(id) ?? []);
    const [record] = found;
    const isRepeated = record ? ids.has(record.id) : keyValues(upsert.keys).some((value) => names.has(value));
    const refusal = (record ? refuseFound(found, one) : refuseAbsent(one)) ?? (isRepeated ? repeated() : undefined);
    if (refusal) refused.set(position, refusal);
    else if (record) {
      ids.add(record.id);
      matched.push({ ...one, record });
    } else {
      for (const name of namesOf(one)) names.add(name);
      unmatched.push(one);
    }
  }
  return { matched, unmatched };
}
