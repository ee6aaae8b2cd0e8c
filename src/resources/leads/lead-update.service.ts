import { mayCreateTags, requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type AddressParts, mergedAddress } from "../../core/address.js";
import { applyConsent, type Consent, type ConsentChange, sameConsent } from "../../core/consent.js";
import type { ConsentProvenance } from "../../core/consent-provenance.js";
import { listedIdViolations, notFoundInCompany, type Violation, violation } from "../../core/errors.js";
import { type ExternalId, sameExternalIds } from "../../core/external-id.js";
import { applyNotes, type NotesUpdate, noteViolations } from "../../core/notes-update.js";
import { changedPhones, newlyRefused, type PhonesUpdate, samePhones } from "../../core/phone/contact-phone.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { prefixPaths } from "../../core/record-import.js";
import { requireEtag } from "../../core/write.js";
import type { FieldsUpdate } from "../custom-fields/custom-field.model.js";
import {
  type CheckedFields,
  checkCustomFields,
  checkFieldsOfEach,
} from "../custom-fields/custom-field-check.service.js";
import { referenceError } from "../customers/customer.model.js";
import {
  birthdayViolations,
  maxPets,
  type Pet,
  type PetEdit,
  type PetNoteEntry,
  type PetRecord,
  type Vet,
  vetNumber,
} from "../pets/pet.model.js";
import type { TagReference } from "../setting-lists/tag.model.js";
import {
  type Lead,
  type LeadChange,
  type LeadReferences,
  type LeadTransaction,
  leadReferenceNames,
  leadReferenceViolations,
  ownAddress,
} from "./lead.model.js";

/** The validated input of UpdateLead. Absent fields are unchanged. */
export interface LeadUpdate {
  readonly id: string;
  /** The company in the lead of the request. */
  readonly companyId?: string;
  /** Throws ETAG_MISMATCH unless it equals the current etag. */
  readonly etag?: string;
  /** A null life cycle stage is replaced by the default of the company. */
  readonly columns: Omit<LeadChange, "phone" | "consent" | "customFields" | "address">;
  readonly phones?: PhonesUpdate;
  /** Changes parts of the address, or removes it. With an id, it must be the one of the lead. */
  readonly address?: { readonly id?: string; readonly parts: AddressParts | null };
  readonly consent?: ConsentChange;
  readonly provenance?: ConsentProvenance;
  /** The complete consent in the lead of the request. */
  readonly statedConsent?: Consent;
  readonly pets?: PetsUpdate;
  readonly tags?: readonly TagReference[];
  readonly externalIds?: readonly ExternalId[];
  readonly notes?: NotesUpdate;
  readonly customFields?: FieldsUpdate;
}

interface PetsUpdate {
  /** "merge" keeps the pets that are not listed; "replace" removes them and clears absent fields of the others. */
  readonly write: "merge" | "replace";
  readonly entries: readonly PetEntry[];
}

export type PetEntry =
  | { readonly id: string; readonly edit: PetEdit; readonly customFields: FieldsUpdate }
  | { readonly id?: undefined; readonly record: PetRecord };

/** The veterinarian that the entry sets, or its parts. */
export function vetOf(entry: PetEntry): Partial<Vet> | null | undefined {
  return entry.id === undefined ? entry.record.vet : (entry.edit.vet ?? entry.edit.fields?.vet);
}

/** Applies an update to a locked lead. If there are violations, throws all of them and changes nothing. */
export async function applyLeadUpdate(
  unit: LeadTransaction,
  update: LeadUpdate,
  { principal, signal }: { readonly principal: Principal; readonly signal: AbortSignal },
): Promise<void> {
  const { lead } = unit;
  const access = requireCompanyAccess(principal, lead.companyId);
  const { preferredBusinessId } = update.columns;
  if (preferredBusinessId !== undefined) requireBusinessAccess(access, [preferredBusinessId ?? ""]);
  requireEtag(update.etag, lead, "Lead");

  const phones = update.phones && changedPhones(lead.phones, update.phones);
  const phone = phones && (phones[0]?.number ?? "");
  const given = update.customFields;
  const check = given && ({ access, association: "LEAD", current: lead.customFields, ...given } as const);
  const fields = check && (await checkCustomFields(unit.customFields, check, signal));
  const entries = update.pets?.entries ?? [];
  const records = entries.map((entry) => petFieldsOf(lead, entry));
  const ofPets = await checkFieldsOfEach(unit.customFields, { access, association: "PET", records }, signal);
  const violations = [
    ...statedViolations(lead, update),
    ...contactViolations(lead, { ...update.columns, ...(phone === undefined ? {} : { phone }) }),
    ...lostPhoneViolations(lead, update.phones),
    ...(update.phones ? newlyRefused(lead.phones, update.phones, access) : []),
    ...leadReferenceViolations({
      references: await unit.missing(newReferences(lead, update.columns)),
      petCodePaths: [],
    }),
    ...(await noteViolations(unit, update.notes, "Not found on this lead.")),
    ...(await petViolations(unit, update.pets, access)),
    ...ofPets.flatMap((checked, position) => prefixPaths(`pets[${position}]`, checked.violations)),
    ...(fields?.violations ?? []),
  ];
  const references = update.tags ?? [];
  const tags = await unit.resolveTags(references, mayCreateTags(principal, access));
  const all = prefixPaths("lead", violations);
  const refused = referenceError({ missing: [], tags, references, violations: all, within: "lead" });
  if (refused) throw refused;

  if (update.tags) await unit.replaceTags(tags.tags);
  if (update.externalIds && !sameExternalIds(update.externalIds, lead.externalIds))
    await unit.replaceExternalIds(update.externalIds);
  if (update.notes) await applyNotes(unit, update.notes);
  if (update.pets) await applyPets(unit, update.pets, ofPets);
  if (phones && !samePhones(phones, lead.phones)) await unit.replacePhones(phones);
  const lifeCycleId = update.columns.lifeCycleId === null ? await unit.defaultLifeCycleId() : undefined;
  const change = {
    ...update.columns,
    ...(phone === undefined ? {} : { phone }),
    ...(lifeCycleId === undefined ? {} : { lifeCycleId }),
    ...(update.address ? { address: changedAddress(lead, update.address.parts) } : {}),
    ...(update.consent ? { consent: applyConsent(lead.consent, update.consent) } : {}),
    ...(fields ? { customFields: fields.values } : {}),
  };
  await unit.save(change, update.provenance);
}

function statedViolations(lead: Lead, { companyId, statedConsent, address }: LeadUpdate): Violation[] {
  const violations: Violation[] = [];
  if (address?.id !== undefined && address.id !== lead.address?.id) {
    violations.push(violation("address.id", "NOT_FOUND", "Not found on this lead."));
  }
  if (companyId !== undefined && companyId !== lead.companyId) {
    violations.push(violation("company_id", "IMMUTABLE", "Must not change."));
  }
  // A copy of the stored consent is accepted. Anything else could be incomplete, and must never clear a consent.
  if (statedConsent && !sameConsent(statedConsent, lead.consent)) {
    const description = "Must equal the stored value; send changes in the request's compliance_config.";
    violations.push(violation("compliance_config", "NOT_ALLOWED", description));
  }
  return violations;
}

function changedAddress({ address }: Lead, parts: AddressParts | null) {
  const next = parts && mergedAddress(address, parts);
  return next ? ownAddress(next, address) : null;
}

function contactViolations(lead: Lead, { phone = lead.phone, email = lead.email }: LeadChange): Violation[] {
  if (phone !== "" || email !== "") return [];
  // A lead may have been imported without both. Only removing the last one is a violation.
  if (lead.phone === "" && lead.email === "") return [];
  return [violation("phone", "REQUIRED", "Required: set phone or email.")];
}

/** Clearing the main phone alone must not remove the other phones. */
function lostPhoneViolations({ phones }: Lead, update: PhonesUpdate | undefined): Violation[] {
  if (update?.kind !== "main" || update.phone || phones.length < 2) return [];
  const description = "Must not be cleared while the lead has other phones; list phones in update_mask as well.";
  return [violation("phone", "CONFLICT", description)];
}

/** References that the update adds. Existing ones may have been archived in the meantime. */
function newReferences(lead: Lead, columns: LeadUpdate["columns"]): LeadReferences {
  const added: { -readonly [Name in keyof LeadReferences]: LeadReferences[Name] } = {};
  for (const name of leadReferenceNames) {
    const id = columns[name];
    if (id && id !== lead[name]) added[name] = id;
  }
  return added;
}

async function petViolations(
  unit: LeadTransaction,
  update: PetsUpdate | undefined,
  rules: CompanyAccess,
): Promise<Violation[]> {
  if (!update) return [];
  const violations: Violation[] = [];
  const owned = new Set(unit.lead.pets.map((pet) => pet.id));
  const added = update.entries.filter((entry) => entry.id === undefined).length;
  const kept = update.write === "merge" ? owned.size : update.entries.length - added;
  if (kept + added > maxPets) {
    violations.push(violation("pets", "TOO_MANY", `Must leave the lead with at most ${maxPets} pets.`));
  }
  for (const [position, entry] of update.entries.entries()) {
    const path = `pets[${position}]`;
    if (entry.id !== undefined && update.entries.findIndex(({ id }) => id === entry.id) < position) {
      violations.push(violation(`${path}.id`, "DUPLICATE_FIELD", "Must be unique in the list."));
    }
    if (entry.id !== undefined && !owned.has(entry.id)) {
      violations.push(violation(`${path}.id`, "NOT_FOUND", "Not found on this lead."));
    }
    const pet = unit.lead.pets.find(({ id }) => id === entry.id);
    violations.push(...numberViolations([vetNumber(`${path}.vet`, vetOf(entry), pet?.vet)], rules));
    const birthday = entry.id === undefined ? entry.record.birthday : entry.edit.fields?.birthday;
    const birth = { birthday, stored: pet?.birthday, timeZone: rules.timeZone };
    violations.push(...birthdayViolations(`${path}.birthday`, birth));
    const codes = (entry.id === undefined ? entry.record.petCodeIds : entry.edit.petCodeIds) ?? [];
    // Codes of the pet may have been archived in the meantime. Sending them back is always allowed.
    const carried = new Set(pet?.petCodes.map(({ id }) => id));
    const missing = new Set(await unit.missingPetCodes(codes.filter((code) => !carried.has(code))));
    for (const [index, code] of codes.entries()) {
      if (missing.has(code))
        violations.push(violation(`${path}.pet_codes[${index}].id`, "NOT_FOUND", notFoundInCompany));
    }
    if (pet && entry.id !== undefined) {
      violations.push(...prefixPaths(path, await petNoteViolations(unit, pet, entry.edit.notes ?? [])));
    }
  }
  return violations;
}

async function petNoteViolations(
  unit: LeadTransaction,
  pet: Pet,
  notes: readonly PetNoteEntry[],
): Promise<Violation[]> {
  const ids = notes.flatMap(({ id }) => id ?? []);
  const missing = new Set(await unit.missingPetNotes(pet, ids));
  const isKnown = (id: string) => !missing.has(id);
  return listedIdViolations(notes, { field: "notes", isKnown, unknown: "Not found on this pet." });
}

/** The custom fields of a listed pet. */
function petFieldsOf(lead: Lead, entry: PetEntry) {
  if (entry.id === undefined) return { write: "create" as const, current: {}, given: entry.record.customFields };
  return { ...entry.customFields, current: lead.pets.find(({ id }) => id === entry.id)?.customFields ?? {} };
}

async function applyPets(
  unit: LeadTransaction,
  { write, entries }: PetsUpdate,
  checked: readonly CheckedFields[],
): Promise<void> {
  const named = new Set(entries.map((entry) => entry.id));
  for (const pet of unit.lead.pets) if (write === "replace" && !named.has(pet.id)) await unit.removePet(pet);
  for (const [position, entry] of entries.entries()) {
    const customFields = checked[position]?.values ?? {};
    if (entry.id === undefined) await unit.addPet({ ...entry.record, customFields });
    else {
      const pet = unit.lead.pets.find(({ id }) => id === entry.id);
      if (pet) await unit.editPet(pet, { ...entry.edit, fields: { ...entry.edit.fields, customFields } });
    }
  }
}
