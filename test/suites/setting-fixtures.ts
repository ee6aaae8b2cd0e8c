import type { Tables } from "../../src/demo/demo-rows.js";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { ServiceItemType, ServiceType } from "../../src/gen/proto/moego/business/setting/v1/service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import type { TestServer } from "../support/server.js";
import { offeredService } from "../support/setting-rows.js";
import { ascending, company, type ListFixture, list, numbers, placeOf, rowId, rowName } from "./list-fixture.js";
import { type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const read = SettingService.method;
const lists = CustomerSettingAdminService.method;
const pets = PetSettingAdminService.method;
const fields = CustomFieldAdminService.method;
const companyId = "cmp_a";
const ofA = { request: { companyId } };
let made = 0;

/** A name that nothing has. */
export function freshName(prefix = "Made"): string {
  made += 1;
  return `${prefix} ${made}`;
}

/** A text field of leads with a code of its own. */
export function newField() {
  return {
    companyId,
    code: freshName("made").replace(" ", "_"),
    label: "Made",
    associationType: CustomField_AssociationType.LEAD,
    type: CustomField_Type.SHORT_TEXT,
  };
}

export const newService = {
  companyId,
  name: "Nails",
  serviceItemType: ServiceItemType.GROOMING,
  serviceType: ServiceType.SERVICE,
};

const rename = (id: string, foreign: string) => ({
  request: { companyId, id, name: "Renamed" },
  foreignIds: { id: foreign },
});
const named = (id: string, foreign: string) => ({ request: { companyId, id }, foreignIds: { id: foreign } });

/** The ids in use, in their order. */
export const idsInUse = {
  tags: async (server: TestServer) => ids((await server.ok(read.listCustomerTags, { companyId })).tags),
  referralSources: async (server: TestServer) =>
    ids((await server.ok(read.listCustomerReferralSources, { companyId })).referralSources),
  lifeCycles: async (server: TestServer) => ids((await server.ok(read.listLeadsLifeCycles, { companyId })).lifeCycles),
  actionStatuses: async (server: TestServer) =>
    ids((await server.ok(read.listLeadsActionStatus, { companyId })).actionStatuses),
  petCodes: async (server: TestServer) => ids((await server.ok(read.listPetCodes, { companyId })).codes),
  petSizes: async (server: TestServer) => ids((await server.ok(read.listPetSizes, { companyId })).petSizes),
  petTypes: async (server: TestServer) => ids((await server.ok(read.listPetTypes, { companyId })).petTypes),
  petCoatTypes: async (server: TestServer) => ids((await server.ok(read.listPetCoatTypes, { companyId })).petCoatTypes),
  fieldsOfLeads: async (server: TestServer) => {
    const filter = { associationTypes: [CustomField_AssociationType.LEAD] };
    return ids((await server.ok(read.listCustomFields, { companyId, filter })).customFields);
  },
};

function ids(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id);
}

const order = (list: (server: TestServer) => Promise<string[]>) => ({
  request: async (server: TestServer) => ({ companyId, ids: await list(server) }),
});

export const settingRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(read.listCustomerTags, ofA),
  rpcFixture(read.listCustomerReferralSources, ofA),
  rpcFixture(read.listLeadsLifeCycles, ofA),
  rpcFixture(read.listLeadsActionStatus, ofA),
  rpcFixture(read.listCustomFields, ofA),
  rpcFixture(read.listPetCodes, ofA),
  rpcFixture(read.listPetSizes, ofA),
  rpcFixture(read.listPetTypes, ofA),
  rpcFixture(read.listPetCoatTypes, ofA),
  rpcFixture(read.getService, named("srv_a1", "srv_c1")),
  rpcFixture(read.listServices, { request: { companyId, pagination: {} } }),
  rpcFixture(read.createService, { request: newService }),
  rpcFixture(read.updateService, rename("srv_a3", "srv_c1")),

  rpcFixture(lists.createTag, { request: async () => ({ companyId, name: freshName() }) }),
  rpcFixture(lists.updateTag, {
    request: { companyId, id: "tag_a2", group: "Loyalty" },
    foreignIds: { id: "tag_c1" },
  }),
  rpcFixture(lists.reorderTags, order(idsInUse.tags)),
  rpcFixture(lists.archiveTag, named("tag_a9", "tag_c1")),
  rpcFixture(lists.restoreTag, named("tag_a1", "tag_c1")),
  rpcFixture(lists.listTagGroups, ofA),
  rpcFixture(lists.renameTagGroup, { request: { companyId, group: "Loyalty", newGroup: "Loyalty" } }),

  rpcFixture(lists.createReferralSource, { request: { companyId, name: "Radio" } }),
  rpcFixture(lists.updateReferralSource, rename("ref_a2", "ref_c1")),
  rpcFixture(lists.reorderReferralSources, order(idsInUse.referralSources)),
  rpcFixture(lists.archiveReferralSource, named("ref_a9", "ref_c1")),
  rpcFixture(lists.restoreReferralSource, named("ref_a2", "ref_c1")),

  rpcFixture(lists.createLifeCycle, { request: { companyId, name: "Won" } }),
  rpcFixture(lists.updateLifeCycle, rename("lc_a3", "lc_c1")),
  rpcFixture(lists.reorderLifeCycles, order(idsInUse.lifeCycles)),
  rpcFixture(lists.archiveLifeCycle, named("lc_a9", "lc_c1")),
  rpcFixture(lists.restoreLifeCycle, named("lc_a2", "lc_c1")),
  rpcFixture(lists.setDefaultLifeCycle, named("lc_a1", "lc_c1")),

  rpcFixture(lists.createActionStatus, { request: { companyId, name: "Written to" } }),
  rpcFixture(lists.updateActionStatus, rename("as_a2", "as_c1")),
  rpcFixture(lists.reorderActionStatuses, order(idsInUse.actionStatuses)),
  rpcFixture(lists.archiveActionStatus, named("as_a9", "as_c1")),
  rpcFixture(lists.restoreActionStatus, named("as_a2", "as_c1")),

  rpcFixture(pets.createPetCode, { request: { companyId, abbreviation: "M" } }),
  rpcFixture(pets.updatePetCode, {
    request: { companyId, id: "pc_a2", description: "Shy" },
    foreignIds: { id: "pc_c1" },
  }),
  rpcFixture(pets.reorderPetCodes, order(idsInUse.petCodes)),
  rpcFixture(pets.archivePetCode, named("pc_a9", "pc_c1")),
  rpcFixture(pets.restorePetCode, named("pc_a2", "pc_c1")),

  rpcFixture(pets.createPetSize, { request: { companyId, name: "Tiny", weightHigh: { value: 3 } } }),
  rpcFixture(pets.updatePetSize, rename("psz_a2", "psz_c1")),
  rpcFixture(pets.reorderPetSizes, order(idsInUse.petSizes)),
  rpcFixture(pets.archivePetSize, named("psz_a9", "psz_c1")),
  rpcFixture(pets.restorePetSize, named("psz_a2", "psz_c1")),

  rpcFixture(pets.createPetType, { request: { companyId, name: "Bird" } }),
  rpcFixture(pets.updatePetType, rename("pt_a2", "pt_c1")),
  rpcFixture(pets.reorderPetTypes, order(idsInUse.petTypes)),
  rpcFixture(pets.archivePetType, named("pt_a9", "pt_c1")),
  rpcFixture(pets.restorePetType, named("pt_a2", "pt_c1")),

  rpcFixture(pets.createPetCoatType, { request: { companyId, name: "Silky" } }),
  rpcFixture(pets.updatePetCoatType, rename("pct_a2", "pct_c1")),
  rpcFixture(pets.reorderPetCoatTypes, order(idsInUse.petCoatTypes)),
  rpcFixture(pets.archivePetCoatType, named("pct_a9", "pct_c1")),
  rpcFixture(pets.restorePetCoatType, named("pct_a2", "pct_c1")),

  rpcFixture(fields.createCustomField, { request: async () => newField() }),
  rpcFixture(fields.updateCustomField, {
    request: { companyId, id: "cf_of_leads", helpText: "Ask" },
    foreignIds: { id: "cf_c1" },
  }),
  rpcFixture(fields.reorderCustomFields, {
    request: async (server) => ({
      ...{ companyId, associationType: CustomField_AssociationType.LEAD },
      ids: await idsInUse.fieldsOfLeads(server),
    }),
  }),
  rpcFixture(fields.archiveCustomField, named("cf_archived", "cf_c1")),
  rpcFixture(fields.restoreCustomField, named("cf_short", "cf_c1")),
];

const serviceRow = (id: string, place: number) =>
  offeredService(company, id, rowName(place), { available_all_business: true });

export const settingListTables: Tables = [["service", numbers.map((n) => serviceRow(rowId(n), placeOf(n)))]];

export const settingListFixtures: readonly ListFixture[] = [
  list(read.listServices, "by name", {
    request: { companyId: company },
    otherRequest: { companyId: company, showArchived: true },
    ids: ascending,
    table: "service",
    stranger: serviceRow,
  }),
  list(read.listServices, "by name under a filter by location", {
    request: { companyId: company, businessIds: ["biz_l"] },
    otherRequest: { companyId: company, businessIds: ["biz_x"] },
    ids: ascending,
    table: "service",
    stranger: serviceRow,
  }),
];
