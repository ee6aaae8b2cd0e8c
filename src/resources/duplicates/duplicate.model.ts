import type { AccessFilter } from "../../core/access.js";
import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { Cursor, Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";

/** What two customers have in common. */
export const pairMatches = enumeration("PHONE", "EMAIL", "NAME", "PET");

export type PairMatch = WordOf<typeof pairMatches>;

export const confidences = enumeration("LOW", "MEDIUM", "HIGH");

export type Confidence = WordOf<typeof confidences>;

/** Maximum number of duplicates that are listed with a customer. */
export const maxListedDuplicates = 20;

/** A value that more customers have does not match by itself, and no more of them are compared. */
export const maxHolders = 20;

/** Maximum number of customers that a page reads. */
export const maxReadCustomers = 5_000;

export interface CustomerDuplicate {
  readonly customerId: string;
  readonly matches: readonly PairMatch[];
  readonly confidence: Confidence;
}

export interface CustomerDuplicates {
  readonly customerId: string;
  /** When the customer was created, or last changed in a list of changes. */
  readonly time: Date;
  readonly duplicates: readonly CustomerDuplicate[];
  readonly hasMore: boolean;
}

export interface DuplicateFilter {
  readonly companyId: string;
  readonly minConfidence: Confidence;
  /** Absent means any. */
  readonly matches?: readonly PairMatch[];
  /** Absent means all pairs, the newest customer first; otherwise the earliest change first. */
  readonly changedSince?: Date;
  /** The locations of both customers. Absent means the whole company. */
  readonly businessIds?: readonly string[];
}

export interface DuplicatePage {
  /** One row more than the page size if there is a next page. */
  readonly rows: readonly CustomerDuplicates[];
  /** Where the next page starts, if this one ends before it is full. */
  readonly resumeAt?: Cursor;
}

/** Two customers of a company. */
export interface CustomerPair {
  readonly companyId: string;
  readonly customerId: string;
  readonly otherCustomerId: string;
}

export interface DuplicateRepository {
  list(filter: DuplicateFilter, page: Page, signal: AbortSignal): Promise<DuplicatePage>;
  /** Throws RESOURCE_NOT_FOUND unless the access filter has both customers. */
  setDismissed(pair: CustomerPair, dismissed: boolean, access: AccessFilter, write: WriteContext): Promise<void>;
}
