import { enumeration, type WordOf } from "./enumeration.js";
import type { CompanyAccess, Principal } from "./principal.js";

export const duplicateKinds = enumeration("CUSTOMER", "LEAD");

export const duplicateMatches = enumeration("PHONE", "EMAIL");

/** A customer or lead that has a phone number or the email address of a new record. */
export interface PossibleDuplicate {
  readonly kind: WordOf<typeof duplicateKinds>;
  readonly id: string;
  readonly matches: readonly WordOf<typeof duplicateMatches>[];
  readonly archived: boolean;
}

export interface PossibleDuplicates {
  readonly records: readonly PossibleDuplicate[];
  readonly hasMore: boolean;
}

export const noDuplicates: PossibleDuplicates = { records: [], hasMore: false };

/** Maximum number of possible duplicates in a response. */
export const maxDuplicates = 10;

/**
 * The records that may be named as duplicates. A key that only creates must not be able to ask who is a customer by
 * trying numbers.
 */
export interface DuplicateView {
  readonly customers: boolean;
  readonly leads: boolean;
  /** Absent means the whole company. */
  readonly businessIds?: readonly string[];
}

export function duplicateView({ scopes }: Principal, { businessIds }: CompanyAccess): DuplicateView {
  return {
    customers: scopes.has("customer:read"),
    leads: scopes.has("lead:read"),
    ...(businessIds ? { businessIds } : {}),
  };
}
