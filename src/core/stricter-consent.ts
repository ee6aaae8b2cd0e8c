import type { Channel, Consent } from "./consent.js";
import type { ContactChoice } from "./contact-rule.js";
import type { Preference } from "./preference.js";

/** What both choices permit: a no in either is a no. */
export function stricterChoice(one: ContactChoice, other: ContactChoice): ContactChoice {
  return {
    consent: stricterConsent(one.consent, other.consent),
    preference: stricterPreference(one.preference, other.preference),
  };
}

function stricterConsent(one: Consent, other: Consent): Consent {
  const both = (some: readonly Channel[], others: readonly Channel[]) => some.filter((each) => others.includes(each));
  return {
    serviceRelatedChannels: both(one.serviceRelatedChannels, other.serviceRelatedChannels),
    marketingCampaignsChannels: both(one.marketingCampaignsChannels, other.marketingCampaignsChannels),
    brandedAppEnabled: one.brandedAppEnabled && other.brandedAppEnabled,
    isAgreedMarketingPolicy: one.isAgreedMarketingPolicy && other.isAgreedMarketingPolicy,
    isConsented: one.isConsented && other.isConsented,
  };
}

function stricterPreference(one: Preference, other: Preference): Preference {
  return {
    receiveAutoMessage: one.receiveAutoMessage && other.receiveAutoMessage,
    receiveAutoEmail: one.receiveAutoEmail && other.receiveAutoEmail,
    subscribeToMarketingEmails: one.subscribeToMarketingEmails && other.subscribeToMarketingEmails,
    receiveAppointmentReminder: one.receiveAppointmentReminder && other.receiveAppointmentReminder,
  };
}
