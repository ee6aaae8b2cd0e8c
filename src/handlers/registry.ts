import { createCustomerNotes } from "../domain/customer-notes.js";
import { createCustomerTags } from "../domain/customer-tags.js";
import { type CustomerDependencies, createCustomers } from "../domain/customers.js";
import type { DirectoryRepository } from "../domain/directory-repository.js";
import { createDirectory } from "../domain/directory-service.js";
import { createLeads, type LeadDependencies } from "../domain/leads.js";
import { BusinessService } from "../gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { StaffService } from "../gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { services } from "../services.js";
import { createCustomerHandlers } from "./customers.js";
import { createBusinessHandlers, createCompanyHandlers, createStaffHandlers } from "./directory.js";
import { createLeadHandlers } from "./leads.js";
import { createPackageRegistry, type PackageDependencies } from "./package-registry.js";
import { createPageTokens } from "./page-token.js";
import { type HandlerRegistry, registry } from "./rpc.js";
import { createSettingRegistry, type SettingDependencies } from "./settings-registry.js";
import { unimplementedRpcs } from "./unimplemented.js";

export interface HandlerDependencies
  extends CustomerDependencies,
    LeadDependencies,
    SettingDependencies,
    PackageDependencies {
  readonly directory: DirectoryRepository;
  readonly pageTokenSecret: string;
}

/** The handlers of all services, over domain services made here. */
export function createHandlers(dependencies: HandlerDependencies): HandlerRegistry {
  const pageTokens = createPageTokens(dependencies.pageTokenSecret);
  const directory = { directory: createDirectory(dependencies.directory), pageTokens };
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
      ...createSettingRegistry(dependencies, pageTokens),
      ...createPackageRegistry(dependencies, pageTokens),
      ...registry(CompanyService, createCompanyHandlers(directory)),
      ...registry(BusinessService, createBusinessHandlers(directory)),
      ...registry(StaffService, createStaffHandlers(directory)),
    ]),
  );
}

/** The registry, once every rpc has a handler or stands in the list of those to come. */
function complete(handlers: HandlerRegistry): HandlerRegistry {
  const expected = new Set(unimplementedRpcs.map((method) => `${method.parent.typeName}/${method.name}`));
  for (const method of services.flatMap((service) => service.methods)) {
    const name = `${method.parent.typeName}/${method.name}`;
    if (handlers.has(name) === expected.has(name))
      throw new Error(`${name} needs a handler or a place in unimplementedRpcs`);
  }
  return handlers;
}
