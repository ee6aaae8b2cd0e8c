import { create, type DescMethodUnary, fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { PageTokens } from "../../api/page-token.js";
import type { Context } from "../../api/rpc.js";
import { CustomerSchema } from "../../gen/proto/moego/business/customer/v1/customer_pb.js";
import {
  CustomerService,
  UpdateCustomerRequestSchema,
} from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadSchema } from "../../gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService, UpdateLeadRequestSchema } from "../../gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService, UpdatePetRequestSchema } from "../../gen/proto/moego/business/customer/v1/pet_service_pb.js";
import type { Repositories } from "../../repositories.js";
import { createCustomerHandlers } from "../../resources/customers/customer.handlers.js";
import {
  createCustomerNotes,
  createCustomers,
  createCustomerTags,
} from "../../resources/customers/customer.service.js";
import { createLeadHandlers } from "../../resources/leads/lead.handlers.js";
import { createLeads } from "../../resources/leads/lead.service.js";
import { createPetHandlers } from "../../resources/pets/pet.handlers.js";
import { createPets, type Pets } from "../../resources/pets/pet.service.js";
import type { ImportCalls } from "./import-calls.js";

interface RecordCalls {
  readonly repositories: Repositories;
  readonly pageTokens: PageTokens;
  readonly companyId: string;
  contextOf(method: DescMethodUnary): Context;
  readonly isDryRun: boolean;
}

/** Reads and updates stored records by the handlers of this process. */
export function createRecordCalls(parts: RecordCalls): Pick<ImportCalls, "read" | "update"> {
  const { repositories, pageTokens, companyId, contextOf, isDryRun } = parts;
  const keyUse = { record: async () => {} };
  const customers = createCustomerHandlers({
    customers: createCustomers({ ...repositories, publicBaseUrl: () => "" }),
    notes: createCustomerNotes(repositories.customers),
    tags: createCustomerTags(repositories.customers),
    ...{ pageTokens, keyUse },
  });
  const leads = createLeadHandlers(createLeads(repositories), pageTokens, keyUse);
  const petRules = createPets(repositories.pets);
  const pets = createPetHandlers(petRules, pageTokens);
  /** UpdatePet has no etag. */
  const petsOfVersion = (etag: string) => {
    const update: Pets["update"] = (edit, principal, write) => petRules.update({ ...edit, etag }, principal, write);
    return createPetHandlers({ ...petRules, update }, pageTokens);
  };
  const [ofCustomers, ofLeads, ofPets] = [CustomerService.method, LeadService.method, PetService.method];
  const getCustomer = async (id: string) =>
    toJson(
      CustomerSchema,
      create(
        CustomerSchema,
        await customers.getCustomer(create(ofCustomers.getCustomer.input, { id }), contextOf(ofCustomers.getCustomer)),
      ),
    );
  const getLead = async (id: string) =>
    toJson(
      LeadSchema,
      create(LeadSchema, await leads.getLead(create(ofLeads.getLead.input, { id }), contextOf(ofLeads.getLead))),
    );
  const getPet = async (id: string, customerId: string) =>
    toJson(
      PetSchema,
      create(PetSchema, await pets.getPet(create(ofPets.getPet.input, { id, customerId }), contextOf(ofPets.getPet))),
    );
  return {
    async read(kind, { id, ownerId }) {
      if (kind === "customer") return object(await getCustomer(id));
      return object(kind === "lead" ? await getLead(id) : await getPet(id, ownerId));
    },

    async update(kind, { id, ownerId, version }, fields) {
      if (isDryRun) return;
      const etag = String(version);
      if (kind === "customer") {
        const request = fromJson(UpdateCustomerRequestSchema, { ...fields, id, companyId, etag });
        await customers.updateCustomer(request, contextOf(ofCustomers.updateCustomer));
      } else if (kind === "lead") {
        const { updateMask = "", ...lead } = fields;
        const request = fromJson(UpdateLeadRequestSchema, { id, lead: { ...lead, companyId, etag }, updateMask });
        await leads.updateLead(request, contextOf(ofLeads.updateLead));
      } else {
        const request = fromJson(UpdatePetRequestSchema, { ...fields, id, customerId: ownerId });
        await petsOfVersion(etag).updatePet(request, contextOf(ofPets.updatePet));
      }
    },
  };
}

function object(json: JsonValue): JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}
