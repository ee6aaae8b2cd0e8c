import type { Channel, Consent } from "../../core/consent.js";
import type { Page } from "../../core/page.js";
import type { AccessFilter } from "../../core/principal.js";

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
