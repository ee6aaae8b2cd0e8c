import type { AccessFilter } from "../../core/access.js";
import type { Channel, Consent } from "../../core/consent.js";
import type { ConsentEvidence, ConsentSource } from "../../core/consent-provenance.js";
import type { ConsentRefusal, Contact } from "../../core/contact-rule.js";
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
  /** Absent for leads, and in entries that were recorded before the ledger contained preferences. */
  readonly preferenceBefore?: Preference;
  readonly preferenceAfter?: Preference;
  /** Earlier than `occurredTime` only in imports. */
  readonly givenTime: Date;
  readonly source?: ConsentSource;
  readonly evidence?: ConsentEvidence;
  /** Staff id. Empty if unknown. */
  readonly recordedBy: string;
  /** Channels that an opt-out withdrew, or kept the change from permitting. */
  readonly withheldChannels: readonly Channel[];
}

export interface ConsentQuestion extends Contact {
  readonly subject: ConsentSubject;
  /** Absent means now. */
  readonly at?: Date | undefined;
}

export interface ConsentAnswer {
  /** Everything that refuses the contact. Nothing if it is allowed. */
  readonly because: readonly ConsentRefusal[];
  /** The entry that the response is based on. Absent before the first entry. */
  readonly entry?: ConsentEntry;
}

export interface ConsentRepository {
  /**
   * The present preference of the customer or lead, if the principal can access it, including archived and promoted
   * ones. A promoted lead has the access and the preference of its customer.
   */
  find(
    subject: ConsentSubject,
    accessFilter: AccessFilter,
    signal: AbortSignal,
  ): Promise<{ readonly preference?: Preference } | undefined>;
  /** Entries of the lead and of the customer that it was promoted to, newest first. Returns one row more than the page size if there is a next page. */
  list(subject: ConsentSubject, page: Page, signal: AbortSignal): Promise<readonly ConsentEntry[]>;
  /** The time of the database and the last entry. With `at`, the last entry given not later than `at`. */
  lastAt(
    subject: ConsentSubject,
    at: Date | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly now: Date; readonly entry?: ConsentEntry }>;
}
