import type { PageTokens } from "../../api/page-token.js";
import { type HandlerRegistry, registry } from "../../api/rpc.js";
import { CustomFieldAdminService } from "../../gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { PetSettingAdminService } from "../../gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { SettingService } from "../../gen/proto/moego/business/setting/v1/setting_service_pb.js";
import type { CatalogueRepository } from "../catalog/catalog.model.js";
import { createCatalogue } from "../catalog/catalog.service.js";
import { createCustomFieldAdminHandlers } from "../custom-fields/custom-field.handlers.js";
import type { CustomFieldListRepository } from "../custom-fields/custom-field.model.js";
import { createCustomFields } from "../custom-fields/custom-field.service.js";
import { createCustomerSettingAdminHandlers } from "./customer-setting-admin.handlers.js";
import { createPetSettingAdminHandlers } from "./pet-setting-admin.handlers.js";
import { createSettingHandlers } from "./setting.handlers.js";
import { createSettings } from "./setting.service.js";
import type { CustomFieldRepository, SettingRepositories } from "./setting-store.model.js";

export interface SettingDependencies {
  readonly settings: SettingRepositories;
  readonly customFieldLists: CustomFieldListRepository;
  readonly customFields: CustomFieldRepository;
  readonly catalogue: CatalogueRepository;
}

/** The handlers of the services about a company's settings. */
export function createSettingRegistry(dependencies: SettingDependencies, pageTokens: PageTokens): HandlerRegistry {
  const settings = createSettings(dependencies.settings);
  const customFields = createCustomFields({
    lists: dependencies.customFieldLists,
    records: dependencies.customFields,
  });
  const catalogue = createCatalogue(dependencies.catalogue);
  return new Map([
    ...registry(SettingService, createSettingHandlers({ settings, customFields, catalogue, pageTokens })),
    ...registry(CustomerSettingAdminService, createCustomerSettingAdminHandlers(settings)),
    ...registry(PetSettingAdminService, createPetSettingAdminHandlers(settings)),
    ...registry(CustomFieldAdminService, createCustomFieldAdminHandlers(customFields)),
  ]);
}
