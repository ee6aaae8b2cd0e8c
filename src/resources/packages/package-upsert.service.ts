import { requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, openItems } from "../../core/batch-items.js";
import type { Principal } from "../../core/principal.js";
import type { OnMatch } from "../../core/upsert.js";
import { earlyUpsertRefusals } from "../../core/upsert-items.js";
import type { WriteContext } from "../../core/write.js";
import { lineIdsOf } from "./package-batch.service.js";
import type { PackageUpsertItem, PackageUpsertRepository } from "./package-upsert.model.js";
import { decideUpserts } from "./package-upsert-decision.service.js";

export type PackageUpsertRules = ReturnType<typeof createPackageUpserts>;

/** The rules of upserts. A package that is sold follows those of SellPackage, one that is found stays as it was sold. */
export function createPackageUpserts(packages: PackageUpsertRepository) {
  return {
    /**
     * Stores packages, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async store(
      batch: Batch<PackageUpsertItem> & { readonly onMatch: OnMatch },
      principal: Principal,
      write: WriteContext,
    ): Promise<readonly BatchResult[]> {
      const { mode, onMatch, items } = batch;
      const access = requireCompanyAccess(principal, batch.companyId);
      const { companyId, businessIds } = access;
      const early = earlyUpsertRefusals(items, {
        noun: "sale",
        externalIdsOf: ({ sale }) => sale.externalIds,
        fieldsOf: ({ sale }) => [lineIdsOf(sale)],
        check: ({ sale }) => requireBusinessAccess(access, [sale.businessId]),
      });
      if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
      const asked = openItems(items, early).map((open) => ({ ...open, upsert: open.item }));
      return packages.store(
        { companyId, ...(businessIds ? { businessIds } : {}), size: items.length, claims: claimsOf(items) },
        write,
        (unit) => decideUpserts(unit, asked, { mode, onMatch, early }),
      );
    },
  };
}
