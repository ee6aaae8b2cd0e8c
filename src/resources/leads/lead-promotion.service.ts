import { newChoice } from "../../core/contact-rule.js";
import { notFoundError } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import type {
  CustomFieldRepository,
  FieldDefinition,
  FieldValue,
  FieldValues,
} from "../custom-fields/custom-field.model.js";
import { checkValue } from "../custom-fields/custom-field-check.service.js";
import type { CustomerFields } from "../customers/customer.model.js";
import type { Lead, LeadPromotion, PromotedCustomer } from "./lead.model.js";

/**
 * The customer that a lead becomes. Undefined if it was promoted before: a promoted lead keeps its row with the id of its
 * customer, so that a later or concurrent promotion returns the same one.
 *
 * @throws NOT_FOUND for an archived lead
 */
export async function promoteLead(
  { lead, customFields }: LeadPromotion,
  duplicates: DuplicateView,
  signal: AbortSignal,
): Promise<PromotedCustomer | undefined> {
  if (lead.promotedCustomerId !== undefined) return undefined;
  if (lead.archived) throw notFoundError("Lead", lead.id);
  return {
    id: newId(idPrefixes.customer),
    fields: customerOf(lead, await carriedFields(customFields, lead, signal)),
    phones: lead.phones,
    ...(lead.address ? { address: { ...lead.address, id: newId(idPrefixes.address) } } : {}),
    petIds: lead.pets.map((pet) => pet.id),
    duplicates,
  };
}

/** What the customer takes over from its lead. The rest has the defaults of CreateCustomer. */
function customerOf(lead: Lead, customFields: FieldValues): CustomerFields {
  const { firstName, lastName, avatar, phone, email } = lead;
  const { preferredBusinessId, referralSourceId, source, allocateStaffId: assignedStaffId } = lead;
  return {
    ...{ firstName, lastName, avatar, phone, email, customFields },
    ...{ status: "ACTIVE", colorCode: "", source, ...newChoice({ consent: lead.consent }) },
    ...(preferredBusinessId === undefined ? {} : { preferredBusinessId }),
    ...(referralSourceId === undefined ? {} : { referralSourceId }),
    ...(assignedStaffId === undefined ? {} : { assignedStaffId }),
  };
}

/** Prefix for the keys of values that do not fit a customer field. Field codes cannot contain a colon. */
const ofLead = "lead:";

/**
 * The custom fields of a lead, for its customer. None is lost. A value is kept under its code if there is an active
 * CUSTOMER field with that code and type that accepts it, or if there is no CUSTOMER field with that code. If the
 * CUSTOMER field has another type, is archived or lacks the option, the value is stored under `lead:<code>`, so that no
 * customer field has a value of the wrong type.
 */
async function carriedFields(
  fields: CustomFieldRepository,
  { companyId, customFields }: Lead,
  signal: AbortSignal,
): Promise<FieldValues> {
  const codes = Object.keys(customFields);
  if (codes.length === 0) return {};
  const query = { companyId, codes, withExpected: false };
  const ofLeads = await fields.definitions({ ...query, association: "LEAD" }, signal);
  const ofCustomers = await fields.definitions({ ...query, association: "CUSTOMER" }, signal);
  const types = new Map(ofLeads.map(({ code, type }) => [code, type]));
  const definitions = new Map(ofCustomers.map((definition) => [definition.code, definition]));
  return Object.fromEntries(
    Object.entries(customFields).map(([code, value]) => {
      const field = definitions.get(code);
      return [!field || holds(field, types.get(code), value) ? code : `${ofLead}${code}`, value];
    }),
  );
}

function holds(field: FieldDefinition, type: FieldDefinition["type"] | undefined, value: FieldValue): boolean {
  return field.type === type && !field.archived && !("reason" in checkValue(field, value));
}
