import { type AddressInput, addresses, consentChanges, linesOf, sentAddress } from "./contact-parts.js";
import { mainPhoneFaults, phoneLists, type SentPhone, sentPhones } from "./contact-phones.js";
import { someAddressId } from "./lead-rules.js";
import {
  allFaults,
  type FieldSample,
  fieldFaults,
  idFaults,
  knownBusinesses,
  knownSources,
  knownStaff,
  leadBusinessIds,
  leadFields,
  sampleFaults,
  sentFields,
  sourceIds,
  staffIds,
  stageIds,
  statusIds,
} from "./references.js";
import { emails, maybe, optionalNames, pictures, type Sample } from "./samples.js";
import type { Address } from "./world.js";

const rare = 3;

/** What creating and updating a lead have alike. */
export const profile = {
  last: maybe(optionalNames, rare),
  picture: maybe(pictures, rare),
  email: maybe(emails, rare),
  list: phoneLists,
  address: maybe(addresses, rare),
  businessId: maybe(leadBusinessIds, rare),
  staffId: maybe(staffIds, rare),
  stageId: maybe(stageIds, rare),
  statusId: maybe(statusIds, rare),
  sourceId: maybe(sourceIds, rare),
  fields: leadFields,
  consent: maybe(consentChanges, rare),
};

type Profile = {
  readonly [field in "first" | "last" | "picture" | "phone" | "email"]: Sample | undefined;
} & {
  readonly [field in "businessId" | "staffId" | "stageId" | "statusId" | "sourceId"]: string | undefined;
} & {
  readonly address: AddressInput | undefined;
  readonly fields: readonly FieldSample[];
  readonly list: readonly SentPhone[] | undefined;
};

export function sentLead(given: Profile) {
  const { first, last, picture, phone, email, address, businessId, staffId, stageId, statusId, sourceId } = given;
  return {
    ...(first ? { firstName: first.sent } : {}),
    ...(last ? { lastName: last.sent } : {}),
    ...(picture ? { avatar: picture.sent } : {}),
    ...(phone ? { phone: phone.sent } : {}),
    ...sentPhones(given.list),
    ...(email ? { email: email.sent } : {}),
    ...(address ? { address: sentAddress(address) } : {}),
    ...(businessId === undefined ? {} : { preferredBusinessId: businessId }),
    ...(staffId === undefined ? {} : { allocateStaffId: staffId }),
    ...(stageId === undefined ? {} : { lifeCycle: { id: stageId, name: "ignored" } }),
    ...(statusId === undefined ? {} : { actionStatus: { id: statusId } }),
    ...(sourceId === undefined ? {} : { referralSource: { id: sourceId } }),
    customFields: sentFields(given.fields),
  };
}

export function faultsOf({
  first,
  last,
  picture,
  phone,
  email,
  businessId,
  staffId,
  stageId,
  statusId,
  sourceId,
  fields,
  list,
}: Profile) {
  return allFaults(
    sampleFaults({
      ...{ "lead.first_name": first, "lead.last_name": last, "lead.avatar": picture },
      ...{ "lead.phone": phone, "lead.email": email },
    }),
    mainPhoneFaults(phone, list, "lead."),
    idFaults("lead.preferred_business_id", businessId, knownBusinesses),
    idFaults("lead.allocate_staff_id", staffId, knownStaff),
    idFaults("lead.life_cycle.id", stageId, ["lc_1", "lc_2"], true),
    idFaults("lead.action_status.id", statusId, ["as_1"], true),
    idFaults("lead.referral_source.id", sourceId, knownSources),
    fieldFaults(fields, "lead."),
  );
}

export function addressOf(given: AddressInput | undefined): Address | undefined {
  return given && { id: someAddressId(), type: given.isSecondary ? "SECONDARY" : "PRIMARY", lines: linesOf(given) };
}
