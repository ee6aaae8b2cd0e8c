import type { Address } from "../../core/address.js";
import type { Consent } from "../../core/consent.js";
import type { Note } from "../../core/note.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import type { Tag } from "../setting-lists/tag.model.js";

/** Maximum number of addresses per customer. */
export const maxAddresses = 10;

export interface Preference {
  readonly receiveAutoMessage: boolean;
  readonly receiveAutoEmail: boolean;
  readonly subscribeToMarketingEmails: boolean;
  readonly receiveAppointmentReminder: boolean;
}

/** Defaults of the MoeGo API reference, "Preference". */
export const defaultPreference = {
  receiveAutoMessage: true,
  receiveAutoEmail: true,
  subscribeToMarketingEmails: false,
  receiveAppointmentReminder: true,
} as const satisfies Preference;

/** A cleared preference enables nothing. */
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

/** A customer with its children. Empty strings mean unknown. */
export interface Customer {
  readonly companyId: string;
  readonly id: string;
  readonly rawId: bigint;
  readonly firstName: string;
  readonly lastName: string;
  readonly avatar: string;
  /** E.164. Empty only for a customer promoted from a lead without a phone number. */
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
  /** Newest notes first, limited in number. */
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
  /** Number of the current version, starting at 1. */
  readonly version: bigint;
}
