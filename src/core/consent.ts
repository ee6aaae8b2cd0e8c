import { enumeration, type WordOf } from "./enumeration.js";

export const consentChannels = enumeration("SMS", "EMAIL", "AUTO_CALL");
export type Channel = WordOf<typeof consentChannels>;

/** The channels a customer or lead may be contacted through, and the terms they agreed to. */
export interface Consent {
  readonly serviceRelatedChannels: readonly Channel[];
  readonly marketingCampaignsChannels: readonly Channel[];
  readonly brandedAppEnabled: boolean;
  readonly isAgreedMarketingPolicy: boolean;
  readonly isConsented: boolean;
}

/** A change of consent. An absent field is unchanged, a list replaces the stored one, an empty list clears it. */
export type ConsentChange = { readonly [K in keyof Consent]?: Consent[K] };

/**
 * The consent of a customer or lead about which nothing was recorded: service messages by SMS and email, no automated
 * calls, no marketing, nothing agreed to.
 */
export const defaultConsent = {
  serviceRelatedChannels: ["SMS", "EMAIL"],
  marketingCampaignsChannels: [],
  brandedAppEnabled: false,
  isAgreedMarketingPolicy: false,
  isConsented: false,
} as const satisfies Consent;

/** A cleared consent permits nothing, so that nobody is contacted by mistake. */
export const noConsent = { ...defaultConsent, serviceRelatedChannels: [] } as const satisfies Consent;

/** A change that permits more than was consented to ends the consent, unless the consent is given with the change. */
export function applyConsent(current: Consent, change: ConsentChange): Consent {
  const next = { ...current, ...change };
  return change.isConsented === undefined && widens(current, next) ? { ...next, isConsented: false } : next;
}

function widens(before: Consent, after: Consent): boolean {
  const adds = (list: "serviceRelatedChannels" | "marketingCampaignsChannels") =>
    after[list].some((channel) => !before[list].includes(channel));
  const sets = (flag: "brandedAppEnabled" | "isAgreedMarketingPolicy") => after[flag] && !before[flag];
  return (
    adds("serviceRelatedChannels") ||
    adds("marketingCampaignsChannels") ||
    sets("brandedAppEnabled") ||
    sets("isAgreedMarketingPolicy")
  );
}

export function sameConsent(a: Consent, b: Consent): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(consent: Consent): unknown[] {
  return [
    consent.serviceRelatedChannels.toSorted(),
    consent.marketingCampaignsChannels.toSorted(),
    consent.brandedAppEnabled,
    consent.isAgreedMarketingPolicy,
    consent.isConsented,
  ];
}
