import { expect } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { newPackage } from "../support/new-package.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer, madeLead } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { ending } from "./ended-records.js";

const customers = CustomerService.method;
const customerAdmin = CustomerAdminService.method;
const leads = LeadService.method;
const leadAdmin = LeadAdminService.method;
const pets = PetService.method;
const companyId = "cmp_a";
const aCustomer = expect.stringMatching(/^cus_/);

const promote = (server: TestServer, id: string) => server.ok(leads.promoteLead, { id });
const archive = (server: TestServer, id: string) => server.ok(customerAdmin.archiveCustomer, { companyId, id });
const erase = (server: TestServer, id: string) => server.ok(customerAdmin.eraseCustomer, { companyId, id });
const removePets = (server: TestServer, id: string) =>
  server.ok(leads.updateLead, { id, lead: {}, updateMask: { paths: ["pets"] } });

const petOfLead = async (server: TestServer) => ({ customerId: (await madeLead(server)).id, pet: minimalPet });
const petOfCustomer = async (server: TestServer) => ({ customerId: (await madeCustomer(server)).id, pet: minimalPet });
const importedPet = async (server: TestServer) => ({
  ...{ companyId, id: freshId(), pet: minimalPet },
  owner: { case: "leadId", value: (await madeLead(server)).id } as const,
});
const ownerOf = ({ owner }: { readonly owner: { readonly value?: string | undefined } }) => owner.value ?? "";

async function notesOfLeadPet(server: TestServer) {
  const { customerId, pet } = await petOfLead(server);
  const { id = "" } = (await server.ok(pets.createPet, { customerId, pet })).pet ?? {};
  return { customerId, id, notes: [{ content: "Shy" }] };
}

async function archiveTag(server: TestServer, id = "") {
  await server.ok(CustomerSettingAdminService.method.archiveTag, { companyId, id });
}

/** The ends that no RPC of the same resource makes, or that show themselves. */
export const otherEndings = [
  ending(customers.createCustomer, {
    name: "its archive, which is shown",
    end: (server, { response }) => archive(server, response.id),
    shows: () => ({ deleted: true }),
  }),
  ending(customers.appendCustomerNotes, {
    name: "the archive of the customer",
    end: (server, { request }) => archive(server, request.id),
    shows: ({ request, response }) => ({ notes: [{ id: response.notes[0]?.id, note: request.notes[0]?.note }] }),
  }),
  ending(customers.appendCustomerNotes, {
    name: "the deletion of one note: its id alone is left",
    request: async (server) => ({ id: (await madeCustomer(server)).id, notes: [{ note: "Gone" }, { note: "Kept" }] }),
    end: (server, { request, response }) =>
      server.ok(customers.deleteCustomerNote, { customerId: request.id, noteId: response.notes[0]?.id ?? "" }),
    shows: ({ response: { notes } }) => ({ notes: [{ id: notes[0]?.id }, { id: notes[1]?.id, note: "Kept" }] }),
  }),
  ending(customers.appendCustomerTags, {
    name: "the archive of the tag",
    request: async (server) => ({ id: (await madeCustomer(server)).id, tags: [{ name: freshId() }] }),
    end: (server, { response }) => archiveTag(server, response.tags[0]?.id),
    shows: ({ response }) => ({ tags: [{ id: response.tags[0]?.id, archived: true }] }),
  }),
  ending(customers.genCustomerCofLink, {
    name: "the archive of the customer",
    end: (server, { request }) => archive(server, request.id),
    shows: ({ response }) => ({ link: response.link }),
  }),
  ending(leads.createLead, {
    name: "its archive, which is shown",
    end: (server, { response: { id } }) => server.ok(leadAdmin.archiveLead, { companyId, id }),
    shows: ({ request }) => ({ deleted: true, firstName: request.lead?.firstName }),
  }),
  ending(leads.createLead, {
    name: "its promotion, which is shown",
    end: (server, { response }) => promote(server, response.id),
    shows: ({ request }) => ({ promotedCustomerId: aCustomer, firstName: request.lead?.firstName }),
  }),
  ending(leads.createLead, {
    name: "its promotion and the erasure of the customer",
    end: async (server, { response }) => erase(server, (await promote(server, response.id)).customer?.id ?? ""),
    shows: () => "RESOURCE_ERASED",
  }),
  ending(leadAdmin.appendLeadNotes, {
    name: "the promotion of the lead",
    end: (server, { request }) => promote(server, request.id),
    shows: ({ request, response }) => ({ notes: [{ id: response.notes[0]?.id, note: request.notes[0]?.note }] }),
  }),
  ending(leadAdmin.appendLeadNotes, {
    name: "the archive of the lead, after the note was deleted",
    end: async (server, { request: { companyId: ofLead, id }, response }) => {
      await server.ok(leadAdmin.deleteLeadNote, { companyId, leadId: id, noteId: response.notes[0]?.id ?? "" });
      await server.ok(leadAdmin.archiveLead, { companyId: ofLead, id });
    },
    shows: ({ response }) => ({ notes: [{ id: response.notes[0]?.id }] }),
  }),
  ending(leadAdmin.appendLeadTags, {
    name: "the promotion of the lead",
    end: (server, { request }) => promote(server, request.id),
    shows: ({ response }) => ({ tags: [{ id: response.tags[0]?.id }] }),
  }),
  ending(leadAdmin.importLead, {
    name: "its archive, which is shown",
    end: (server, { request: { id } }) => server.ok(leadAdmin.archiveLead, { companyId, id }),
    shows: () => ({ lead: { deleted: true } }),
  }),
  ending(leadAdmin.importLead, {
    name: "its promotion, which is shown",
    end: (server, { request }) => promote(server, request.id),
    shows: () => ({ lead: { promotedCustomerId: aCustomer } }),
  }),
  ending(leads.promoteLead, {
    name: "the archive of the customer",
    end: (server, { response }) => archive(server, response.customer?.id ?? ""),
    shows: () => ({ customer: { deleted: true } }),
  }),
  ending(leads.promoteLead, {
    name: "the erasure of the customer",
    end: (server, { response }) => erase(server, response.customer?.id ?? ""),
    shows: () => "RESOURCE_ERASED",
  }),
  ending(pets.createPet, {
    name: "the archive of its customer",
    request: petOfCustomer,
    end: (server, { request }) => archive(server, request.customerId),
    shows: ({ request }) => ({ pet: { customerId: request.customerId } }),
  }),
  ending(pets.createPet, {
    name: "the erasure of its customer",
    request: petOfCustomer,
    end: (server, { request }) => erase(server, request.customerId),
    shows: () => "RESOURCE_ERASED",
  }),
  ending(pets.createPet, {
    name: "the archive of its lead",
    request: petOfLead,
    end: (server, { request }) => server.ok(leadAdmin.archiveLead, { companyId, id: request.customerId }),
    shows: ({ request }) => ({ pet: { customerId: request.customerId } }),
  }),
  ending(pets.createPet, {
    name: "the promotion of its lead: the pet is the customer's",
    request: petOfLead,
    end: (server, { request }) => promote(server, request.customerId),
    shows: () => ({ pet: { customerId: aCustomer } }),
  }),
  ending(pets.createPet, {
    name: "its removal from its lead",
    request: petOfLead,
    end: (server, { request }) => removePets(server, request.customerId),
    shows: () => "RESOURCE_ERASED",
  }),
  ending(PetAdminService.method.importPet, {
    name: "the promotion of its lead: the pet is the customer's",
    request: importedPet,
    end: (server, { request }) => promote(server, ownerOf(request)),
    shows: () => ({ pet: { customerId: aCustomer } }),
  }),
  ending(PetAdminService.method.importPet, {
    name: "its removal from its lead",
    request: importedPet,
    end: (server, { request }) => removePets(server, ownerOf(request)),
    shows: () => "RESOURCE_ERASED",
  }),
  ending(pets.appendPetNotes, {
    name: "the promotion of its lead",
    request: notesOfLeadPet,
    end: (server, { request }) => promote(server, request.customerId),
    shows: () => ({ notes: [{ content: "Shy" }] }),
  }),
  ending(pets.appendPetCodes, {
    name: "the archive of its customer",
    end: (server, { request }) => archive(server, request.customerId),
    shows: ({ response }) => ({ codes: [{ id: response.codes[0]?.id }] }),
  }),
  ending(PackageAdminService.method.sellPackage, {
    name: "the erasure of its customer: it is kept without its texts",
    request: async (server) => newPackage({ customerId: (await madeCustomer(server)).id }),
    end: (server, { request }) => erase(server, request.customerId),
    shows: () => ({ packageDetail: { packageInfo: { customerId: expect.stringMatching(/^erased_/) } } }),
  }),
  ending(SettingService.method.createService, {
    name: "its withdrawal from the catalog, which is shown",
    end: (server, { response }) =>
      server.ok(SettingService.method.updateService, { companyId, id: response.id, inactive: true }),
    shows: () => ({ inactive: true }),
  }),
];

/** What nothing ends. */
export const endless = [DirectoryAdminService.method.createCompany];
