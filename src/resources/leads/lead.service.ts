import { assertBusinesses, reaches, reachOf, visibilityWithin } from "../../core/access.js";
import { applyConsent, type ConsentChange, defaultConsent } from "../../core/consent.js";
import { DomainError, invalidRequest, notFound } from "../../core/errors.js";
import { type Caller, type CompanyReach, visibilityOf } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import type { Customer } from "../customers/customer.model.js";
import { quotaExceeded } from "../customers/customer.service.js";
import type { CustomFieldRepository } from "../setting-lists/setting-store.model.js";
import { assertLead, type Lead } from "./lead.model.js";
import { inLead, leadReferenceViolations } from "./lead-references.service.js";
import type { LeadQuery, LeadRecord, LeadRepository } from "./lead-store.model.js";
import { applyLeadUpdate, type LeadUpdate } from "./lead-update.service.js";

/** What CreateLead asks for, parsed. */
export interface NewLead extends Omit<LeadRecord, "consent"> {
  readonly consent: ConsentChange;
}

export interface LeadDependencies {
  readonly leads: LeadRepository;
  readonly customFields: CustomFieldRepository;
}

export interface Leads {
  create(input: NewLead, caller: Caller, write: Write): Promise<Lead>;
  get(id: string, caller: Caller, signal: AbortSignal): Promise<Lead>;
  update(input: LeadUpdate, caller: Caller, write: Write): Promise<Lead>;
  /** One row more than the page's size tells that there is a next page. */
  list(query: LeadQuery, caller: Caller, signal: AbortSignal): Promise<readonly Lead[]>;
  /** The customer that the lead becomes, or has become. */
  promote(id: string, caller: Caller, write: Write): Promise<Customer>;
}

/** The rules of leads. */
export function createLeads({ leads, customFields }: LeadDependencies): Leads {
  return {
    async create(input, caller, write) {
      const { companyId } = input;
      const reach = reachOf(caller, companyId);
      const preferredBusinessId = input.preferredBusinessId ?? onlyBusinessOf(reach);
      if (preferredBusinessId !== undefined) assertBusinesses(reach, [preferredBusinessId]);
      const check = {
        reach,
        association: "LEAD",
        write: "create",
        current: {},
        given: input.customFields,
      } as const;
      const fields = await checkCustomFields(customFields, check, write.signal);
      const record = {
        ...input,
        ...(preferredBusinessId === undefined ? {} : { preferredBusinessId }),
        consent: applyConsent(defaultConsent, input.consent),
        customFields: fields.values,
      };
      const outcome = await leads.create(
        record,
        { admit: fields.violations.length === 0, visibility: visibilityWithin(reach) },
        write,
      );
      if (outcome.kind === "created") return assertLead(outcome.lead);
      throw invalidRequest(inLead([...fields.violations, ...leadReferenceViolations(outcome.missing)]));
    },

    async get(id, caller, signal) {
      const lead = await leads.get({ visibility: visibilityOf(caller), id }, signal);
      if (!lead) throw notFound("Lead", id);
      return assertLead(lead);
    },

    update(input, caller, write) {
      const target = { visibility: visibilityOf(caller), id: input.id };
      return leads.change(target, write, (unit) => applyLeadUpdate(unit, input, { caller, signal: write.signal }));
    },

    async list({ companyId, filter, page }, caller, signal) {
      const reach = reachOf(caller, companyId);
      assertBusinesses(reach, filter.preferredBusinessIds ?? []);
      const preferredBusinessIds = filter.preferredBusinessIds ?? reach.businessIds;
      const seen = { ...filter, ...(preferredBusinessIds ? { preferredBusinessIds } : {}) };
      return leads.list({ companyId, filter: seen, page }, signal);
    },

    async promote(id, caller, write) {
      const outcome = await leads.promote({ visibility: visibilityOf(caller), id }, write);
      if (outcome.kind === "quota") throw quotaExceeded(outcome.companyId, outcome.limit);
      const { customer } = outcome;
      // One that was promoted before may have moved out of the key's locations since.
      if (!reaches(reachOf(caller, customer.companyId), customer)) throw notFound("Lead", id);
      return customer;
    },
  };
}

/** A key that is limited to locations would not see a lead without one: it takes the key's only one. */
export function onlyBusinessOf({ companyId, businessIds }: CompanyReach): string | undefined {
  if (!businessIds) return undefined;
  const [only, ...others] = businessIds;
  if (only !== undefined && others.length === 0) return only;
  throw new DomainError("BUSINESS_NOT_ALLOWED", "The key covers single locations: name one of them.", {
    metadata: { companyId, businessId: "" },
  });
}
