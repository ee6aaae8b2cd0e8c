import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomerPair, DuplicateFilter, DuplicatePage, DuplicateRepository } from "./duplicate.model.js";

export type Duplicates = ReturnType<typeof createDuplicates>;

/** Customers that may be the same person. */
export function createDuplicates(duplicates: DuplicateRepository) {
  return {
    async list(
      filter: Omit<DuplicateFilter, "businessIds">,
      page: Page,
      principal: Principal,
      signal: AbortSignal,
    ): Promise<DuplicatePage> {
      const { businessIds } = requireCompanyAccess(principal, filter.companyId);
      return duplicates.list({ ...filter, ...(businessIds ? { businessIds } : {}) }, page, signal);
    },

    async setDismissed(pair: CustomerPair, dismissed: boolean, principal: Principal, write: WriteContext) {
      const access = companyAccessFilter(requireCompanyAccess(principal, pair.companyId));
      await duplicates.setDismissed(pair, dismissed, access, write);
    },
  };
}
