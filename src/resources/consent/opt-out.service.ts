import { requireCompanyAccess } from "../../core/access.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { OptOut, OptOutRepository, OptOutRequest } from "./opt-out.model.js";

export type OptOuts = ReturnType<typeof createOptOuts>;

/** Opt-outs by number or email address. They hold for the whole company, whatever locations the API key is limited to. */
export function createOptOuts(optOuts: OptOutRepository) {
  return {
    async record(
      request: OptOutRequest,
      optedOut: boolean,
      principal: Principal,
      write: WriteContext,
    ): Promise<OptOut> {
      requireCompanyAccess(principal, request.companyId);
      return optOuts.record(request, optedOut, write);
    },

    /** Entries name nobody, so a key that is limited to locations lists them as well. */
    async list(companyId: string, page: Page, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, companyId);
      return optOuts.list(companyId, page, signal);
    },
  };
}
