import { LeadBatchService } from "../../src/gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { newLead } from "../support/new-lead.js";
import { entry, type RpcEntry } from "./entry.js";
import { leadWithTexts } from "./leads.js";
import { bringsAuthors, bringsIds, isFilter } from "./tenancy.js";
import { reading } from "./texts.js";

const rpc = LeadBatchService.method;
const companyId = "cmp_a";
const items = (...lastNames: string[]) => lastNames.map((lastName) => newLead({ lastName }));

export const leadBatches: readonly RpcEntry[] = [
  entry(rpc.batchCreateLeads, {
    request: { companyId, items: items("A", "B") },
    repeat: async () => ({
      good: { companyId, items: items("A", "B") },
      other: { companyId, items: items("A", "C") },
      bad: { companyId, items: [...items("A"), newLead({ allocateStaffId: "staff_z" })] },
    }),
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: { companyId, items: [newLead(leadWithTexts)] },
      reading: ({ results }) => results.map(({ id }) => reading(LeadService.method.getLead, { id })),
    },
    tenancy: {
      idFields: {
        "items.id": bringsIds,
        "items.lead.company_id": { expectation: "reference", why: "must be the company of the request" },
        "items.lead.notes.id": { ...bringsIds, id: "cxn_a2" },
        "items.lead.notes.last_updated_by": bringsAuthors,
        "items.lead.pets.id": bringsIds,
        "items.lead.pets.notes.id": bringsIds,
        "items.lead.pets.notes.last_updated_by": bringsAuthors,
        "items.lead.pets.created_by": bringsAuthors,
        "items.lead.pets.last_updated_by": bringsAuthors,
      },
    },
  }),
  entry(rpc.batchGetLeads, {
    request: { companyId, ids: ["lcus_a1", "lcus_a2"] },
    tenancy: { idFields: { ids: isFilter } },
  }),
];
