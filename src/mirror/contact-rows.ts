import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { fromJson } from "@bufbuild/protobuf";
import { type Address, addressTypes } from "../core/address.js";
import { type Channel, type Consent, consentChannels, defaultConsent } from "../core/consent.js";
import { type ContactPhone, phoneLabels, phoneOwners, plainPhone } from "../core/phone/contact-phone.js";
import { phoneRows } from "../db/contact-phones.js";
import { addressColumns } from "../db/nested-rows.js";
import type { CustomerComplianceConfig } from "../gen/proto/moego/business/customer/v1/compliance_pb.js";
import type { ContactPhone as PhoneMessage } from "../gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import {
  type CustomField_Value,
  CustomField_ValueSchema,
} from "../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import type { Address as AddressMessage } from "../gen/proto/moego/common/v1/address_pb.js";
import type { FieldValues } from "../resources/custom-fields/custom-field.model.js";
import { toFieldValue } from "../resources/custom-fields/custom-field-values.input.js";
import type { MirroredRow } from "../resources/mirrors/mirror.model.js";
import { type Reading, readNumber, storable, timeColumn } from "./mirror-context.js";
import { isObject } from "./readable.js";

interface StatedPhones {
  readonly phone: string;
  readonly phones: readonly PhoneMessage[];
}

/** All numbers of a customer or lead, the main one first. */
export function phonesOf({ phone, phones }: StatedPhones, reading: Reading): readonly ContactPhone[] {
  const main = readNumber(phone, reading, "phone");
  if (main.number === "") return [];
  if (!reading.isExtended && main.extension !== "")
    reading.remark("phone has an extension, which is not in the published API and was left out");
  const listed = phones.flatMap((given) => {
    const { number, extension } = readNumber(given.number, reading, "phones");
    if (number === "") return [];
    const label = phoneLabels.wordOf(given.label);
    const belongsTo = phoneOwners.wordOf(given.belongsTo) ?? "OWNER";
    const line = { number, extension: given.extension || extension, belongsTo, personName: given.personName };
    return [{ ...line, ...(label ? { label } : {}) }];
  });
  const first = listed.find(({ number }) => number === main.number) ?? plainPhone(main.number);
  return [first, ...listed.filter((one) => one !== first)];
}

export function phonePart(phones: readonly ContactPhone[]): readonly MirroredRow[] {
  return phoneRows(phones).map((row) => ({ ...row }));
}

interface StatedExternalIds {
  readonly externalIds: readonly { readonly system: string; readonly id: string }[];
}

export function externalIdPart({ externalIds }: StatedExternalIds, { remark }: Reading): readonly MirroredRow[] {
  return externalIds.map(({ system, id }) => storable({ system, external_id: id }, remark));
}

/** An address as it is stored. One without an id gets none that could be compared. */
export function addressOf({ coordinate, type, id, ...lines }: AddressMessage): Address {
  const { address1, address2, city, state, postalCode, country } = lines;
  const stated = { id, address1, address2, city, state, postalCode, country };
  return {
    ...{ ...stated, type: addressTypes.wordOf(type) ?? "PRIMARY" },
    ...(coordinate ? { coordinate: { latitude: coordinate.latitude, longitude: coordinate.longitude } } : {}),
  };
}

/** @param owner id of the record, from which an address without an id gets one */
export function addressPart(addresses: readonly AddressMessage[], owner: string): readonly MirroredRow[] {
  return addresses.map((message, position) => {
    const { id, ...address } = addressOf(message);
    return addressColumns(address, id || derivedId(owner, position));
  });
}

/** The same id in every pass. */
export function derivedId(owner: string, position: number): string {
  return `${owner.slice(0, 26)}-${position}`;
}

export function consentOfMessage(config: CustomerComplianceConfig | undefined): Consent {
  if (!config) return defaultConsent;
  return {
    serviceRelatedChannels: channelsIn(config.serviceRelatedChannels),
    marketingCampaignsChannels: channelsIn(config.marketingCampaignsChannels),
    brandedAppEnabled: config.brandedAppEnabled,
    isAgreedMarketingPolicy: config.isAgreedMarketingPolicy,
    isConsented: config.isConsented,
  };
}

function channelsIn(numbers: readonly number[]): readonly Channel[] {
  return [...new Set(numbers.flatMap((number) => consentChannels.wordOf(number) ?? []))];
}

interface NoteMessage {
  readonly id: string;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime?: { readonly seconds: bigint; readonly nanos: number } | undefined;
}

/**
 * Notes in the order of the source, the newest first. The published API does not say when a note was created, by which
 * they are ordered here: it is the time of its last update, or just before the note that follows it.
 */
export function notePart<Note extends NoteMessage>(
  notes: readonly Note[],
  column: "note" | "content",
  textOf: (note: Note) => string,
): readonly MirroredRow[] {
  let later = Number.POSITIVE_INFINITY;
  return notes.flatMap((note) => {
    const updated = timeColumn(note.lastUpdatedTime);
    if (note.id === "" || updated === undefined) return [];
    const time = Math.min(Date.parse(updated), later - 1);
    later = time;
    const stamp = { created_time: new Date(time).toISOString(), last_updated_time: updated };
    return [{ id: note.id, [column]: textOf(note), ...stamp, last_updated_by: note.lastUpdatedBy }];
  });
}

/** Values of custom fields by code. */
export function fieldValues(values: Readonly<Record<string, CustomField_Value>>, reading: Reading): FieldValues {
  return Object.fromEntries(
    Object.entries(values).flatMap(([code, value]) => {
      const json = toFieldValue(value);
      if (!json) reading.remark("a custom field has a value that cannot be read, and was left out");
      return json ? [[code, json]] : [];
    }),
  );
}

/** The values of a customer, whose message does not say their types. */
export function untypedValues(struct: JsonObject, reading: Reading): FieldValues {
  const messages = Object.entries(struct).flatMap(([code, json]) => {
    const value = typedValue(json);
    if (!value && json !== null) reading.remark("a custom field has a value that cannot be read, and was left out");
    return value ? [[code, value] as const] : [];
  });
  return fieldValues(Object.fromEntries(messages), reading);
}

function typedValue(json: JsonValue): CustomField_Value | undefined {
  const options = { ignoreUnknownFields: true } as const;
  try {
    const value = fromJson(CustomField_ValueSchema, isObject(json) ? json : bareValue(json), options);
    return value.value.case === undefined ? undefined : value;
  } catch {
    return undefined;
  }
}

function bareValue(json: JsonValue): JsonObject {
  if (typeof json === "boolean") return { bool: json };
  if (typeof json === "number") return Number.isSafeInteger(json) ? { int64: String(json) } : { doubleValue: json };
  if (Array.isArray(json)) return { stringList: { values: json } };
  return { string: json };
}
