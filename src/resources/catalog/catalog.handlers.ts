import { companyResourceSchema } from "../../api/fields.js";
import type { PageTokens } from "../../api/page-token.js";
import { nameCursorOf, paged } from "../../api/paged.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { newService, serviceQuery, serviceUpdate } from "./catalog.input.js";
import { toProtoService } from "./catalog.output.js";
import type { ServiceCatalog } from "./catalog.service.js";

export interface CatalogueHandlerDependencies {
  readonly catalogue: ServiceCatalog;
  readonly pageTokens: PageTokens;
}

type CatalogueHandlers = Pick<
  ServiceHandlers<typeof SettingService>,
  "getService" | "listServices" | "createService" | "updateService"
>;

/** Handlers of SettingService for catalog services. */
export function createCatalogueHandlers({ catalogue, pageTokens }: CatalogueHandlerDependencies): CatalogueHandlers {
  return {
    getService: rpc(companyResourceSchema, async (target, { principal, signal }) => {
      return toProtoService(await catalogue.get(target, principal, signal));
    }),

    listServices: paged(pageTokens, serviceQuery, {
      find: (query, page, { principal, signal }) => catalogue.list({ ...query, page }, principal, signal),
      order: nameCursorOf,
      respond: (rows, nextPageToken) => ({ services: rows.map(toProtoService), nextPageToken }),
    }),

    createService: rpc(newService, async (service, { principal, write }) => {
      return toProtoService(await catalogue.create(service, principal, write));
    }),

    updateService: rpc(serviceUpdate, async (update, { principal, write }) => {
      return toProtoService(await catalogue.update(update, principal, write));
    }),
  };
}
