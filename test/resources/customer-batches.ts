import { CustomerBatchService } from "../../src/gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { planted } from "../reliability/tenancy/planted.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { customerWithTexts, readCustomer } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
import { bringsAuthors, bringsIds, isFilter } from "./tenancy.js";

const rpc = CustomerBatchService.method;
const companyId = "cmp_a";
const items = (...lastNames: string[]) => lastNames.map((lastName) => ({ customer: newCustomer({ lastName }) }));

export const customerBatches: readonly RpcEntry[] = [
  entry(rpc.batchCreateCustomers, {
    request: { companyId, items: items("A", "B") },
    repeat: async () => ({
      good: { companyId, items: items("A", "B") },
      other: { companyId, items: items("A", "C") },
      bad: { companyId, items: [...items("A"), { customer: newCustomer({ assignedStaffId: "staff_z" }) }] },
    }),
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: { companyId, items: [{ customer: newCustomer(customerWithTexts) }] },
      reading: ({ results }) => results.map(({ id }) => readCustomer(id)),
    },
    tenancy: {
      idFields: {
        "items.id": bringsIds,
        "items.customer.company_id": { expectation: "reference", why: "must be the company of the request" },
        "items.customer.address.id": bringsIds,
        "items.customer.notes.id": { ...bringsIds, id: "cxn_a3" },
        "items.customer.notes.last_updated_by": bringsAuthors,
      },
      calls: [
        { name: "own sent again after a move", key: keys.businessA1, repeats: planted.merging.batch },
        {
          name: "ids of the neighbour",
          request: {
            companyId,
            items: [
              { customer: newCustomer({ externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] }) },
              { id: plantedIds.merged, customer: newCustomer() },
            ],
          },
        },
      ],
    },
  }),
  entry(rpc.batchGetCustomers, {
    request: { companyId, ids: ["cus_a1", "cus_a2"] },
    tenancy: { idFields: { ids: isFilter } },
  }),
];
