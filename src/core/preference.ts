/** Which messages a customer wants. It never permits anything by itself: see core/contact-rule.ts. */
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
