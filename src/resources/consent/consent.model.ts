import type { AccessFilter } from "../../core/access.js";
import type { Consent } from "../../core/consent.js";
import type { Contact } from "../../core/contact-rule.js";
import type { Page } from "../../core/page.js";
import type { Preference } from "../../core/preference.js";

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

export interface ConsentQuestion extends Contact {
  readonly subject: ConsentSubject;
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
  ): Promise<{ readonly promotedCustomerId?: string; readonly preference?: Preference } | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(subject: ConsentSubject, page: Page, signal: AbortSignal): Promise<readonly ConsentEntry[]>;
  /** The time of the database and the last entry. With `at`, the last entry that is not later than `at`. */
  lastAt(
    subject: ConsentSubject,
    at: Date | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly now: Date; readonly entry?: ConsentEntry }>;
}
