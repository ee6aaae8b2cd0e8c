import { create } from "@bufbuild/protobuf";
import { z } from "zod";
import type { Address, AddressRecord } from "../core/address.js";
import { Address_Type, AddressSchema } from "../gen/proto/moego/common/v1/address_pb.js";
import { enumNumber, optionalId, singleLineText } from "./fields.js";
import { customIssue } from "./parse.js";

export const coordinate = z.object({ latitude: degrees(90), longitude: degrees(180) });
export function degrees(limit: number) {
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
    type: enumNumber(2),
  })
  .transform(({ id: addressId, type, coordinate: point, ...lines }) => {
    const record: AddressRecord = {
      ...lines,
      type: type === 2 ? "SECONDARY" : "PRIMARY",
      ...(point ? { coordinate: { latitude: point.latitude, longitude: point.longitude } } : {}),
    };
    return { id: addressId, record, typed: type !== 0 };
  });
export type ParsedAddress = z.output<typeof address>;
export function toProtoAddress({ type, coordinate, ...lines }: Address) {
  return create(AddressSchema, { ...lines, type: Address_Type[type], ...(coordinate ? { coordinate } : {}) });
}
