import { z } from "zod";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { createCatalogueHandlers } from "../catalog/catalog.handlers.js";
import type { Catalogue } from "../catalog/catalog.service.js";
import { fieldAssociation } from "../custom-fields/custom-field.input.js";
import type { CustomFields } from "../custom-fields/custom-field.service.js";
import { toProtoTag } from "../customers/customer.output.js";
import { wholeList } from "./setting.input.js";
import { toProtoCustomField, toProtoPetSize } from "./setting.output.js";
import type { Settings } from "./setting.service.js";

export interface SettingHandlerDependencies {
  readonly settings: Settings;
  readonly customFields: CustomFields;
  readonly catalogue: Catalogue;
  readonly pageTokens: PageTokens;
}

/** moego.business.setting.v1.SettingService (document 000). */
export function createSettingHandlers({
  settings,
  customFields,
  catalogue,
  pageTokens,
}: SettingHandlerDependencies): ServiceHandlers<typeof SettingService> {
  const requests = SettingService.method;
  return {
    ...createCatalogueHandlers({ catalogue, pageTokens }),

    async listCustomerTags(request, { caller, signal }) {
      const query = parse(requests.listCustomerTags.input, request, wholeList);
      return { tags: (await settings.tags.list(query, caller, signal)).map(toProtoTag) };
    },

    async listCustomerReferralSources(request, { caller, signal }) {
      const query = parse(requests.listCustomerReferralSources.input, request, wholeList);
      return { referralSources: [...(await settings.referralSources.list(query, caller, signal))] };
    },

    async listLeadsLifeCycles(request, { caller, signal }) {
      const query = parse(requests.listLeadsLifeCycles.input, request, wholeList);
      return { lifeCycles: [...(await settings.lifeCycles.list(query, caller, signal))] };
    },

    async listLeadsActionStatus(request, { caller, signal }) {
      const query = parse(requests.listLeadsActionStatus.input, request, wholeList);
      return { actionStatuses: [...(await settings.actionStatuses.list(query, caller, signal))] };
    },

    async listCustomFields(request, { caller, signal }) {
      const { filter, ...query } = parse(requests.listCustomFields.input, request, fieldQuery);
      const [association, ...others] = new Set(filter?.associationTypes);
      const one = association && others.length === 0 ? { association } : {};
      return { customFields: (await customFields.list({ ...query, ...one }, caller, signal)).map(toProtoCustomField) };
    },

    async listPetCodes(request, { caller, signal }) {
      const query = parse(requests.listPetCodes.input, request, wholeList);
      return { codes: [...(await settings.petCodes.list(query, caller, signal))] };
    },

    async listPetSizes(request, { caller, signal }) {
      const query = parse(requests.listPetSizes.input, request, wholeList);
      return { petSizes: (await settings.petSizes.list(query, caller, signal)).map(toProtoPetSize) };
    },

    async listPetTypes(request, { caller, signal }) {
      const query = parse(requests.listPetTypes.input, request, wholeList);
      return { petTypes: [...(await settings.petTypes.list(query, caller, signal))] };
    },

    async listPetCoatTypes(request, { caller, signal }) {
      const query = parse(requests.listPetCoatTypes.input, request, wholeList);
      return { petCoatTypes: [...(await settings.petCoatTypes.list(query, caller, signal))] };
    },
  };
}

const fieldQuery = wholeList.extend({
  filter: z.object({ associationTypes: z.array(fieldAssociation) }).optional(),
});
