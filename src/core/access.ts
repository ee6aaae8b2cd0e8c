import { DomainError } from "./errors.js";
import type { AccessFilter, CompanyAccess, Principal, Scope } from "./principal.js";

/** The caller's reach into a company; PERMISSION_DENIED when it has none. */
export function requireCompanyAccess(principal: Principal, companyId: string): CompanyAccess {
  const access = principal.companies.get(companyId);
  if (!access) {
    throw new DomainError("COMPANY_NOT_ALLOWED", "The API key has no access to this company.", {
      metadata: { companyId },
    });
  }
  return access;
}

/** What the caller sees of one company alone. */
export function companyAccessFilter(access: CompanyAccess): AccessFilter {
  const grants = access.businessIds?.map((id) => `${access.companyId}/${id}`) ?? [access.companyId];
  return { companyIds: [access.companyId], grants };
}

/** PERMISSION_DENIED when a BUSINESS key names a location that is not its own. */
export function requireBusinessAccess(access: CompanyAccess, businessIds: readonly string[]): void {
  const foreign = businessIds.find((id) => access.businessIds && !access.businessIds.includes(id));
  if (foreign === undefined) return;
  throw new DomainError("BUSINESS_NOT_ALLOWED", "The API key has no access to this location.", {
    metadata: { companyId: access.companyId, businessId: foreign },
  });
}

/** The scopes of rpcs that write what a whole company shares. */
export type CompanyWideScope = Extract<Scope, "setting:write" | "directory:write" | "callcenter:write">;

/**
 * PERMISSION_DENIED for a key limited to locations where the matter is that of the whole company: settings, directory,
 * external APIs and flows it only reads and uses, whatever its scopes.
 */
export function requireCompanyWideAccess(access: CompanyAccess, scope: CompanyWideScope): void {
  if (access.businessIds === undefined) return;
  throw new DomainError("SCOPE_REQUIRED", "An API key limited to locations cannot change company-wide data.", {
    metadata: { scope },
  });
}

/** Whether a record is within the reach; one without a location is invisible to a key limited to locations. */
export function canAccessRecord(
  { businessIds }: CompanyAccess,
  { preferredBusinessId = "" }: { readonly preferredBusinessId?: string },
): boolean {
  return businessIds === undefined || businessIds.includes(preferredBusinessId);
}

/** A BUSINESS key only reads the settings of its company, whatever its scopes. */
export function mayCreateTags(principal: Principal, access: CompanyAccess): boolean {
  return principal.scopes.has("setting:write") && access.businessIds === undefined;
}
