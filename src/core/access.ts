import { DomainError } from "./errors.js";
import type { CompanyAccess, Principal, Scope } from "./principal.js";

/** The rows that a statement can read, as two parameters (db/access-filter.ts). */
export interface AccessFilter {
  readonly companyIds: readonly string[];
  /** `company` for a whole company, `company/business` for one of its locations. */
  readonly grants: readonly string[];
}

export function accessFilterOf({ companies }: Principal): AccessFilter {
  const grants: string[] = [];
  for (const access of companies.values()) grants.push(...grantsOf(access));
  return { companyIds: [...companies.keys()], grants };
}

export function companyAccessFilter(access: CompanyAccess): AccessFilter {
  return { companyIds: [access.companyId], grants: grantsOf(access) };
}

function grantsOf({ companyId, businessIds }: CompanyAccess): readonly string[] {
  return businessIds?.map((id) => `${companyId}/${id}`) ?? [companyId];
}

/** The principal's access to a company. Throws COMPANY_NOT_ALLOWED if it has none. */
export function requireCompanyAccess(principal: Principal, companyId: string): CompanyAccess {
  const access = principal.companies.get(companyId);
  if (!access) {
    throw new DomainError("COMPANY_NOT_ALLOWED", "The API key has no access to this company.", {
      metadata: { companyId },
    });
  }
  return access;
}

/** A record that a request names, with the rows among which it is searched. */
export interface RecordTarget {
  readonly accessFilter: AccessFilter;
  readonly id: string;
}

/** The record with this id in all companies of the principal. */
export function targetOf(principal: Principal, id: string): RecordTarget {
  return { accessFilter: accessFilterOf(principal), id };
}

/** The record of one company. Throws COMPANY_NOT_ALLOWED. */
export function targetIn(principal: Principal, { companyId, id }: { readonly companyId: string; readonly id: string }) {
  return { accessFilter: companyAccessFilter(requireCompanyAccess(principal, companyId)), companyId, id };
}

/** Throws BUSINESS_NOT_ALLOWED if an API key limited to locations names another location. */
export function requireBusinessAccess(access: CompanyAccess, businessIds: readonly string[]): void {
  const foreign = businessIds.find((id) => access.businessIds && !access.businessIds.includes(id));
  if (foreign === undefined) return;
  throw new DomainError("BUSINESS_NOT_ALLOWED", "The API key has no access to this location.", {
    metadata: { companyId: access.companyId, businessId: foreign },
  });
}

/** A filter, limited to the locations of the API key. Throws BUSINESS_NOT_ALLOWED if it names another location. */
export function limitToBusinesses<Filter extends { readonly preferredBusinessIds?: readonly string[] }>(
  access: CompanyAccess,
  filter: Filter,
): Filter {
  requireBusinessAccess(access, filter.preferredBusinessIds ?? []);
  const preferredBusinessIds = filter.preferredBusinessIds ?? access.businessIds;
  return preferredBusinessIds ? { ...filter, preferredBusinessIds } : filter;
}

/** Scopes of RPCs that change company-wide data. */
export type CompanyWideScope = Extract<Scope, "setting:write" | "directory:write" | "callcenter:write">;

/**
 * Throws SCOPE_REQUIRED for an API key limited to locations. Such a key can only read and use settings, directory,
 * external APIs and flows, whatever its scopes.
 */
export function requireCompanyWideAccess(access: CompanyAccess, scope: CompanyWideScope): void {
  if (access.businessIds === undefined) return;
  throw new DomainError("SCOPE_REQUIRED", "An API key limited to locations cannot change company-wide data.", {
    metadata: { scope },
  });
}

/** Throws COMPANY_NOT_ALLOWED, and SCOPE_REQUIRED for an API key limited to locations. */
export function requireCompanyWrite(principal: Principal, companyId: string, scope: CompanyWideScope): void {
  requireCompanyWideAccess(requireCompanyAccess(principal, companyId), scope);
}

/**
 * Whether the principal can access the record. A key limited to locations cannot access a record without a location.
 */
export function canAccessRecord(
  { businessIds }: CompanyAccess,
  { preferredBusinessId = "" }: { readonly preferredBusinessId?: string },
): boolean {
  return businessIds === undefined || businessIds.includes(preferredBusinessId);
}

/** An API key limited to locations can only read settings, whatever its scopes. */
export function mayCreateTags(principal: Principal, access: CompanyAccess): boolean {
  return principal.scopes.has("setting:write") && access.businessIds === undefined;
}
