import { clone } from "@bufbuild/protobuf";
import { z } from "zod";
import { address, newAddressRecord } from "../../api/address-fields.js";
import { channelList, consentChange, consentProvenance, importedConsentProvenance } from "../../api/consent-message.js";
import { externalId, externalIds } from "../../api/external-id-fields.js";
import {
  clientId,
  companyResourceSchema,
  email,
  fieldRule,
  httpsUrl,
  id,
  list,
  listWithout,
  maxFilterValues,
  memoizePerCountry,
  omitEmpty,
  omitUndefined,
  optionalId,
  optionalReference,
  singleLineText,
  text,
} from "../../api/fields.js";
import { interval } from "../../api/google-types.js";
import { importAuthors, importedActors, importedTimes, importTimes } from "../../api/import-fields.js";
import { importedNotes, newNotes } from "../../api/note-fields.js";
import { pagination } from "../../api/page-token.js";
import { contactPhones, newPhones, singleMainPhoneRule } from "../../api/phone-fields.js";
import { type JudgePhone, optionalPhoneLine, phoneFilter } from "../../api/phone-line.js";
import { fieldFilters, nameWords, recordOrder, refuseOrderOfChanges } from "../../api/search-fields.js";
import type { Consent } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import type { ContactPhone, PhoneLine } from "../../core/phone/contact-phone.js";
import { nameRule } from "../../core/text.js";
import {
  type ImportLeadRequest,
  ImportLeadRequestSchema,
} from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { customFields } from "../custom-fields/custom-field-values.input.js";
import { tagReferences } from "../customers/customer.input.js";
import { isEmptyPet, petOfNewLead } from "../pets/pet.input.js";
import { maxPets } from "../pets/pet.model.js";
import { importedPet } from "../pets/pet-import.input.js";
import type { ListLeads, NewLead } from "./lead.service.js";

/** `{id}` of a stage, status or source. With an id, other members are ignored. */
const reference = optionalReference.transform((given) => given?.id);

/** The read form of consent: the complete state. */
const statedConsent = z
  .object({
    serviceRelatedChannels: channelList,
    marketingCampaignsChannels: channelList,
    brandedAppEnabled: z.boolean(),
    isAgreedMarketingPolicy: z.boolean(),
    isConsented: z.boolean(),
  })
  .transform((state): Consent => state);

/** The fields of one text each, with their rules: stated once for create, update and import. */
export const plainFields = {
  lastName: text({ ...nameRule, min: 0 }),
  avatar: httpsUrl,
  email,
  source: singleLineText,
};

/** Fields that CreateLead and UpdateLead have in common. Times are set by the server and ignored. */
export function leadFields(country: string, judge?: JudgePhone) {
  const { email: mail, source, ...plain } = plainFields;
  return {
    id: optionalId,
    ...plain,
    phone: optionalPhoneLine(country, judge),
    phones: contactPhones(country, judge),
    email: mail,
    address: address.optional(),
    preferredBusinessId: optionalId,
    allocateStaffId: optionalId,
    lifeCycle: reference.optional(),
    actionStatus: reference.optional(),
    referralSource: reference.optional(),
    source,
    companyId: optionalId,
    complianceConfig: statedConsent.optional(),
    customFields,
    tags: tagReferences,
    externalIds,
    etag: z.string(),
  };
}

/** The rules of CreateLead and ImportLead. */
function demandingLead<T extends z.ZodType<Demanded>>(schema: T, { reachable = true, nameless = false }: Demands) {
  const isNew = fieldRule(({ id: given }: Demanded) => given === "", {
    ...{ path: "id", reason: "NOT_ALLOWED", message: "Must be empty for a new lead; the server assigns the id." },
  });
  const hasContact = ({ phone, phones, email: mail }: Demanded) => !!phone || phones.length > 0 || !!mail;
  const isReachable = fieldRule((lead: Demanded) => !reachable || hasContact(lead), {
    ...{ path: "phone", reason: "REQUIRED", message: "Required: set phone or email." },
  });
  const isKnown = fieldRule(
    (lead: Demanded) => !nameless || hasContact(lead) || lead.firstName + lead.lastName !== "",
    {
      ...{ path: "firstName", reason: "REQUIRED", message: "Required: a name, a phone number or an email address." },
    },
  );
  const hasNewAddress = fieldRule(({ address: given }: Demanded) => !given || given.id === "", {
    ...{ path: "address", reason: "NOT_ALLOWED" },
    message: "Must be empty for a new address; the server assigns the id.",
  });
  return schema
    .refine(...isNew)
    .refine(...isReachable)
    .refine(...isKnown)
    .refine(...hasNewAddress)
    .refine(...singleMainPhoneRule());
}

interface Demands {
  /** Whether the first name may be unknown, if something else is known of the lead. */
  readonly nameless?: boolean;
  /** Whether a phone or an email address is required. Default: true. */
  readonly reachable?: boolean;
}

interface Demanded {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone?: PhoneLine | undefined;
  readonly phones: readonly ContactPhone[];
  readonly email: string;
  readonly address?: { readonly id: string } | undefined;
}

const ofLead = (country: string) => ({ ...leadFields(country), firstName: text(nameRule) });
type NewFields = z.output<z.ZodObject<ReturnType<typeof ofLead>>>;

/** The fields that CreateLead and ImportLead have in common. The schemas of the pets and notes differ. */
export function leadCreation<Pet extends z.ZodType, Notes extends z.ZodType>(
  country: string,
  { pet, notes, ...demands }: Demands & { readonly pet: Pet; readonly notes: Notes },
) {
  const { nameless = false } = demands;
  const firstName = text({ ...nameRule, ...(nameless ? { min: 0 } : {}) });
  const fields = z.object({ ...ofLead(country), firstName, pets: listWithout(isEmptyPet, pet, maxPets), notes });
  const lead = demandingLead(fields, demands);
  return { lead: lead.optional(), complianceConfig: consentChange.optional(), consentProvenance };
}

interface LeadCreation<Pet, Notes> {
  readonly lead?: (NewFields & { readonly pets: readonly Pet[]; readonly notes: Notes }) | undefined;
  readonly complianceConfig?: z.output<typeof consentChange> | undefined;
  readonly consentProvenance?: ConsentProvenance | undefined;
}

export const singleConsentRule = fieldRule(
  ({ lead, complianceConfig }: LeadCreation<unknown, unknown>) => !(complianceConfig && lead?.complianceConfig),
  {
    path: "complianceConfig",
    reason: "CONFLICT",
    message: "Must be set either in the lead or in the request, not in both.",
  },
);

/** Undefined if the lead is absent, which the contract excludes. */
function toNewLead<Pet, Notes>({ lead, ...beside }: LeadCreation<Pet, Notes>) {
  return lead && newLeadOf(lead, beside);
}

/** A lead of a request with what the request has beside it. */
export function newLeadOf<Pet, Notes>(
  lead: NonNullable<LeadCreation<Pet, Notes>["lead"]>,
  { complianceConfig, consentProvenance: provenance }: Omit<LeadCreation<Pet, Notes>, "lead">,
) {
  const { id: _, etag: __, complianceConfig: stated, address: given, phone, phones, ...others } = lead;
  const { preferredBusinessId, allocateStaffId, lifeCycle, actionStatus, referralSource, ...same } = others;
  return {
    ...same,
    ...newPhones({ phone, phones }),
    consent: complianceConfig ?? stated ?? {},
    ...omitUndefined({
      provenance,
      address: newAddressRecord(given),
      preferredBusinessId: preferredBusinessId || undefined,
      allocateStaffId: allocateStaffId || undefined,
      lifeCycleId: lifeCycle,
      actionStatusId: actionStatus,
      referralSourceId: referralSource,
    }),
  };
}

/** Input of CreateLead. */
export const newLead = memoizePerCountry((country) =>
  z
    .object({ ...leadCreation(country, { pet: petOfNewLead(country), notes: newNotes }), allowDuplicate: z.boolean() })
    .refine(...singleConsentRule)
    .transform(({ allowDuplicate, ...creation }): NewLead | undefined => {
      const lead = toNewLead(creation);
      return lead && { ...lead, allowDuplicate };
    }),
);

/** Input of ImportLead. */
export const leadImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({
      id: clientId,
      ...leadCreation(country, { pet: importedPet(country, { breed: false }), notes: importedNotes }),
      ...importTimes,
      ...importAuthors,
      notes: importedNotes,
      tags: tagReferences,
      consentProvenance: importedConsentProvenance,
    })
    .refine(...singleConsentRule)
    .refine(...inOnePlace("notes"))
    .refine(...inOnePlace("tags"))
    .transform(({ companyId, id, lead, complianceConfig, consentProvenance: provenance, notes, tags, ...times }) => {
      const created = toNewLead({ lead, complianceConfig, consentProvenance: provenance });
      return {
        ...{ companyId, id, ...importedTimes(times), ...importedActors(times), lead: created },
        notes: [...notes, ...(created?.notes ?? [])],
        tags: [...tags, ...(created?.tags ?? [])],
        // Where the request has them. Only one place has any.
        within: { notes: notes.length > 0 ? "" : "lead.", tags: tags.length > 0 ? undefined : "lead" },
      };
    }),
);

type Lists = { readonly [Field in "notes" | "tags"]: readonly unknown[] };

/** An import has notes and tags beside the lead. Those of a lead that another server returned are read as well. */
function inOnePlace(path: keyof Lists) {
  const isOnce = ({ lead, ...beside }: Lists & { readonly lead?: Lists | undefined }) =>
    beside[path].length === 0 || (lead?.[path].length ?? 0) === 0;
  const message = "Must be set either in the lead or in the request, not in both.";
  return fieldRule(isOnce, { path, reason: "CONFLICT", message });
}

/** Removes the id from the lead, because new leads must not have one. The id of the request is used. */
export function withoutId(request: ImportLeadRequest): ImportLeadRequest {
  const bare = clone(ImportLeadRequestSchema, request);
  if (bare.lead) bare.lead.id = "";
  return bare;
}

/** Input of ListLeads. */
export const leadsQuery = memoizePerCountry((country) =>
  z
    .object({
      pagination,
      companyId: id,
      businessIds: list(id, maxFilterValues),
      orderBy: recordOrder,
      filter: leadFilter(country).optional(),
    })
    .superRefine(refuseOrderOfChanges)
    .transform(({ businessIds, filter = {}, ...query }) => ({ ...query, filter: atLocations(filter, businessIds) })),
);

/** The locations beside the filter are one more condition. */
function atLocations(filter: ListLeads["filter"], businessIds: readonly string[]): ListLeads["filter"] {
  if (businessIds.length === 0) return filter;
  const { preferredBusinessIds = businessIds } = filter;
  return { ...filter, preferredBusinessIds: preferredBusinessIds.filter((place) => businessIds.includes(place)) };
}

const leadFilter = (country: string) =>
  z
    .object({
      lifeCycleId: optionalId,
      actionStatusId: optionalId,
      mainPhoneNumber: phoneFilter(country),
      email: singleLineText,
      lastUpdatedTime: interval.optional(),
      createdTime: interval.optional(),
      preferredBusinessIds: list(id, maxFilterValues),
      allocateStaffIds: list(id, maxFilterValues),
      referralSourceIds: list(id, maxFilterValues),
      ...{ name: nameWords, namePrefix: nameWords, customFields: fieldFilters },
      tagIds: list(id, maxFilterValues),
      externalIds: list(externalId, maxFilterValues),
    })
    .transform(
      ({ lastUpdatedTime: lastUpdated, createdTime: created, mainPhoneNumber, ...others }): ListLeads["filter"] =>
        omitEmpty({ lastUpdated, created, phone: mainPhoneNumber, ...others }),
    );
