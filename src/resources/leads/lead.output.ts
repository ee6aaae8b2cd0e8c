import type { MessageInitShape } from "@bufbuild/protobuf";
import { toProtoAddress } from "../../api/address-fields.js";
import { toProtoConsent } from "../../api/consent-message.js";
import { duplicatesField } from "../../api/duplicate-message.js";
import { toTimestamp } from "../../api/google-types.js";
import { toProtoPhone } from "../../api/phone-fields.js";
import { etagOf } from "../../core/write.js";
import type { LeadSchema } from "../../gen/proto/moego/business/customer/v1/lead_pb.js";
import { toFieldMessages } from "../custom-fields/custom-field.output.js";
import { toProtoNote } from "../customers/customer.output.js";
import { toProtoPet } from "../pets/pet.output.js";
import { toProtoTag } from "../setting-lists/setting.output.js";
import type { CreatedLead, Lead } from "./lead.model.js";

export function toProtoLead(lead: Lead): MessageInitShape<typeof LeadSchema> {
  // One rest, spread last: as in `toCustomer`.
  const {
    address,
    phones,
    externalIds,
    pets,
    notes,
    tags,
    consent,
    customFields,
    archived,
    createdTime,
    lastUpdatedTime,
    ...same
  } = lead;
  return {
    ...(address ? { address: toProtoAddress(address) } : {}),
    phones: phones.map(toProtoPhone),
    externalIds: [...externalIds],
    pets: pets.map(toProtoPet),
    notes: notes.map(toProtoNote),
    tags: tags.map(toProtoTag),
    createdTime: toTimestamp(createdTime),
    lastUpdatedTime: toTimestamp(lastUpdatedTime),
    complianceConfig: toProtoConsent(consent),
    customFields: toFieldMessages(customFields),
    etag: etagOf(lead),
    deleted: archived || lead.promotedCustomerId !== undefined,
    ...same,
  };
}

export function toProtoCreatedLead({ lead, duplicates }: CreatedLead): MessageInitShape<typeof LeadSchema> {
  return { ...duplicatesField(duplicates), ...toProtoLead(lead) };
}
