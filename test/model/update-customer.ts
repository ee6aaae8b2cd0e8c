import fc from "fast-check";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { carriedFaults, carriedSamples } from "./carried-fields.js";
import { changeCustomer, customerMissing, nobody, seenCustomer } from "./change.js";
import { command, deniedLocation, sees } from "./command.js";
import { changedChoice, type PreferenceParts } from "./contact-choice.js";
import {
  addresses,
  consentChanges,
  preferences,
  sentAddress,
  sentConsent,
  sentPreference,
  storedOf,
} from "./contact-parts.js";
import {
  clearedMainFaults,
  editedPhones,
  mainOf,
  mainPhoneFaults,
  phoneLists,
  readable,
  sentPhones,
  unreadableBesideList,
  unreadableMain,
} from "./contact-phones.js";
import {
  editedAddresses,
  editedNotes,
  noteEditFaults,
  noteEdits,
  noteReferenceFaults,
  sentNoteEdits,
} from "./customer-edits.js";
import { maskFaults, maskOf, maskUses, sentMask, writtenBy } from "./masks.js";
import { answer, etagMismatch, invalid, notFound, onceAField, refusal } from "./outcome.js";
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
import { colors, emails, lines, maybe, names, phones, pick, pictures, type Sample, which } from "./samples.js";
import { customerView } from "./views.js";
import type { Consent, Customer, Preference, World } from "./world.js";

const rare = 4;

const input = fc.record({
  at: which,
  businessId: maybe(businessIds, rare),
  picture: maybe(pictures, rare),
  first: maybe(names, rare),
  last: maybe(names, rare),
  phone: maybe(phones, rare),
  list: phoneLists,
  email: maybe(emails, rare),
  address: maybe(fc.tuple(addresses, maybe(which)), rare),
  tags: tagReferences,
  notes: noteEdits,
  consent: maybe(consentChanges, rare),
  preference: maybe(preferences, rare),
  sourceId: maybe(sourceIds, rare),
  status: maybe(fc.constantFrom("ACTIVE" as const, "INACTIVE" as const), rare),
  color: maybe(colors, rare),
  source: maybe(lines, rare),
  fields: customerFields,
  clearedField: fc.constantFrom(undefined, undefined, "field_text", "field_points"),
  carried: maybe(carriedSamples, 8),
  etag: fc.constantFrom(undefined, undefined, undefined, "present", "present", "present", "present", "stale"),
  staffId: maybe(staffIds, rare),
  mask: maybe(maskUses),
});

const clearable = [
  ...["avatar_path", "email", "address", "tags", "notes", "compliance_config", "preference", "phones"],
  ...["referral_source", "color_code", "source", "custom_fields", "assigned_staff_id"],
];
const required = ["preferred_business_id", "first_name", "last_name", "phone", "status"];
/** What a customer who was a lead can lack, and an update then leave empty. */
const lackable = {
  preferred_business_id: ({ businessId }: Customer) => businessId,
  first_name: ({ firstName }: Customer) => firstName,
  last_name: ({ lastName }: Customer) => lastName,
  phone: ({ phones }: Customer) => mainOf(phones),
  phones: ({ phones }: Customer) => mainOf(phones),
};
const lackables = ["preferred_business_id", "first_name", "last_name", "phone", "phones"] as const;
const noConsent: Consent = { service: [], marketing: [], app: false, policy: false, consented: false };
const noPreference: Preference = [false, false, false, false];

/** Decisions 6, "UpdateCustomer". */
export const updateCustomer = command({
  rpc: "UpdateCustomer",
  input,
  plan(given, world, { by }) {
    const target = pick(world.customers, given.at);
    const id = target?.id.value ?? nobody;
    const { businessId, picture, first, last, phone, email, consent, preference, sourceId, status, color } = given;
    const { source, staffId, list } = given;
    const noteIds = given.notes.map(({ at }) =>
      at === undefined ? undefined : (pick(target?.notes ?? [], at)?.id.value ?? nobody),
    );
    const address = given.address && {
      input: given.address[0],
      id:
        given.address[1] === undefined
          ? undefined
          : (pick(target?.addresses ?? [], given.address[1])?.id.value ?? nobody),
    };
    const { clearedField } = given;
    const cleared = clearedField !== undefined && given.fields.every(({ code }) => code !== clearedField);
    const { carried } = given;
    const fields = [
      ...given.fields,
      ...(cleared ? [{ code: clearedField, sent: {}, stored: {} }] : []),
      ...(carried ? [carried] : []),
    ];
    const populated = Object.entries({
      ...{ preferred_business_id: businessId, avatar_path: picture, first_name: first, last_name: last, phone, email },
      ...{
        address,
        compliance_config: consent,
        preference,
        referral_source: sourceId,
        status,
        color_code: color,
        source,
      },
      ...{ assigned_staff_id: staffId, phones: list },
      ...{ tags: given.tags[0], notes: given.notes[0], custom_fields: fields[0] },
    }).flatMap(([path, value]) => (value === undefined ? [] : [path]));
    const mask =
      given.mask &&
      maskOf({ use: given.mask, populated, clearable, required, parts: ["preference.receive_auto_email"] });
    const states = writtenBy(mask, populated);
    const texts = { preferred_business_id: businessId, first_name: first?.sent, last_name: last?.sent };
    const emptied = lackables.filter((path) => {
      if (path === "phones") return states(path) && !states("phone") && !list;
      return states(path) && ({ ...texts, phone: phone?.sent }[path] ?? "").trim() === "";
    });
    const emptiedFaults = (before: Customer | undefined) =>
      emptied
        .filter((path) => !before || lackable[path](before) !== "")
        .map((field) => ({ field, reason: "REQUIRED" as const }));
    const writes = (path: string) => states(path) && !emptied.some((one) => one === path);
    const samples = {
      avatar_path: picture,
      first_name: filled(first),
      last_name: filled(last),
      phone: filled(readable(phone)),
      email,
      color_code: color,
      source,
    };
    const shape = allFaults(
      maskFaults({ mask, populated, required: ["status"] }),
      sampleFaults(samples),
      noteEditFaults(given.notes),
      mainPhoneFaults(phone, list),
      unreadableBesideList(phone, list),
      clearedMainFaults({ mask, main: phone, list }),
      namedTags(world, given.tags, { by }).faults.shape,
      idFaults("preferred_business_id", businessId || undefined, knownBusinesses, true),
      idFaults("referral_source.id", sourceId, knownSources),
      idFaults("assigned_staff_id", staffId, knownStaff),
    );
    const etag = given.etag === "present" ? (target?.etag.value ?? "stale") : given.etag;

    const text = (path: string, sample: Sample | undefined, before: string) =>
      writes(path) ? (sample ? storedOf(sample) : "") : before;
    const edited = (before: Customer, world: World, tags: Customer["tags"]) => ({
      businessId: writes("preferred_business_id") ? (businessId ?? "") : before.businessId,
      avatar: text("avatar_path", picture, before.avatar),
      firstName: text("first_name", first, before.firstName),
      lastName: text("last_name", last, before.lastName),
      phones: editedPhones(before.phones, { writes, main: phone, list }),
      email: text("email", email, before.email),
      colorCode: text("color_code", color, before.colorCode),
      source: text("source", source, before.source),
      status: writes("status") ? (status ?? before.status) : before.status,
      sourceId: writes("referral_source") ? (sourceId ?? "") : before.sourceId,
      staffId: writes("assigned_staff_id") ? (staffId ?? "") : before.staffId,
      ...changedChoice(before, writes("compliance_config") ? (consent ?? noConsent) : undefined, statedPreference()),
      fields: writes("custom_fields") ? mergedFields(mask ? {} : before.fields, fields) : before.fields,
      tags: writes("tags") ? tags : before.tags,
      notes: writes("notes")
        ? editedNotes({
            world,
            before: before.notes,
            edits: given.notes,
            ids: noteIds,
            replace: mask !== undefined,
            by,
          })
        : before.notes,
      addresses: writes("address")
        ? editedAddresses({ world, before: before.addresses, edit: address, replace: mask !== undefined })
        : before.addresses,
    });

    function statedPreference(): PreferenceParts | undefined {
      if (writes("preference")) return preference ?? noPreference;
      return writes("preference.receive_auto_email") ? [undefined, false] : undefined;
    }

    return {
      method: CustomerService.method.updateCustomer,
      request: {
        ...{ id, companyId: world.companyId },
        ...(businessId === undefined ? {} : { preferredBusinessId: businessId }),
        ...(picture ? { avatarPath: picture.sent } : {}),
        ...(first ? { firstName: first.sent } : {}),
        ...(last ? { lastName: last.sent } : {}),
        ...(phone ? { phone: phone.sent } : {}),
        ...sentPhones(list),
        ...(email ? { email: email.sent } : {}),
        ...(address
          ? { address: { ...sentAddress(address.input), ...(address.id === undefined ? {} : { id: address.id }) } }
          : {}),
        ...{ tags: [...given.tags], notes: sentNoteEdits(given.notes, noteIds) },
        ...(consent ? { complianceConfig: sentConsent(consent) } : {}),
        ...(preference ? { preference: sentPreference(preference) } : {}),
        ...(sourceId === undefined ? {} : { referralSource: { id: sourceId } }),
        ...(status ? { status } : {}),
        ...(color ? { colorCode: color.sent } : {}),
        ...(source ? { source: source.sent } : {}),
        customFields: sentFields(fields),
        ...(etag === undefined ? {} : { etag }),
        ...(staffId === undefined ? {} : { assignedStaffId: staffId }),
        ...(mask ? { updateMask: sentMask(mask) } : {}),
      },
      check() {
        const denied = deniedLocation(by, businessId);
        if (denied) return denied;
        if (shape.shape.length > 0) {
          const judged = [...emptiedFaults(seenCustomer(world, id, by)), ...unreadableMain(writes, phone)];
          return invalid(onceAField([...shape.shape, ...judged]));
        }
        if (businessId && !sees(by, businessId)) return refusal("PERMISSION_DENIED", "BUSINESS_NOT_ALLOWED");
        return customerMissing(world, id, by);
      },
      run() {
        const changed = changeCustomer(world, { id, by }, (before) => {
          if (etag !== undefined && etag !== before.etag.value) return etagMismatch;
          const named = namedTags(world, writes("tags") ? given.tags : [], { by, carried: before.tags });
          const missing = allFaults(
            shape,
            emptiedFaults(before),
            unreadableMain(writes, phone),
            fieldFaults(fields),
            carriedFaults(carried, before.fields),
            noteReferenceFaults(before.notes, noteIds),
            address?.id === undefined || before.addresses.some((one) => one.id.value === address.id)
              ? []
              : [{ field: "address.id", reason: "NOT_FOUND" }],
          );
          const refused = referenceRefusal([...missing.references, ...missing.shape], named, by);
          if (refused) return refused;
          addTags(world, named.tags);
          return edited(before, world, named.tags);
        });
        return "refused" in changed ? changed.refused : answer(customerView(world, changed.customer));
      },
      again() {
        const now = seenCustomer(world, id, by);
        return now ? answer(customerView(world, now)) : notFound;
      },
    };
  },
});

/** A sample, unless it is empty: that is judged by what is stored. */
function filled(sample: Sample | undefined): Sample | undefined {
  return sample && "fault" in sample && sample.fault === "REQUIRED" ? undefined : sample;
}
