import type { Page } from "../../core/page.js";
import type { WriteContext } from "../../core/write.js";

/** What a key may touch. An enterprise stands for all companies of it, also those that join later. */
export type Organization =
  | { readonly type: "BUSINESS"; readonly companyId: string; readonly id: string }
  | { readonly type: "COMPANY"; readonly id: string }
  | { readonly type: "ENTERPRISE"; readonly id: string };
/** A key as administration sees it; its secrets cannot be read again. */

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Empty = every scope but the privileged. */
  readonly scopes: readonly string[];
  /** Single addresses or CIDR ranges; empty = anywhere. */
  readonly allowedAddresses: readonly string[];
  readonly organizations: readonly Organization[];
  readonly staffId?: string;
  /** First characters of each secret, that of the newest last. */
  readonly hints: readonly string[];
  readonly createdTime: Date;
  readonly updatedTime: Date;
  readonly expiredTime?: Date;
  readonly revokedTime?: Date;
  /** To the minute. */
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
  /** Revoked and expired ones too. */
  readonly showRevoked: boolean;
  readonly page: Page;
}
/** What becomes of a locked key. The overlap is counted by the database's clock. */

export type KeyEdit =
  | { readonly kind: "rotate"; readonly secret: NewSecret; readonly overlapMs: number }
  | { readonly kind: "revoke" };
export interface ApiKeyRepository {
  /**
   * Stores the key with its first secret, or answers with the key that an earlier call of the claim made.
   *
   * @returns undefined when it was not to be admitted and no earlier call answers for it
   */
  insert(key: NewApiKey, admission: { readonly admit: boolean }, write: WriteContext): Promise<ApiKey | undefined>;
  get(id: string, signal: AbortSignal): Promise<ApiKey | undefined>;
  /** Newest first. Returns one row more than the page size if there is a next page. */
  list(query: ApiKeyQuery, signal: AbortSignal): Promise<readonly ApiKey[]>;
  /**
   * Changes a locked key. `admit` judges whether the caller may see it, also for a replay; `decide` what becomes of it,
   * undefined for nothing.
   *
   * @returns undefined when there is no such key
   */
  change(id: string, rules: KeyRules, write: WriteContext): Promise<ApiKey | undefined>;
  /** Which of the organizations exist, by position. */
  existing(organizations: readonly Organization[], signal: AbortSignal): Promise<readonly boolean[]>;
  /** Whether a company that the organizations reach has this staff member. */
  hasStaff(staffId: string, organizations: readonly Organization[], signal: AbortSignal): Promise<boolean>;
}
export interface KeyRules {
  admit(key: ApiKey): void;
  /** @param now by the database's clock */
  decide(key: ApiKey, now: Date): KeyEdit | undefined;
}
/** Which keys a manager sees. */

export type KeyAccessFilter =
  | "all"
  | {
      /** `company` for a whole company, `company/business` for one of its locations. */
      readonly grants: readonly string[];
      readonly enterpriseIds: readonly string[];
    };
