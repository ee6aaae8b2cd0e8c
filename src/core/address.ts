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
