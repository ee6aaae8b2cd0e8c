import type { AddressParts, AddressRecord } from "./address.js";
import { invalidRequest, violation } from "./errors.js";
import { type ExternalId, externalIdKey, externalIdTaken, joinedExternalIds, maxExternalIds } from "./external-id.js";
import type { ContactPhone, PhonesUpdate } from "./phone/contact-phone.js";

interface Added {
  /** Those that the record has. */
  readonly own: readonly ExternalId[];
  readonly given: readonly ExternalId[];
  readonly noun: string;
  /** Path of the list in violations. */
  readonly path: string;
}

/** The external ids of a record after an upsert, which adds those that it states. Throws INVALID_REQUEST if they are too many. */
export function addedExternalIds({ own, given, noun, path }: Added): readonly ExternalId[] {
  const all = joinedExternalIds(own, given);
  if (all.length <= maxExternalIds || all.length <= own.length) return all;
  const description = `Must leave the ${noun} with at most ${maxExternalIds} external ids.`;
  throw invalidRequest([violation(path, "TOO_MANY", description)]);
}

interface Owned {
  /** Name of the resource in errors. */
  readonly resource: string;
  readonly id: string;
  /** The records that have the external ids, by `externalIdKey`. */
  readonly owners: ReadonlyMap<string, string>;
}

/** Throws ALREADY_EXISTS if another record has one of the external ids. */
export function refuseTakenIds(given: readonly ExternalId[], { resource, id, owners }: Owned): void {
  if (given.some((one) => (owners.get(externalIdKey(one)) ?? id) !== id)) throw externalIdTaken(resource);
}

/** Without absent values and empty texts, which clear nothing. */
export function statedColumns<Columns extends object>(
  columns: {
    readonly [Name in keyof Columns]: Columns[Name] | undefined;
  },
): Partial<Columns>;
export function statedColumns(columns: object): object {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined && value !== ""));
}

/** Those of the columns for which the record has no value. */
export function emptyColumns<Columns extends object>(columns: Columns, record: object): Partial<Columns>;
export function emptyColumns(columns: object, record: object): object {
  const former = new Map<string, unknown>(Object.entries(record));
  return Object.fromEntries(Object.entries(columns).filter(([name]) => (former.get(name) ?? "") === ""));
}

/** A main phone alone leaves the other phones. */
export function phonesUpdateOf(phones: readonly ContactPhone[]): PhonesUpdate {
  const [main] = phones;
  return main?.isMainAlone ? { kind: "main", phone: main } : { kind: "replace", phones };
}

/** The parts that an address states. The others stay as they are. */
export function statedParts(address: AddressRecord): AddressParts {
  return Object.fromEntries(Object.entries(address).filter(([name, part]) => name !== "type" && part !== ""));
}
