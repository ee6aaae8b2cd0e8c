import { companyAccessFilter, mayCreateTags, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, openItems } from "../../core/batch-items.js";
import { duplicateView } from "../../core/possible-duplicate.js";
import type { Principal } from "../../core/principal.js";
import type { OnMatch } from "../../core/upsert.js";
import { earlyUpsertRefusals, requireLookupScope } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { withLocation } from "./lead.service.js";
import type { LeadItem } from "./lead-batch.model.js";
import type { LeadUpsertItem, LeadUpsertRepository } from "./lead-upsert.model.js";
import { decideUpserts } from "./lead-upsert-decision.service.js";

export type LeadUpsertRules = ReturnType<typeof createLeadUpserts>;

/** The rules of upserts. A created lead follows those of CreateLead, one that is found those of UpdateLead. */
export function createLeadUpserts(leads: LeadUpsertRepository) {
  return {
    /**
     * Stores leads, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async store(
      batch: Batch<LeadUpsertItem> & { readonly onMatch: OnMatch },
      principal: Principal,
      write: WriteContext,
    ): Promise<readonly BatchResult[]> {
      const { companyId, mode, onMatch, items } = batch;
      const access = requireCompanyAccess(principal, companyId);
      requireLookupScope(items, principal, { scope: "lead:read", nouns: "leads" });
      const early = earlyUpsertRefusals(items, {
        noun: "lead",
        externalIdsOf: ({ item }) => item.lead.externalIds,
        check: ({ item }) => void withLocation(item.lead, access),
      });
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = openItems(items, early).map(({ position, item: upsert }) => ({
        ...{ position, upsert },
        item: { ...upsert.item, lead: withLocation(upsert.item.lead, access) },
      }));
      const viewOf = (item: LeadItem) => duplicateView(principal, access, item);
      const refuses = ({ item }: { readonly item: LeadItem }) => {
        const view = viewOf(item);
        return view.refuses && (view.customers || view.leads);
      };
      return leads.store(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: items.length, claims: claimsOf(items) },
          ...{ keepsIds: asked.some(({ item }) => item.id !== undefined), refusesDuplicates: asked.some(refuses) },
          ...(access.businessIds ? { businessIds: access.businessIds } : {}),
        },
        write,
        (unit) =>
          decideUpserts(unit, asked, {
            ...{ principal, access, early, mode, onMatch, write, viewOf },
            mayCreateTags: mayCreateTags(principal, access),
            mayKeepIds: principal.scopes.has("record:import"),
          }),
      );
    },
  };
}
