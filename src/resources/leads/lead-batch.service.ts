import { companyAccessFilter, mayCreateTags, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, earlyRefusals, openItems, requireImportScope } from "../../core/batch-items.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { Lead } from "./lead.model.js";
import { withLocation } from "./lead.service.js";
import type { LeadBatchRepository, LeadItem } from "./lead-batch.model.js";
import { decideLeads } from "./lead-batch-decision.service.js";

export type LeadBatches = ReturnType<typeof createLeadBatches>;

/** The rules of batches of leads. Those of each lead are the ones of CreateLead and ImportLead. */
export function createLeadBatches(leads: LeadBatchRepository) {
  return {
    /**
     * Stores leads, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async create(batch: Batch<LeadItem>, principal: Principal, write: WriteContext): Promise<readonly BatchResult[]> {
      const { companyId, mode, items } = batch;
      const access = requireCompanyAccess(principal, companyId);
      requireImportScope(items, principal);
      const early = earlyRefusals(items, ({ lead }) => withLocation(lead, access));
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = openItems(items, early).map(({ position, item }) => ({
        ...{ position, item: { ...item, lead: withLocation(item.lead, access) } },
      }));
      const keepsIds = asked.some(({ item: { id, lead } }) => [id, ...lead.pets.map((pet) => pet.id)].some(Boolean));
      return leads.create(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: items.length },
          ...{ claims: claimsOf(items), keepsIds, imported: batch.imported },
        },
        write,
        (unit) =>
          decideLeads(unit, asked, {
            ...{ access, mode, early, write, mayCreateTags: mayCreateTags(principal, access) },
            viewOf: (item) => duplicateView(principal, access, item),
          }),
      );
    },

    /** The leads with these ids that the principal can access. */
    async find(
      { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
      principal: Principal,
      signal: AbortSignal,
    ): Promise<readonly Lead[]> {
      return leads.find(companyAccessFilter(requireCompanyAccess(principal, companyId)), ids, signal);
    },
  };
}
