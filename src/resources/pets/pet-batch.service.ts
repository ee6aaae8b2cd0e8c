import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, isRefused, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, earlyRefusals, openItems, requireImportScope } from "../../core/batch-items.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { Pet } from "./pet.model.js";
import type { PetBatchRepository, PetItem } from "./pet-batch.model.js";
import { decidePets } from "./pet-batch-decision.service.js";
import { requireLeadScope } from "./pet-import.service.js";

export type PetBatches = ReturnType<typeof createPetBatches>;

/** The rules of batches of pets. Those of each pet are the ones of CreatePet and ImportPet. */
export function createPetBatches(pets: PetBatchRepository) {
  return {
    /**
     * Stores pets, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async create(batch: Batch<PetItem>, principal: Principal, write: WriteContext): Promise<readonly BatchResult[]> {
      const { companyId, mode, items } = batch;
      const access = requireCompanyAccess(principal, companyId);
      requireImportScope(items, principal);
      for (const item of items) if (!isRefused(item)) requireLeadScope(item.value.owner, principal);
      const early = earlyRefusals(items);
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = openItems(items, early);
      return pets.create(
        {
          ...{ companyId, accessFilter: companyAccessFilter(access), size: items.length, claims: claimsOf(items) },
          keepsIds: asked.some(({ item }) => item.id !== undefined),
          imported: batch.imported,
        },
        write,
        (unit) => decidePets(unit, asked, { access, mode, early, write }),
      );
    },

    /** The pets with these ids that the principal can access. */
    find: (named: PetsOfCompany, principal: Principal, signal: AbortSignal) =>
      find(named, { principal, withLeads: principal.scopes.has("lead:read") }, signal),

    /** The same for a response to a write, which returns pets of leads without the scope to read them. */
    findWritten: (named: PetsOfCompany, principal: Principal, signal: AbortSignal) =>
      find(named, { principal, withLeads: true }, signal),
  };

  async function find(
    { companyId, ids }: PetsOfCompany,
    { principal, withLeads }: { readonly principal: Principal; readonly withLeads: boolean },
    signal: AbortSignal,
  ): Promise<readonly Pet[]> {
    const accessFilter = companyAccessFilter(requireCompanyAccess(principal, companyId));
    return pets.find({ accessFilter, ids, withLeads }, signal);
  }
}

interface PetsOfCompany {
  readonly companyId: string;
  readonly ids: readonly string[];
}
