import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import { requireFound } from "../../core/company-resource.js";
import { refusalsOf } from "../../core/contact-rule.js";
import { invalidRequest, violation } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { Principal } from "../../core/principal.js";
import type { ConsentAnswer, ConsentQuestion, ConsentRepository, ConsentSubject } from "./consent.model.js";

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
      const { preference: present } = await findVisible(subject, principal, signal);
      const preference = at ? entry?.preferenceAfter : present;
      const because = refusalsOf({ consent: entry?.after, preference }, contact);
      return { because, ...(entry ? { entry } : {}) };
    },
  };
}

interface SubjectPage {
  readonly subject: ConsentSubject;
  readonly page: Page;
}
