import { create } from "@bufbuild/protobuf";
import { z } from "zod";
import { type Address, type AddressRecord, addressTypes } from "../core/address.js";
import { isClientAssignableId, isId, reservedIdPrefix } from "../core/ids.js";
import { Address_TypeSchema, AddressSchema } from "../gen/proto/moego/common/v1/address_pb.js";
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
    id === "" && hasNoParts(record) ? undefined : { ...record, ...(id === "" ? {} : { id }) },
  );

export type ParsedAddress = z.output<typeof address>;

function hasNoParts({ type: _, coordinate, ...lines }: AddressRecord): boolean {
  return !coordinate && Object.values(lines).every((part) => part === "");
}

/** Whether an address is cleared, as forms send it: without a type and a coordinate, and with empty lines. */
export function isEmptyAddress({ record, typed }: ParsedAddress): boolean {
  return !typed && hasNoParts(record);
}

/** The address of a new record. One that says nothing is ignored, whatever its type. */
export function newAddressRecord(given: ParsedAddress | undefined): AddressRecord | undefined {
  return given && !hasNoParts(given.record) ? given.record : undefined;
}

export function toProtoAddress({ type, coordinate, ...lines }: Address) {
  return create(AddressSchema, { ...lines, type: addressType.toProto(type), ...(coordinate ? { coordinate } : {}) });
}
