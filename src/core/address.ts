import { isDeepStrictEqual } from "node:util";
import { enumeration, type WordOf } from "./enumeration.js";

export interface Address {
  readonly id: string;
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly state: string;
  readonly postalCode: string;
  readonly country: string;
  readonly coordinate?: Coordinate;
  readonly type: AddressType;
}

/** In degrees. */
export interface Coordinate {
  readonly latitude: number;
  readonly longitude: number;
}

export const addressTypes = enumeration("PRIMARY", "SECONDARY");

type AddressType = WordOf<typeof addressTypes>;

export type AddressRecord = Omit<Address, "id">;

/** The parts of an address that an update replaces. A null coordinate is removed. */
export type AddressParts = Partial<Omit<AddressRecord, "coordinate">> & { readonly coordinate?: Coordinate | null };

const emptyAddress: AddressRecord = {
  ...{ address1: "", address2: "", city: "", state: "", postalCode: "", country: "" },
  type: "PRIMARY",
};

/** The address with the parts replaced. Undefined if nothing of it is left. */
export function mergedAddress(
  { coordinate: kept, ...lines }: AddressRecord = emptyAddress,
  { coordinate, ...parts }: AddressParts,
): AddressRecord | undefined {
  const point = coordinate === undefined ? kept : coordinate;
  const merged = { ...lines, ...parts, ...(point ? { coordinate: point } : {}) };
  return saysNothing(merged) ? undefined : merged;
}

/** Whether an address has neither a line nor a coordinate. */
export function saysNothing({
  address1,
  address2,
  city,
  state,
  postalCode,
  country,
  coordinate,
}: AddressRecord): boolean {
  return !coordinate && [address1, address2, city, state, postalCode, country].every((line) => line === "");
}

export function sameAddress(one: AddressRecord, other: AddressRecord): boolean {
  const [{ coordinate: here, ...lines }, { coordinate: there, ...others }] = [one, other];
  const isThere = here?.latitude === there?.latitude && here?.longitude === there?.longitude;
  return isThere && isDeepStrictEqual(lines, others);
}
