import type { PageTokens } from "../api/page-token.js";
import { type HandlerRegistry, registry } from "../api/rpc.js";
import { type ConsentRepository, createConsentHistory } from "../domain/consent-history.js";
import { type CustomerAdminDependencies, createCustomerAdmin } from "../domain/customers/customer-admin.js";
import { createLeadAdmin, type LeadAdminDependencies } from "../domain/leads/lead-admin.js";
import { createPetImports, type PetImportRepository } from "../domain/pets/pet-import.js";
import { ConsentService } from "../gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { createConsentHandlers } from "./consent.js";
import { createCustomerAdminHandlers } from "./customers/customer-admin.js";
import { createLeadAdminHandlers } from "./leads/lead-admin.js";
import { createPetAdminHandlers } from "./pets/pet-admin.js";

export interface RecordDependencies extends CustomerAdminDependencies, LeadAdminDependencies {
  readonly petImports: PetImportRepository;
  readonly consents: ConsentRepository;
}

/** The handlers of what administration does to customers and leads, and of the ledger of their consent. */
export function createRecordRegistry(dependencies: RecordDependencies, pageTokens: PageTokens): HandlerRegistry {
  const consents = { consents: createConsentHistory(dependencies.consents), pageTokens };
  return new Map([
    ...registry(CustomerAdminService, createCustomerAdminHandlers(createCustomerAdmin(dependencies))),
    ...registry(LeadAdminService, createLeadAdminHandlers(createLeadAdmin(dependencies))),
    ...registry(PetAdminService, createPetAdminHandlers(createPetImports(dependencies.petImports))),
    ...registry(ConsentService, createConsentHandlers(consents)),
  ]);
}
