import { z } from "zod";
import { type Channel, type Consent, consentChannels } from "../core/consent.js";
import { consentSources } from "../core/consent-provenance.js";
import { ComplianceChannelSchema, ConsentSourceSchema } from "../gen/proto/moego/business/customer/v1/compliance_pb.js";
import { list, omitUndefined, optionalId, singleLineText } from "./fields.js";
import { moment } from "./google-types.js";
import { customIssue } from "./parse.js";
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

export const consentSource = protoEnum(ConsentSourceSchema, consentSources);

/** The form of a BCP 47 tag. */
const languageTag = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;
const maxTagLength = 35;

const language = z.string().superRefine((value, context) => {
  if (value === "" || (value.length <= maxTagLength && languageTag.test(value))) return;
  context.addIssue(customIssue("INVALID_FORMAT", "Must be a BCP 47 language tag, such as en-US."));
});

const provenanceFields = z.object({
  givenTime: moment.optional(),
  source: consentSource.optional,
  evidence: z
    .object({ reference: singleLineText, wordingVersion: optionalId, language, address: singleLineText })
    .optional(),
  recordedBy: optionalId.transform((id) => id || undefined),
});

/** Where an imported consent comes from. */
export const importedConsentProvenance = provenanceFields.transform(omitUndefined).optional();

/** The same in other requests, for which the server records the present and its actor. */
export const consentProvenance = provenanceFields
  .superRefine(({ givenTime, recordedBy }, context) => {
    const refuse = (field: string) =>
      context.addIssue({ ...customIssue("NOT_ALLOWED", "Must not be set: only imports can."), path: [field] });
    if (givenTime) refuse("givenTime");
    if (recordedBy !== undefined) refuse("recordedBy");
  })
  .transform(omitUndefined)
  .optional();

export function toProtoConsent(consent: Consent) {
  return {
    serviceRelatedChannels: consent.serviceRelatedChannels.map(consentChannel.toProto),
    marketingCampaignsChannels: consent.marketingCampaignsChannels.map(consentChannel.toProto),
    brandedAppEnabled: consent.brandedAppEnabled,
    isAgreedMarketingPolicy: consent.isAgreedMarketingPolicy,
    isConsented: consent.isConsented,
  };
}
