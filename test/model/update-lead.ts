import fc from "fast-check";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { nobody } from "./change.js";
import { authorOf, command, deniedLocation, sees } from "./command.js";
import { changedConsent, sentConsent, storedOf } from "./contact-parts.js";
import {
  clearedMainFaults,
  editedPhones,
  lostPhoneFaults,
  readable,
  unreadableBesideList,
  unreadableMain,
} from "./contact-phones.js";
import { editedAddress } from "./customer-edits.js";
import { faultsOf, profile, sentLead } from "./lead-profile.js";
import { changeLead, goneLead, leadMissing, seenLead, someAddressId } from "./lead-rules.js";
import { maskFaults, maskOf, maskUses, sentMask, writtenBy } from "./masks.js";
import { answer, etagMismatch, invalid, notFound, onceAField, refusal } from "./outcome.js";
import { mergedFields } from "./references.js";
import { leadPhones, maybe, names, pick, type Sample, which } from "./samples.js";
import { leadView } from "./views.js";
import type { Consent } from "./world.js";

const rpc = LeadService.method;
const rare = 3;

const clearable = [
  ...["last_name", "avatar", "phone", "phones", "email", "address", "preferred_business_id", "allocate_staff_id"],
  ...["life_cycle", "action_status", "referral_source", "custom_fields", "compliance_config"],
];
const noConsent: Consent = { service: [], marketing: [], app: false, policy: false, consented: false };

/** Decisions 7, "UpdateLead". */
export const updateLead = command({
  rpc: "UpdateLead",
  input: fc.record({
    ...{ ...profile, first: maybe(names, rare), phone: maybe(leadPhones, rare), at: which, mask: maybe(maskUses) },
    etag: fc.constantFrom(undefined, undefined, undefined, "present", "present", "present", "present", "stale"),
  }),
  plan(given, world, { by }) {
    const target = pick(world.leads, given.at);
    const id = target?.id.value ?? nobody;
    const { first, last, picture, phone, email, address, businessId, staffId, stageId, statusId, sourceId } = given;
    const faults = faultsOf({ ...given, phone: readable(phone), first: first?.sent === "" ? undefined : first });
    const set = Object.entries({
      ...{
        first_name: first?.sent,
        last_name: last?.sent,
        avatar: picture?.sent,
        phone: phone?.sent,
        email: email?.sent,
      },
      ...{ preferred_business_id: businessId, allocate_staff_id: staffId },
    }).flatMap(([path, text]) => (text ? [path] : []));
    const messages = Object.entries({
      ...{
        address,
        life_cycle: stageId,
        action_status: statusId,
        referral_source: sourceId,
        custom_fields: given.fields[0],
        phones: given.list,
      },
    }).flatMap(([path, value]) => (value === undefined ? [] : [path]));
    const populated = [...set, ...messages];
    const beside = given.consent ? ["compliance_config"] : [];
    const required = ["id", "first_name"];
    const mask =
      given.mask && maskOf({ use: given.mask, populated: [...populated, ...beside], clearable, required, parts: [] });
    const writes = writtenBy(mask, [...populated, ...beside]);
    const shape = onceAField([
      ...maskFaults({ mask, populated, required: ["first_name"], within: "lead." }),
      ...(mask && !mask.includes("compliance_config") ? beside.map((field) => ({ field, reason: "NOT_ALLOWED" })) : []),
      ...faults.shape,
      ...unreadableBesideList(phone, given.list, "lead."),
      ...clearedMainFaults({ mask, main: phone, list: given.list }, "lead."),
    ]);
    // No answer shows the etag that a promotion gives to the lead, and no etag makes it less gone.
    const known = target?.customerId ? undefined : target?.etag.value;
    const etag = given.etag === "present" ? (known ?? "stale") : given.etag;
    const text = (path: string, sample: Sample | undefined, before: string) =>
      writes(path) ? (sample ? storedOf(sample) : "") : before;

    return {
      method: rpc.updateLead,
      request: {
        ...{ id, lead: { ...sentLead(given), ...(etag === undefined ? {} : { etag }) } },
        ...(given.consent ? { complianceConfig: sentConsent(given.consent) } : {}),
        ...(mask ? { updateMask: sentMask(mask) } : {}),
      },
      check() {
        const denied = deniedLocation(by, businessId);
        if (denied) return denied;
        if (shape.length > 0) return invalid(onceAField([...shape, ...unreadableMain(writes, phone, "lead.")]));
        return leadMissing(world, id, by);
      },
      run() {
        const before = seenLead(world, id, by);
        if (!before) return notFound;
        const gone = goneLead(before);
        if (gone) return gone;
        const moved = writes("preferred_business_id") ? (businessId ?? "") : before.businessId;
        if (!sees(by, moved)) return refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED");
        if (etag !== undefined && etag !== before.etag.value) return etagMismatch;
        const edited = {
          firstName: text("first_name", first, before.firstName),
          lastName: text("last_name", last, before.lastName),
          avatar: text("avatar", picture, before.avatar),
          phones: editedPhones(before.phones, { writes, main: readable(phone), list: given.list }),
          email: text("email", email, before.email),
          address: writes("address")
            ? address && { id: someAddressId(), ...editedAddress(before.address, address, mask !== undefined) }
            : before.address,
          businessId: moved,
          staffId: writes("allocate_staff_id") ? (staffId ?? "") : before.staffId,
          stageId: writes("life_cycle") ? (stageId ?? "lc_1") : before.stageId,
          statusId: writes("action_status") ? (statusId ?? "") : before.statusId,
          sourceId: writes("referral_source") ? (sourceId ?? "") : before.sourceId,
          lastUpdatedBy: authorOf(by),
          consent: writes("compliance_config")
            ? given.consent
              ? changedConsent(before.consent, given.consent)
              : noConsent
            : before.consent,
          fields: writes("custom_fields") ? mergedFields(mask ? {} : before.fields, given.fields) : before.fields,
        };
        const noContact =
          edited.phones.length === 0 && edited.email === "" ? [{ field: "lead.phone", reason: "REQUIRED" }] : [];
        const lost = lostPhoneFaults(before.phones, { writes, main: phone });
        const missing = onceAField([
          ...faults.references,
          ...unreadableMain(writes, phone, "lead."),
          ...noContact,
          ...lost,
        ]);
        if (missing.length > 0) return invalid(missing);
        return answer(leadView(world, changeLead(world, before, edited)));
      },
      again() {
        const now = seenLead(world, id, by);
        return now ? answer(leadView(world, now)) : notFound;
      },
    };
  },
});
