import type { DuplicatePolicy } from "./possible-duplicate.js";

/** Scopes that an API key has only if they are listed explicitly. An empty list grants all others. */
const privileged = [
  "customer:erase",
  "lead:erase",
  "record:import",
  "company:export",
  "audit:read",
  "directory:write",
  "key:admin",
  "platform:admin",
] as const;

/** The scopes of API keys. The contract declares one scope per RPC. */
export const scopes = [
  "customer:read",
  "customer:write",
  "lead:read",
  "lead:write",
  "pet:read",
  "pet:write",
  "package:read",
  "package:write",
  "setting:read",
  "setting:write",
  "directory:read",
  "callcenter:read",
  "callcenter:write",
  "callcenter:invoke",
  "consent:read",
  "consent:write",
  ...privileged,
] as const;

export type Scope = (typeof scopes)[number];

export const privilegedScopes: readonly Scope[] = privileged;

export interface CompanyAccess {
  readonly companyId: string;
  /** ISO 3166-1 alpha-2. Determines the format of national phone numbers. */
  readonly country: string;
  /** IANA time zone id. */
  readonly timeZone: string;
  /** Whether phones that are not valid in their country are refused. */
  readonly refusesDoubtfulPhones: boolean;
  readonly duplicatePolicy: DuplicatePolicy;
  /** The locations that an API key is limited to. Absent means the whole company. */
  readonly businessIds?: readonly string[];
}

export interface PrincipalStaff {
  readonly id: string;
  /**
   * The companies of the API key that have this staff member. In other companies the id does not exist or is another
   * person's.
   */
  readonly companyIds: readonly string[];
}

export interface Principal {
  readonly keyId: string;
  /** Absent if the API key acts for no staff member. */
  readonly staff?: PrincipalStaff;
  /**
   * When the API key expires, whichever of its secrets is used. Absent means never. A key that it creates cannot expire
   * later.
   */
  readonly expiredTime?: Date;
  readonly scopes: ReadonlySet<Scope>;
  /**
   * The organizations of the API key. They do not change when a company joins an enterprise. Page tokens are bound to
   * them.
   */
  readonly organizations: readonly string[];
  /** Enterprises that the API key has access to, including companies that join later. */
  readonly enterpriseIds?: readonly string[];
  /** Addresses and ranges the API key can be used from. Absent means any. */
  readonly allowedAddresses?: readonly string[];
  /** By company id. */
  readonly companies: ReadonlyMap<string, CompanyAccess>;
}
