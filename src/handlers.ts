import { createPageTokens } from "./api/page-token.js";
import { createResumeTokens } from "./api/resume-token.js";
import { type HandlerRegistry, registry, type StreamRegistry, streamRegistry } from "./api/rpc.js";
import { createSealedPositions } from "./api/sealed-position.js";
import { idPrefixes } from "./core/ids.js";
import type { KeyUseLog } from "./core/key-use.js";
import type { OutboundCalls } from "./core/outbound-call.js";
import { ApiKeyService } from "./gen/proto/moego/admin/v1/api_key_service_pb.js";
import { AuditService } from "./gen/proto/moego/admin/v1/audit_service_pb.js";
import { CardAdminService } from "./gen/proto/moego/admin/v1/card_admin_service_pb.js";
import { ConsentService } from "./gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomFieldAdminService } from "./gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerAdminService } from "./gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerBatchService } from "./gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { CustomerSettingAdminService } from "./gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { CustomerUpsertService } from "./gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import { DirectoryAdminService } from "./gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { DuplicateService } from "./gen/proto/moego/admin/v1/duplicate_service_pb.js";
import { ExportService } from "./gen/proto/moego/admin/v1/export_service_pb.js";
import { LeadAdminService } from "./gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { LeadBatchService } from "./gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { LeadUpsertService } from "./gen/proto/moego/admin/v1/lead_upsert_service_pb.js";
import { MergeService } from "./gen/proto/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "./gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageBatchService } from "./gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { PackageTemplateService } from "./gen/proto/moego/admin/v1/package_template_service_pb.js";
import { PackageUpsertService } from "./gen/proto/moego/admin/v1/package_upsert_service_pb.js";
import { PetAdminService } from "./gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { PetBatchService } from "./gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import { PetSettingAdminService } from "./gen/proto/moego/admin/v1/pet_setting_admin_service_pb.js";
import { PetUpsertService } from "./gen/proto/moego/admin/v1/pet_upsert_service_pb.js";
import { BusinessService } from "./gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "./gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "./gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "./gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "./gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "./gen/proto/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "./gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "./gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { CallerLookupService } from "./gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { CallerService } from "./gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "./gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "./gen/proto/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "./gen/proto/moego/callcenter/v1/vip_level_service_pb.js";
import type { Repositories } from "./repositories.js";
import { createApiKeyHandlers } from "./resources/api-keys/api-key.handlers.js";
import { createApiKeys } from "./resources/api-keys/api-key.service.js";
import { createAuditHandlers } from "./resources/audit/audit.handlers.js";
import { createChangeLog } from "./resources/audit/change.service.js";
import { createKeyUses } from "./resources/audit/key-use.service.js";
import { createCallerHandlers } from "./resources/callers/caller.handlers.js";
import { createCallerProfiles } from "./resources/callers/caller-profile.service.js";
import { createCallerQuery } from "./resources/callers/caller-query.service.js";
import { createCallerLookupHandlers } from "./resources/callers/caller-screen.handlers.js";
import { createCallerScreens } from "./resources/callers/caller-screen.service.js";
import { createCardAdminHandlers } from "./resources/cards/card.handlers.js";
import { createCards } from "./resources/cards/card.service.js";
import { createCatalog } from "./resources/catalog/catalog.service.js";
import { createConsentHandlers } from "./resources/consent/consent.handlers.js";
import { createConsentHistory } from "./resources/consent/consent.service.js";
import { createOptOuts } from "./resources/consent/opt-out.service.js";
import { createCustomFieldAdminHandlers } from "./resources/custom-fields/custom-field.handlers.js";
import { createCustomFields } from "./resources/custom-fields/custom-field.service.js";
import { createCustomerAdminHandlers, createCustomerHandlers } from "./resources/customers/customer.handlers.js";
import { createCustomerNotes, createCustomers, createCustomerTags } from "./resources/customers/customer.service.js";
import { createCustomerAdmin } from "./resources/customers/customer-admin.service.js";
import { createCustomerBatchHandlers } from "./resources/customers/customer-batch.handlers.js";
import { createCustomerBatches } from "./resources/customers/customer-batch.service.js";
import { createCustomerUpsertHandlers } from "./resources/customers/customer-upsert.handlers.js";
import { createCustomerUpserts } from "./resources/customers/customer-upsert.service.js";
import {
  createBusinessHandlers,
  createCompanyHandlers,
  createDirectoryAdminHandlers,
  createStaffHandlers,
} from "./resources/directory/directory.handlers.js";
import { createDirectory, createDirectoryAdmin } from "./resources/directory/directory.service.js";
import { createDuplicateHandlers } from "./resources/duplicates/duplicate.handlers.js";
import { createDuplicates } from "./resources/duplicates/duplicate.service.js";
import { createExportHandlers } from "./resources/exports/export.handlers.js";
import type { ExportRepository } from "./resources/exports/export.model.js";
import { createExports } from "./resources/exports/export.service.js";
import { exportedTables } from "./resources/exports/exported-tables.columns.js";
import { createExternalApiHandlers } from "./resources/external-apis/external-api.handlers.js";
import { createExternalApis } from "./resources/external-apis/external-api.service.js";
import { createIvrFlowHandlers } from "./resources/ivr-flows/ivr-flow.handlers.js";
import { createIvrFlows } from "./resources/ivr-flows/ivr-flow.service.js";
import { createLeadAdminHandlers, createLeadHandlers } from "./resources/leads/lead.handlers.js";
import { createLeads } from "./resources/leads/lead.service.js";
import { createLeadAdmin } from "./resources/leads/lead-admin.service.js";
import { createLeadBatchHandlers } from "./resources/leads/lead-batch.handlers.js";
import { createLeadBatches } from "./resources/leads/lead-batch.service.js";
import { createLeadHistory } from "./resources/leads/lead-history.service.js";
import { createLeadNotes, createLeadTags } from "./resources/leads/lead-note.service.js";
import { createLeadUpsertHandlers } from "./resources/leads/lead-upsert.handlers.js";
import { createLeadUpserts } from "./resources/leads/lead-upsert.service.js";
import { createMergeHandlers } from "./resources/merges/merge.handlers.js";
import { createMerges } from "./resources/merges/merge.service.js";
import { createPackageTemplateHandlers } from "./resources/package-templates/package-template.handlers.js";
import { createPackageTemplates, templateViolations } from "./resources/package-templates/package-template.service.js";
import { createPackageAdminHandlers, createPackageHandlers } from "./resources/packages/package.handlers.js";
import { createPackages } from "./resources/packages/package.service.js";
import { createPackageBatchHandlers } from "./resources/packages/package-batch.handlers.js";
import { createPackageBatches } from "./resources/packages/package-batch.service.js";
import { createPackageUpsertHandlers } from "./resources/packages/package-upsert.handlers.js";
import { createPackageUpserts } from "./resources/packages/package-upsert.service.js";
import { createPetAdminHandlers, createPetHandlers } from "./resources/pets/pet.handlers.js";
import { createPets } from "./resources/pets/pet.service.js";
import { createPetAdmin } from "./resources/pets/pet-admin.service.js";
import { createPetBatchHandlers } from "./resources/pets/pet-batch.handlers.js";
import { createPetBatches } from "./resources/pets/pet-batch.service.js";
import { createPetImports } from "./resources/pets/pet-import.service.js";
import { createPetUpsertHandlers } from "./resources/pets/pet-upsert.handlers.js";
import { createPetUpserts } from "./resources/pets/pet-upsert.service.js";
import {
  createCustomerSettingAdminHandlers,
  createPetSettingAdminHandlers,
  createSettingHandlers,
} from "./resources/setting-lists/setting.handlers.js";
import { createSettings } from "./resources/setting-lists/setting.service.js";
import { createSettingList } from "./resources/setting-lists/setting-list.service.js";
import { createVipLevelHandlers } from "./resources/vip-levels/vip-level.handlers.js";
import { services } from "./services.js";

interface HandlerDependencies {
  readonly repositories: Repositories;
  readonly exports: ExportRepository;
  readonly pageTokenSecret: string;
  readonly outbound: OutboundCalls;
  readonly keyUse: KeyUseLog;
  /** Base URL of card links, without a trailing slash; known once the server listens. */
  readonly publicBaseUrl: () => string;
  /** Address of the Stripe webhook endpoint of a company. */
  readonly webhookUrl: (companyId: string) => string;
}

interface Handlers {
  readonly handlers: HandlerRegistry;
  readonly streams: StreamRegistry;
}

export function createHandlers({
  repositories,
  exports,
  pageTokenSecret,
  outbound,
  keyUse,
  publicBaseUrl,
  webhookUrl,
}: HandlerDependencies): Handlers {
  const pageTokens = createPageTokens(pageTokenSecret);
  const customerBatches = createCustomerBatches(repositories);
  const leadBatches = createLeadBatches(repositories.leadBatches);
  const petBatches = createPetBatches(repositories.petBatches);
  const settings = createSettings(repositories.settings);
  const customFields = createCustomFields({ lists: repositories.customFieldLists, records: repositories.customFields });
  const catalog = createCatalog(repositories.catalog);
  const directory = createDirectory(repositories.directory);
  const packages = createPackages(repositories.packages);
  const packageBatches = createPackageBatches(repositories.packageBatches);
  const callerQuery = createCallerQuery(repositories.callers);
  const externalApis = createExternalApis({ externalApis: repositories.externalApis, outbound });
  const vipLevels = createSettingList(repositories.vipLevels, {
    resource: "VipLevel",
    idPrefix: idPrefixes.vipLevel,
    writeScope: "callcenter:write",
  });

  const templates = createSettingList(repositories.packageTemplates, {
    resource: "PackageTemplate",
    idPrefix: idPrefixes.packageTemplate,
    violations: templateViolations,
  });

  const handlers = [
    registry(
      CustomerService,
      createCustomerHandlers({
        customers: createCustomers({ ...repositories, publicBaseUrl }),
        notes: createCustomerNotes(repositories.customers),
        tags: createCustomerTags(repositories.customers),
        pageTokens,
        keyUse,
      }),
    ),
    registry(CustomerAdminService, createCustomerAdminHandlers(createCustomerAdmin(repositories))),
    registry(CustomerBatchService, createCustomerBatchHandlers(customerBatches, keyUse)),
    registry(
      CustomerUpsertService,
      createCustomerUpsertHandlers({ upserts: createCustomerUpserts(repositories), batches: customerBatches, keyUse }),
    ),
    registry(MergeService, createMergeHandlers(createMerges(repositories), pageTokens)),
    registry(LeadService, createLeadHandlers(createLeads(repositories), pageTokens, keyUse)),
    registry(
      LeadAdminService,
      createLeadAdminHandlers({
        admin: createLeadAdmin(repositories),
        history: createLeadHistory(repositories.leadHistory),
        notes: createLeadNotes(repositories.leads),
        tags: createLeadTags(repositories.leads),
        pageTokens,
      }),
    ),
    registry(LeadBatchService, createLeadBatchHandlers(leadBatches, keyUse)),
    registry(
      LeadUpsertService,
      createLeadUpsertHandlers({
        ...{ upserts: createLeadUpserts(repositories.leadUpserts), batches: leadBatches, keyUse },
      }),
    ),
    registry(DuplicateService, createDuplicateHandlers(createDuplicates(repositories.duplicates), pageTokens)),
    registry(PetService, createPetHandlers(createPets(repositories.pets), pageTokens)),
    registry(
      PetAdminService,
      createPetAdminHandlers(createPetAdmin(repositories.petAdmin), createPetImports(repositories.petImports)),
    ),
    registry(PetBatchService, createPetBatchHandlers(petBatches)),
    registry(PetUpsertService, createPetUpsertHandlers(createPetUpserts(repositories.petUpserts), petBatches)),
    registry(PackageService, createPackageHandlers(packages, pageTokens)),
    registry(PackageAdminService, createPackageAdminHandlers(packages, pageTokens)),
    registry(PackageBatchService, createPackageBatchHandlers(packageBatches)),
    registry(
      PackageUpsertService,
      createPackageUpsertHandlers(createPackageUpserts(repositories.packageUpserts), packageBatches),
    ),
    registry(
      ConsentService,
      createConsentHandlers({
        consents: createConsentHistory(repositories.consents),
        optOuts: createOptOuts(repositories.optOuts),
        pageTokens,
      }),
    ),
    registry(CardAdminService, createCardAdminHandlers(createCards({ ...repositories, webhookUrl }))),
    registry(
      AuditService,
      createAuditHandlers({
        changes: createChangeLog(repositories.changes),
        keyUses: createKeyUses(repositories.keyUses),
        pageTokens,
        positions: createSealedPositions(pageTokenSecret),
      }),
    ),
    registry(SettingService, createSettingHandlers({ settings, customFields, catalog, pageTokens })),
    registry(CustomerSettingAdminService, createCustomerSettingAdminHandlers(settings)),
    registry(PetSettingAdminService, createPetSettingAdminHandlers(settings)),
    registry(CustomFieldAdminService, createCustomFieldAdminHandlers(customFields)),
    registry(CompanyService, createCompanyHandlers(directory, pageTokens)),
    registry(BusinessService, createBusinessHandlers(directory, pageTokens)),
    registry(StaffService, createStaffHandlers(directory, pageTokens)),
    registry(
      DirectoryAdminService,
      createDirectoryAdminHandlers(createDirectoryAdmin(repositories.directoryAdmin), directory, pageTokens),
    ),
    registry(
      ApiKeyService,
      createApiKeyHandlers(createApiKeys({ repository: repositories.apiKeys, now: Date.now }), pageTokens),
    ),
    registry(
      CallerService,
      createCallerHandlers({ callerQuery, callerProfiles: createCallerProfiles(repositories.callers), keyUse }),
    ),
    registry(CallerLookupService, createCallerLookupHandlers(createCallerScreens(repositories.callerScreens), keyUse)),
    registry(VipLevelService, createVipLevelHandlers(vipLevels, pageTokens)),
    registry(
      PackageTemplateService,
      createPackageTemplateHandlers(createPackageTemplates(templates, repositories.templateFacts), pageTokens),
    ),
    registry(ExternalApiService, createExternalApiHandlers(externalApis, pageTokens)),
    registry(
      IvrFlowService,
      createIvrFlowHandlers(createIvrFlows({ ...repositories, callerQuery, externalApis, keyUse }), pageTokens),
    ),
  ];
  const streams = streamRegistry(
    ExportService,
    createExportHandlers({
      exports: createExports({ repository: exports, log: repositories.exportLog }),
      tables: exportedTables.map(({ name, person }) => ({ name, isOfPerson: person !== undefined })),
      resumeTokens: createResumeTokens(pageTokenSecret),
    }),
  );
  return complete({ handlers: new Map(handlers.flatMap((ofService) => [...ofService])), streams });
}

/** Asserts that every rpc of the contract has a handler. */
function complete(all: Handlers): Handlers {
  for (const method of services.flatMap((service) => service.methods)) {
    const name = `${method.parent.typeName}/${method.name}`;
    if (!all.handlers.has(name) && !all.streams.has(name)) throw new Error(`${name} has no handler`);
  }
  return all;
}
