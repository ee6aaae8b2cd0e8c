import { requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { type Batch, type BatchResult, throwIfAnyRefused } from "../../core/batch.js";
import { claimsOf, earlyRefusalsOf, openItems } from "../../core/batch-items.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { PackageDetail } from "./package.model.js";
import type { PackageBatchRepository, SaleBatchUnit, SaleItem } from "./package-batch.model.js";
import { decideSales } from "./package-batch-decision.service.js";
import type { RequestedSale } from "./package-sale.model.js";

export type PackageBatches = ReturnType<typeof createPackageBatches>;

/** The rules of batches of packages. Those of each sale are the ones of SellPackage. */
export function createPackageBatches(packages: PackageBatchRepository) {
  return {
    /**
     * Stores packages, and returns a result for each item in their order.
     *
     * @throws the refusal of an item if the batch is stored as a whole or not at all
     */
    async sell(batch: Batch<SaleItem>, principal: Principal, write: WriteContext): Promise<readonly BatchResult[]> {
      const { sales, decide } = prepared(batch, principal);
      return packages.sell(sales, write, decide);
    },

    /** Why `sell` would refuse items, by position. Stores nothing. */
    async judge(batch: Batch<SaleItem>, principal: Principal, write: WriteContext) {
      const { sales, decide } = prepared(batch, principal);
      return packages.judge(sales, write, decide);
    },

    /** The packages with these ids that the principal can access, in any order. */
    async find(
      { companyId, ids }: { readonly companyId: string; readonly ids: readonly string[] },
      principal: Principal,
      signal: AbortSignal,
    ): Promise<readonly PackageDetail[]> {
      return packages.find({ ...reachOf(requireCompanyAccess(principal, companyId)), ids }, signal);
    },
  };
}

function prepared(batch: Batch<SaleItem>, principal: Principal) {
  const { companyId, mode, items, imported } = batch;
  const access = requireCompanyAccess(principal, companyId);
  const early = earlyRefusalsOf(items, {
    fieldsOf: ({ sale }) => [["sale.id", sale.id === undefined ? [] : [sale.id]], lineIdsOf(sale)],
    check: ({ sale }) => requireBusinessAccess(access, [sale.businessId]),
  });
  if (mode === "ALL_OR_NOTHING") throwIfAnyRefused(early);
  const asked = openItems(items, early);
  return {
    sales: { ...reachOf(access), size: items.length, claims: claimsOf(items), imported },
    decide: (unit: SaleBatchUnit) => decideSales(unit, asked, { mode, early }),
  };
}

/** The ids that a sale states for its items, which no other sale may state. */
export function lineIdsOf({ lines = [] }: RequestedSale): readonly [field: string, values: readonly string[]] {
  return ["sale.package_services.id", lines.flatMap(({ id }) => id ?? [])];
}

function reachOf({ companyId, businessIds }: CompanyAccess) {
  return { companyId, ...(businessIds ? { businessIds } : {}) };
}
