import { requireCompanyAccess } from "../../core/access.js";
import type { Page } from "../../core/page.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import type { ChangeFilter, ChangeRepository, RecordedChange } from "./change.model.js";

export type ChangeLog = ReturnType<typeof createChangeLog>;

/** The committed changes of a company. */
export function createChangeLog(changes: ChangeRepository) {
  return {
    async list({ filter, page }: FilteredPage, principal: Principal, signal: AbortSignal) {
      const access = requireCompanyAccess(principal, filter.companyId);
      const { businessIds } = access;
      const found = await changes.list({ filter, page, ...(businessIds ? { businessIds } : {}) }, signal);
      return found.map((change) => withoutOtherLocations(change, access));
    },
  };
}

interface FilteredPage {
  readonly filter: ChangeFilter;
  readonly page: Page;
}

/** A key that is limited to locations does not learn where a record came from or went to. */
function withoutOtherLocations(change: RecordedChange, { businessIds }: CompanyAccess): RecordedChange {
  if (businessIds === undefined) return change;
  const { beforeBusinessId, afterBusinessId, ...same } = change;
  const isOwn = (id: string | undefined) => id !== undefined && businessIds.includes(id);
  return {
    ...same,
    ...(isOwn(beforeBusinessId) ? { beforeBusinessId } : {}),
    ...(isOwn(afterBusinessId) ? { afterBusinessId } : {}),
  };
}
