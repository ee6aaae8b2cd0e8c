import type { Row, Tables } from "../../src/demo/demo-rows.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer, madeLead } from "../support/records.js";
import { company, type ListFixture, list, minute, numbers, placeOf, rowId } from "./list-fixture.js";
import { type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const customers = CustomerAdminService.method;
const leads = LeadAdminService.method;
const consents = ConsentService.method;
const companyId = "cmp_a";
const ofCustomerC = { id: "cus_c1" };
const ofLeadC = { id: "lcus_c1" };

/** The rpcs of CustomerAdminService, LeadAdminService and ConsentService. */
export const recordRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(customers.archiveCustomer, { request: madeCustomer, foreignIds: ofCustomerC }),
  rpcFixture(customers.restoreCustomer, { request: madeCustomer, foreignIds: ofCustomerC }),
  rpcFixture(customers.eraseCustomer, { request: madeCustomer, foreignIds: ofCustomerC }),
  rpcFixture(customers.importCustomer, {
    request: async () => {
      const within = { address: { id: freshId(), city: "Boston" }, notes: [{ id: freshId(), note: "Shy" }] };
      return { companyId, id: freshId(), customer: newCustomer(within) };
    },
  }),
  rpcFixture(customers.removeCustomerTags, {
    request: async (server) => ({ ...(await madeCustomer(server)), tagIds: ["tag_a1"] }),
    foreignIds: ofCustomerC,
  }),
  rpcFixture(leads.archiveLead, { request: madeLead, foreignIds: ofLeadC }),
  rpcFixture(leads.restoreLead, { request: madeLead, foreignIds: ofLeadC }),
  rpcFixture(leads.eraseLead, { request: madeLead, foreignIds: ofLeadC }),
  rpcFixture(leads.importLead, {
    request: async () => ({ companyId, id: freshId(), ...newLead({ pets: [{ ...aDog, id: freshId() }] }) }),
  }),
  rpcFixture(PetAdminService.method.importPet, {
    request: async () => ({
      companyId,
      id: freshId(),
      owner: { case: "customerId", value: "cus_a1" } as const,
      pet: minimalPet,
    }),
  }),
  rpcFixture(consents.listConsentHistory, {
    request: { companyId, subject: { case: "customerId", value: "cus_a1" }, pagination: {} },
    foreignIds: { customer_id: "cus_c1" },
  }),
  rpcFixture(consents.checkConsent, {
    request: { companyId, subject: { case: "leadId", value: "lcus_a1" }, channel: 1, purpose: 1 },
    foreignIds: { lead_id: "lcus_c1" },
  }),
];

const event = (place: number, subjectId = rowId(0)): Row => ({
  ...{ company_id: company, subject_kind: "customer", subject_id: subjectId, occurred_time: minute(place) },
  ...{ rpc: "a.B/C", key_id: "key", staff_id: "", ip: "127.0.0.1", request_id: "request" },
  after: {
    ...{ serviceRelatedChannels: ["SMS"], marketingCampaignsChannels: [] },
    ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
  },
});

/** The customers must be there. */
export const recordListTables: Tables = [["consent_event", numbers.map((n) => event(placeOf(n)))]];

export const recordListFixtures: readonly ListFixture[] = [
  list(consents.listConsentHistory, "newest first", {
    request: { companyId: company, subject: { case: "customerId", value: rowId(0) } },
    otherRequest: { companyId: company, subject: { case: "customerId", value: rowId(1) } },
    // The database numbers the entries.
    ids: numbers.map((n) => String(n + 1)).toReversed(),
    table: "consent_event",
    isLedger: true,
    strangersAreForeign: true,
    stranger: (_, place) => event(place, rowId(2)),
  }),
];
