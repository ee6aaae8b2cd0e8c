import { z } from "zod";
import type { PageTokens } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { createCatalogueHandlers } from "../catalog/catalog.handlers.js";
import type { ServiceCatalog } from "../catalog/catalog.service.js";
import { fieldAssociation } from "../custom-fields/custom-field.input.js";
import { toProtoCustomField } from "../custom-fields/custom-field.output.js";
import type { CustomFields } from "../custom-fields/custom-field.service.js";
import { settingListRequest } from "./setting.input.js";
import { toProtoPetSize } from "./setting.output.js";
import type { Settings } from "./setting.service.js";
import { toProtoTag } from "./tag.output.js";

export interface SettingHandlerDependencies {
  readonly settings: Settings;
  readonly customFields: CustomFields;
  readonly catalogue: ServiceCatalog;
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

    async listCustomerTags(request, { principal, signal }) {
      const query = parse(requests.listCustomerTags.input, request, settingListRequest);
      return { tags: (await settings.tags.list(query, principal, signal)).map(toProtoTag) };
    },

    async listCustomerReferralSources(request, { principal, signal }) {
      const query = parse(requests.listCustomerReferralSources.input, request, settingListRequest);
      return { referralSources: [...(await settings.referralSources.list(query, principal, signal))] };
    },

    async listLeadsLifeCycles(request, { principal, signal }) {
      const query = parse(requests.listLeadsLifeCycles.input, request, settingListRequest);
      return { lifeCycles: [...(await settings.lifeCycles.list(query, principal, signal))] };
    },

    async listLeadsActionStatus(request, { principal, signal }) {
      const query = parse(requests.listLeadsActionStatus.input, request, settingListRequest);
      return { actionStatuses: [...(await settings.actionStatuses.list(query, principal, signal))] };
    },

    async listCustomFields(request, { principal, signal }) {
      const { filter, ...query } = parse(requests.listCustomFields.input, request, fieldQuery);
      const [association, ...others] = new Set(filter?.associationTypes);
      const one = association && others.length === 0 ? { association } : {};
      return {
        customFields: (await customFields.list({ ...query, ...one }, principal, signal)).map(toProtoCustomField),
      };
    },

    async listPetCodes(request, { principal, signal }) {
      const query = parse(requests.listPetCodes.input, request, settingListRequest);
      return { codes: [...(await settings.petCodes.list(query, principal, signal))] };
    },

    async listPetSizes(request, { principal, signal }) {
      const query = parse(requests.listPetSizes.input, request, settingListRequest);
      return { petSizes: (await settings.petSizes.list(query, principal, signal)).map(toProtoPetSize) };
    },

    async listPetTypes(request, { principal, signal }) {
      const query = parse(requests.listPetTypes.input, request, settingListRequest);
      return { petTypes: [...(await settings.petTypes.list(query, principal, signal))] };
    },

    async listPetCoatTypes(request, { principal, signal }) {
      const query = parse(requests.listPetCoatTypes.input, request, settingListRequest);
      return { petCoatTypes: [...(await settings.petCoatTypes.list(query, principal, signal))] };
    },
  };
}

const fieldQuery = settingListRequest.extend({
  filter: z.object({ associationTypes: z.array(fieldAssociation) }).optional(),
});
