import { enumeration, type WordOf } from "./enumeration.js";
import { DomainError } from "./errors.js";
import type { ExternalId } from "./external-id.js";

/** What an upsert does with a record that it finds. */
export const onMatchPolicies = enumeration("UPDATE", "FILL_EMPTY", "SKIP");

export type OnMatch = WordOf<typeof onMatchPolicies>;

/** The keys by which an upsert looks for a record, which matches if it has one of them. An id is the only key. */
export interface MatchKeys {
  readonly id?: string;
  readonly externalId?: ExternalId;
  /** E.164. */
  readonly phone?: string;
  readonly email?: string;
}

const maxNamedMatches = 10;

/** FAILED_PRECONDITION: several records match. The principal must be allowed to see all of them. */
export function ambiguousMatch(resource: string, ids: readonly string[]): DomainError {
  const metadata = { resource, ids: ids.slice(0, maxNamedMatches).join(", ") };
  const message = "Several records match. Use a key that only one of them has, or merge them.";
  return new DomainError("AMBIGUOUS_MATCH", message, { metadata });
}
