import {
  type CompanyAccess,
  type Principal,
  type PrincipalStaff,
  privilegedScopes,
  type Scope,
  scopes,
} from "./principal.js";

/** What a presented secret is worth at this moment. */
export interface KeyGrant {
  readonly principal: Principal;
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

/** A stored key as one of its secrets finds it. */
export interface KeyRecord {
  readonly keyId: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  readonly staff?: PrincipalStaff;
  /** As stored; empty = every scope but the privileged. */
  readonly scopes: readonly string[];
  readonly allowedAddresses: readonly string[];
  /** When the key or this secret of it expires, whichever comes first. */
  readonly expiredTime?: Date;
  /** When the key expires. */
  readonly keyExpiredTime?: Date;
  readonly revokedTime?: Date;
  /** The key's organizations, each in a text of its own. */
  readonly organizations: readonly string[];
  /** The enterprises among them. */
  readonly enterpriseIds?: readonly string[];
  /** All of them, resolved to companies. */
  readonly companies: readonly CompanyAccess[];
}

/** What a stored key grants while it is neither expired nor revoked. */
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

/** A stored scope that this version does not know gives nothing; it never turns the list into an empty one. */
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
  /** Notes that the key was used now, at most once a minute. */
  touch(keyId: string): Promise<void>;
}
