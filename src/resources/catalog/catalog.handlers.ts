import { named } from "../../api/company-resource.js";
import { byName } from "../../api/page-order.js";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { toProtoService } from "../setting-lists/setting.output.js";
import { newService, serviceQuery, serviceUpdate } from "./catalog.input.js";
import type { Catalogue } from "./catalog.service.js";

export interface CatalogueHandlerDependencies {
  readonly catalogue: Catalogue;
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
    async getService(request, { caller, signal }) {
      const target = parse(requests.getService.input, request, named);
      return toProtoService(await catalogue.get(target, caller, signal));
    },

    async listServices(request, context) {
      const query = parse(requests.listServices.input, request, serviceQuery);
      const page = pageTokens.open(request, context);
      const found = await catalogue.list({ ...query, page }, context.caller, context.signal);
      const { rows, nextPageToken } = page.close(found, byName);
      return { services: rows.map(toProtoService), nextPageToken };
    },

    async createService(request, { caller, write }) {
      const service = parse(requests.createService.input, request, newService);
      return toProtoService(await catalogue.create(service, caller, write));
    },

    async updateService(request, { caller, write }) {
      const update = parse(requests.updateService.input, request, serviceUpdate);
      return toProtoService(await catalogue.update(update, caller, write));
    },
  };
}
