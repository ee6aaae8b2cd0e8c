import { toProtoOutcome, toProtoResult } from "../../api/batch-fields.js";
import { recordOf, returnedRecords } from "../../api/batch-items.js";
import { findFitting } from "../../api/fitting-rows.js";
import { warnOfPhones } from "../../api/phone-fields.js";
import { type Context, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { isRefused } from "../../core/batch.js";
import { requireFound } from "../../core/company-resource.js";
import { type KeyUseLog, readOfPage } from "../../core/key-use.js";
import type { LeadUpsertService } from "../../gen/proto/moego/admin/v1/lead_upsert_service_pb.js";
import { toProtoLead } from "./lead.output.js";
import type { LeadBatches } from "./lead-batch.service.js";
import { singleUpsert, upsertBatch } from "./lead-upsert.input.js";
import type { LeadUpsertRules } from "./lead-upsert.service.js";
import { phoneWarnings, vetNumbersOf } from "./lead-warnings.output.js";

interface UpsertHandlerDependencies {
  readonly upserts: LeadUpsertRules;
  readonly batches: LeadBatches;
  readonly keyUse: KeyUseLog;
}

/** Handlers of `moego.admin.v1.LeadUpsertService`. */
export function createLeadUpsertHandlers({
  upserts,
  batches,
  keyUse,
}: UpsertHandlerDependencies): ServiceHandlers<typeof LeadUpsertService> {
  async function read(companyId: string, ids: readonly string[], { principal, write, signal }: Context) {
    const fitting = await findFitting(ids, (some) => batches.find({ companyId, ids: some }, principal, signal));
    keyUse.record(write, readOfPage(companyId, "lead", fitting.found));
    return fitting;
  }

  return {
    upsertLead: rpc(singleUpsert, async (upsert, context) => {
      const { companyId, items } = upsert;
      const [item] = items;
      if (item && !isRefused(item)) {
        const { phones, pets } = item.value.item.lead;
        warnOfPhones(context, phones, vetNumbersOf(pets));
      }
      const [result] = await upserts.store(upsert, context.principal, context.write);
      if (!result) throw new Error("an upsert has a result");
      if (isRefused(result)) throw result.refusal;
      const {
        found: [lead],
      } = await read(companyId, [result.id], context);
      return { outcome: toProtoOutcome(result.outcome), lead: toProtoLead(requireFound(lead, "Lead", result.id)) };
    }),

    batchUpsertLeads: rpc(upsertBatch, async (batch, context) => {
      const results = await upserts.store(batch, context.principal, context.write);
      const leads = await returnedRecords(batch, results, (ids) => read(batch.companyId, ids, context));
      return {
        results: results.map((result, position) => {
          const item = batch.items[position];
          const warnings = item && !isRefused(item) && !isRefused(result) ? phoneWarnings(item.value.item.lead) : [];
          const lead = recordOf(leads, result);
          return { ...toProtoResult(result, context.items), warnings, ...(lead ? { lead: toProtoLead(lead) } : {}) };
        }),
      };
    }),
  };
}
