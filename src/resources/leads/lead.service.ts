import {
  canAccessRecord,
  companyAccessFilter,
  limitToBusinesses,
  mayCreateTags,
  requireBusinessAccess,
  requireCompanyAccess,
  targetOf,
} from "../../core/access.js";
import { companyLimitReached } from "../../core/company-limits.js";
import { requireFound } from "../../core/company-resource.js";
import { applyConsent, defaultConsent } from "../../core/consent.js";
import { DomainError, invalidRequest, notFoundError } from "../../core/errors.js";
import { refusedPhones } from "../../core/phone/contact-phone.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import { duplicateRecord, duplicateView, noDuplicates } from "../../core/possible-duplicate.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { prefixPaths } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository, FieldValues } from "../custom-fields/custom-field.model.js";
import {
  type CheckedFields,
  checkCustomFields,
  checkFieldsOfEach,
} from "../custom-fields/custom-field-check.service.js";
import { type FieldFilter, toFieldSearches } from "../custom-fields/custom-field-filter.service.js";
import { type CreatedCustomer, type CustomerRepository, referenceError } from "../customers/customer.model.js";
import { quotaExceeded } from "../customers/customer-create.service.js";
import { birthdayViolations, type PetRecord, type Vet, vetNumber } from "../pets/pet.model.js";
import {
  assertLead,
  type CreatedLead,
  type LeadFilter,
  type LeadQuery,
  type LeadRecord,
  type LeadRepository,
  leadReferenceViolations,
  type NewLeadWith,
  ownAddress,
} from "./lead.model.js";
import { promoteLead } from "./lead-promotion.service.js";
import { applyLeadUpdate, type LeadUpdate } from "./lead-update.service.js";

/** The validated input of CreateLead. */
export type NewLead = NewLeadWith<PetRecord> &
  Pick<LeadRecord, "notes" | "tags"> & { readonly allowDuplicate: boolean };

export interface ListLeads extends Omit<LeadQuery, "fields"> {
  readonly filter: LeadFilter & { readonly customFields?: readonly FieldFilter[] };
}

interface LeadToPromote {
  readonly id: string;
  readonly allowDuplicate: boolean;
}

interface LeadDependencies {
  readonly leads: LeadRepository;
  readonly customers: CustomerRepository;
  readonly customFields: CustomFieldRepository;
}

export type Leads = ReturnType<typeof createLeads>;

/** The rules of leads. */
export function createLeads({ leads, customers, customFields }: LeadDependencies) {
  return {
    async create(
      { notes, tags, allowDuplicate, ...input }: NewLead,
      principal: Principal,
      write: WriteContext,
    ): Promise<CreatedLead> {
      const { companyId } = input;
      const access = requireCompanyAccess(principal, companyId);
      const { record, violations } = await completeLead(input, { access, customFields, signal: write.signal });
      const admission = {
        admit: violations.length === 0,
        mayCreateTags: mayCreateTags(principal, access),
        accessFilter: companyAccessFilter(access),
        duplicates: duplicateView(principal, access, { allowDuplicate }),
      };
      const outcome = await leads.create({ ...record, notes, tags }, admission, write);
      if (outcome.kind === "created") return outcome;
      if (outcome.kind === "duplicate") throw duplicateRecord(companyId, outcome.refusing);
      if (outcome.kind === "full") throw companyLimitReached({ companyId, name: "MAX_TAGS", limit: outcome.maxTags });
      const all = prefixPaths("lead", [...violations, ...leadReferenceViolations(outcome.missing)]);
      const refused = { missing: [], tags: outcome.tags, references: tags, violations: all, within: "lead" };
      throw referenceError(refused) ?? invalidRequest(all);
    },

    async get(id: string, principal: Principal, signal: AbortSignal) {
      return assertLead(requireFound(await leads.get(targetOf(principal, id), signal), "Lead", id));
    },

    async update(input: LeadUpdate, principal: Principal, write: WriteContext) {
      const changed = await leads.change(targetOf(principal, input.id), write, async (unit) => {
        await applyLeadUpdate(unit, input, { principal, signal: write.signal });
        return { kind: "lead", ids: [unit.lead.id] };
      });
      return changed.lead;
    },

    /** Returns one row more than the page size if there is a next page. */
    async list({ companyId, filter, order, page }: ListLeads, principal: Principal, signal: AbortSignal) {
      const access = requireCompanyAccess(principal, companyId);
      const limited = limitToBusinesses(access, filter);
      const context = { companyId, association: "LEAD", signal } as const;
      const fields = await toFieldSearches(customFields, filter.customFields, context);
      return leads.list({ companyId, filter: limited, fields, order, page }, signal);
    },

    /** Returns the customer that the lead was promoted to, now or earlier. */
    async promote(
      { id, allowDuplicate }: LeadToPromote,
      principal: Principal,
      write: WriteContext,
    ): Promise<CreatedCustomer> {
      const outcome = await leads.promote(targetOf(principal, id), write, (unit) => {
        const access = requireCompanyAccess(principal, unit.lead.companyId);
        const view = duplicateView(principal, access, { allowDuplicate });
        return promoteLead(unit, view, write.signal);
      });
      if (outcome.kind === "duplicate") throw duplicateRecord(outcome.companyId, outcome.refusing);
      if (outcome.kind === "quota") throw quotaExceeded(outcome.companyId, outcome.limit);
      const { customer, mayHaveDuplicates } = outcome;
      // A customer of an earlier promotion may have moved to a location that the API key cannot access.
      const access = requireCompanyAccess(principal, customer.companyId);
      if (!canAccessRecord(access, customer)) throw notFoundError("Lead", id);
      if (!mayHaveDuplicates) return { customer, duplicates: noDuplicates };
      const view = duplicateView(principal, access);
      return { customer, duplicates: await customers.findDuplicates(customer, view, write.signal) };
    },
  };
}

/**
 * A new lead with its defaults, and the violations of its custom fields.
 *
 * @throws BUSINESS_NOT_ALLOWED
 */
export async function completeLead<Pet extends CheckedPet>(
  given: NewLeadWith<Pet>,
  { access, customFields, signal }: LeadContext,
) {
  const input = withLocation(given, access);
  const check = { access, association: "LEAD", write: "create", current: {}, given: input.customFields } as const;
  const ofLead = await checkCustomFields(customFields, check, signal);
  const newPets = input.pets.map(({ customFields: given }) => ({ write: "create" as const, current: {}, given }));
  const ofPets = await checkFieldsOfEach(customFields, { access, association: "PET", records: newPets }, signal);
  return completedLead(input, { access, ofLead, ofPets });
}

interface CompletedContext {
  readonly access: CompanyAccess;
  /** The checked custom fields of the lead, and of its pets in their order. */
  readonly ofLead: CheckedFields;
  readonly ofPets: readonly CheckedFields[];
}

/** The same of a lead with its location, with custom fields that were checked before. */
export function completedLead<Pet extends CheckedPet>(
  { address, ...input }: NewLeadWith<Pet>,
  { access, ofLead, ofPets }: CompletedContext,
) {
  const record = {
    ...input,
    ...(address ? { address: ownAddress(address) } : {}),
    consent: applyConsent(defaultConsent, input.consent),
    customFields: ofLead.values,
    pets: input.pets.map((pet, position) => ({ ...pet, customFields: ofPets[position]?.values ?? {} })),
  };
  const violations = [
    ...refusedPhones(input.phones, access),
    ...input.pets.flatMap(({ vet, birthday }, position) => [
      ...numberViolations([vetNumber(`pets[${position}].vet`, vet)], access),
      ...birthdayViolations(`pets[${position}].birthday`, { birthday, timeZone: access.timeZone }),
      ...prefixPaths(`pets[${position}]`, ofPets[position]?.violations ?? []),
    ]),
    ...ofLead.violations,
  ];
  return { record, violations };
}

/**
 * The lead with the location that it gets.
 *
 * @throws BUSINESS_NOT_ALLOWED unless the API key may use it
 */
export function withLocation<New extends { readonly preferredBusinessId?: string }>(
  lead: New,
  access: CompanyAccess,
): New {
  const preferredBusinessId = lead.preferredBusinessId ?? onlyBusinessOf(access);
  if (preferredBusinessId === undefined) return lead;
  requireBusinessAccess(access, [preferredBusinessId]);
  return { ...lead, preferredBusinessId };
}

interface CheckedPet {
  readonly vet?: Vet;
  readonly birthday?: string;
  readonly customFields: FieldValues;
}

interface LeadContext {
  readonly access: CompanyAccess;
  readonly customFields: CustomFieldRepository;
  readonly signal: AbortSignal;
}

/**
 * A lead without a location is inaccessible to an API key limited to locations. If the key has a single location, the
 * lead gets it.
 */
function onlyBusinessOf({ companyId, businessIds }: CompanyAccess): string | undefined {
  if (!businessIds) return undefined;
  const [only, ...others] = businessIds;
  if (only !== undefined && others.length === 0) return only;
  throw new DomainError(
    "BUSINESS_NOT_ALLOWED",
    "The API key is limited to specific locations. Set preferred_business_id to one of them.",
    { metadata: { companyId, businessId: "" } },
  );
}
