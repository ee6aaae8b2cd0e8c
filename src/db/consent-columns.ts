import type { Channel, Consent } from "../core/consent.js";

/** The consent columns of customers and leads. */
export interface ConsentRow {
  readonly service_related_channels: readonly number[];
  readonly marketing_campaigns_channels: readonly number[];
  readonly branded_app_enabled: boolean;
  readonly is_agreed_marketing_policy: boolean;
  readonly is_consented: boolean;
}

export function toConsent(row: ConsentRow): Consent {
  return {
    serviceRelatedChannels: row.service_related_channels.map(toChannel),
    marketingCampaignsChannels: row.marketing_campaigns_channels.map(toChannel),
    brandedAppEnabled: row.branded_app_enabled,
    isAgreedMarketingPolicy: row.is_agreed_marketing_policy,
    isConsented: row.is_consented,
  };
}

/** Consent in the fields of Prisma's customer and lead. */
export function consentColumns({ serviceRelatedChannels, marketingCampaignsChannels, ...flags }: Consent) {
  return {
    ...flags,
    serviceRelatedChannels: serviceRelatedChannels.map(channelNumber),
    marketingCampaignsChannels: marketingCampaignsChannels.map(channelNumber),
  };
}

/** The same as statement values, in the order of ConsentRow. */
export function consentValues(consent: Consent) {
  const columns = consentColumns(consent);
  return [
    columns.serviceRelatedChannels,
    columns.marketingCampaignsChannels,
    columns.brandedAppEnabled,
    columns.isAgreedMarketingPolicy,
    columns.isConsented,
  ] as const;
}

const channelNumbers = { SMS: 1, EMAIL: 2, AUTO_CALL: 3 } as const satisfies Record<Channel, number>;

/** Channels are stored by number in the contract. */
function channelNumber(channel: Channel): number {
  return channelNumbers[channel];
}

function toChannel(number: number): Channel {
  return number === 1 ? "SMS" : number === 2 ? "EMAIL" : "AUTO_CALL";
}
