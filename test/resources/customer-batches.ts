import { CustomerBatchService } from "../../src/gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { customerWithTexts, readCustomer } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";

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
  }),
  entry(rpc.batchGetCustomers, { request: { companyId, ids: ["cus_a1", "cus_a2"] } }),
];
