import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, isRefused, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, openItems } from "../../core/batch-items.js";
import type { Principal } from "../../core/principal.js";
import type { OnMatch } from "../../core/upsert.js";
import { earlyUpsertRefusals } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { requireLeadScope } from "./pet-import.service.js";
import type { PetUpsertItem, PetUpsertRepository } from "./pet-upsert.model.js";
import { decideUpserts } from "./pet-upsert-decision.service.js";

export type PetUpsertRules = ReturnType<typeof createPetUpserts>;

/** The rules of upserts. A created pet follows those of CreatePet, one that is found those of UpdatePet. */
export function createPetUpserts(pets: PetUpsertRepository) {
  return {
    /**
     * Stores pets, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async store(
      batch: Batch<PetUpsertItem> & { readonly onMatch: OnMatch },
      principal: Principal,
      write: WriteContext,
    ): Promise<readonly BatchResult[]> {
      const { companyId, mode, onMatch, items } = batch;
      const access = requireCompanyAccess(principal, companyId);
      for (const item of items) if (!isRefused(item)) requireLeadScope(item.value.item.owner, principal);
      const early = earlyUpsertRefusals(items, { noun: "pet", externalIdsOf: ({ item }) => item.pet.externalIds });
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = openItems(items, early).map(({ position, item: upsert }) => ({
        ...{ position, upsert, item: upsert.item },
      }));
      return pets.store(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: items.length, claims: claimsOf(items) },
          keepsIds: asked.some(({ item }) => item.id !== undefined),
        },
        write,
        (unit) =>
          decideUpserts(unit, asked, {
            ...{ access, early, mode, onMatch, write },
            mayKeepIds: principal.scopes.has("record:import"),
            mayChangeLeads: principal.scopes.has("lead:write"),
          }),
      );
    },
  };
}
