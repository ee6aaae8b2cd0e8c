import { PetSettingAdminService } from "../../src/gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { entry, type RpcEntry } from "./entry.js";
import { archivedBy, change, creation, idsOf, rename, reorder, type SettingList } from "./setting-list.js";
import { reading } from "./texts.js";

const read = SettingService.method;
const admin = PetSettingAdminService.method;
const companyId = "cmp_a";
const ofA = { companyId };
const made = { companyId, name: "Made" };

const petCodes: SettingList = {
  make: async (server) => (await server.ok(admin.createPetCode, { companyId, abbreviation: "M" })).petCode?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listPetCodes, ofA)).codes),
  texts: { reading: () => reading(read.listPetCodes, ofA) },
};
const petSizes: SettingList = {
  make: async (server) => (await server.ok(admin.createPetSize, made)).petSize?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listPetSizes, ofA)).petSizes),
  texts: { reading: () => reading(read.listPetSizes, ofA) },
};
const petTypes: SettingList = {
  make: async (server) => (await server.ok(admin.createPetType, made)).petType?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listPetTypes, ofA)).petTypes),
  texts: { reading: () => reading(read.listPetTypes, ofA) },
};
const petCoatTypes: SettingList = {
  make: async (server) => (await server.ok(admin.createPetCoatType, made)).petCoatType?.id ?? "",
  order: async (server) => idsOf((await server.ok(read.listPetCoatTypes, ofA)).petCoatTypes),
  texts: { reading: () => reading(read.listPetCoatTypes, ofA) },
};

export const petSettingLists: readonly RpcEntry[] = [
  entry(read.listPetCodes, { request: ofA }),
  entry(admin.createPetCode, {
    request: { companyId, abbreviation: "M" },
    repeat: async () => ({
      good: { companyId, abbreviation: "A" },
      other: { companyId, abbreviation: "B" },
      bad: { companyId, abbreviation: "C", id: "pc_a1" },
    }),
    texts: petCodes.texts,
  }),
  entry(admin.updatePetCode, {
    request: { companyId, id: "pc_a2", description: "Shy" },
    foreignIds: { id: "pc_c1" },
    async repeat(server) {
      const id = await petCodes.make(server);
      return {
        good: { companyId, id, color: "#000000" },
        other: { companyId, id, color: "#FFFFFF" },
        bad: { companyId, id: "none_z", color: "" },
      };
    },
    texts: petCodes.texts,
  }),
  entry(admin.reorderPetCodes, reorder(petCodes.make, petCodes.order)),
  entry(admin.archivePetCode, change("pc_a9", "pc_c1", petCodes.make)),
  entry(
    admin.restorePetCode,
    change(
      "pc_a2",
      "pc_c1",
      archivedBy(petCodes.make, (server, id) => server.ok(admin.archivePetCode, { companyId, id })),
    ),
  ),

  entry(read.listPetSizes, { request: ofA }),
  entry(admin.createPetSize, {
    request: { companyId, name: "Tiny", weightHigh: { value: 3 } },
    repeat: creation("psz_a1"),
    texts: petSizes.texts,
  }),
  entry(admin.updatePetSize, { ...rename("psz_a2", "psz_c1", petSizes.make), texts: petSizes.texts }),
  entry(admin.reorderPetSizes, reorder(petSizes.make, petSizes.order)),
  entry(admin.archivePetSize, change("psz_a9", "psz_c1", petSizes.make)),
  entry(
    admin.restorePetSize,
    change(
      "psz_a2",
      "psz_c1",
      archivedBy(petSizes.make, (server, id) => server.ok(admin.archivePetSize, { companyId, id })),
    ),
  ),

  entry(read.listPetTypes, { request: ofA }),
  entry(admin.createPetType, {
    request: { companyId, name: "Bird" },
    repeat: creation("pt_a1"),
    texts: petTypes.texts,
  }),
  entry(admin.updatePetType, { ...rename("pt_a2", "pt_c1", petTypes.make), texts: petTypes.texts }),
  entry(admin.reorderPetTypes, reorder(petTypes.make, petTypes.order)),
  entry(admin.archivePetType, change("pt_a9", "pt_c1", petTypes.make)),
  entry(
    admin.restorePetType,
    change(
      "pt_a2",
      "pt_c1",
      archivedBy(petTypes.make, (server, id) => server.ok(admin.archivePetType, { companyId, id })),
    ),
  ),

  entry(read.listPetCoatTypes, { request: ofA }),
  entry(admin.createPetCoatType, {
    request: { companyId, name: "Silky" },
    repeat: creation("pct_a1"),
    texts: petCoatTypes.texts,
  }),
  entry(admin.updatePetCoatType, { ...rename("pct_a2", "pct_c1", petCoatTypes.make), texts: petCoatTypes.texts }),
  entry(admin.reorderPetCoatTypes, reorder(petCoatTypes.make, petCoatTypes.order)),
  entry(admin.archivePetCoatType, change("pct_a9", "pct_c1", petCoatTypes.make)),
  entry(
    admin.restorePetCoatType,
    change(
      "pct_a2",
      "pct_c1",
      archivedBy(petCoatTypes.make, (server, id) => server.ok(admin.archivePetCoatType, { companyId, id })),
    ),
  ),
];
