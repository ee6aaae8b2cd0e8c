import type { Consent } from "../domain/consent.js";
import { channelNumber } from "./customer-rows.js";

/** A consent in the columns that customers and leads have for it. */
export function consentColumns({ serviceRelatedChannels, marketingCampaignsChannels, ...flags }: Consent) {
  return {
    ...flags,
    serviceRelatedChannels: serviceRelatedChannels.map(channelNumber),
    marketingCampaignsChannels: marketingCampaignsChannels.map(channelNumber),
  };
}
