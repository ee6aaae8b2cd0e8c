import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceSchema } from "../../gen/proto/moego/business/setting/v1/service_pb.js";
import { serviceItemType, serviceType } from "./catalog.input.js";
import type { CatalogService } from "./catalog.model.js";

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
  };
}
