import type { MessageInitShape } from "@bufbuild/protobuf";
import { companyResourceSchema } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { nameCursorOf, paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { ServiceSchema } from "../../gen/proto/moego/business/setting/v1/service_pb.js";
import type { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { newService, serviceInput, serviceItemType, serviceQuery, serviceType } from "./catalog.input.js";
import type { CatalogService } from "./catalog.model.js";
import type { ServiceCatalog } from "./catalog.service.js";

type CatalogHandlers = Pick<
  ServiceHandlers<typeof SettingService>,
  "getService" | "listServices" | "createService" | "updateService"
>;

/** Handlers of SettingService for catalog services. */
export function createCatalogHandlers(catalog: ServiceCatalog, pageTokens: PageTokens): CatalogHandlers {
  return {
    getService: rpc(companyResourceSchema, async (target, { principal, signal }) => {
      return toProtoService(await catalog.get(target, principal, signal));
    }),

    listServices: paged(pageTokens, serviceQuery, {
      find: (query, page, { principal, signal }) => catalog.list({ ...query, page }, principal, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ services: rows.map(toProtoService), nextPageToken }),
    }),

    createService: rpc(newService, async (service, { principal, write }) => {
      return toProtoService(await catalog.create(service, principal, write));
    }),

    updateService: rpc(serviceInput, async (update, { principal, write }) => {
      return toProtoService(await catalog.update(update, principal, write));
    }),
  };
}

export function toProtoService(service: CatalogService): MessageInitShape<typeof ServiceSchema> {
  return {
    id: service.id,
    name: service.name,
    serviceItemType: serviceItemType.toProto(service.itemType),
    category: service.category,
    ...(service.price ? { price: service.price } : {}),
    serviceType: serviceType.toProto(service.type),
    serviceTime: service.minutes,
    availableAllBusiness: service.atAllBusinesses,
    availableBusinessIds: [...service.businessIds],
    availableAllStaff: service.byAllStaff,
    availableStaffIds: [...service.staffIds],
    inactive: service.inactive,
    ...forAllPets,
  };
}

/** Services are not restricted to pets. Clients of the published API look for the restrictions. */
const forAllPets = {
  ...{ breedFilter: true, petSizeFilter: true, coatFilter: true },
  petCodeFilter: { isWhiteList: false, isAllPetCode: true },
};
