import { askedIds, phoneWarnings, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { type BatchItem, type BatchResult, isRefused } from "../../core/batch.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import type { CustomerBatchService } from "../../gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import { toProtoCustomer } from "./customer.output.js";
import { newCustomerBatch } from "./customer-batch.input.js";
import type { CustomerBatches, CustomerItem } from "./customer-batch.service.js";

/** Handlers of `moego.admin.v1.CustomerBatchService`. */
export function createCustomerBatchHandlers(
  batches: CustomerBatches,
  keyUse: KeyUseLog,
): ServiceHandlers<typeof CustomerBatchService> {
  async function read(companyId: string, ids: readonly string[], { principal, write, signal }: Context) {
    const fitting = await findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));
    keyUse.record(write, readOfPage(companyId, "customer", fitting.found));
    return fitting;
  }

  return {
    batchCreateCustomers: rpc(newCustomerBatch, async (batch, context) => {
      const results = await batches.create(batch, context.principal, context.write);
      const customers = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const customer = recordOf(customers, result);
          return {
            ...{ ...toProtoResult(result, context.items), warnings: warningsOf(batch.items[position], result) },
            ...(customer ? { customer: toProtoCustomer(customer) } : {}),
          };
        }),
      };
    }),

    batchGetCustomers: rpc(askedIds, async ({ companyId, ids }, context) => {
      const { found, missingIds, leftIds } = await read(companyId, ids, context);
      return {
        customers: found.map(toProtoCustomer),
        notFoundIds: [...missingIds],
        remainingIds: [...leftIds],
      };
    }),
  };
}

/** What the header `moego-warning` says about the customer alone. */
function warningsOf(item: BatchItem<CustomerItem> | undefined, result: BatchResult): string[] {
  if (!item || isRefused(item) || isRefused(result)) return [];
  return phoneWarnings(item.value.customer.phones);
}
