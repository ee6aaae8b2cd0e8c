import type { Consent } from "../../core/consent.js";
import { invalidRequest, notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { companyAccessFilter, type Principal, requireCompanyAccess } from "../../core/principal.js";
import { leadPromoted } from "../leads/lead.model.js";
import type {
  ConsentAnswer,
  ConsentEntry,
  ConsentQuestion,
  ConsentRepository,
  ConsentSubject,
} from "./consent.model.js";

export interface ConsentHistory {
  list(
    query: { readonly subject: ConsentSubject; readonly page: Page },
    principal: Principal,
    signal: AbortSignal,
  ): Promise<readonly ConsentEntry[]>;
  check(question: ConsentQuestion, principal: Principal, signal: AbortSignal): Promise<ConsentAnswer>;
}

/** Whether a customer or lead may be contacted, according to the consent ledger. */
export function createConsentHistory(consents: ConsentRepository): ConsentHistory {
  async function findVisible(subject: ConsentSubject, principal: Principal, signal: AbortSignal) {
    const found = await consents.find(
      subject,
      companyAccessFilter(requireCompanyAccess(principal, subject.companyId)),
      signal,
    );
    if (!found) throw notFoundError(subject.kind === "customer" ? "Customer" : "Lead", subject.id);
    return found;
  }

  return {
    async list({ subject, page }, principal, signal) {
      await findVisible(subject, principal, signal);
      return consents.list(subject, page, signal);
    },

    async check({ subject, at, ...contact }, principal, signal) {
      const { now, entry } = await consents.lastAt(subject, at, signal);
      if (at && at > now) {
        throw invalidRequest([{ field: "at", reason: "OUT_OF_RANGE", description: "Must not be in the future." }]);
      }
      const { promotedCustomerId } = await findVisible(subject, principal, signal);
      // The consent of a promoted lead no longer applies: its customer may have changed it since.
      if (promotedCustomerId !== undefined) throw leadPromoted(subject.id, promotedCustomerId);
      return entry ? { allowed: permits(entry.after, contact), entry } : { allowed: false };
    },
  };
}

/** Marketing requires consent to the policy in addition to the channel. */
function permits(consent: Consent, { channel, purpose }: Pick<ConsentQuestion, "channel" | "purpose">): boolean {
  switch (purpose) {
    case "SERVICE_RELATED":
      return consent.serviceRelatedChannels.includes(channel);
    case "MARKETING":
      return consent.marketingCampaignsChannels.includes(channel) && consent.isAgreedMarketingPolicy;
    default:
      return purpose satisfies never;
  }
}
