import type { Caller } from "./caller.js";

/** What a presented secret is worth at this moment. */
export interface KeyGrant {
  readonly caller: Caller;
  /** Single addresses or CIDR ranges the key may call from; empty = anywhere. */
  readonly allowedAddresses: readonly string[];
}

/** Looks a secret up. Throws DomainError KEY_UNKNOWN, KEY_EXPIRED or KEY_REVOKED. */
export interface KeyChecker {
  /**
   * @param secrets the readings of the credential, in order of likelihood (`Basic` has three); the first known one counts
   */
  check(secrets: readonly string[]): Promise<KeyGrant>;
}
