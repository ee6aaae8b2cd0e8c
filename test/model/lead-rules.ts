import { carriedFields } from "./carried-fields.js";
import { countConsent, stampAfter } from "./change.js";
import { authorOf, sees } from "./command.js";
import type { Who } from "./companies.js";
import { newChoice } from "./contact-choice.js";
import { isFull } from "./create-customer.js";
import { Learned } from "./learned.js";
import { answer, notFound, type Outcome, quotaExceeded, refusal } from "./outcome.js";
import { customerView } from "./views.js";
import { type Customer, type Lead, newEtag, newId, newRawId, newTime, type World } from "./world.js";

/** Decisions 7, "A promoted lead". */
export const promoted = refusal("NOT_FOUND", "LEAD_PROMOTED");

/** A lead is seen where it is, and once it has become a customer where that one is. */
export function seenLead(world: World, id: string, by: Who): Lead | undefined {
  const found = world.leads.find((one) => one.id.value === id);
  const customer = found?.customerId && world.customers.find((one) => one.id === found.customerId);
  return found && sees(by, (customer ?? found).businessId) ? found : undefined;
}

export function leadMissing(world: World, id: string, by: Who): Outcome | undefined {
  return seenLead(world, id, by) ? undefined : notFound;
}

/** Why a lead that the key sees is none any more. */
export function goneLead(lead: Lead): Outcome | undefined {
  if (lead.customerId) return promoted;
  return lead.archived ? notFound : undefined;
}

export function changeLead(
  world: World,
  before: Lead,
  edit: Partial<Omit<Lead, "id" | "createdTime" | "lastUpdatedTime" | "etag" | "version">>,
): Lead {
  const lead = { ...before, ...edit, ...stampAfter(before) };
  world.leads.splice(world.leads.indexOf(before), 1, lead);
  countConsent(world, before, lead);
  return lead;
}

/** An address keeps or changes its id when it is replaced: nothing is promised. */
export function someAddressId(): Learned {
  return new Learned("an id that begins with addr_", (id) => id.startsWith("addr_"));
}

/** Decisions 7, "PromoteLead". */
export function promote(world: World, id: string, by: Who): Outcome {
  const lead = seenLead(world, id, by);
  if (!lead || lead.archived) return notFound;
  if (lead.customerId) return promotedCustomer(world, id, by);
  if (isFull(world)) return quotaExceeded;
  const customer = customerOf(world, lead, by);
  world.customers.push(customer);
  world.consentEvents += 1;
  changeLead(world, lead, { customerId: customer.id, lastUpdatedBy: authorOf(by) });
  return answer({ customer: customerView(world, customer) });
}

export function promotedCustomer(world: World, id: string, by: Who): Outcome {
  const customerId = seenLead(world, id, by)?.customerId;
  const customer = world.customers.find((one) => one.id === customerId);
  return customer && sees(by, customer.businessId) ? answer({ customer: customerView(world, customer) }) : notFound;
}

function customerOf(world: World, lead: Lead, by: Who): Customer {
  const { firstName, lastName, avatar, phones, email, businessId, staffId, sourceId, fields } = lead;
  const time = newTime();
  return {
    ...{ firstName, lastName, avatar, phones, email, businessId, staffId, sourceId },
    ...newChoice(lead.consent),
    fields: carriedFields(fields),
    ...{ id: newId(world, "cus_"), rawId: newRawId(), etag: newEtag(), version: 1, archived: false, leadId: lead.id },
    ...{ createdTime: time, lastUpdatedTime: time, createdBy: authorOf(by), lastUpdatedBy: authorOf(by) },
    ...{ status: "ACTIVE", colorCode: "", source: "", notes: [], tags: [], appointments: {} },
    addresses: lead.address ? [{ ...lead.address, id: someAddressId() }] : [],
  };
}
