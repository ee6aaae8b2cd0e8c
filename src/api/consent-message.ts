import { z } from "zod";
import type { Channel, Consent } from "../core/consent.js";
import { ComplianceChannel } from "../gen/proto/moego/business/customer/v1/compliance_pb.js";
import { list, omitUndefined } from "./fields.js";
import { customIssue } from "./parse.js";

/** By number in `ComplianceChannel`. */
export const channelNames: readonly (Channel | undefined)[] = [undefined, "SMS", "EMAIL", "AUTO_CALL"];
/** There are only three channels. The limit bounds repeated values. */
export const maxChannelsGiven = 100;
/** Channels without duplicates. */

export const channelList = list(
  z.number().transform((number, context): Channel => {
    const channel = channelNames[number];
    if (channel) return channel;
    context.addIssue(
      customIssue(
        "NOT_ALLOWED",
        "Must be COMPLIANCE_CHANNEL_SMS, COMPLIANCE_CHANNEL_EMAIL or COMPLIANCE_CHANNEL_AUTO_CALL.",
      ),
    );
    return z.NEVER;
  }),
  maxChannelsGiven,
).transform((given): readonly Channel[] => [...new Set(given)]);
export const channels = z
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
export function toProtoChannel(channel: Channel): ComplianceChannel {
  return ComplianceChannel[channel];
}
export function toProtoConsent({ serviceRelatedChannels, marketingCampaignsChannels, ...flags }: Consent) {
  return {
    ...flags,
    serviceRelatedChannels: serviceRelatedChannels.map(toProtoChannel),
    marketingCampaignsChannels: marketingCampaignsChannels.map(toProtoChannel),
  };
}
