import type { DescService } from "@bufbuild/protobuf";
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

/** The gRPC services served on all transports. */
export const services: readonly DescService[] = [
  CustomerService,
  LeadService,
  PetService,
  PackageService,
  SettingService,
  CompanyService,
  BusinessService,
  StaffService,
  CustomerSettingAdminService,
  PetSettingAdminService,
  CustomFieldAdminService,
  DirectoryAdminService,
  ApiKeyService,
  PackageAdminService,
  PackageBatchService,
  PackageUpsertService,
  CustomerAdminService,
  CustomerBatchService,
  CustomerUpsertService,
  MergeService,
  LeadAdminService,
  LeadBatchService,
  LeadUpsertService,
  DuplicateService,
  PetAdminService,
  PetBatchService,
  PetUpsertService,
  ConsentService,
  CardAdminService,
  AuditService,
  ExportService,
  CallerService,
  CallerLookupService,
  VipLevelService,
  PackageTemplateService,
  ExternalApiService,
  IvrFlowService,
];
