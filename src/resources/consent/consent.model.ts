import type { AccessFilter } from "../../core/access.js";
import type { Channel, Consent } from "../../core/consent.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { Page } from "../../core/page.js";

export const consentPurposes = enumeration("SERVICE_RELATED", "MARKETING");

export type ConsentPurpose = WordOf<typeof consentPurposes>;

/** The customer or lead whose consent is meant. */
export interface ConsentSubject {
  readonly companyId: string;
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** A change in the consent ledger. */
export interface ConsentEntry {
  /** Increases in the order in which entries are written. */
  readonly id: string;
  readonly occurredTime: Date;
  readonly rpc: string;
  readonly keyId: string;
  /** Empty if the API key acted for no staff member. */
  readonly staffId: string;
  readonly ip: string;
  readonly requestId: string;
  /** Absent in the first entry of a customer or lead. */
  readonly before?: Consent;
  readonly after: Consent;
}

export interface ConsentQuestion {
  readonly subject: ConsentSubject;
  readonly channel: Channel;
  readonly purpose: ConsentPurpose;
  /** Absent means now. */
  readonly at?: Date | undefined;
}

export interface ConsentAnswer {
  readonly allowed: boolean;
  /** The entry that the response is based on. Absent before the first entry. */
  readonly entry?: ConsentEntry;
}

export interface ConsentRepository {
  /**
   * The customer or lead if the principal can access it, including archived and promoted ones. Access to a promoted
   * lead is decided by its customer.
   */
  find(
    subject: ConsentSubject,
    accessFilter: AccessFilter,
    signal: AbortSignal,
  ): Promise<{ readonly promotedCustomerId?: string } | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(subject: ConsentSubject, page: Page, signal: AbortSignal): Promise<readonly ConsentEntry[]>;
  /** The time of the database and the last entry. With `at`, the last entry that is not later than `at`. */
  lastAt(
    subject: ConsentSubject,
    at: Date | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly now: Date; readonly entry?: ConsentEntry }>;
}

/** Marketing requires consent to the policy in addition to the channel. */
export function permits(consent: Consent, { channel, purpose }: Pick<ConsentQuestion, "channel" | "purpose">): boolean {
  switch (purpose) {
    case "SERVICE_RELATED":
      return consent.serviceRelatedChannels.includes(channel);
    case "MARKETING":
      return consent.marketingCampaignsChannels.includes(channel) && consent.isAgreedMarketingPolicy;
    default:
      return purpose satisfies never;
  }
}
