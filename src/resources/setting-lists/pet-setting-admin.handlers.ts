import type { z } from "zod";
import { named } from "../../api/company-resource.js";
import { withoutUndefined } from "../../api/fields.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { PetSettingAdminService } from "../../gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import {
  changing,
  namedUpdate,
  newNamed,
  newOrder,
  newPetCode,
  newPetSize,
  petCodeUpdate,
  petSizeUpdate,
} from "./setting.input.js";
import type { PetSize, PetSizeContent } from "./setting.model.js";
import { toProtoPetSize } from "./setting.output.js";
import type { Settings } from "./setting.service.js";

type PetLists = Pick<Settings, "petCodes" | "petSizes" | "petTypes" | "petCoatTypes">;

/** moego.admin.v1.PetSettingAdminService */
export function createPetSettingAdminHandlers({
  petCodes,
  petSizes,
  petTypes,
  petCoatTypes,
}: PetLists): ServiceHandlers<typeof PetSettingAdminService> {
  const requests = PetSettingAdminService.method;
  return {
    async createPetCode(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createPetCode.input, request, newPetCode);
      return { petCode: await petCodes.create({ companyId, id, content }, caller, write) };
    },

    async updatePetCode(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetCode.input, request, petCodeUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petCode: await petCodes.update(update, caller, write) };
    },

    async reorderPetCodes(request, { caller, write }) {
      const order = parse(requests.reorderPetCodes.input, request, newOrder);
      return { petCodes: [...(await petCodes.reorder(order, caller, write))] };
    },

    async archivePetCode(request, { caller, write }) {
      const target = parse(requests.archivePetCode.input, request, named);
      return { petCode: await petCodes.archive(target, caller, write) };
    },

    async restorePetCode(request, { caller, write }) {
      const target = parse(requests.restorePetCode.input, request, named);
      return { petCode: await petCodes.restore(target, caller, write) };
    },

    async createPetSize(request, { caller, write }) {
      const { companyId, id, name, ...limits } = parse(requests.createPetSize.input, request, newPetSize);
      const content = { name, ...withoutUndefined(limits) };
      return { petSize: toProtoPetSize(await petSizes.create({ companyId, id, content }, caller, write)) };
    },

    async updatePetSize(request, { caller, write }) {
      const { companyId, id, ...update } = parse(requests.updatePetSize.input, request, petSizeUpdate);
      const change = changedSize(update);
      return { petSize: toProtoPetSize(await petSizes.update({ companyId, id, change }, caller, write)) };
    },

    async reorderPetSizes(request, { caller, write }) {
      const order = parse(requests.reorderPetSizes.input, request, newOrder);
      return { petSizes: (await petSizes.reorder(order, caller, write)).map(toProtoPetSize) };
    },

    async archivePetSize(request, { caller, write }) {
      const target = parse(requests.archivePetSize.input, request, named);
      return { petSize: toProtoPetSize(await petSizes.archive(target, caller, write)) };
    },

    async restorePetSize(request, { caller, write }) {
      const target = parse(requests.restorePetSize.input, request, named);
      return { petSize: toProtoPetSize(await petSizes.restore(target, caller, write)) };
    },

    async createPetType(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createPetType.input, request, newNamed);
      return { petType: await petTypes.create({ companyId, id, content }, caller, write) };
    },

    async updatePetType(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetType.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petType: await petTypes.update(update, caller, write) };
    },

    async reorderPetTypes(request, { caller, write }) {
      const order = parse(requests.reorderPetTypes.input, request, newOrder);
      return { petTypes: [...(await petTypes.reorder(order, caller, write))] };
    },

    async archivePetType(request, { caller, write }) {
      const target = parse(requests.archivePetType.input, request, named);
      return { petType: await petTypes.archive(target, caller, write) };
    },

    async restorePetType(request, { caller, write }) {
      const target = parse(requests.restorePetType.input, request, named);
      return { petType: await petTypes.restore(target, caller, write) };
    },

    async createPetCoatType(request, { caller, write }) {
      const { companyId, id, ...content } = parse(requests.createPetCoatType.input, request, newNamed);
      return { petCoatType: await petCoatTypes.create({ companyId, id, content }, caller, write) };
    },

    async updatePetCoatType(request, { caller, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetCoatType.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petCoatType: await petCoatTypes.update(update, caller, write) };
    },

    async reorderPetCoatTypes(request, { caller, write }) {
      const order = parse(requests.reorderPetCoatTypes.input, request, newOrder);
      return { petCoatTypes: [...(await petCoatTypes.reorder(order, caller, write))] };
    },

    async archivePetCoatType(request, { caller, write }) {
      const target = parse(requests.archivePetCoatType.input, request, named);
      return { petCoatType: await petCoatTypes.archive(target, caller, write) };
    },

    async restorePetCoatType(request, { caller, write }) {
      const target = parse(requests.restorePetCoatType.input, request, named);
      return { petCoatType: await petCoatTypes.restore(target, caller, write) };
    },
  };
}

type SizeUpdate = Omit<z.output<typeof petSizeUpdate>, "companyId" | "id">;

/** A limit stays unless it is given or cleared. */
function changedSize({ name, clearWeightLow, clearWeightHigh, ...given }: SizeUpdate) {
  return (size: PetSize): PetSizeContent => {
    const weightLow = clearWeightLow ? undefined : (given.weightLow ?? size.weightLow);
    const weightHigh = clearWeightHigh ? undefined : (given.weightHigh ?? size.weightHigh);
    return { name: name ?? size.name, ...withoutUndefined({ weightLow, weightHigh }) };
  };
}
