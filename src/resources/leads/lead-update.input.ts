import { z } from "zod";
import { addressChange } from "../../api/address-fields.js";
import { consentChange, consentProvenance } from "../../api/consent-message.js";
import { keysOf, maskedParts, maskedTexts, maskPaths, readMask, type UpdateMask } from "../../api/field-mask.js";
import { countryOf, id, listWithout, memoizePerCountry, omitUndefined, text } from "../../api/fields.js";
import { notesUpdate } from "../../api/note-fields.js";
import { customIssue } from "../../api/parse.js";
import {
  phoneRulesOf,
  phonesUpdate,
  singleMainPhoneRule,
  statedPhones,
  withSingleMainPhone,
} from "../../api/phone-fields.js";
import { judgedLine, judgedNumber, optionalJudgedPhone } from "../../api/phone-line.js";
import type { Context } from "../../api/rpc.js";
import type { JudgeStored } from "../../api/stored-values.js";
import { type Consent, noConsent } from "../../core/consent.js";
import { newlyRefused } from "../../core/phone/contact-phone.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { EmptyMembers } from "../../core/presence.js";
import { prefixPaths } from "../../core/record-import.js";
import { nameRule, normalise } from "../../core/text.js";
import { LeadSchema } from "../../gen/proto/moego/business/customer/v1/lead_pb.js";
import {
  type UpdateLeadRequest,
  UpdateLeadRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  isEmptyPet,
  pet,
  toPetRecord,
  toPetReplacement,
  withoutNewNoteIds,
  withRequiredPetFields,
} from "../pets/pet.input.js";
import { maxPets, vetNumber } from "../pets/pet.model.js";
import { listedPetMask, type PetMask, toPetEdit } from "../pets/pet-edit.input.js";
import { leadFields, plainFields } from "./lead.input.js";
import type { Lead } from "./lead.model.js";
import type { LeadUpdate, PetEntry } from "./lead-update.service.js";

/** Fields of a lead that cannot be in the mask: its identity and the fields that the server sets. */
const notMaskable = [
  ...["id", "company_id", "etag", "compliance_config"],
  ...["created_time", "created_by", "last_updated_time", "last_updated_by"],
  ...["deleted", "departure", "promoted_customer_id", "possible_duplicates"],
];
const required = ["first_name"];
const whole = ["life_cycle", "action_status", "referral_source"];

/** The masks of the lead and of the request's `compliance_config`. One list of paths contains both. */
interface LeadMask {
  readonly lead: UpdateMask;
  readonly beside: UpdateMask;
  /** Of the pets without a mask, apart from those that say nothing. */
  readonly pets: readonly PetMask[];
}

export function leadMask(request: UpdateLeadRequest, emptyMembers?: EmptyMembers): LeadMask {
  const paths = maskPaths(request.updateMask);
  const isBeside = ({ path }: { readonly path: string }) => path.split(".")[0] === "compliance_config";
  const besideRules = { notMaskable: ["id", "lead", "update_mask", "consent_provenance"], required: [], whole: [] };
  const leadRules = { notMaskable, required, whole, within: "lead." };
  const lead = request.lead;
  return {
    lead: lead
      ? withSingleMainPhone(
          readMask(
            LeadSchema,
            lead,
            paths?.filter((path) => !isBeside(path)),
            leadRules,
            emptyMembers,
          ),
          lead,
          "lead.",
        )
      : { explicit: false, violations: [], writes: () => false, partsOf: () => undefined },
    beside: readMask(UpdateLeadRequestSchema, request, paths?.filter(isBeside), besideRules, emptyMembers),
    pets: (lead?.pets ?? []).flatMap((one, position) =>
      isEmptyPet(one) ? [] : [listedPetMask(one, `lead.pets[${position}]`, emptyMembers)],
    ),
  };
}

/**
 * The first name in an update. If empty, unchanged. Whitespace only is a violation, because it would clear a required
 * field.
 */
const keptOrNamed = z
  .string()
  .superRefine((raw, context) => {
    const isBlank = raw !== "" && normalise(raw, nameRule) === "";
    if (isBlank) context.addIssue(customIssue("REQUIRED", "Must not be blank."));
  })
  .pipe(text({ ...nameRule, min: 0 }));

/** Input of UpdateLead, before the mask is applied. No field is required. */
export const leadUpdate = {
  /** Without a mask, a pet with an id is edited. */
  merge: memoizePerCountry((country) => leadUpdateSchema(country, { replace: false })),
  /** With a mask, a pet with an id is replaced, so it has the required fields of a new pet. */
  replace: memoizePerCountry((country) => leadUpdateSchema(country, { replace: true })),
};

function leadUpdateSchema(country: string, { replace }: { readonly replace: boolean }) {
  const petEntry = withoutNewNoteIds(withRequiredPetFields(pet(country, optionalJudgedPhone), { ofAll: replace }));
  const fields = z.object({
    ...leadFields(country, judgedLine),
    firstName: keptOrNamed,
    notes: notesUpdate,
    pets: listWithout((given) => !replace && isEmptyPet(given), petEntry, maxPets),
  });
  const lead = fields.refine(...singleMainPhoneRule());
  return z.object({ id, lead: lead.optional(), complianceConfig: consentChange.optional(), consentProvenance });
}

/**
 * Judges the numbers of an update that is refused for other fields.
 *
 * @param companyId as far as it is known before the lead is
 */
export function judgeLeadNumbers(
  request: UpdateLeadRequest,
  { principal, emptyMembers }: Pick<Context, "principal" | "emptyMembers">,
  companyId: string,
): JudgeStored<Lead> {
  const { lead } = request;
  if (!lead) return () => [];
  const { lead: mask } = leadMask(request, emptyMembers);
  const country = countryOf(principal, companyId);
  const updates = statedPhones(lead, mask, country);
  const listed = mask.writes("pets") ? lead.pets.filter((one) => mask.explicit || !isEmptyPet(one)) : [];
  const pets = listed.length > maxPets ? [] : listed;
  return (stored) => {
    const rules = phoneRulesOf(principal, stored?.companyId ?? companyId);
    const vets = pets.map(({ id: petId, vet }, position) =>
      vetNumber(
        `pets[${position}].vet`,
        vet && { phone: judgedNumber(vet.phoneNumber, country) },
        stored?.pets.find((pet) => pet.id === petId)?.vet,
      ),
    );
    const ofLead = updates.flatMap((update) => newlyRefused(stored?.phones ?? [], update, rules));
    return prefixPaths("lead", [...ofLead, ...numberViolations(vets, rules)]);
  };
}

type ParsedUpdate = z.output<ReturnType<typeof leadUpdateSchema>>;
type ParsedLead = NonNullable<ParsedUpdate["lead"]>;

export function toLeadUpdate(parsed: ParsedUpdate, mask: LeadMask): LeadUpdate {
  const { id: leadId, lead, complianceConfig, consentProvenance: provenance } = parsed;
  const consent = maskedParts<Consent>(mask.beside, "compliance_config", {
    given: complianceConfig,
    cleared: noConsent,
  });
  const consenting = omitUndefined({ consent, provenance });
  if (!lead) return { id: leadId, columns: {}, ...consenting };
  const { explicit } = mask.lead;
  const phones = phonesUpdate(lead, mask.lead);
  return {
    id: leadId,
    ...(lead.companyId === "" ? {} : { companyId: lead.companyId }),
    ...(lead.etag === "" ? {} : { etag: lead.etag }),
    columns: columnsOf(lead, mask.lead),
    ...(phones ? { phones } : {}),
    ...omitUndefined({ address: addressUpdate(lead, mask.lead) }),
    ...consenting,
    ...(lead.complianceConfig ? { statedConsent: lead.complianceConfig } : {}),
    ...(mask.lead.writes("pets") ? { pets: petsUpdate(lead, mask) } : {}),
    ...(mask.lead.writes("tags") ? { tags: lead.tags } : {}),
    ...(mask.lead.writes("external_ids") ? { externalIds: lead.externalIds } : {}),
    ...(mask.lead.writes("notes") ? { notes: { write: explicit ? "replace" : "append", entries: lead.notes } } : {}),
    ...(mask.lead.writes("custom_fields")
      ? { customFields: { write: explicit ? "replace" : "merge", given: lead.customFields } }
      : {}),
  };
}

function petsUpdate(
  { pets }: ParsedLead,
  { lead: { explicit }, pets: masks }: LeadMask,
): NonNullable<LeadUpdate["pets"]> {
  const entries = pets.map((parsed, position): PetEntry => {
    const { id: petId } = parsed;
    const mask = explicit ? undefined : masks[position];
    if (petId === "") return { record: toPetRecord(parsed) };
    const { customFields: given } = parsed;
    if (mask) return { id: petId, edit: toPetEdit(parsed, mask), customFields: { write: "merge", given } };
    return { id: petId, edit: toPetReplacement(parsed), customFields: { write: "replace", given } };
  });
  return { write: explicit ? "replace" : "merge", entries };
}

function addressUpdate({ address }: ParsedLead, mask: UpdateMask): LeadUpdate["address"] {
  const listed = mask.partsOf("address");
  const named = address && address.id !== "" ? { id: address.id } : {};
  if (!listed && !mask.writes("address")) return undefined;
  const parts = addressChange(address, listed, mask.explicit);
  return { ...named, parts: parts === undefined ? {} : parts };
}

function columnsOf(lead: ParsedLead, mask: UpdateMask): LeadUpdate["columns"] {
  const written = <T>(field: string, value: T): T | undefined => (mask.writes(field) ? value : undefined);
  // Without a mask, a reference that says nothing leaves the stored one unchanged.
  const cleared = mask.explicit ? null : undefined;
  return omitUndefined({
    ...writtenTexts(lead, mask),
    firstName: written("first_name", lead.firstName),
    preferredBusinessId: written("preferred_business_id", lead.preferredBusinessId || null),
    allocateStaffId: written("allocate_staff_id", lead.allocateStaffId || null),
    lifeCycleId: written("life_cycle", lead.lifeCycle ?? cleared),
    actionStatusId: written("action_status", lead.actionStatus ?? cleared),
    referralSourceId: written("referral_source", lead.referralSource ?? cleared),
  });
}

const writtenTexts = maskedTexts(LeadSchema, keysOf(plainFields));
