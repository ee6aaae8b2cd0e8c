import { createPageTokens } from "./api/page-token.js";
import { type HandlerRegistry, registry } from "./api/rpc.js";
import type { OutboundCalls } from "./core/outbound-call.js";
import { ApiKeyService } from "./gen/proto/moego/admin/v1/api_key_service_pb.js";
import { DirectoryAdminService } from "./gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "./gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "./gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "./gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "./gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "./gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { StaffService } from "./gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { createApiKeyHandlers } from "./resources/api-keys/api-key.handlers.js";
import type { ApiKeyRepository } from "./resources/api-keys/api-key.model.js";
import { createApiKeys } from "./resources/api-keys/api-key.service.js";
import { type CallCenterDependencies, createCallCenterRegistry } from "./resources/callers/call-center.registry.js";
import { createCustomerHandlers } from "./resources/customers/customer.handlers.js";
import { type CustomerDependencies, createCustomers } from "./resources/customers/customer.service.js";
import { createCustomerNotes } from "./resources/customers/customer-notes.service.js";
import { createCustomerTags } from "./resources/customers/customer-tags.service.js";
import { createRecordRegistry, type RecordDependencies } from "./resources/customers/record.registry.js";
import {
  createBusinessHandlers,
  createCompanyHandlers,
  createStaffHandlers,
} from "./resources/directory/directory.handlers.js";
import { createDirectory } from "./resources/directory/directory.service.js";
import { createDirectoryAdminHandlers } from "./resources/directory/directory-admin.handlers.js";
import type { DirectoryAdminRepository } from "./resources/directory/directory-admin.model.js";
import { createDirectoryAdmin } from "./resources/directory/directory-admin.service.js";
import type { DirectoryRepository } from "./resources/directory/directory-store.model.js";
import { createLeadHandlers } from "./resources/leads/lead.handlers.js";
import { createLeads, type LeadDependencies } from "./resources/leads/lead.service.js";
import { createPackageRegistry, type PackageDependencies } from "./resources/packages/package.registry.js";
import { createPetHandlers } from "./resources/pets/pet.handlers.js";
import { createPets } from "./resources/pets/pet.service.js";
import type { PetRepository } from "./resources/pets/pet-store.model.js";
import { createSettingRegistry, type SettingDependencies } from "./resources/setting-lists/setting.registry.js";
import { services } from "./services.js";

export interface HandlerDependencies
  extends CustomerDependencies,
    LeadDependencies,
    SettingDependencies,
    PackageDependencies,
    RecordDependencies,
    CallCenterDependencies {
  readonly directory: DirectoryRepository;
  readonly directoryAdmin: DirectoryAdminRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly pets: PetRepository;
  readonly pageTokenSecret: string;
  readonly outbound: OutboundCalls;
}

/** The handlers of all services, over domain services made here. */
export function createHandlers(dependencies: HandlerDependencies): HandlerRegistry {
  const pageTokens = createPageTokens(dependencies.pageTokenSecret);
  const directory = { directory: createDirectory(dependencies.directory), pageTokens };
  const directoryAdmin = { directory: createDirectoryAdmin(dependencies.directoryAdmin), pageTokens };
  const apiKeys = { apiKeys: createApiKeys({ repository: dependencies.apiKeys, now: Date.now }), pageTokens };
  const customers = {
    customers: createCustomers(dependencies),
    notes: createCustomerNotes(dependencies.customers),
    tags: createCustomerTags(dependencies.customers),
    pageTokens,
  };
  return complete(
    new Map([
      ...registry(CustomerService, createCustomerHandlers(customers)),
      ...registry(LeadService, createLeadHandlers({ leads: createLeads(dependencies), pageTokens })),
      ...registry(PetService, createPetHandlers({ pets: createPets(dependencies.pets), pageTokens })),
      ...createSettingRegistry(dependencies, pageTokens),
      ...createPackageRegistry(dependencies, pageTokens),
      ...createRecordRegistry(dependencies, pageTokens),
      ...createCallCenterRegistry(dependencies, pageTokens),
      ...registry(CompanyService, createCompanyHandlers(directory)),
      ...registry(BusinessService, createBusinessHandlers(directory)),
      ...registry(StaffService, createStaffHandlers(directory)),
      ...registry(DirectoryAdminService, createDirectoryAdminHandlers(directoryAdmin)),
      ...registry(ApiKeyService, createApiKeyHandlers(apiKeys)),
    ]),
  );
}

/** The registry, once every rpc of the contract has its handler. */
function complete(handlers: HandlerRegistry): HandlerRegistry {
  for (const method of services.flatMap((service) => service.methods)) {
    const name = `${method.parent.typeName}/${method.name}`;
    if (!handlers.has(name)) throw new Error(`${name} has no handler`);
  }
  return handlers;
}
