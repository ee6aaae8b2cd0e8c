import {
  type Address,
  type AddressParts,
  type AddressRecord,
  mergedAddress,
  sameAddress,
  saysNothing,
} from "../../core/address.js";
import { type Violation, violation } from "../../core/errors.js";
import { type CustomerTransaction, maxAddresses } from "./customer.model.js";

/** How an update changes the addresses of a customer. */
export interface AddressesUpdate {
  /** "merge" keeps the addresses that are not listed; "replace" removes them. */
  readonly write: "merge" | "replace";
  readonly edits: readonly AddressUpdate[];
}

export type AddressUpdate = Place &
  (
    | /** Removes the address with this id, or the primary address. */ { readonly kind: "clear" }
    /** Changes parts of the address with this id, or of the primary address. */
    | { readonly kind: "edit"; readonly parts: AddressParts }
    | { readonly kind: "add"; readonly address: AddressRecord }
  );

interface Place {
  readonly id?: string;
  /** In the list of the request; undefined for its single address. */
  readonly position?: number | undefined;
}

type Held = AddressRecord & { readonly id?: string };

/** The addresses after the update, with its violations. One of which nothing is left is removed. */
export function changedAddresses(
  current: readonly Address[],
  { write, edits }: AddressesUpdate,
): { readonly addresses: readonly Held[]; readonly violations: readonly Violation[] } {
  const violations: Violation[] = [];
  const given = new Set<string | undefined>();
  const named = edits.map((edit) => (edit.kind === "add" ? undefined : (edit.id ?? primaryOf(current)?.id)));
  let addresses: Held[] = write === "replace" ? current.filter(({ id }) => named.includes(id)) : [...current];
  for (const edit of edits) {
    const path = edit.position === undefined ? "address" : `addresses[${edit.position}]`;
    if (edit.kind === "add") {
      if (!saysNothing(edit.address)) addresses.push(edit.address);
      continue;
    }
    const target = edit.id === undefined ? primaryOf(addresses) : addresses.find(({ id }) => id === edit.id);
    const place = edit.id ?? primaryOf(current)?.id;
    if (edit.id !== undefined && !current.some(({ id }) => id === edit.id))
      violations.push(violation(`${path}.id`, "NOT_FOUND", "Not found on this customer."));
    else if (given.has(place)) violations.push(isTwice(`${path}.id`, edit.id));
    given.add(place);
    addresses = edited(addresses, target, edit.kind === "clear" ? undefined : mergedAddress(target, edit.parts));
  }
  const isGrown = addresses.some(({ id }) => id === undefined);
  const field = edits.some(({ position }) => position !== undefined) ? "addresses" : "address";
  const description = `Must leave the customer with at most ${maxAddresses} addresses.`;
  if (isGrown && addresses.length > maxAddresses) violations.push(violation(field, "TOO_MANY", description));
  return { addresses, violations };
}

function isTwice(path: string, id: string | undefined): Violation {
  if (id !== undefined) return violation(path, "DUPLICATE_FIELD", "Must be unique in the list.");
  return violation(path, "REQUIRED", "Required unless the type is SECONDARY; another address is the primary one.");
}

function primaryOf<T extends AddressRecord>(addresses: readonly T[]): T | undefined {
  return addresses.find(({ type }) => type === "PRIMARY");
}

/** A new primary address makes the former one secondary. */
function edited(addresses: readonly Held[], target: Held | undefined, next: Held | undefined): Held[] {
  const others = addresses.filter((other) => other !== target);
  if (!next) return others;
  const rest = next.type === "PRIMARY" ? others.map((other): Held => ({ ...other, type: "SECONDARY" })) : others;
  return [...rest, next];
}

/** Stores the difference. Only one address may be primary at any moment. */
export async function storeAddresses(unit: CustomerTransaction, addresses: readonly Held[]): Promise<void> {
  const { addresses: current } = unit.customer;
  const changed = addresses.filter((next) => {
    const former = current.find(({ id }) => id === next.id);
    return !former || !sameAddress(former, next);
  });
  for (const { id } of current) if (!addresses.some((kept) => kept.id === id)) await unit.removeAddress(id);
  for (const type of ["SECONDARY", "PRIMARY"] as const) {
    for (const { id, ...next } of changed) {
      if (next.type !== type) continue;
      if (id === undefined) await unit.addAddress(next);
      else await unit.editAddress(id, next);
    }
  }
}
