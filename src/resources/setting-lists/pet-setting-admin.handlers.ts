import type { z } from "zod";
import { companyResourceSchema } from "../../api/company-resource.js";
import { omitUndefined } from "../../api/fields.js";
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
    async createPetCode(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createPetCode.input, request, newPetCode);
      return { petCode: await petCodes.create({ companyId, id, content }, principal, write) };
    },

    async updatePetCode(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetCode.input, request, petCodeUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petCode: await petCodes.update(update, principal, write) };
    },

    async reorderPetCodes(request, { principal, write }) {
      const order = parse(requests.reorderPetCodes.input, request, newOrder);
      return { petCodes: [...(await petCodes.reorder(order, principal, write))] };
    },

    async archivePetCode(request, { principal, write }) {
      const target = parse(requests.archivePetCode.input, request, companyResourceSchema);
      return { petCode: await petCodes.archive(target, principal, write) };
    },

    async restorePetCode(request, { principal, write }) {
      const target = parse(requests.restorePetCode.input, request, companyResourceSchema);
      return { petCode: await petCodes.restore(target, principal, write) };
    },

    async createPetSize(request, { principal, write }) {
      const { companyId, id, name, ...limits } = parse(requests.createPetSize.input, request, newPetSize);
      const content = { name, ...omitUndefined(limits) };
      return { petSize: toProtoPetSize(await petSizes.create({ companyId, id, content }, principal, write)) };
    },

    async updatePetSize(request, { principal, write }) {
      const { companyId, id, ...update } = parse(requests.updatePetSize.input, request, petSizeUpdate);
      const change = changedSize(update);
      return { petSize: toProtoPetSize(await petSizes.update({ companyId, id, change }, principal, write)) };
    },

    async reorderPetSizes(request, { principal, write }) {
      const order = parse(requests.reorderPetSizes.input, request, newOrder);
      return { petSizes: (await petSizes.reorder(order, principal, write)).map(toProtoPetSize) };
    },

    async archivePetSize(request, { principal, write }) {
      const target = parse(requests.archivePetSize.input, request, companyResourceSchema);
      return { petSize: toProtoPetSize(await petSizes.archive(target, principal, write)) };
    },

    async restorePetSize(request, { principal, write }) {
      const target = parse(requests.restorePetSize.input, request, companyResourceSchema);
      return { petSize: toProtoPetSize(await petSizes.restore(target, principal, write)) };
    },

    async createPetType(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createPetType.input, request, newNamed);
      return { petType: await petTypes.create({ companyId, id, content }, principal, write) };
    },

    async updatePetType(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetType.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petType: await petTypes.update(update, principal, write) };
    },

    async reorderPetTypes(request, { principal, write }) {
      const order = parse(requests.reorderPetTypes.input, request, newOrder);
      return { petTypes: [...(await petTypes.reorder(order, principal, write))] };
    },

    async archivePetType(request, { principal, write }) {
      const target = parse(requests.archivePetType.input, request, companyResourceSchema);
      return { petType: await petTypes.archive(target, principal, write) };
    },

    async restorePetType(request, { principal, write }) {
      const target = parse(requests.restorePetType.input, request, companyResourceSchema);
      return { petType: await petTypes.restore(target, principal, write) };
    },

    async createPetCoatType(request, { principal, write }) {
      const { companyId, id, ...content } = parse(requests.createPetCoatType.input, request, newNamed);
      return { petCoatType: await petCoatTypes.create({ companyId, id, content }, principal, write) };
    },

    async updatePetCoatType(request, { principal, write }) {
      const { companyId, id, ...change } = parse(requests.updatePetCoatType.input, request, namedUpdate);
      const update = { companyId, id, change: changing(change) };
      return { petCoatType: await petCoatTypes.update(update, principal, write) };
    },

    async reorderPetCoatTypes(request, { principal, write }) {
      const order = parse(requests.reorderPetCoatTypes.input, request, newOrder);
      return { petCoatTypes: [...(await petCoatTypes.reorder(order, principal, write))] };
    },

    async archivePetCoatType(request, { principal, write }) {
      const target = parse(requests.archivePetCoatType.input, request, companyResourceSchema);
      return { petCoatType: await petCoatTypes.archive(target, principal, write) };
    },

    async restorePetCoatType(request, { principal, write }) {
      const target = parse(requests.restorePetCoatType.input, request, companyResourceSchema);
      return { petCoatType: await petCoatTypes.restore(target, principal, write) };
    },
  };
}

type SizeUpdate = Omit<z.output<typeof petSizeUpdate>, "companyId" | "id">;

/** A limit stays unless it is given or cleared. */
function changedSize({ name, clearWeightLow, clearWeightHigh, ...given }: SizeUpdate) {
  return (size: PetSize): PetSizeContent => {
    const weightLow = clearWeightLow ? undefined : (given.weightLow ?? size.weightLow);
    const weightHigh = clearWeightHigh ? undefined : (given.weightHigh ?? size.weightHigh);
    return { name: name ?? size.name, ...omitUndefined({ weightLow, weightHigh }) };
  };
}
