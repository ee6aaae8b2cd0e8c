import { type Channel, type Consent, consentChannels } from "../core/consent.js";
import type { StoredField } from "./field-table.js";

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
    serviceRelatedChannels: serviceRelatedChannels.map(consentChannels.numberOf),
    marketingCampaignsChannels: marketingCampaignsChannels.map(consentChannels.numberOf),
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

function toChannel(number: number): Channel {
  return consentChannels.wordOf(number) ?? "AUTO_CALL";
}

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
  read: (row) => ({
    serviceRelatedChannels: channelsIn(row["service_related_channels"]),
    marketingCampaignsChannels: channelsIn(row["marketing_campaigns_channels"]),
    brandedAppEnabled: row["branded_app_enabled"] === true,
    isAgreedMarketingPolicy: row["is_agreed_marketing_policy"] === true,
    isConsented: row["is_consented"] === true,
  }),
};

function channelsIn(numbers: unknown): readonly Channel[] {
  return Array.isArray(numbers) ? numbers.map(Number).map(toChannel) : [];
}
