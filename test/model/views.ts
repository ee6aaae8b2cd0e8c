import { mainOf, phonesView } from "./contact-phones.js";
import { Elsewhere, type Expected } from "./learned.js";
import {
  type Address,
  type Consent,
  type Customer,
  type Lead,
  type Note,
  type Tag,
  textOf,
  type World,
} from "./world.js";

/** Most notes that a customer shows, by itself and in a list; ListCustomerNotes gives all. */
const notesShown = 50;
const notesListed = 10;

/** A customer as lists show it. */
export function listedCustomerView(world: World, customer: Customer): Expected {
  return customerView(world, { ...customer, notes: customer.notes.slice(-notesListed) });
}

/** A customer as every rpc returns it. */
export function customerView({ companyId, leads }: World, customer: Customer): Expected {
  const lead = leads.find((one) => one.id === customer.leadId);
  const [receiveAutoMessage, receiveAutoEmail, subscribeToMarketingEmails, receiveAppointmentReminder] =
    customer.preference;
  const { id, firstName, lastName, avatar, phones, email, status, colorCode, source, createdBy, createdTime } =
    customer;
  const { lastUpdatedBy, lastUpdatedTime, rawId, etag, fields } = customer;
  return {
    ...{
      id,
      firstName,
      lastName,
      avatar,
      phone: mainOf(phones),
      email,
      status,
      colorCode,
      source,
      createdBy,
      createdTime,
      companyId,
    },
    ...{ lastUpdatedBy, lastUpdatedTime, rawId, etag },
    ...customer.appointments,
    phones: phonesView(phones),
    externalIds: [],
    preferredBusinessId: customer.businessId,
    assignedStaffId: customer.staffId,
    sourceLeadId: customer.leadId,
    mergedInto: "",
    deleted: customer.archived,
    upcomingAppointmentsUrl: "",
    address: customer.addresses.toSorted(primaryFirst).map(addressView),
    notes: customer.notes.toReversed().slice(0, notesShown).map(noteView),
    tags: inDisplayOrder(customer.tags).map(tagView),
    preference: { receiveAutoMessage, receiveAutoEmail, subscribeToMarketingEmails, receiveAppointmentReminder },
    complianceConfig: consentView(customer.consent),
    ...(customer.sourceId === "" ? {} : { referralSource: sourceView(customer.sourceId) }),
    ...(Object.keys(fields).length === 0 ? {} : { customFields: fields }),
    ...(lead ? { leadSummary: summaryView(lead) } : {}),
  };
}

function summaryView(lead: Lead): Expected {
  const { createdTime, createdBy } = lead;
  return { ...stagesView(lead), createdTime, createdBy, history: new Elsewhere("test/rpc/lead-promotion.test.ts") };
}

function stagesView({ stageId, statusId }: Lead) {
  return {
    lifeCycle: { id: stageId, name: stageNames[stageId] ?? "", isDefault: stageId === "lc_1", archived: false },
    ...(statusId === "" ? {} : { actionStatus: { id: statusId, name: "To call", color: "#FF0000", archived: false } }),
  };
}

export function leadView({ companyId }: World, lead: Lead): Expected {
  const { id, firstName, lastName, avatar, phones, email, createdTime, lastUpdatedTime, etag } = lead;
  return {
    ...{ id, firstName, lastName, avatar, phone: mainOf(phones), email, createdTime, lastUpdatedTime, etag, companyId },
    ...{ createdBy: lead.createdBy, lastUpdatedBy: lead.lastUpdatedBy },
    ...{ deleted: lead.archived || lead.customerId !== undefined, promotedCustomerId: lead.customerId ?? "" },
    phones: phonesView(phones),
    externalIds: [],
    preferredBusinessId: lead.businessId,
    allocateStaffId: lead.staffId,
    pets: [],
    ...{ notes: [], tags: [], source: "" },
    ...stagesView(lead),
    complianceConfig: consentView(lead.consent),
    customFields: lead.fields,
    ...(lead.address ? { address: addressView(lead.address) } : {}),
    ...(lead.sourceId === "" ? {} : { referralSource: sourceView(lead.sourceId) }),
  };
}

const stageNames: Readonly<Record<string, string>> = { lc_1: "New", lc_2: "Qualified" };
const sourceNames: Readonly<Record<string, string>> = { ref_1: "Web", ref_2: "Friend" };

function sourceView(id: string): Expected {
  return { id, name: sourceNames[id] ?? "", archived: false };
}

export function noteView({ id, text, by, time }: Note): Expected {
  return { id, note: text, lastUpdatedBy: by, lastUpdatedTime: time };
}

export function tagView({ id, name, group, archived, lastUpdatedBy, lastUpdatedTime }: Tag): Expected {
  return { id, name, group, archived, lastUpdatedBy, lastUpdatedTime };
}

export function inDisplayOrder(tags: readonly Tag[]): readonly Tag[] {
  return tags.toSorted((a, b) => a.order - b.order || compare(a.name, b.name));
}

function addressView({ id, type, lines }: Address): Expected {
  return { id, type, ...lines };
}

function primaryFirst(a: Address, b: Address): number {
  return Number(a.type === "SECONDARY") - Number(b.type === "SECONDARY");
}

function consentView(consent: Consent): Expected {
  return {
    serviceRelatedChannels: consent.service,
    marketingCampaignsChannels: consent.marketing,
    brandedAppEnabled: consent.app,
    isAgreedMarketingPolicy: consent.policy,
    isConsented: consent.consented,
  };
}

/** As the database compares with collation "C". */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type Dated = Pick<Customer, "id" | "createdTime" | "lastUpdatedTime">;

/** By created_time descending, then id descending. */
export function newestFirst(a: Dated, b: Dated): number {
  return momentOf(b.createdTime) - momentOf(a.createdTime) || compare(textOf(b.id), textOf(a.id));
}

/** By last_updated_time ascending, then id ascending. */
export function byChange(a: Dated, b: Dated): number {
  return momentOf(a.lastUpdatedTime) - momentOf(b.lastUpdatedTime) || compare(textOf(a.id), textOf(b.id));
}

function momentOf(time: Dated["createdTime"]): number {
  return Date.parse(time.value);
}
