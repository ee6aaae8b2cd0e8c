import type { Consent } from "../../core/consent.js";
import type { FieldValues } from "../custom-fields/custom-field-values.service.js";
import type { Tag } from "../setting-lists/tag.model.js";

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

/** Most addresses a customer can have. */
export const maxAddresses = 10;

export interface Note {
  readonly id: string;
  readonly note: string;
  /** Staff id; empty when no staff member did it. */
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

/** How many of the newest notes a customer carries with it; the rest is behind the list of its notes. */
export const maxNotesInRecord = 50;

/** How many a customer or pet carries in a list of many, as far as their texts take so many bytes of UTF-8 together. */
export const maxNotesInList = 10;
export const listedNoteBytes = 4_096;

export interface Preference {
  readonly receiveAutoMessage: boolean;
  readonly receiveAutoEmail: boolean;
  readonly subscribeToMarketingEmails: boolean;
  readonly receiveAppointmentReminder: boolean;
}

/** Documented defaults (document 001, "Preference"). */
export const defaultPreference = {
  receiveAutoMessage: true,
  receiveAutoEmail: true,
  subscribeToMarketingEmails: false,
  receiveAppointmentReminder: true,
} as const satisfies Preference;

/** A cleared preference wishes for nothing. */
export const noPreference = {
  receiveAutoMessage: false,
  receiveAutoEmail: false,
  subscribeToMarketingEmails: false,
  receiveAppointmentReminder: false,
} as const satisfies Preference;

export type CustomerStatus = "ACTIVE" | "INACTIVE";

export interface ReferralSource {
  readonly id: string;
  readonly name: string;
  readonly archived: boolean;
}

/** A customer with everything that belongs to it. Empty strings stand for "not known". */
export interface Customer {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164; empty only for a customer promoted from a lead without a phone. */
  readonly phone: string;
  readonly email: string;
  readonly addresses: readonly Address[];
  readonly status: CustomerStatus;
  readonly colorCode: string;
  readonly source: string;
  readonly lastAppointmentTime?: Date;
  readonly nextAppointmentTime?: Date;
  readonly createdBy: string;
  readonly createdTime: Date;
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
  readonly preferredBusinessId?: string;
  /** The newest notes, newest first. */
  readonly notes: readonly Note[];
  readonly tags: readonly Tag[];
  readonly referralSource?: ReferralSource;
  readonly preference: Preference;
  readonly upcomingAppointmentsUrl: string;
  readonly archived: boolean;
  readonly consent: Consent;
  readonly customFields: FieldValues;
  readonly sourceLeadId?: string;
  readonly assignedStaffId?: string;
  /** Counts the changes, from 1. */
  readonly version: bigint;
}
