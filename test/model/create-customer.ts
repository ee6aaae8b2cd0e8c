import fc from "fast-check";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { authorOf, command, deniedLocation, sees } from "./command.js";
import { newChoice } from "./contact-choice.js";
import {
  addresses,
  consentChanges,
  linesOf,
  newNotes,
  newNoteTexts,
  noteFaults,
  preferences,
  sentAddress,
  sentConsent,
  sentNotes,
  sentPreference,
  storedOf,
} from "./contact-parts.js";
import { listed, mainPhoneFaults, phoneLists, sentPhones } from "./contact-phones.js";
import { answer, invalid, notFound, quotaExceeded, refusal } from "./outcome.js";
import {
  addTags,
  allFaults,
  businessIds,
  customerFields,
  fieldFaults,
  idFaults,
  knownBusinesses,
  knownSources,
  knownStaff,
  mergedFields,
  namedTags,
  referenceRefusal,
  sampleFaults,
  sentFields,
  sourceIds,
  staffIds,
  tagReferences,
} from "./references.js";
import { colors, emails, lines, maybe, names, phones } from "./samples.js";
import { customerView } from "./views.js";
import { type Customer, newEtag, newId, newRawId, newTime, type World } from "./world.js";

const input = fc.record({
  businessId: businessIds,
  first: names,
  last: names,
  phone: phones,
  list: phoneLists,
  email: maybe(emails),
  address: maybe(addresses),
  preference: maybe(preferences),
  tags: tagReferences,
  notes: newNoteTexts,
  consent: maybe(consentChanges),
  sourceId: maybe(sourceIds),
  source: maybe(lines),
  color: maybe(colors),
  fields: customerFields,
  staffId: maybe(staffIds),
});

/** Decisions 6, "Required on create" and on. */
export const createCustomer = command({
  rpc: "CreateCustomer",
  input,
  plan(given, world, { by }) {
    const { businessId, first, last, phone, list, email, address, preference, tags, notes, consent } = given;
    const { sourceId, source, color, fields, staffId } = given;
    const faults = allFaults(
      idFaults("preferred_business_id", businessId, knownBusinesses, true),
      sampleFaults({
        first_name: first,
        last_name: last,
        phone: list && phone.sent === "" ? undefined : phone,
        email,
        source,
        color_code: color,
      }),
      namedTags(world, tags, { by }).faults.shape,
      noteFaults(notes),
      mainPhoneFaults(phone, list),
      idFaults("referral_source.id", sourceId, knownSources),
      idFaults("assigned_staff_id", staffId, knownStaff),
      fieldFaults(fields),
    );
    let made: Customer | undefined;
    return {
      method: CustomerService.method.createCustomer,
      request: {
        ...{ companyId: world.companyId, preferredBusinessId: businessId },
        ...{ firstName: first.sent, lastName: last.sent, phone: phone.sent, tags: [...tags], notes: sentNotes(notes) },
        ...sentPhones(list),
        ...(email ? { email: email.sent } : {}),
        ...(address ? { address: sentAddress(address) } : {}),
        ...(preference ? { preference: sentPreference(preference) } : {}),
        ...(consent ? { complianceConfig: sentConsent(consent) } : {}),
        ...(sourceId === undefined ? {} : { referralSource: { id: sourceId } }),
        ...(source ? { source: source.sent } : {}),
        ...(color ? { colorCode: color.sent } : {}),
        customFields: sentFields(fields),
        ...(staffId === undefined ? {} : { assignedStaffId: staffId }),
      },
      check() {
        const denied = deniedLocation(by, businessId);
        if (denied) return denied;
        if (faults.shape.length > 0) return invalid(faults.shape);
        return sees(by, businessId) ? undefined : refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED");
      },
      run() {
        const named = namedTags(world, tags, { by });
        const refused = referenceRefusal(faults.references, named, by);
        if (refused) return refused;
        if (isFull(world)) return quotaExceeded;
        const time = newTime();
        made = {
          ...{ id: newId(world, "cus_"), rawId: newRawId(), etag: newEtag(), version: 1, archived: false, leadId: "" },
          ...{ createdTime: time, lastUpdatedTime: time, createdBy: authorOf(by), lastUpdatedBy: authorOf(by) },
          ...{
            firstName: storedOf(first),
            lastName: storedOf(last),
            phones: listed(list && phone.sent === "" ? "" : storedOf(phone), list),
            status: "ACTIVE",
            avatar: "",
            appointments: {},
          },
          email: email ? storedOf(email) : "",
          source: source ? storedOf(source) : "",
          colorCode: color ? storedOf(color) : "",
          ...{ businessId, staffId: staffId ?? "", sourceId: sourceId ?? "" },
          addresses: address
            ? [
                {
                  id: newId(world, "addr_"),
                  type: address.isSecondary ? "SECONDARY" : "PRIMARY",
                  lines: linesOf(address),
                },
              ]
            : [],
          notes: newNotes(world, notes, by),
          tags: named.tags,
          ...newChoice(consent, preference),
          fields: mergedFields({ field_points: { int64: "7" } }, fields),
        };
        addTags(world, named.tags);
        world.customers.push(made);
        world.consentEvents += 1;
        return answer(customerView(world, made));
      },
      again() {
        const now = world.customers.find((one) => one.id === made?.id);
        return now && sees(by, now.businessId) ? answer(customerView(world, now)) : notFound;
      },
    };
  },
});

export function isFull({ limit, customers }: World): boolean {
  return limit !== undefined && customers.filter((one) => !one.archived).length >= limit;
}
