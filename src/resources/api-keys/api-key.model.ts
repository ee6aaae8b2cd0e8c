import { enumeration } from "../../core/enumeration.js";
import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";

/** The kinds of organizations. */
export const organizationTypes = enumeration("BUSINESS", "COMPANY", "ENTERPRISE");

/** An organization that an API key has access to. An enterprise includes companies that join it later. */
export type Organization =
  | { readonly type: "BUSINESS"; readonly companyId: string; readonly id: string }
  | { readonly type: "COMPANY"; readonly id: string }
  | { readonly type: "ENTERPRISE"; readonly id: string };

/** An API key as administration shows it. Its secrets cannot be read. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Empty means every scope except the privileged ones. */
  readonly scopes: readonly string[];
  /** Single addresses or CIDR ranges. Empty means any. */
  readonly allowedAddresses: readonly string[];
  readonly organizations: readonly Organization[];
  readonly staffId?: string;
  /** First characters of each secret, newest last. */
  readonly hints: readonly string[];
  readonly createdTime: Date;
  readonly updatedTime: Date;
  readonly expiredTime?: Date;
  readonly revokedTime?: Date;
  /** Accurate to the minute. */
  readonly lastUsedTime?: Date;
}

export interface ApiKeyInput {
  readonly name: string;
  readonly organizations: readonly Organization[];
  readonly scopes: readonly string[];
  readonly allowedAddresses: readonly string[];
  readonly staffId?: string;
  readonly expiredTime?: Date;
}

/** A secret to store. */
export interface NewSecret {
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  readonly hint: string;
}

export interface NewApiKey extends ApiKeyInput, NewSecret {
  readonly id: string;
}

export interface ApiKeyQuery {
  readonly accessFilter: KeyAccessFilter;
  /** Whether to include revoked and expired keys. */
  readonly showRevoked: boolean;
  readonly page: Page;
}

/** The change of a locked key. The overlap is measured by the clock of the database. */
export type KeyEdit =
  | { readonly kind: "rotate"; readonly secret: NewSecret; readonly overlapMs: number }
  | { readonly kind: "revoke" };

export interface ApiKeyRepository {
  /**
   * Stores the key with its first secret. For a replay, returns the key that the first request created.
   *
   * @returns undefined if `admit` is false and this is not a replay
   */
  insert(key: NewApiKey, admission: { readonly admit: boolean }, write: WriteContext): Promise<ApiKey | undefined>;
  get(id: string, signal: AbortSignal): Promise<ApiKey | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: ApiKeyQuery, signal: AbortSignal): Promise<readonly ApiKey[]>;
  /**
   * Changes a locked key. `admit` throws if the key is inaccessible, also for a replay. `decide` returns the change, or
   * undefined for none. Throws RESOURCE_NOT_FOUND.
   */
  change(id: string, rules: KeyRules, write: WriteContext): Promise<ApiKey>;
  /** Whether each of the organizations exists, by position. */
  existing(organizations: readonly Organization[], signal: AbortSignal): Promise<readonly boolean[]>;
  /** Whether one of the companies of the organizations has this staff member. */
  hasStaff(staffId: string, organizations: readonly Organization[], signal: AbortSignal): Promise<boolean>;
}

export interface KeyRules {
  admit(key: ApiKey): void;
  /** @param now by the clock of the database */
  decide(key: ApiKey, now: Date): KeyEdit | undefined;
}

/** The keys that an administrator can access. */
export type KeyAccessFilter =
  | "all"
  | {
      /** `company` for a whole company, `company/business` for one of its locations. */
      readonly grants: readonly string[];
      readonly enterpriseIds: readonly string[];
    };
