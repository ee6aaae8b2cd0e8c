import {
  type CompanyAccess,
  type Principal,
  type PrincipalStaff,
  privilegedScopes,
  type Scope,
  scopes,
} from "./principal.js";

/** The access that a valid API key secret grants now. */
export interface KeyGrant {
  readonly principal: Principal;
  /** Addresses or CIDR ranges the API key can be used from. Empty means any. */
  readonly allowedAddresses: readonly string[];
}

/** Looks up an API key secret. Throws DomainError KEY_UNKNOWN, KEY_EXPIRED or KEY_REVOKED. */
export interface KeyChecker {
  /**
   * @param secrets the possible readings of the credential, most likely first (`Basic` has three); the first known one
   * is used
   * @param address client address, or the network that counts as one client; limits attempts with unknown secrets
   */
  check(secrets: readonly string[], address: string): Promise<KeyGrant>;
}

/** Attempts with unknown secrets, by address. */
export interface AttemptBudget {
  /** Takes one attempt. Returns when to retry if there is none left. */
  take(address: string): { readonly retryDelayMs: number } | undefined;
  /** Returns an attempt: its secret was valid. */
  giveBack(address: string): void;
}

/** A stored API key, found by one of its secrets. */
export interface KeyRecord {
  readonly keyId: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  readonly staff?: PrincipalStaff;
  /** As stored. Empty means every scope except the privileged ones. */
  readonly scopes: readonly string[];
  readonly allowedAddresses: readonly string[];
  /**
   * Milliseconds until the API key or this secret expires, whichever is first, by the clock of the database, which wrote
   * the times of rotations. The clock of the server may differ.
   */
  readonly expiresInMs?: number;
  /** When the API key expires. */
  readonly keyExpiredTime?: Date;
  readonly revokedTime?: Date;
  /** The organizations of the API key, each as one string. */
  readonly organizations: readonly string[];
  /** The enterprises among the organizations. */
  readonly enterpriseIds?: readonly string[];
  /** The organizations, resolved to companies. */
  readonly companies: readonly CompanyAccess[];
}

/** The grant of a stored API key that is neither expired nor revoked. */
export function toGrant(record: KeyRecord): KeyGrant {
  const principal: Principal = {
    keyId: record.keyId,
    ...(record.staff ? { staff: record.staff } : {}),
    ...(record.keyExpiredTime ? { expiredTime: record.keyExpiredTime } : {}),
    scopes: effectiveScopes(record.scopes),
    organizations: record.organizations,
    enterpriseIds: record.enterpriseIds ?? [],
    ...(record.allowedAddresses.length === 0 ? {} : { allowedAddresses: record.allowedAddresses }),
    companies: new Map(record.companies.map((access) => [access.companyId, access])),
  };
  return { principal, allowedAddresses: record.allowedAddresses };
}

/**
 * A stored scope that this version does not know grants nothing, and never makes the list empty, which would grant
 * every scope.
 */
export function effectiveScopes(stored: readonly string[]): ReadonlySet<Scope> {
  const chosen =
    stored.length === 0
      ? scopes.filter((scope) => !privilegedScopes.includes(scope))
      : scopes.filter((scope) => stored.includes(scope));
  return new Set(chosen);
}

export interface KeyCheckRepository {
  /** @param hash SHA-256 of the secret */
  findByHash(hash: Uint8Array): Promise<KeyRecord | undefined>;
  /** SHA-256 of the secrets of all API keys in base64; of very many, those of the newest. */
  issuedHashes(): Promise<readonly string[]>;
  /** Records the time of use, at most once a minute. */
  touch(keyId: string): Promise<void>;
}
