import { enumeration, type WordOf } from "./enumeration.js";
import { DomainError } from "./errors.js";
import type { CompanyAccess, Principal } from "./principal.js";

/** What a company does about new records that may be stored already. */
export const duplicatePolicies = enumeration("ALLOW", "WARN", "REFUSE");

export type DuplicatePolicy = WordOf<typeof duplicatePolicies>;

export const defaultDuplicatePolicy: DuplicatePolicy = "WARN";

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
  /** Whether the new record is refused because of one of them. Archived customers do not count. */
  readonly refuses: boolean;
}

/** @param allowDuplicate whether the new record is stored whatever the policy of the company is */
export function duplicateView(
  { scopes }: Principal,
  { businessIds, duplicatePolicy }: CompanyAccess,
  { allowDuplicate }: { readonly allowDuplicate: boolean } = { allowDuplicate: true },
): DuplicateView {
  const looks = duplicatePolicy !== "ALLOW";
  return {
    customers: looks && scopes.has("customer:read"),
    leads: looks && scopes.has("lead:read"),
    ...(businessIds ? { businessIds } : {}),
    refuses: duplicatePolicy === "REFUSE" && !allowDuplicate,
  };
}

/** A record because of which a new one is refused. */
export type RefusingDuplicate = Omit<PossibleDuplicate, "archived">;

/** ALREADY_EXISTS for a new record with a phone or the email address of another one, which is named. */
export function duplicateRecord(companyId: string, [best, ...others]: readonly RefusingDuplicate[]): DomainError {
  if (!best) throw new Error("a create was refused without a duplicate");
  const { kind, id, matches } = best;
  const subject = `A ${kind.toLowerCase()} with this ${matches.includes("PHONE") ? "phone number" : "email address"}`;
  return new DomainError(
    "DUPLICATE_RECORD",
    `${subject} already exists. Use that ${kind.toLowerCase()}, or set allow_duplicate.`,
    { metadata: { companyId, kind, id, matches: matches.join(", "), count: String(others.length + 1) } },
  );
}
