import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { type ConsentRefusal, isAllowed } from "../../core/contact-rule.js";
import { invalidRequest, violation } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { LineQuestion, OptOut, OptOutRepository, OptOutRequest } from "./opt-out.model.js";

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

    /**
     * Why not everybody who has the number or address allows the contact; nothing if they do. A no of any record of the
     * company decides. A yes needs a record that the API key has access to, so that it says nothing about the others.
     */
    async check(question: LineQuestion, principal: Principal, signal: AbortSignal): Promise<readonly ConsentRefusal[]> {
      const accessFilter = companyAccessFilter(requireCompanyAccess(principal, question.companyId));
      const { now, optedOut, holders, isVisible } = await optOuts.factsOf(question, accessFilter, signal);
      if (question.at && question.at > now) {
        throw invalidRequest([violation("at", "OUT_OF_RANGE", "Must not be in the future.")]);
      }
      if (!isVisible) return ["NOT_FOUND"];
      return [
        ...(optedOut.includes(question.channel) ? ["OPTED_OUT" as const] : []),
        ...(holders.every((facts) => isAllowed(facts, question)) ? [] : ["HOLDER" as const]),
      ];
    },
  };
}
