export type Channel = "SMS" | "EMAIL" | "AUTO_CALL";

/** Which channels a subject may be contacted through, and what it agreed to. */
export interface Consent {
  readonly serviceRelatedChannels: readonly Channel[];
  readonly marketingCampaignsChannels: readonly Channel[];
  readonly brandedAppEnabled: boolean;
  readonly isAgreedMarketingPolicy: boolean;
  readonly isConsented: boolean;
}

/** A change of consent: what is absent stays, a list replaces, an empty list clears. */
export type ConsentChange = { readonly [K in keyof Consent]?: Consent[K] };

/**
 * The state of a subject that nobody has told us anything about: service messages by SMS and email, no automated
 * calls, no marketing, nothing agreed to.
 */
export const defaultConsent = {
  serviceRelatedChannels: ["SMS", "EMAIL"],
  marketingCampaignsChannels: [],
  brandedAppEnabled: false,
  isAgreedMarketingPolicy: false,
  isConsented: false,
} as const satisfies Consent;

/** A cleared consent permits nothing: nobody is contacted by mistake. */
export const noConsent = { ...defaultConsent, serviceRelatedChannels: [] } as const satisfies Consent;

export function applyConsent(current: Consent, change: ConsentChange): Consent {
  return { ...current, ...change };
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
