import { companyResourceSchema } from "../../api/company-resource.js";
import { nameCursorOf } from "../../api/page-order.js";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
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

/** The rpcs of SettingService about the services that a company offers. */
export function createCatalogueHandlers({ catalogue, pageTokens }: CatalogueHandlerDependencies): CatalogueHandlers {
  const requests = SettingService.method;
  return {
    async getService(request, { principal, signal }) {
      const target = parse(requests.getService.input, request, companyResourceSchema);
      return toProtoService(await catalogue.get(target, principal, signal));
    },

    async listServices(request, context) {
      const query = parse(requests.listServices.input, request, serviceQuery);
      const page = pageTokens.open(request, context);
      const found = await catalogue.list({ ...query, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, nameCursorOf);
      return { services: rows.map(toProtoService), nextPageToken };
    },

    async createService(request, { principal, write }) {
      const service = parse(requests.createService.input, request, newService);
      return toProtoService(await catalogue.create(service, principal, write));
    },

    async updateService(request, { principal, write }) {
      const update = parse(requests.updateService.input, request, serviceUpdate);
      return toProtoService(await catalogue.update(update, principal, write));
    },
  };
}
