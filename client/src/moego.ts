import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { ApiKeyService } from "./gen/moego/admin/v1/api_key_service_pb.js";
import { AuditService } from "./gen/moego/admin/v1/audit_service_pb.js";
import { CardAdminService } from "./gen/moego/admin/v1/card_admin_service_pb.js";
import { ConsentService } from "./gen/moego/admin/v1/consent_service_pb.js";
import { CustomFieldAdminService } from "./gen/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerAdminService } from "./gen/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerBatchService } from "./gen/moego/admin/v1/customer_batch_service_pb.js";
import { CustomerSettingAdminService } from "./gen/moego/admin/v1/customer_setting_admin_service_pb.js";
import { CustomerUpsertService } from "./gen/moego/admin/v1/customer_upsert_service_pb.js";
import { DirectoryAdminService } from "./gen/moego/admin/v1/directory_admin_service_pb.js";
import { DuplicateService } from "./gen/moego/admin/v1/duplicate_service_pb.js";
import { ExportService } from "./gen/moego/admin/v1/export_service_pb.js";
import { LeadAdminService } from "./gen/moego/admin/v1/lead_admin_service_pb.js";
import { LeadBatchService } from "./gen/moego/admin/v1/lead_batch_service_pb.js";
import { LeadUpsertService } from "./gen/moego/admin/v1/lead_upsert_service_pb.js";
import { MergeService } from "./gen/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "./gen/moego/admin/v1/package_admin_service_pb.js";
import { PackageBatchService } from "./gen/moego/admin/v1/package_batch_service_pb.js";
import { PackageTemplateService } from "./gen/moego/admin/v1/package_template_service_pb.js";
import { PackageUpsertService } from "./gen/moego/admin/v1/package_upsert_service_pb.js";
import { PetAdminService } from "./gen/moego/admin/v1/pet_admin_service_pb.js";
import { PetBatchService } from "./gen/moego/admin/v1/pet_batch_service_pb.js";
import { PetSettingAdminService } from "./gen/moego/admin/v1/pet_setting_admin_service_pb.js";
import { PetUpsertService } from "./gen/moego/admin/v1/pet_upsert_service_pb.js";
import { BusinessService } from "./gen/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "./gen/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "./gen/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "./gen/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "./gen/moego/business/customer/v1/pet_service_pb.js";
import { PackageService } from "./gen/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "./gen/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "./gen/moego/business/staff/v1/staff_service_pb.js";
import { CallerLookupService } from "./gen/moego/callcenter/v1/caller_lookup_service_pb.js";
import { CallerService } from "./gen/moego/callcenter/v1/caller_service_pb.js";
import { ExternalApiService } from "./gen/moego/callcenter/v1/external_api_service_pb.js";
import { IvrFlowService } from "./gen/moego/callcenter/v1/ivr_flow_service_pb.js";
import { VipLevelService } from "./gen/moego/callcenter/v1/vip_level_service_pb.js";
import { authorizing, idempotencyKeys } from "./headers.js";
import { defaultTimeoutMs, type MoegoOptions } from "./options.js";
import { retrying } from "./retry.js";
import { typedTransport } from "./transport.js";

/** A client for each service, named like it. Its functions return the messages of the contract and throw `MoegoError`. */
export type Moego = ReturnType<typeof moegoOver>;

/** The interceptors of a client, from the call to the connection. */
export function interceptorsOf({ apiKey, retry, interceptors = [] }: MoegoOptions): Interceptor[] {
  return [idempotencyKeys, authorizing(apiKey), retrying(retry), ...interceptors];
}

/** The clients of all services over a transport that has the interceptors. */
export function moegoOver(transport: Transport, { timeoutMs = defaultTimeoutMs }: Pick<MoegoOptions, "timeoutMs">) {
  const typed = typedTransport(transport, timeoutMs);
  return {
    business: createClient(BusinessService, typed),
    company: createClient(CompanyService, typed),
    customer: createClient(CustomerService, typed),
    lead: createClient(LeadService, typed),
    pet: createClient(PetService, typed),
    package: createClient(PackageService, typed),
    setting: createClient(SettingService, typed),
    staff: createClient(StaffService, typed),
    apiKey: createClient(ApiKeyService, typed),
    audit: createClient(AuditService, typed),
    cardAdmin: createClient(CardAdminService, typed),
    consent: createClient(ConsentService, typed),
    customFieldAdmin: createClient(CustomFieldAdminService, typed),
    customerAdmin: createClient(CustomerAdminService, typed),
    customerBatch: createClient(CustomerBatchService, typed),
    customerSettingAdmin: createClient(CustomerSettingAdminService, typed),
    customerUpsert: createClient(CustomerUpsertService, typed),
    directoryAdmin: createClient(DirectoryAdminService, typed),
    duplicate: createClient(DuplicateService, typed),
    export: createClient(ExportService, typed),
    leadAdmin: createClient(LeadAdminService, typed),
    leadBatch: createClient(LeadBatchService, typed),
    leadUpsert: createClient(LeadUpsertService, typed),
    merge: createClient(MergeService, typed),
    packageAdmin: createClient(PackageAdminService, typed),
    packageBatch: createClient(PackageBatchService, typed),
    packageTemplate: createClient(PackageTemplateService, typed),
    packageUpsert: createClient(PackageUpsertService, typed),
    petAdmin: createClient(PetAdminService, typed),
    petBatch: createClient(PetBatchService, typed),
    petSettingAdmin: createClient(PetSettingAdminService, typed),
    petUpsert: createClient(PetUpsertService, typed),
    callerLookup: createClient(CallerLookupService, typed),
    caller: createClient(CallerService, typed),
    externalApi: createClient(ExternalApiService, typed),
    ivrFlow: createClient(IvrFlowService, typed),
    vipLevel: createClient(VipLevelService, typed),
  };
}
