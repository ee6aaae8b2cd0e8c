import { DomainError } from "./errors.js";
import type { AccessFilter, CompanyAccess, Principal, Scope } from "./principal.js";

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

/** The access filter for one company. */
export function companyAccessFilter(access: CompanyAccess): AccessFilter {
  const grants = access.businessIds?.map((id) => `${access.companyId}/${id}`) ?? [access.companyId];
  return { companyIds: [access.companyId], grants };
}

/** Throws BUSINESS_NOT_ALLOWED if an API key limited to locations names another location. */
export function requireBusinessAccess(access: CompanyAccess, businessIds: readonly string[]): void {
  const foreign = businessIds.find((id) => access.businessIds && !access.businessIds.includes(id));
  if (foreign === undefined) return;
  throw new DomainError("BUSINESS_NOT_ALLOWED", "The API key has no access to this location.", {
    metadata: { companyId: access.companyId, businessId: foreign },
  });
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
