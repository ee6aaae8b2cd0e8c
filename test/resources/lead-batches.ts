import { LeadBatchService } from "../../src/gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { planted } from "../reliability/tenancy/planted.js";
import { keys } from "../support/fixture-keys.js";
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
      calls: [
        ...[keys.businessA1, locationKey, keyOfBoth].map((key) => ({
          ...{ name: `sent again by ${key.id}`, key, repeats: planted.merging.batch },
        })),
        {
          name: "an external id of the neighbour",
          request: {
            companyId,
            items: [newLead({ externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] })],
          },
        },
      ],
      idFields: {
        "items.id": bringsIds,
        "items.lead.company_id": { expectation: "reference", why: "must be the company of the request" },
        // Other RPCs import the others into the same company.
        "items.lead.notes.id": { ...bringsIds, id: "cxn_a4" },
        "items.lead.notes.last_updated_by": bringsAuthors,
        "items.lead.pets.id": bringsIds,
        "items.lead.pets.notes.id": { ...bringsIds, id: "pxn_l1" },
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
