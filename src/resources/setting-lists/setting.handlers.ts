import { z } from "zod";
import type { PageTokens } from "../../api/page-token.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import type { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { createCatalogueHandlers } from "../catalog/catalog.handlers.js";
import type { ServiceCatalog } from "../catalog/catalog.service.js";
import { fieldAssociation } from "../custom-fields/custom-field.input.js";
import { toProtoCustomField } from "../custom-fields/custom-field.output.js";
import type { CustomFields } from "../custom-fields/custom-field.service.js";
import { listing } from "./list-administration.handlers.js";
import { settingListRequest } from "./setting.input.js";
import { toProtoPetSize, toProtoTag } from "./setting.output.js";
import type { Settings } from "./setting.service.js";

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

    listCustomerTags: listing(settings.tags, (entries) => ({ tags: entries.map(toProtoTag) })),
    listCustomerReferralSources: listing(settings.referralSources, (entries) => ({ referralSources: [...entries] })),
    listLeadsLifeCycles: listing(settings.lifeCycles, (entries) => ({ lifeCycles: [...entries] })),
    listLeadsActionStatus: listing(settings.actionStatuses, (entries) => ({ actionStatuses: [...entries] })),

    listCustomFields: rpc(fieldQuery, async ({ filter, ...query }, { principal, signal }) => {
      const [association, ...others] = new Set(filter?.associationTypes);
      const one = association && others.length === 0 ? { association } : {};
      return {
        customFields: (await customFields.list({ ...query, ...one }, principal, signal)).map(toProtoCustomField),
      };
    }),

    listPetCodes: listing(settings.petCodes, (entries) => ({ codes: [...entries] })),
    listPetSizes: listing(settings.petSizes, (entries) => ({ petSizes: entries.map(toProtoPetSize) })),
    listPetTypes: listing(settings.petTypes, (entries) => ({ petTypes: [...entries] })),
    listPetCoatTypes: listing(settings.petCoatTypes, (entries) => ({ petCoatTypes: [...entries] })),
  };
}

const fieldQuery = settingListRequest.extend({
  filter: z.object({ associationTypes: z.array(fieldAssociation.item) }).optional(),
});
