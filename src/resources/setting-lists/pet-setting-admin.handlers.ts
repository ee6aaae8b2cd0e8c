import type { z } from "zod";
import { omitUndefined } from "../../api/fields.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import type { PetSettingAdminService } from "../../gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { listAdministration, merged } from "./list-administration.handlers.js";
import { namedUpdate, newNamed, newPetCode, newPetSize, petCodeUpdate, petSizeUpdate } from "./setting.input.js";
import type { PetSize, PetSizeContent } from "./setting.model.js";
import { toProtoPetSize } from "./setting.output.js";
import type { Settings } from "./setting.service.js";

type PetLists = Pick<Settings, "petCodes" | "petSizes" | "petTypes" | "petCoatTypes">;

/** Handlers of `moego.admin.v1.PetSettingAdminService`. */
export function createPetSettingAdminHandlers(lists: PetLists): ServiceHandlers<typeof PetSettingAdminService> {
  const petCodes = listAdministration(lists.petCodes, {
    one: (petCode) => ({ petCode }),
    all: (entries) => ({ petCodes: [...entries] }),
  });
  const petSizes = listAdministration(lists.petSizes, {
    one: (petSize) => ({ petSize: toProtoPetSize(petSize) }),
    all: (entries) => ({ petSizes: entries.map(toProtoPetSize) }),
  });
  const petTypes = listAdministration(lists.petTypes, {
    one: (petType) => ({ petType }),
    all: (entries) => ({ petTypes: [...entries] }),
  });
  const petCoatTypes = listAdministration(lists.petCoatTypes, {
    one: (petCoatType) => ({ petCoatType }),
    all: (entries) => ({ petCoatTypes: [...entries] }),
  });
  return {
    createPetCode: petCodes.create(newPetCode),
    updatePetCode: petCodes.update(petCodeUpdate, merged),
    reorderPetCodes: petCodes.reorder,
    archivePetCode: petCodes.archive,
    restorePetCode: petCodes.restore,

    createPetSize: petSizes.create(newPetSize),
    updatePetSize: petSizes.update(petSizeUpdate, changedSize),
    reorderPetSizes: petSizes.reorder,
    archivePetSize: petSizes.archive,
    restorePetSize: petSizes.restore,

    createPetType: petTypes.create(newNamed),
    updatePetType: petTypes.update(namedUpdate, merged),
    reorderPetTypes: petTypes.reorder,
    archivePetType: petTypes.archive,
    restorePetType: petTypes.restore,

    createPetCoatType: petCoatTypes.create(newNamed),
    updatePetCoatType: petCoatTypes.update(namedUpdate, merged),
    reorderPetCoatTypes: petCoatTypes.reorder,
    archivePetCoatType: petCoatTypes.archive,
    restorePetCoatType: petCoatTypes.restore,
  };
}

type SizeUpdate = Omit<z.output<typeof petSizeUpdate>, "companyId" | "id">;

/** A limit is unchanged unless it is set or cleared. */
function changedSize(size: PetSize, { name, clearWeightLow, clearWeightHigh, ...given }: SizeUpdate): PetSizeContent {
  const weightLow = clearWeightLow ? undefined : (given.weightLow ?? size.weightLow);
  const weightHigh = clearWeightHigh ? undefined : (given.weightHigh ?? size.weightHigh);
  return { name: name ?? size.name, ...omitUndefined({ weightLow, weightHigh }) };
}
