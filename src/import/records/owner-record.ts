import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { PhoneLine } from "../../core/phone/contact-phone.js";
import { isSameLine, maxPhones } from "../../core/phone/contact-phone.js";
import { foldCase } from "../../core/text.js";
import {
  ContactPhone_BelongsTo,
  ContactPhone_Label,
} from "../../gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import { Customer_Status } from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import type {
  CreateCustomerRequest,
  CreateCustomerRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { readYesNo, refusal } from "../cells/cell.js";
import { readMoment } from "../cells/date-cell.js";
import { readEmail } from "../cells/email-cell.js";
import { readFullName, readGivenName } from "../cells/name-cell.js";
import { readPhones } from "../cells/phone-cell.js";
import { restoredPostalCode } from "../cells/postal-code.js";
import { readConsent } from "./consent-cells.js";
import { miss } from "./missing-value.js";
import { distinctSettings, type NamedSetting, settingName } from "./named-setting.js";
import type { ImportSettings, RowReader } from "./row-reader.js";

/** An owner as a row has it. */
export interface OwnerDraft {
  /** What identifies the owner in the file: its id there, or contact data with the name. Empty if nothing does. */
  readonly key: string;
  /** The id of the owner in the file. */
  readonly sourceId: string;
  /** Without what it refers to by name. */
  readonly customer: CustomerInit;
  readonly facts: OwnerFacts;
  /** Tags, and what else the row names of the settings of the company. */
  readonly names: readonly NamedSetting[];
}

export type CustomerInit = Exclude<MessageInitShape<typeof CreateCustomerRequestSchema>, CreateCustomerRequest>;

interface OwnerFacts {
  readonly createdTime?: ReturnType<typeof timestampFromDate>;
  readonly lastAppointmentTime?: ReturnType<typeof timestampFromDate>;
  readonly nextAppointmentTime?: ReturnType<typeof timestampFromDate>;
  readonly status?: Customer_Status;
}

/** What is needed to find an owner: its id in the file, phones and the email address. */
export function readContact(reader: RowReader, settings: ImportSettings) {
  const sourceId = reader.text("owner.id").slice(0, 255);
  const { phones, otherPhones } = readOwnerPhones(reader, settings);
  const email = reader.read("owner.email", readEmail);
  if (email && email.others.length > 0) reader.remark("owner.email", "Only the first email address is imported.");
  const { firstName, lastName } = readName(reader);
  const name = foldCase(`${firstName} ${lastName}`);
  const contact = phones[0]?.number ?? (email ? foldCase(email.email) : "");
  const key = sourceId !== "" ? `id ${sourceId}` : contact !== "" ? `contact ${contact} ${name}` : "";
  return { sourceId, phones, otherPhones, email: email?.email ?? "", firstName, lastName, key };
}

export type OwnerContact = ReturnType<typeof readContact>;

/** Reads the owner of a row. Faults are recorded on the reader. */
export function readOwner(reader: RowReader, settings: ImportSettings, kind: "customer" | "lead"): OwnerDraft {
  const { key, sourceId, phones, otherPhones, email, firstName, lastName } = readContact(reader, settings);
  const isLead = kind === "lead";
  if (firstName === "") missName(reader, settings, "first");
  if (lastName === "" && !isLead) missName(reader, settings, "last");
  const isReachable = phones.length > 0 || (isLead && email !== "");
  if (!isReachable && !reader.faults.some(({ reason }) => /phone|email/i.test(reason))) {
    const field = ownerPhones.find((one) => reader.has(one.field))?.field ?? "owner.phone";
    miss(reader, settings, { what: "phone", field, ...(isLead ? unreachableLead : noPhone) });
  }
  const address = readAddress(reader, settings);
  const ownKey = key === "" && settings.mayLack.has("phone") ? keyOfName({ firstName, lastName, address }) : key;
  const isKnown = firstName + lastName + email !== "" || phones.length > 0;
  if (!isKnown && reader.faults.length === 0) reader.refuse("owner.first_name", unknownOwner);
  const preferredBusinessId = readLocation(reader, settings, kind);
  const customFields = Object.fromEntries(
    reader
      .others("custom")
      .map(({ column, text }) => [
        column.use.kind === "custom" ? column.use.id : "",
        { value: { case: "text" as const, value: text } },
      ]),
  );
  return {
    ...{ key: ownKey, sourceId },
    customer: {
      ...{ companyId: settings.companyId, preferredBusinessId, firstName, lastName, phones, email, customFields },
      address,
      notes: readNotes(reader, otherPhones),
      ...readConsent(reader, settings),
    },
    facts: readFacts(reader, settings),
    names: readNames(reader),
  };
}

/** The owner of several rows: a later one gives the names, phones and email address that the first lacks. */
export function completedOwner(first: OwnerDraft, { customer: later }: OwnerDraft): OwnerDraft {
  const { firstName, lastName, email, phones = [] } = first.customer;
  const customer = {
    ...first.customer,
    firstName: firstName || later.firstName || "",
    lastName: lastName || later.lastName || "",
    phones: phones.length > 0 ? phones : (later.phones ?? []),
    email: email || later.email || "",
  };
  return { ...first, customer };
}

/** Tags, source, stage, status and assigned staff of the row. */
function readNames(reader: RowReader): readonly NamedSetting[] {
  const tags = reader.text("owner.tags").split(/[;,|]/);
  const named = [
    ...tags.map((tag) => settingName("tag", tag)),
    settingName("referralSource", reader.text("owner.referral_source")),
    settingName("lifeCycle", reader.text("owner.life_cycle")),
    settingName("actionStatus", reader.text("owner.action_status")),
    settingName("staff", reader.text("owner.staff")),
  ];
  return distinctSettings(named.filter(({ name }) => name !== ""));
}

const noPhone = refusal("The row has no phone number.", "Add one. The company looks its customers up by phone.");

const unreachableLead = refusal("The row has no phone number and no email address.", "Add one of them.");

const unknownOwner = refusal("The row has neither a name nor contact data of the owner.", "Add one of them.");

function missName(reader: RowReader, settings: ImportSettings, which: "first" | "last"): void {
  const remedy = reader.has("owner.name")
    ? "Write the first and the last name into the cell, with a blank between them."
    : `Add the ${which} name.`;
  const field = reader.has(`owner.${which}_name`) ? `owner.${which}_name` : "owner.name";
  miss(reader, settings, { what: `${which}-name`, field, reason: `The ${which} name is missing.`, remedy });
}

interface Named {
  readonly firstName: string;
  readonly lastName: string;
  readonly address: ReturnType<typeof readAddress>;
}

/** Of an owner without id and contact data. People with the same name and address are one owner. */
function keyOfName({ firstName, lastName, address }: Named): string {
  const name = foldCase(`${firstName} ${lastName}`).trim();
  return name === "" ? "" : `name ${JSON.stringify([name, foldCase(Object.values(address ?? {}).join(" "))])}`;
}

function readName(reader: RowReader) {
  const whole = reader.read("owner.name", readFullName);
  return {
    firstName: readGivenName(reader.text("owner.first_name")) || (whole?.firstName ?? ""),
    lastName: readGivenName(reader.text("owner.last_name")) || (whole?.lastName ?? ""),
  };
}

const { OWNER, EMERGENCY_CONTACT, PICKUP_PERSON } = ContactPhone_BelongsTo;
const { MOBILE, HOME, WORK, LABEL_UNSPECIFIED } = ContactPhone_Label;

const ownerPhones = [
  { field: "owner.mobile_phone", label: MOBILE, belongsTo: OWNER, name: "" },
  { field: "owner.phone", label: LABEL_UNSPECIFIED, belongsTo: OWNER, name: "" },
  { field: "owner.home_phone", label: HOME, belongsTo: OWNER, name: "" },
  { field: "owner.work_phone", label: WORK, belongsTo: OWNER, name: "" },
  { field: "owner.other_phone", label: LABEL_UNSPECIFIED, belongsTo: OWNER, name: "" },
  {
    field: "owner.emergency_phone",
    label: LABEL_UNSPECIFIED,
    belongsTo: EMERGENCY_CONTACT,
    name: "owner.emergency_name",
  },
  { field: "owner.pickup_phone", label: LABEL_UNSPECIFIED, belongsTo: PICKUP_PERSON, name: "owner.pickup_name" },
] as const;

/**
 * All phones of the row, each line once. The first one is the main phone, so it is the owner's. If the owner has none, those
 * of others are kept apart.
 */
function readOwnerPhones(reader: RowReader, { country }: ImportSettings) {
  const phones: OwnerPhone[] = [];
  for (const { field, label, belongsTo, name } of ownerPhones) {
    const lines: readonly PhoneLine[] = reader.read(field, (cell) => readPhones(cell, country)) ?? [];
    if (lines.length > 1) reader.remark(field, "Cells with several phone numbers are imported as several phones.");
    const personName = name === "" ? "" : reader.text(name).slice(0, 100);
    for (const { number, extension } of lines) {
      if (phones.some((phone) => isSameLine(phone.number, number))) continue;
      phones.push({ number, extension, label, belongsTo, personName });
    }
  }
  if (phones.length > maxPhones) reader.refuse("owner.other_phone", tooManyPhones);
  const isOwners = phones[0]?.belongsTo === OWNER;
  return { phones: isOwners ? phones : [], otherPhones: isOwners ? [] : phones };
}

interface OwnerPhone {
  readonly number: string;
  readonly extension: string;
  readonly label: ContactPhone_Label;
  readonly belongsTo: ContactPhone_BelongsTo;
  readonly personName: string;
}

const tooManyPhones = refusal(`The row has more than ${maxPhones} phone numbers.`, "Leave some of them out.");

function readAddress(reader: RowReader, settings: ImportSettings) {
  const country = reader.text("owner.country");
  const address = {
    address1: reader.text("owner.address1"),
    address2: reader.text("owner.address2"),
    city: reader.text("owner.city"),
    state: reader.text("owner.state"),
    postalCode: reader.text("owner.postal_code"),
  };
  const isEmpty = Object.values(address).every((line) => line === "");
  if (isEmpty) return undefined;
  const ofCountry = country === "" || /^(?:usa?|united states.*)$/i.test(country) ? settings.country : country;
  const postalCode = restoredPostalCode(address.postalCode, ofCountry);
  if (postalCode !== address.postalCode)
    reader.remark("owner.postal_code", "Zeros that a spreadsheet dropped are restored in postal codes.");
  return { ...address, postalCode, country };
}

function readNotes(reader: RowReader, otherPhones: readonly OwnerPhone[]) {
  const kept = [
    ...otherPhones.map(({ number, belongsTo, personName }) => {
      const whose = belongsTo === EMERGENCY_CONTACT ? "Emergency contact" : "Pickup person";
      return `${whose}: ${personName === "" ? number : `${personName}, ${number}`}`;
    }),
    ...reader.others("note").map(({ column, text }) => `${column.header.trim()}: ${text}`),
  ];
  return [reader.text("owner.note"), kept.join("\n")].filter((note) => note !== "").map((note) => ({ note }));
}

function readLocation(
  reader: RowReader,
  { businessId, businessIds }: ImportSettings,
  kind: "customer" | "lead",
): string {
  const named = reader.text("owner.location");
  if (named === "" && businessId !== undefined) return businessId;
  const found = businessIds.get(named) ?? businessIds.get(named.toLowerCase());
  if (found === undefined && (named !== "" || kind === "customer")) {
    const reason = named === "" ? "The row names no location." : "The company has no location with this name.";
    reader.refuse("owner.location", refusal(reason, "State the location of all rows with --location."));
  }
  return found ?? "";
}

function readFacts(reader: RowReader, settings: ImportSettings): OwnerFacts {
  const timeOf = (field: string) => {
    const isUnix = settings.unixFields.includes(field);
    const time = reader.read(field, (cell) => readMoment(cell, { ...settings, isUnix }));
    return time && timestampFromDate(time);
  };
  const createdTime = timeOf("owner.created_time");
  if (createdTime && timestampDate(createdTime) > settings.now) reader.refuse("owner.created_time", inFuture);
  const lastAppointmentTime = timeOf("owner.last_appointment");
  const nextAppointmentTime = timeOf("owner.next_appointment");
  const isActive = reader.read("owner.status", readActive);
  return {
    ...(createdTime ? { createdTime } : {}),
    ...(lastAppointmentTime ? { lastAppointmentTime } : {}),
    ...(nextAppointmentTime ? { nextAppointmentTime } : {}),
    ...(isActive === false ? { status: Customer_Status.INACTIVE } : {}),
  };
}

const inFuture = refusal("The time is in the future.", "Correct the date.");

function readActive(cell: string) {
  const text = cell.trim().toLowerCase();
  if (["active", "current", "enabled"].includes(text)) return true;
  if (["inactive", "archived", "disabled", "former"].includes(text)) return false;
  return readYesNo(cell);
}
