import type { AccessFilter } from "../../core/access.js";
import type { Channel } from "../../core/consent.js";
import type { ConsentSource } from "../../core/consent-provenance.js";
import type { ContactLine } from "../../core/contact-line.js";
import type { Contact, ContactFacts } from "../../core/contact-rule.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";

/** An opt-out or opt-in of a number or email address in a company. */
export interface OptOutRequest {
  readonly companyId: string;
  readonly line: ContactLine;
  /** Channels that reach the line. */
  readonly channels: readonly Channel[];
  readonly source: ConsentSource;
}

/** A stored entry. It names neither the number nor anybody who has it. */
export interface OptOut {
  readonly id: string;
  readonly kind: ContactLine["kind"];
  /** Keyed hash, the same for all entries of a number or address. */
  readonly contact: string;
  readonly channels: readonly Channel[];
  readonly optedOut: boolean;
  readonly source?: ConsentSource;
  readonly occurredTime: Date;
  readonly rpc: string;
  readonly keyId: string;
  readonly staffId: string;
  readonly requestId: string;
}

/** Whether everybody who has a number or address allows a contact. */
export interface LineQuestion extends Contact {
  readonly companyId: string;
  readonly line: ContactLine;
  /** Absent means now. */
  readonly at?: Date | undefined;
}

/** What is known of a line at one moment. */
export interface LineFacts {
  readonly now: Date;
  readonly optedOut: readonly Channel[];
  /** Of all customers and leads of the company that have the line. Those with the same facts are one. */
  readonly holders: readonly ContactFacts[];
  /** Whether the API key has access to one of them. */
  readonly isVisible: boolean;
}

export interface OptOutRepository {
  /** Stores the entry, and withdraws or gives back the channels of everybody who has the number or address. */
  record(request: OptOutRequest, optedOut: boolean, write: WriteContext): Promise<OptOut>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(companyId: string, page: Page, signal: AbortSignal): Promise<readonly OptOut[]>;
  factsOf(question: LineQuestion, accessFilter: AccessFilter, signal: AbortSignal): Promise<LineFacts>;
}
