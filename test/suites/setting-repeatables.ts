import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { CustomField_AssociationType } from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import type { TestServer } from "../support/server.js";
import { type Repeatable, repeatable } from "./repeatable.js";
import { freshName, idsInUse, newField, newService } from "./setting-fixtures.js";

const companyId = "cmp_a";
const { method: lists } = CustomerSettingAdminService;
const { method: pets } = PetSettingAdminService;
const { method: fields } = CustomFieldAdminService;
const { createService, updateService } = SettingService.method;

/** Makes an entry in use. */
type Make = (server: TestServer) => Promise<string>;

const make = {
  tag: async (server) => (await server.ok(lists.createTag, { companyId, name: freshName() })).tag?.id ?? "",
  referralSource: async (server) =>
    (await server.ok(lists.createReferralSource, { companyId, name: "Made" })).referralSource?.id ?? "",
  lifeCycle: async (server) =>
    (await server.ok(lists.createLifeCycle, { companyId, name: "Made" })).lifeCycle?.id ?? "",
  actionStatus: async (server) =>
    (await server.ok(lists.createActionStatus, { companyId, name: "Made" })).actionStatus?.id ?? "",
  petCode: async (server) => (await server.ok(pets.createPetCode, { companyId, abbreviation: "M" })).petCode?.id ?? "",
  petSize: async (server) => (await server.ok(pets.createPetSize, { companyId, name: "Made" })).petSize?.id ?? "",
  petType: async (server) => (await server.ok(pets.createPetType, { companyId, name: "Made" })).petType?.id ?? "",
  petCoatType: async (server) =>
    (await server.ok(pets.createPetCoatType, { companyId, name: "Made" })).petCoatType?.id ?? "",
  field: async (server) => (await server.ok(fields.createCustomField, newField())).customField?.id ?? "",
} as const satisfies Record<string, Make>;

/** Two names, and an id that is taken. */
export const creation = (taken: string) => async () => ({
  good: { companyId, name: freshName() },
  other: { companyId, name: freshName() },
  bad: { companyId, name: freshName(), id: taken },
});

export const renaming = (one: Make) => async (server: TestServer) => {
  const id = await one(server);
  return {
    good: { companyId, id, name: freshName() },
    other: { companyId, id, name: freshName() },
    bad: { companyId, id: "none_z", name: "x" },
  };
};

export const naming = (one: Make) => async (server: TestServer) => ({
  good: { companyId, id: await one(server) },
  other: { companyId, id: await one(server) },
  bad: { companyId, id: "none_z" },
});

/** Two orders that differ from the present one. */
export const ordering = (one: Make, inUse: (server: TestServer) => Promise<string[]>) => async (server: TestServer) => {
  await one(server);
  await one(server);
  const ids = [...(await inUse(server))];
  const [first = "", ...rest] = ids;
  return {
    good: { companyId, ids: ids.toReversed() },
    other: { companyId, ids: [...rest, first] },
    bad: { companyId, ids: ["none_z"] },
  };
};

/** Entries that are archived first. */
function archivedBy(one: Make, archive: (server: TestServer, id: string) => Promise<unknown>): Make {
  return async (server) => {
    const id = await one(server);
    await archive(server, id);
    return id;
  };
}

const ofLeads = { associationType: CustomField_AssociationType.LEAD };

/** The rpcs that write settings. */
export const settingRepeatables: readonly Repeatable[] = [
  repeatable(lists.createTag, creation("tag_a1")),
  repeatable(lists.updateTag, renaming(make.tag)),
  repeatable(lists.reorderTags, ordering(make.tag, idsInUse.tags)),
  repeatable(lists.archiveTag, naming(make.tag)),
  repeatable(
    lists.restoreTag,
    naming(archivedBy(make.tag, (server, id) => server.ok(lists.archiveTag, { companyId, id }))),
  ),
  repeatable(lists.renameTagGroup, async (server) => {
    const [group, otherGroup] = [freshName("Group"), freshName("Group")];
    for (const name of [group, otherGroup]) {
      await server.ok(lists.createTag, { companyId, name: freshName(), group: name });
    }
    return {
      good: { companyId, group, newGroup: freshName("Group") },
      other: { companyId, group: otherGroup, newGroup: freshName("Group") },
      bad: { companyId, group: "Nobody's", newGroup: "x" },
    };
  }),

  repeatable(lists.createReferralSource, creation("ref_a1")),
  repeatable(lists.updateReferralSource, renaming(make.referralSource)),
  repeatable(lists.reorderReferralSources, ordering(make.referralSource, idsInUse.referralSources)),
  repeatable(lists.archiveReferralSource, naming(make.referralSource)),
  repeatable(
    lists.restoreReferralSource,
    naming(archivedBy(make.referralSource, (server, id) => server.ok(lists.archiveReferralSource, { companyId, id }))),
  ),

  repeatable(lists.createLifeCycle, creation("lc_a1")),
  repeatable(lists.updateLifeCycle, renaming(make.lifeCycle)),
  repeatable(lists.reorderLifeCycles, ordering(make.lifeCycle, idsInUse.lifeCycles)),
  repeatable(lists.archiveLifeCycle, naming(make.lifeCycle)),
  repeatable(
    lists.restoreLifeCycle,
    naming(archivedBy(make.lifeCycle, (server, id) => server.ok(lists.archiveLifeCycle, { companyId, id }))),
  ),
  repeatable(lists.setDefaultLifeCycle, naming(make.lifeCycle)),

  repeatable(lists.createActionStatus, creation("as_a1")),
  repeatable(lists.updateActionStatus, renaming(make.actionStatus)),
  repeatable(lists.reorderActionStatuses, ordering(make.actionStatus, idsInUse.actionStatuses)),
  repeatable(lists.archiveActionStatus, naming(make.actionStatus)),
  repeatable(
    lists.restoreActionStatus,
    naming(archivedBy(make.actionStatus, (server, id) => server.ok(lists.archiveActionStatus, { companyId, id }))),
  ),

  repeatable(pets.createPetCode, async () => ({
    good: { companyId, abbreviation: "A" },
    other: { companyId, abbreviation: "B" },
    bad: { companyId, abbreviation: "C", id: "pc_a1" },
  })),
  repeatable(pets.updatePetCode, async (server) => {
    const id = await make.petCode(server);
    return {
      good: { companyId, id, color: "#000000" },
      other: { companyId, id, color: "#FFFFFF" },
      bad: { companyId, id: "none_z", color: "" },
    };
  }),
  repeatable(pets.reorderPetCodes, ordering(make.petCode, idsInUse.petCodes)),
  repeatable(pets.archivePetCode, naming(make.petCode)),
  repeatable(
    pets.restorePetCode,
    naming(archivedBy(make.petCode, (server, id) => server.ok(pets.archivePetCode, { companyId, id }))),
  ),

  repeatable(pets.createPetSize, creation("psz_a1")),
  repeatable(pets.updatePetSize, renaming(make.petSize)),
  repeatable(pets.reorderPetSizes, ordering(make.petSize, idsInUse.petSizes)),
  repeatable(pets.archivePetSize, naming(make.petSize)),
  repeatable(
    pets.restorePetSize,
    naming(archivedBy(make.petSize, (server, id) => server.ok(pets.archivePetSize, { companyId, id }))),
  ),

  repeatable(pets.createPetType, creation("pt_a1")),
  repeatable(pets.updatePetType, renaming(make.petType)),
  repeatable(pets.reorderPetTypes, ordering(make.petType, idsInUse.petTypes)),
  repeatable(pets.archivePetType, naming(make.petType)),
  repeatable(
    pets.restorePetType,
    naming(archivedBy(make.petType, (server, id) => server.ok(pets.archivePetType, { companyId, id }))),
  ),

  repeatable(pets.createPetCoatType, creation("pct_a1")),
  repeatable(pets.updatePetCoatType, renaming(make.petCoatType)),
  repeatable(pets.reorderPetCoatTypes, ordering(make.petCoatType, idsInUse.petCoatTypes)),
  repeatable(pets.archivePetCoatType, naming(make.petCoatType)),
  repeatable(
    pets.restorePetCoatType,
    naming(archivedBy(make.petCoatType, (server, id) => server.ok(pets.archivePetCoatType, { companyId, id }))),
  ),

  repeatable(fields.createCustomField, async () => ({
    good: newField(),
    other: newField(),
    bad: { ...newField(), id: "cf_short" },
  })),
  repeatable(fields.updateCustomField, async (server) => {
    const id = await make.field(server);
    return {
      good: { companyId, id, helpText: "A" },
      other: { companyId, id, helpText: "B" },
      bad: { companyId, id: "none_z" },
    };
  }),
  repeatable(fields.reorderCustomFields, async (server) => {
    const { good, other, bad } = await ordering(make.field, idsInUse.fieldsOfLeads)(server);
    return { good: { ...good, ...ofLeads }, other: { ...other, ...ofLeads }, bad: { ...bad, ...ofLeads } };
  }),
  repeatable(fields.archiveCustomField, naming(make.field)),
  repeatable(
    fields.restoreCustomField,
    naming(archivedBy(make.field, (server, id) => server.ok(fields.archiveCustomField, { companyId, id }))),
  ),

  repeatable(createService, async () => ({
    good: newService,
    other: { ...newService, name: "Ears" },
    bad: { ...newService, availableStaffIds: ["staff_z"] },
  })),
  repeatable(updateService, async (server) => {
    const { id } = await server.ok(createService, newService);
    return {
      good: { companyId, id, serviceTime: 10 },
      other: { companyId, id, serviceTime: 20 },
      bad: { companyId, id, availableBusinessIds: ["biz_z"] },
    };
  }),
];
