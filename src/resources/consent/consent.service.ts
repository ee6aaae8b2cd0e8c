import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import type { Channel, Consent } from "../../core/consent.js";
import { invalidRequest, notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { AccessFilter, Principal } from "../../core/principal.js";
import { leadPromoted } from "../leads/lead.model.js";

/** Whose consent it is. */
export interface ConsentSubject {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** One change in the ledger of consent. */
export interface ConsentEntry {
  /** Grows in the order in which entries are written. */
  readonly id: string;
  readonly occurredTime: Date;
  readonly rpc: string;
  readonly keyId: string;
  /** Empty when the key acted for nobody. */
  readonly staffId: string;
  readonly ip: string;
  readonly requestId: string;
  /** Absent in the first entry of a subject. */
  readonly before?: Consent;
  readonly after: Consent;
}

export interface ConsentQuestion {
  readonly subject: ConsentSubject;
  readonly channel: Channel;
  readonly purpose: "SERVICE_RELATED" | "MARKETING";
  /** Absent = now. */
  readonly at?: Date;
}

export interface ConsentAnswer {
  readonly allowed: boolean;
  /** What the answer rests on; absent before the first entry. */
  readonly entry?: ConsentEntry;
}

export interface ConsentRepository {
  /** The customer or lead as far as the caller sees it, archived and promoted ones included; a promoted one by its customer. */
  find(
    subject: ConsentSubject,
    accessFilter: AccessFilter,
    signal: AbortSignal,
  ): Promise<{ readonly promotedCustomerId?: string } | undefined>;
  /** Newest first. One row more than the page's size tells that there is a next page. */
  list(subject: ConsentSubject, page: Page, signal: AbortSignal): Promise<readonly ConsentEntry[]>;
  /** The time of the database, and the last entry; with `at`, the last that is not after that. */
  lastAt(
    subject: ConsentSubject,
    at: Date | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly now: Date; readonly entry?: ConsentEntry }>;
}

export interface ConsentHistory {
  list(
    query: { readonly subject: ConsentSubject; readonly page: Page },
    principal: Principal,
    signal: AbortSignal,
  ): Promise<readonly ConsentEntry[]>;
  check(question: ConsentQuestion, principal: Principal, signal: AbortSignal): Promise<ConsentAnswer>;
}

/** Who may be contacted how, by the ledger that every change of consent appends to. */
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
      // What a lead agreed to says nothing any more about what its customer has agreed to since.
      if (promotedCustomerId !== undefined) throw leadPromoted(subject.id, promotedCustomerId);
      return entry ? { allowed: permits(entry.after, contact), entry } : { allowed: false };
    },
  };
}

/** Marketing needs the agreement to the policy beside the channel. */
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
