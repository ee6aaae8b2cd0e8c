import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { invalidRequest, violation } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import { leadPromoted } from "../leads/lead.model.js";
import {
  type ConsentAnswer,
  type ConsentQuestion,
  type ConsentRepository,
  type ConsentSubject,
  permits,
} from "./consent.model.js";

export type ConsentHistory = ReturnType<typeof createConsentHistory>;

/** Whether a customer or lead may be contacted, according to the consent ledger. */
export function createConsentHistory(consents: ConsentRepository) {
  async function findVisible(subject: ConsentSubject, principal: Principal, signal: AbortSignal) {
    const accessFilter = companyAccessFilter(requireCompanyAccess(principal, subject.companyId));
    const found = await consents.find(subject, accessFilter, signal);
    return requireFound(found, subject.kind === "customer" ? "Customer" : "Lead", subject.id);
  }

  return {
    async list({ subject, page }: SubjectPage, principal: Principal, signal: AbortSignal) {
      await findVisible(subject, principal, signal);
      return consents.list(subject, page, signal);
    },

    async check(
      { subject, at, ...contact }: ConsentQuestion,
      principal: Principal,
      signal: AbortSignal,
    ): Promise<ConsentAnswer> {
      const { now, entry } = await consents.lastAt(subject, at, signal);
      if (at && at > now) {
        throw invalidRequest([violation("at", "OUT_OF_RANGE", "Must not be in the future.")]);
      }
      const { promotedCustomerId } = await findVisible(subject, principal, signal);
      // The consent of a promoted lead no longer applies: its customer may have changed it since.
      if (promotedCustomerId !== undefined) throw leadPromoted(subject.id, promotedCustomerId);
      return entry ? { allowed: permits(entry.after, contact), entry } : { allowed: false };
    },
  };
}

interface SubjectPage {
  readonly subject: ConsentSubject;
  readonly page: Page;
}
