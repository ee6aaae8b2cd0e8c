import { create, type DescMethodUnary, type MessageInitShape } from "@bufbuild/protobuf";
import { createPageTokens } from "../../api/page-token.js";
import { type Context, readInput } from "../../api/rpc.js";
import { companyAccessFilter } from "../../core/access.js";
import { isRefused } from "../../core/batch.js";
import type { DomainError } from "../../core/errors.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { scopes } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { BatchMode } from "../../gen/proto/moego/admin/v1/batch_pb.js";
import {
  BatchCreateCustomersRequestSchema,
  type CustomerBatchItemSchema,
  CustomerBatchService,
} from "../../gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { ImportLeadRequestSchema, LeadAdminService } from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { ImportPetRequestSchema, PetAdminService } from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import type { Repositories } from "../../repositories.js";
import { createCustomerAdmin } from "../../resources/customers/customer-admin.service.js";
import { newCustomerBatch } from "../../resources/customers/customer-batch.input.js";
import { createCustomerBatches } from "../../resources/customers/customer-batch.service.js";
import type { ImportedKind } from "../../resources/import-jobs/import-job.model.js";
import { createLeadAdminHandlers } from "../../resources/leads/lead.handlers.js";
import { createLeadAdmin } from "../../resources/leads/lead-admin.service.js";
import { createLeadHistory } from "../../resources/leads/lead-history.service.js";
import { createLeadNotes, createLeadTags } from "../../resources/leads/lead-note.service.js";
import { createPetAdminHandlers } from "../../resources/pets/pet.handlers.js";
import { createPetAdmin } from "../../resources/pets/pet-admin.service.js";
import { createPetImports } from "../../resources/pets/pet-import.service.js";

/** The RPCs that an import needs, under the rules of their clients. They throw DomainError. */
export interface ImportCalls {
  /** Stores customers in one transaction. Returns for each why it was refused; undefined if it was stored. */
  importCustomers(
    items: readonly MessageInitShape<typeof CustomerBatchItemSchema>[],
  ): Promise<readonly (DomainError | undefined)[]>;
  importLead(request: MessageInitShape<typeof ImportLeadRequestSchema>): Promise<unknown>;
  importPet(request: MessageInitShape<typeof ImportPetRequestSchema>): Promise<unknown>;
  /** Ids of the customers that have the phone number or the id, at most two. */
  findCustomers(by: { readonly phone: string } | { readonly id: string }): Promise<readonly string[]>;
  erase(kind: ImportedKind, id: string): Promise<void>;
}

interface CallsInProcess {
  readonly repositories: Repositories;
  readonly pageTokenSecret: string;
  readonly access: CompanyAccess;
  readonly write: WriteContext;
}

/** Calls the handlers of this process, without a server. Audit log and limits are those of the RPCs. */
export function createCallsInProcess({ repositories, pageTokenSecret, access, write }: CallsInProcess): ImportCalls {
  const { companyId } = access;
  const principal: Principal = {
    keyId: write.keyId,
    scopes: new Set(scopes),
    organizations: [companyId],
    companies: new Map([[companyId, access]]),
  };
  const pageTokens = createPageTokens(pageTokenSecret);
  const customers = createCustomerAdmin(repositories);
  const leads = createLeadAdmin(repositories);
  const pets = createPetAdmin(repositories.petAdmin);
  const batches = createCustomerBatches(repositories);
  const petHandlers = createPetAdminHandlers(pets, createPetImports(repositories.petImports));
  const leadHandlers = createLeadAdminHandlers({
    admin: leads,
    history: createLeadHistory(repositories.leadHistory),
    notes: createLeadNotes(repositories.leads),
    tags: createLeadTags(repositories.leads),
    pageTokens,
  });
  const contextOf = (method: DescMethodUnary): Context => ({
    ...{ method, principal, write, signal: write.signal, deadlineMs: Number.POSITIVE_INFINITY },
    setHeader() {},
    items: { claim: unused, status: unused },
  });
  const { batchCreateCustomers } = CustomerBatchService.method;
  const { importLead } = LeadAdminService.method;
  const { importPet } = PetAdminService.method;
  const eraser = { customer: customers, lead: leads, pet: pets } as const;
  return {
    async importCustomers(items) {
      const request = create(BatchCreateCustomersRequestSchema, { companyId, mode: BatchMode.EACH, items: [...items] });
      const batch = await readInput(newCustomerBatch, request, contextOf(batchCreateCustomers));
      const results = await batches.create(batch, principal, write);
      return results.map((result) => (isRefused(result) ? result.refusal : undefined));
    },

    importLead: (request) => leadHandlers.importLead(create(ImportLeadRequestSchema, request), contextOf(importLead)),
    importPet: (request) => petHandlers.importPet(create(ImportPetRequestSchema, request), contextOf(importPet)),

    async findCustomers(by) {
      if ("id" in by) {
        const found = await repositories.customers.get(
          { accessFilter: companyAccessFilter(access), id: by.id },
          write.signal,
        );
        return found ? [found.id] : [];
      }
      const query = { companyId, filter: by, page: { size: 1, offset: 0 } };
      return (await repositories.customers.list(query, write.signal)).map(({ id }) => id);
    },

    erase: (kind, id) => eraser[kind].erase({ companyId, id }, principal, write),
  };
}

/** Items of an import have no idempotency keys, and their refusals are not sent. */
function unused(): never {
  throw new Error("not used by an import");
}
