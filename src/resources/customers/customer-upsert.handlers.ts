import { phoneWarnings, toProtoOutcome, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { warnOfPhones } from "../../api/phone-fields.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { isRefused } from "../../core/batch.js";
import { requireFound } from "../../core/company-resource.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import type { CustomerUpsertService } from "../../gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import { toProtoCustomer } from "./customer.output.js";
import type { CustomerBatches } from "./customer-batch.service.js";
import { singleUpsert, upsertBatch } from "./customer-upsert.input.js";
import type { CustomerUpsertRules } from "./customer-upsert.service.js";

interface UpsertHandlerDependencies {
  readonly upserts: CustomerUpsertRules;
  readonly batches: CustomerBatches;
  readonly keyUse: KeyUseLog;
}

/** Handlers of `moego.admin.v1.CustomerUpsertService`. */
export function createCustomerUpsertHandlers({
  upserts,
  batches,
  keyUse,
}: UpsertHandlerDependencies): ServiceHandlers<typeof CustomerUpsertService> {
  async function read(companyId: string, ids: readonly string[], { principal, write, signal }: Context) {
    const fitting = await findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));
    keyUse.record(write, readOfPage(companyId, "customer", fitting.found));
    return fitting;
  }

  return {
    upsertCustomer: rpc(singleUpsert, async (upsert, context) => {
      const { companyId, items } = upsert;
      const [item] = items;
      if (item && !isRefused(item)) warnOfPhones(context, item.value.customer.phones);
      const [result] = await upserts.store(upsert, context.principal, context.write);
      if (!result) throw new Error("an upsert has a result");
      if (isRefused(result)) throw result.refusal;
      const {
        found: [customer],
      } = await read(companyId, [result.id], context);
      return {
        outcome: toProtoOutcome(result.outcome),
        customer: toProtoCustomer(requireFound(customer, "Customer", result.id)),
      };
    }),

    batchUpsertCustomers: rpc(upsertBatch, async (batch, context) => {
      const results = await upserts.store(batch, context.principal, context.write);
      const customers = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const item = batch.items[position];
          const phones = item && !isRefused(item) && !isRefused(result) ? item.value.customer.phones : [];
          const customer = recordOf(customers, result);
          return {
            ...{ ...toProtoResult(result, context.items), warnings: phoneWarnings(phones) },
            ...(customer ? { customer: toProtoCustomer(customer) } : {}),
          };
        }),
      };
    }),
  };
}
