import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { type Address, type AddressParts, type AddressRecord, addressTypes, saysNothing } from "../core/address.js";
import { isClientAssignableId, isId, reservedIdPrefix } from "../core/ids.js";
import { Address_TypeSchema, type AddressSchema } from "../gen/proto/moego/common/v1/address_pb.js";
import { pickFields } from "./field-mask.js";
import { optionalId, singleLineText } from "./fields.js";
import { customIssue } from "./parse.js";
import { protoEnum } from "./proto-enum.js";

const addressType = protoEnum(Address_TypeSchema, addressTypes);

const coordinate = z.object({ latitude: degrees(90), longitude: degrees(180) });

function degrees(limit: number) {
  return z.number().superRefine((value, context) => {
    if (!(Math.abs(value) <= limit))
      context.addIssue(customIssue("OUT_OF_RANGE", `Must be from -${limit} to ${limit} degrees.`));
  });
}

/** An address. The type defaults to PRIMARY. */
export const address = z
  .object({
    id: optionalId,
    address1: singleLineText,
    address2: singleLineText,
    city: singleLineText,
    state: singleLineText,
    postalCode: singleLineText,
    country: singleLineText,
    coordinate: coordinate.optional(),
    type: addressType.optional,
  })
  .transform(({ id: addressId, type, coordinate: point, ...lines }) => {
    const record: AddressRecord = {
      ...lines,
      type: type ?? "PRIMARY",
      ...(point ? { coordinate: { latitude: point.latitude, longitude: point.longitude } } : {}),
    };
    return { id: addressId, record, typed: type !== undefined };
  });

/** An address migrated from another system, which can keep its id. */
export const importedAddress = address
  .superRefine(({ id }, context) => {
    if (isId(id) && !isClientAssignableId(id))
      context.addIssue({ ...customIssue("NOT_ALLOWED", reservedIdPrefix), path: ["id"] });
  })
  .transform(({ id, record }) =>
    id === "" && saysNothing(record) ? undefined : { ...record, ...(id === "" ? {} : { id }) },
  );

export type ParsedAddress = z.output<typeof address>;

/** Whether an address is cleared, as forms send it: without a type and a coordinate, and with empty lines. */
function isEmptyAddress({ record, typed }: ParsedAddress): boolean {
  return !typed && saysNothing(record);
}

/** The address of a new record. One that says nothing is ignored, whatever its type. */
export function newAddressRecord(given: ParsedAddress | undefined): AddressRecord | undefined {
  return given && !saysNothing(given.record) ? given.record : undefined;
}

/**
 * What an update does to an address: the parts to merge into the stored one, or null to remove it. Undefined if it is
 * unchanged.
 *
 * @param listed the parts that are written (`UpdateMask.partsOf`); undefined for the whole address
 * @param isExplicit whether a mask writes the whole address, so that its empty parts are cleared
 */
export function addressChange(
  given: ParsedAddress | undefined,
  listed: readonly string[] | undefined,
  isExplicit: boolean,
): AddressParts | null | undefined {
  if (listed) return listed.length === 0 ? undefined : pickFields({ ...noParts, ...given?.record }, listed);
  if (!given || isEmptyAddress(given)) return null;
  return isExplicit ? everyPart(given) : populatedParts(given);
}

const noParts = {
  ...{ address1: "", address2: "", city: "", state: "", postalCode: "", country: "" },
  coordinate: null,
} as const satisfies AddressParts;

/** All parts of the address. An unspecified type is unchanged. */
function everyPart({ record, typed }: ParsedAddress): AddressParts {
  const { type, ...parts } = record;
  return { ...noParts, ...parts, ...(typed ? { type } : {}) };
}

function populatedParts(given: ParsedAddress): AddressParts {
  return Object.fromEntries(Object.entries(everyPart(given)).filter(([, part]) => part !== "" && part !== null));
}

export function toProtoAddress(address: Address): MessageInitShape<typeof AddressSchema> {
  const { id, address1, address2, city, state, postalCode, country, coordinate } = address;
  const type = addressType.toProto(address.type);
  const lines = { id, address1, address2, city, state, postalCode, country, type };
  return coordinate ? { ...lines, coordinate } : lines;
}
