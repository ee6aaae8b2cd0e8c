/** The scopes a key can hold. One scope per rpc is declared in the contract. */
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
  "directory:write",
  "key:admin",
  "platform:admin",
] as const;

export type Scope = (typeof scopes)[number];

/** Scopes that a key holds only when they are named: an empty list means all but these. */
export const privilegedScopes: readonly Scope[] = ["directory:write", "key:admin", "platform:admin"];

/** What a key may touch of one company. */
export interface CompanyAccess {
  readonly companyId: string;
  /** ISO 3166-1 alpha-2; the country in which national phone numbers are read. */
  readonly country: string;
  /** IANA zone id. */
  readonly timeZone: string;
  /** The locations a BUSINESS key is limited to; absent = the whole company. */
  readonly businessIds?: readonly string[];
}

/** The staff member a key acts for. */
export interface PrincipalStaff {
  readonly id: string;
  /** The companies of the key that have this staff member: elsewhere the id is nobody's, or somebody else's. */
  readonly companyIds: readonly string[];
}

/** An authenticated key: who calls, and what it may touch. */
export interface Principal {
  readonly keyId: string;
  /** Absent when the key names none. */
  readonly staff?: PrincipalStaff;
  /** When the key expires, whichever of its secrets is used; absent = never. No key that it makes outlives it. */
  readonly expiredTime?: Date;
  readonly scopes: ReadonlySet<Scope>;
  /** What the key is bound to, which stays the same when a company joins its enterprise. Page tokens are bound to it. */
  readonly organizations: readonly string[];
  /** Enterprises that it covers as such: also the companies that join later. Absent = none. */
  readonly enterpriseIds?: readonly string[];
  /** Addresses and ranges it may call from; absent = anywhere. */
  readonly allowedAddresses?: readonly string[];
  /** By company id. */
  readonly companies: ReadonlyMap<string, CompanyAccess>;
}

/** Which rows a statement may see, as two bound parameters (persistence/visibility.ts). */
export interface AccessFilter {
  readonly companyIds: readonly string[];
  /** `company` for a whole company, `company/business` for one location of it. */
  readonly grants: readonly string[];
}

export function accessFilterOf(principal: Principal): AccessFilter {
  const companyIds: string[] = [];
  const grants: string[] = [];
  for (const access of principal.companies.values()) {
    companyIds.push(access.companyId);
    if (access.businessIds) grants.push(...access.businessIds.map((id) => `${access.companyId}/${id}`));
    else grants.push(access.companyId);
  }
  return { companyIds, grants };
}
