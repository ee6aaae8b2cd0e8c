import type { PageTokens } from "../../api/page-token.js";
import { type HandlerRegistry, registry } from "../../api/rpc.js";
import { ConsentService } from "../../gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { createConsentHandlers } from "../consent/consent.handlers.js";
import type { ConsentRepository } from "../consent/consent.model.js";
import { createConsentHistory } from "../consent/consent.service.js";
import { createLeadAdminHandlers } from "../leads/lead-admin.handlers.js";
import { createLeadAdmin, type LeadAdminDependencies } from "../leads/lead-admin.service.js";
import { createPetAdminHandlers } from "../pets/pet-admin.handlers.js";
import type { PetImportRepository } from "../pets/pet-import.model.js";
import { createPetImports } from "../pets/pet-import.service.js";
import { createCustomerAdminHandlers } from "./customer-admin.handlers.js";
import { type CustomerAdminDependencies, createCustomerAdmin } from "./customer-admin.service.js";

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
