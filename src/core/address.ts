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
export type AddressType = "PRIMARY" | "SECONDARY";

export type AddressRecord = Omit<Address, "id">;
