import { askedIds, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { type BatchItem, type BatchResult, isRefused } from "../../core/batch.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import type { LeadBatchService } from "../../gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { toProtoLead } from "./lead.output.js";
import { newLeadBatch } from "./lead-batch.input.js";
import type { LeadItem } from "./lead-batch.model.js";
import type { LeadBatches } from "./lead-batch.service.js";
import { phoneWarnings } from "./lead-warnings.output.js";

/** Handlers of `moego.admin.v1.LeadBatchService`. */
export function createLeadBatchHandlers(
  batches: LeadBatches,
  keyUse: KeyUseLog,
): ServiceHandlers<typeof LeadBatchService> {
  async function read(companyId: string, ids: readonly string[], { principal, write, signal }: Context) {
    const fitting = await findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));
    keyUse.record(write, readOfPage(companyId, "lead", fitting.found));
    return fitting;
  }

  return {
    batchCreateLeads: rpc(newLeadBatch, async (batch, context) => {
      const results = await batches.create(batch, context.principal, context.write);
      const leads = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const lead = recordOf(leads, result);
          return {
            ...{ ...toProtoResult(result, context.items), warnings: warningsOf(batch.items[position], result) },
            ...(lead ? { lead: toProtoLead(lead) } : {}),
          };
        }),
      };
    }),

    batchGetLeads: rpc(askedIds, async ({ companyId, ids }, context) => {
      const { found, missingIds, leftIds } = await read(companyId, ids, context);
      return { leads: found.map(toProtoLead), notFoundIds: [...missingIds], remainingIds: [...leftIds] };
    }),
  };
}

function warningsOf(item: BatchItem<LeadItem> | undefined, result: BatchResult): string[] {
  return !item || isRefused(item) || isRefused(result) ? [] : phoneWarnings(item.value.lead);
}
