import type { Phone } from "./contact-phones.js";
import type { Expected } from "./learned.js";
import { Learned } from "./learned.js";

/** Everything a company should hold, by the promises of the contract; shares no code with the service. */
export interface World {
  readonly companyId: string;
  readonly limit: number | undefined;
  readonly tags: Tag[];
  /** In the order they were made. */
  readonly customers: Customer[];
  readonly leads: Lead[];
  readonly packages: Package[];
  /** Ids seen so far: none is ever given twice. */
  readonly ids: Set<string>;
  consentEvents: number;
}

export interface Tag {
  readonly id: Learned | string;
  readonly name: string;
  readonly group: string;
  readonly order: number;
  readonly archived: boolean;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Learned | string;
}

export interface Consent {
  readonly service: readonly string[];
  readonly marketing: readonly string[];
  readonly app: boolean;
  readonly policy: boolean;
  readonly consented: boolean;
}

export interface Address {
  readonly id: Learned;
  readonly type: "PRIMARY" | "SECONDARY";
  readonly lines: Lines;
}

export type Lines = { readonly [line in (typeof addressLines)[number]]: string };
const addressLines = ["address1", "address2", "city", "state", "postalCode", "country"] as const;
export const noLines: Lines = { address1: "", address2: "", city: "", state: "", postalCode: "", country: "" };

export interface Note {
  readonly id: Learned;
  readonly text: string;
  readonly by: string;
  readonly time: Learned;
}

export type FieldValues = { readonly [code: string]: Expected };

/** What customers and leads have alike. */
export interface Contact {
  readonly id: Learned;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  readonly phones: readonly Phone[];
  readonly email: string;
  /** Empty = none. */
  readonly businessId: string;
  readonly staffId: string;
  readonly sourceId: string;
  readonly consent: Consent;
  readonly fields: FieldValues;
  readonly createdBy: string;
  readonly createdTime: Learned;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Learned;
  readonly etag: Learned;
  /** Counts the writes. */
  readonly version: number;
  readonly archived: boolean;
}

export interface Customer extends Contact {
  readonly rawId: Learned;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly colorCode: string;
  readonly source: string;
  /** In the order they were added. */
  readonly addresses: readonly Address[];
  /** Oldest first. */
  readonly notes: readonly Note[];
  readonly tags: readonly Tag[];
  readonly preference: Preference;
  /** Those that are set, by member of the customer. */
  readonly appointments: Appointments;
  readonly leadId: Learned | "";
}

export type Appointments = { readonly [member in "lastAppointmentDate" | "nextAppointmentDate"]?: string };

export type Preference = readonly [sms: boolean, email: boolean, marketing: boolean, reminders: boolean];

export interface Lead extends Contact {
  readonly address: Address | undefined;
  readonly stageId: string;
  readonly statusId: string;
  readonly customerId: Learned | undefined;
}

export interface Package {
  readonly id: Learned;
  readonly customerId: string;
  readonly businessId: string;
  readonly staffId: string;
  readonly name: string;
  readonly purchaseTime: Learned | string;
  readonly isExpired: boolean;
  readonly isWithdrawn: boolean;
  readonly createTime: Learned;
  readonly lastUpdateTime: Learned;
  readonly lines: readonly PackageLine[];
  /** Redemptions and refunds, oldest first; what was bought stands at the lines. */
  readonly ledger: readonly LedgerEntry[];
}

export interface PackageLine {
  readonly id: Learned;
  readonly serviceId: string;
  readonly total: number;
}

export interface LedgerEntry {
  readonly id: Learned;
  readonly line: PackageLine;
  readonly kind: "KIND_REDEMPTION" | "KIND_REFUND" | "KIND_ADJUSTMENT";
  /** Change of the units left. */
  readonly quantity: number;
  readonly appointmentId: string;
  readonly refundedId: Learned | "";
  readonly note: string;
  readonly by: string;
  readonly time: Learned;
}

export const defaultConsent: Consent = {
  service: ["COMPLIANCE_CHANNEL_SMS", "COMPLIANCE_CHANNEL_EMAIL"],
  marketing: [],
  app: false,
  policy: false,
  consented: false,
};

export const defaultPreference: Preference = [true, true, false, true];

const settingTime = "2023-01-01T10:00:00Z";

/** A company as its rows begin. */
export function newWorld(companyId: string, limit: number | undefined): World {
  const tag = (id: string, name: string, order: number, more: Partial<Tag> = {}): Tag => ({
    ...{ id, name, order, group: "", archived: false, lastUpdatedBy: "", lastUpdatedTime: settingTime },
    ...more,
  });
  return {
    ...{ companyId, limit, customers: [], leads: [], packages: [], ids: new Set(), consentEvents: 0 },
    tags: [
      tag("tag_1", "VIP", 1, { group: "Loyalty", lastUpdatedBy: "staff_1" }),
      tag("tag_2", "Biter", 2),
      tag("tag_9", "Retired", 3, { archived: true }),
    ],
  };
}

/** An id that the server gives: of the documented shape, and never given before. */
export function newId({ ids }: World, prefix: string): Learned {
  return new Learned(`a new id that begins with ${prefix}`, (id) => {
    const isNew = id.startsWith(prefix) && /^[A-Za-z0-9_.-]{1,30}$/.test(id) && !ids.has(id);
    ids.add(id);
    return isNew;
  });
}

/** A moment by the clock of the database; later than another when one is given, by a millisecond at least. */
export function newTime(after?: Learned): Learned {
  const what = after ? "a later time of whole milliseconds" : "a time of whole milliseconds";
  return new Learned(what, (text) => isMoment(text) && (!after || Date.parse(text) > Date.parse(after.value)));
}

/** A version that differs from the one before. */
export function newEtag(before?: Learned): Learned {
  return new Learned("another etag", (text) => text !== "" && text !== before?.value);
}

export function newRawId(): Learned {
  return new Learned("a number", (text) => /^[1-9]\d*$/.test(text));
}

export function textOf(value: Learned | string): string {
  return value instanceof Learned ? value.value : value;
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(text);
}
