import { z } from "zod";
import type { PageTokens } from "../../api/page-token.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
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

/** Handlers of `moego.business.setting.v1.SettingService`. */
export function createSettingHandlers({
  settings,
  customFields,
  catalogue,
  pageTokens,
}: SettingHandlerDependencies): ServiceHandlers<typeof SettingService> {
  return {
    ...createCatalogueHandlers({ catalogue, pageTokens }),

    listCustomerTags: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { tags: (await settings.tags.list(query, principal, signal)).map(toProtoTag) };
    }),

    listCustomerReferralSources: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { referralSources: [...(await settings.referralSources.list(query, principal, signal))] };
    }),

    listLeadsLifeCycles: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { lifeCycles: [...(await settings.lifeCycles.list(query, principal, signal))] };
    }),

    listLeadsActionStatus: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { actionStatuses: [...(await settings.actionStatuses.list(query, principal, signal))] };
    }),

    listCustomFields: rpc(fieldQuery, async ({ filter, ...query }, { principal, signal }) => {
      const [association, ...others] = new Set(filter?.associationTypes);
      const one = association && others.length === 0 ? { association } : {};
      return {
        customFields: (await customFields.list({ ...query, ...one }, principal, signal)).map(toProtoCustomField),
      };
    }),

    listPetCodes: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { codes: [...(await settings.petCodes.list(query, principal, signal))] };
    }),

    listPetSizes: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { petSizes: (await settings.petSizes.list(query, principal, signal)).map(toProtoPetSize) };
    }),

    listPetTypes: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { petTypes: [...(await settings.petTypes.list(query, principal, signal))] };
    }),

    listPetCoatTypes: rpc(settingListRequest, async (query, { principal, signal }) => {
      return { petCoatTypes: [...(await settings.petCoatTypes.list(query, principal, signal))] };
    }),
  };
}

const fieldQuery = settingListRequest.extend({
  filter: z.object({ associationTypes: z.array(fieldAssociation.item) }).optional(),
});
