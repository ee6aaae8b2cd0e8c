import { z } from "zod";
import { type Channel, type Consent, consentChannels } from "../core/consent.js";
import { ComplianceChannelSchema } from "../gen/proto/moego/business/customer/v1/compliance_pb.js";
import { list, omitUndefined } from "./fields.js";
import { protoEnum } from "./proto-enum.js";

export const consentChannel = protoEnum(ComplianceChannelSchema, consentChannels);

/** There are only three channels. The limit bounds repeated values. */
const maxChannelsGiven = 100;

/** Channels without duplicates. */
export const channelList = list(consentChannel.item, maxChannelsGiven).transform((given): readonly Channel[] => [
  ...new Set(given),
]);

const channels = z
  .object({
    channels: channelList,
  })
  .transform((message) => message.channels);

/** The write form of consent: an absent field is unchanged, an empty list clears. */
export const consentChange = z
  .object({
    serviceRelatedChannels: channels.optional(),
    marketingCampaignsChannels: channels.optional(),
    brandedAppEnabled: z.boolean().optional(),
    isAgreedMarketingPolicy: z.boolean().optional(),
    isConsented: z.boolean().optional(),
  })
  .transform(omitUndefined);

export function toProtoConsent({ serviceRelatedChannels, marketingCampaignsChannels, ...flags }: Consent) {
  return {
    ...flags,
    serviceRelatedChannels: serviceRelatedChannels.map(consentChannel.toProto),
    marketingCampaignsChannels: marketingCampaignsChannels.map(consentChannel.toProto),
  };
}
