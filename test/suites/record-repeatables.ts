import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer, madeLead } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { onWhole, type Repeatable } from "./repeatable.js";
import { nameOf } from "./rpc-fixture.js";

const customers = CustomerAdminService.method;
const leads = LeadAdminService.method;
const companyId = "cmp_a";

/** The rpcs of CustomerAdminService and LeadAdminService that write. */
export const recordRepeatables: readonly Repeatable[] = [
  onWhole(customers.archiveCustomer, madeCustomer),
  onWhole(customers.restoreCustomer, archivedCustomer),
  onWhole(customers.eraseCustomer, madeCustomer),
  onWhole(leads.archiveLead, madeLead),
  onWhole(leads.restoreLead, archivedLead),
  onWhole(leads.eraseLead, madeLead),
  {
    name: nameOf(customers.removeCustomerTags),
    async prepare(server) {
      const named = await madeCustomer(server, { tags: [{ id: "tag_a1" }, { id: "tag_a2" }] });
      return {
        send: ({ variant, ...options }) =>
          server.call(customers.removeCustomerTags, { ...named, tagIds: [variant ? "tag_a1" : "tag_a2"] }, options),
        refuse: (options) =>
          server.call(customers.removeCustomerTags, { companyId, id: "cus_a9", tagIds: ["tag_a1"] }, options),
      };
    },
  },
  {
    name: nameOf(customers.importCustomer),
    async prepare(server) {
      const [one, other] = [freshId(), freshId()];
      const customer = newCustomer();
      return {
        send: ({ variant, ...options }) =>
          server.call(customers.importCustomer, { companyId, id: variant ? other : one, customer }, options),
        refuse: (options) => server.call(customers.importCustomer, { companyId, id: "cus_a1", customer }, options),
      };
    },
  },
  {
    name: nameOf(PetAdminService.method.importPet),
    async prepare(server) {
      const [one, other] = [freshId(), freshId()];
      const { id: customerId } = await madeCustomer(server);
      const request = { companyId, owner: { case: "customerId", value: customerId }, pet: minimalPet } as const;
      return {
        send: ({ variant, ...options }) =>
          server.call(PetAdminService.method.importPet, { ...request, id: variant ? other : one }, options),
        refuse: (options) => server.call(PetAdminService.method.importPet, { ...request, id: "pet_a1" }, options),
      };
    },
  },
  {
    name: nameOf(leads.importLead),
    async prepare(server) {
      const [one, other] = [freshId(), freshId()];
      return {
        send: ({ variant, ...options }) =>
          server.call(leads.importLead, { companyId, id: variant ? other : one, ...newLead() }, options),
        refuse: (options) => server.call(leads.importLead, { companyId, id: "lcus_a1", ...newLead() }, options),
      };
    },
  },
];

async function archivedCustomer(server: TestServer) {
  const named = await madeCustomer(server);
  await server.ok(customers.archiveCustomer, named);
  return named;
}

async function archivedLead(server: TestServer) {
  const named = await madeLead(server);
  await server.ok(leads.archiveLead, named);
  return named;
}
