import { type Address, sameAddress } from "../../core/address.js";
import { type ContactPhone, isPlain, isSameLine } from "../../core/phone/contact-phone.js";
import type { FieldChoice } from "./merge.model.js";

interface Lists<Item> {
  readonly survivor: readonly Item[];
  readonly merged: readonly Item[];
  /** Whose list is kept alone. */
  readonly only?: FieldChoice | undefined;
  /** Whose first item stays in front. */
  readonly first?: FieldChoice | undefined;
}

/** The phones of both. A number that both have is listed once, with what is known of it. */
export function mergedPhones({ survivor, merged, only, first }: Lists<ContactPhone>): readonly ContactPhone[] {
  if (only) return only === "MERGED" ? merged : survivor;
  const known = survivor.map((phone) => {
    const other = merged.find(({ number }) => isSameLine(phone.number, number));
    return isPlain(phone) && other ? { ...other, number: phone.number } : phone;
  });
  const added = merged.filter(({ number }) => !survivor.some((phone) => isSameLine(phone.number, number)));
  const all = [...known, ...added];
  const [front] = first === "MERGED" ? merged : survivor;
  const main = all.find(({ number }) => front && isSameLine(number, front.number));
  return main ? [main, ...all.filter((phone) => phone !== main)] : all;
}

/** The addresses of both, each once, with at most one primary address. */
export function mergedAddresses({ survivor, merged, only, first }: Lists<Address>): readonly Address[] {
  if (only) return only === "MERGED" ? merged : survivor;
  const added = merged.filter((address) => !survivor.some((other) => isSamePlace(address, other)));
  const all = [...survivor, ...added];
  const [mine, theirs] = [primaryOf(survivor), primaryOf(merged)];
  const front = (first === "MERGED" ? theirs : mine) ?? mine ?? theirs;
  const primary =
    front && (all.find(({ id }) => id === front.id) ?? all.find((address) => isSamePlace(address, front)));
  return all.map((address) => ({ ...address, type: address === primary ? "PRIMARY" : "SECONDARY" }));
}

export function primaryOf(addresses: readonly Address[]): Address | undefined {
  return addresses.find(({ type }) => type === "PRIMARY");
}

/** Whether two addresses differ in nothing but their type. */
export function isSamePlace({ id: _, ...one }: Address, { id: __, ...other }: Address): boolean {
  return sameAddress({ ...one, type: "PRIMARY" }, { ...other, type: "PRIMARY" });
}

/** The items of both lists, each once. */
export function mergedItems<Item>(
  { survivor, merged, only }: Lists<Item>,
  keyOf: (item: Item) => string,
): readonly Item[] {
  if (only) return only === "MERGED" ? merged : survivor;
  const known = new Set(survivor.map(keyOf));
  return [...survivor, ...merged.filter((item) => !known.has(keyOf(item)))];
}
