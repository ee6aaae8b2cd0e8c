import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { LeadHistoryRepository, LeadHistorySubject } from "./lead-history.model.js";

export type LeadHistory = ReturnType<typeof createLeadHistory>;

/** The stages and action statuses of leads over time. */
export function createLeadHistory(history: LeadHistoryRepository) {
  return {
    /** Returns one row more than the page size if there is a next page. */
    async list(subject: LeadHistorySubject, page: Page, principal: Principal, signal: AbortSignal) {
      const { companyId, kind, id } = subject;
      const accessFilter = companyAccessFilter(requireCompanyAccess(principal, companyId));
      const found = await history.findLead(subject, accessFilter, signal);
      if (found === null) return [];
      const leadId = requireFound(found, kind === "customer" ? "Customer" : "Lead", id);
      return history.list({ companyId, id: leadId }, page, signal);
    },
  };
}
