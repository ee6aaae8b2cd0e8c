import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  ComplianceChannel,
  type ConsentProvenanceSchema,
  ConsentSource,
  type CustomerComplianceConfigUpdateDefSchema,
} from "../../gen/proto/moego/business/customer/v1/compliance_pb.js";
import { type Reading, readYesNo, refusal, wordsOf } from "../cells/cell.js";
import { readMoment } from "../cells/date-cell.js";
import type { ImportSettings, RowReader } from "./row-reader.js";

export interface ReadConsent {
  readonly complianceConfig: MessageInitShape<typeof CustomerComplianceConfigUpdateDefSchema>;
  readonly consentProvenance?: MessageInitShape<typeof ConsentProvenanceSchema>;
}

const { SMS, EMAIL, AUTO_CALL } = ComplianceChannel;

const channels = [
  { field: "owner.sms_consent", channel: SMS, list: "service" },
  { field: "owner.email_consent", channel: EMAIL, list: "service" },
  { field: "owner.call_consent", channel: AUTO_CALL, list: "service" },
  { field: "owner.sms_marketing_consent", channel: SMS, list: "marketing" },
  { field: "owner.email_marketing_consent", channel: EMAIL, list: "marketing" },
] as const;

/** Whether the file can prove a consent: it has a channel, the time at which it was given, and how. */
export function provesConsent(has: (field: string) => boolean): boolean {
  return has("owner.consent_time") && has("owner.consent_source") && channels.some(({ field }) => has(field));
}

/**
 * The consent that a row proves. Without a channel, a time and a source nothing is permitted, not even the service
 * messages that a new customer permits by default: an export does not say that the owner agreed to them.
 */
export function readConsent(reader: RowReader, settings: ImportSettings): ReadConsent {
  const agreed = channels.filter(({ field }) => reader.read(field, readYesNo) === true);
  const time = reader.read("owner.consent_time", (cell) => readMoment(cell, settings));
  const source = reader.read("owner.consent_source", readSource);
  const isProved = provesConsent(reader.has) && agreed.length > 0 && time !== undefined && source !== undefined;
  if (agreed.length > 0 && !isProved) {
    reader.remark(agreed[0]?.field ?? "", "A consent without its time and source is not imported.");
  }
  const proved = isProved ? agreed : [];
  const listed = (list: "service" | "marketing") =>
    proved.filter((one) => one.list === list).map(({ channel }) => channel);
  const marketing = listed("marketing");
  return {
    complianceConfig: {
      serviceRelatedChannels: { channels: listed("service") },
      marketingCampaignsChannels: { channels: marketing },
      isAgreedMarketingPolicy: marketing.length > 0,
      isConsented: isProved,
    },
    ...(isProved ? { consentProvenance: { givenTime: timestampFromDate(time), source } } : {}),
  };
}

const sources: Readonly<Record<string, ConsentSource>> = {
  ...{ form: ConsentSource.FORM, web: ConsentSource.FORM, webform: ConsentSource.FORM, website: ConsentSource.FORM },
  ...{ online: ConsentSource.FORM, onlineform: ConsentSource.FORM, signup: ConsentSource.FORM },
  ...{ phone: ConsentSource.PHONE, call: ConsentSource.PHONE, verbal: ConsentSource.PHONE },
  ...{ keyword: ConsentSource.KEYWORD, sms: ConsentSource.KEYWORD, text: ConsentSource.KEYWORD },
  ...{ paper: ConsentSource.PAPER, written: ConsentSource.PAPER, signed: ConsentSource.PAPER },
  ...{ inperson: ConsentSource.IN_PERSON, instore: ConsentSource.IN_PERSON, frontdesk: ConsentSource.IN_PERSON },
  ...{ import: ConsentSource.IMPORT, api: ConsentSource.API },
};

function readSource(cell: string): Reading<ConsentSource> {
  const text = wordsOf(cell).join("");
  if (text === "") return undefined;
  return (
    sources[text] ??
    refusal("The source of the consent is not known.", "Write form, phone, keyword, paper, in person, import or API.")
  );
}
