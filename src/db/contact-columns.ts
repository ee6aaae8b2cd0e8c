import { type Channel, type Consent, consentChannels } from "../core/consent.js";
import type { Preference } from "../core/preference.js";
import { foldCase } from "../core/text.js";
import { type Row, type StoredField, textColumn } from "./field-table.js";

/** The email address of a customer or lead, with the key that searches compare. */
export const emailField: StoredField<string> = {
  ...textColumn("email"),
  keys: { email_key: "text" },
  write: (email) => ({ email, email_key: foldCase(email) }),
};

/** The consent of a customer or lead. */
export const consentField: StoredField<Consent> = {
  columns: {
    service_related_channels: "smallint[]",
    marketing_campaigns_channels: "smallint[]",
    branded_app_enabled: "boolean",
    is_agreed_marketing_policy: "boolean",
    is_consented: "boolean",
  },
  write: (consent) => ({
    service_related_channels: consent.serviceRelatedChannels.map(consentChannels.numberOf),
    marketing_campaigns_channels: consent.marketingCampaignsChannels.map(consentChannels.numberOf),
    branded_app_enabled: consent.brandedAppEnabled,
    is_agreed_marketing_policy: consent.isAgreedMarketingPolicy,
    is_consented: consent.isConsented,
  }),
  read: consentOf,
};

export function consentOf(row: Row): Consent {
  return {
    serviceRelatedChannels: channelsIn(row["service_related_channels"]),
    marketingCampaignsChannels: channelsIn(row["marketing_campaigns_channels"]),
    brandedAppEnabled: row["branded_app_enabled"] === true,
    isAgreedMarketingPolicy: row["is_agreed_marketing_policy"] === true,
    isConsented: row["is_consented"] === true,
  };
}

function channelsIn(numbers: unknown): readonly Channel[] {
  return Array.isArray(numbers) ? numbers.map((number) => consentChannels.wordOf(Number(number)) ?? "AUTO_CALL") : [];
}

/** The preference of a customer. */
export const preferenceField: StoredField<Preference> = {
  columns: {
    receive_auto_message: "boolean",
    receive_auto_email: "boolean",
    subscribe_to_marketing_emails: "boolean",
    receive_appointment_reminder: "boolean",
  },
  write: (preference) => ({
    receive_auto_message: preference.receiveAutoMessage,
    receive_auto_email: preference.receiveAutoEmail,
    subscribe_to_marketing_emails: preference.subscribeToMarketingEmails,
    receive_appointment_reminder: preference.receiveAppointmentReminder,
  }),
  read: preferenceOf,
};

export function preferenceOf(row: Row): Preference {
  return {
    receiveAutoMessage: row["receive_auto_message"] === true,
    receiveAutoEmail: row["receive_auto_email"] === true,
    subscribeToMarketingEmails: row["subscribe_to_marketing_emails"] === true,
    receiveAppointmentReminder: row["receive_appointment_reminder"] === true,
  };
}
