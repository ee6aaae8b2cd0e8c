import { type Address, type AddressRecord, addressTypes } from "../core/address.js";
import { idPrefixes, newId } from "../core/ids.js";

/** An address as in the columns of customer_address. */
export interface AddressJson {
  readonly id: string;
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly state: string;
  readonly postal_code: string;
  readonly country: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly type: number;
}

/** JSON of `customer_address AS a`. */
export const addressJson = `json_build_object('id', a.id, 'address1', a.address1, 'address2', a.address2, 'city', a.city,
  'state', a.state, 'postal_code', a.postal_code, 'country', a.country, 'latitude', a.latitude, 'longitude', a.longitude,
  'type', a.type)`;

export function toAddress(json: AddressJson): Address {
  const { latitude, longitude } = json;
  return {
    id: json.id,
    address1: json.address1,
    address2: json.address2,
    city: json.city,
    state: json.state,
    postalCode: json.postal_code,
    country: json.country,
    ...(latitude === null || longitude === null ? {} : { coordinate: { latitude, longitude } }),
    type: addressTypes.wordOf(json.type) ?? "PRIMARY",
  };
}

/** An address in the fields of Prisma's customerAddress, without its id. */
export function addressData({ coordinate, type, ...lines }: AddressRecord) {
  const { address1, address2, city, state, postalCode, country } = lines;
  return {
    ...{ address1, address2, city, state, postalCode, country },
    latitude: coordinate?.latitude ?? null,
    longitude: coordinate?.longitude ?? null,
    type: addressTypes.numberOf(type),
  };
}

/** An address as a lead stores it and as the statement that creates a customer takes it. */
export function addressColumns(address: AddressRecord, id = newId(idPrefixes.address)) {
  const { postalCode: postal_code, ...same } = addressData(address);
  return { id, ...same, postal_code } satisfies AddressJson;
}
