import type { StoredOutcome } from "./batch.js";
import { enumeration, type WordOf } from "./enumeration.js";
import { alreadyExistsError, DomainError, notFoundError } from "./errors.js";
import { type ExternalId, externalIdKey, externalIdTaken } from "./external-id.js";
import { phoneForms } from "./phone/numbering-plan.js";
import { foldCase } from "./text.js";

/** What an upsert does with a record that it finds. */
export const onMatchPolicies = enumeration("UPDATE", "FILL_EMPTY", "SKIP");

export type OnMatch = WordOf<typeof onMatchPolicies>;

/** The keys by which an upsert looks for a record, which matches if it has one of them. An id is the only key. */
export interface MatchKeys {
  readonly id?: string;
  readonly externalId?: ExternalId;
  /** E.164. */
  readonly phone?: string;
  readonly email?: string;
}

/** The keys of an item, by its position. */
export interface PlacedKeys extends MatchKeys {
  readonly position: number;
}

type NamedValues = readonly [field: string, values: readonly string[]];

/** The values of keys, by their fields. */
export function namedKeys({ id, externalId, phone, email }: MatchKeys): readonly NamedValues[] {
  return [
    ["match.id", id === undefined ? [] : [id]],
    ["match.external_id", externalId ? [externalIdKey(externalId)] : []],
    ["match.phone", phone === undefined ? [] : phoneForms(phone)],
    ["match.email", email === undefined ? [] : [foldCase(email)]],
  ];
}

/** The values of keys, of which only one upsert at a time can make a record. */
export function keyValues(keys: MatchKeys): readonly string[] {
  return namedKeys(keys).flatMap(([, values]) => values);
}

const maxNamedMatches = 10;

/** FAILED_PRECONDITION: several records match. The principal must be allowed to see all of them. */
export function ambiguousMatch(resource: string, ids: readonly string[]): DomainError {
  const metadata = { resource, ids: ids.toSorted().slice(0, maxNamedMatches).join(", ") };
  const message = "Several records match. Use a key that only one of them has, or merge them.";
  return new DomainError("AMBIGUOUS_MATCH", message, { metadata });
}

interface Sought {
  /** Name of the resource in errors. */
  readonly resource: string;
  readonly keys: MatchKeys;
  /** Whether the API key may choose the id of a record that is created. */
  readonly mayKeepIds: boolean;
}

/** A record that the principal cannot access has an id of the keys. It is never named. */
export function hiddenMatch({ resource, keys: { id }, mayKeepIds }: Sought): DomainError {
  if (id === undefined) return externalIdTaken(resource);
  return mayKeepIds ? alreadyExistsError(resource, "id") : notFoundError(resource, id);
}

/** No record has the id of the keys, and the API key may not create one with it. */
export function absentMatch({ resource, keys: { id }, mayKeepIds }: Sought): DomainError | undefined {
  return id === undefined || mayKeepIds ? undefined : notFoundError(resource, id);
}

/** A change of a record that is decided and not stored. */
export interface PlannedRecord<Stored> {
  readonly record: Stored;
  /** Whether the record is already as the change leaves it. */
  readonly isEmpty: boolean;
}

/** What becomes of the items of a batch of upserts, by position. */
export interface UpsertDecision<Created, Plan, Stored> {
  readonly created: ReadonlyMap<number, Created>;
  readonly changed: ReadonlyMap<number, Plan>;
  /** Records that were found and stay as they are. */
  readonly left: ReadonlyMap<number, { readonly record: Stored; readonly outcome: StoredOutcome }>;
  readonly refused: ReadonlyMap<number, DomainError>;
}

/** Records that were found and stay as they are, by the positions of their items. */
export function leftRecords<Stored>(
  skipped: readonly { readonly position: number; readonly record: Stored }[],
  plans: readonly { readonly position: number; readonly plan: PlannedRecord<Stored> }[],
): ReadonlyMap<number, { readonly record: Stored; readonly outcome: StoredOutcome }> {
  const left = new Map<number, { readonly record: Stored; readonly outcome: StoredOutcome }>();
  for (const { position, record } of skipped) left.set(position, { record, outcome: "SKIPPED" });
  for (const { position, plan } of plans)
    if (plan.isEmpty) left.set(position, { record: plan.record, outcome: "UNCHANGED" });
  return left;
}
