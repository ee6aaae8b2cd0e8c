import { DomainError } from "./errors.js";
import type { Caller, CompanyReach, Scope, Visibility } from "./principal.js";

/** The caller's reach into a company; PERMISSION_DENIED when it has none. */
export function reachOf(caller: Caller, companyId: string): CompanyReach {
  const reach = caller.companies.get(companyId);
  if (!reach) {
    throw new DomainError("COMPANY_NOT_ALLOWED", "The key does not cover this company.", { metadata: { companyId } });
  }
  return reach;
}

/** What the caller sees of one company alone. */
export function visibilityWithin(reach: CompanyReach): Visibility {
  const grants = reach.businessIds?.map((id) => `${reach.companyId}/${id}`) ?? [reach.companyId];
  return { companyIds: [reach.companyId], grants };
}

/** PERMISSION_DENIED when a BUSINESS key names a location that is not its own. */
export function assertBusinesses(reach: CompanyReach, businessIds: readonly string[]): void {
  const foreign = businessIds.find((id) => reach.businessIds && !reach.businessIds.includes(id));
  if (foreign === undefined) return;
  throw new DomainError("BUSINESS_NOT_ALLOWED", "The key does not cover this location.", {
    metadata: { companyId: reach.companyId, businessId: foreign },
  });
}

/** The scopes of rpcs that write what a whole company shares. */
export type WholeCompanyScope = Extract<Scope, "setting:write" | "directory:write" | "callcenter:write">;

/**
 * PERMISSION_DENIED for a key limited to locations where the matter is that of the whole company: settings, directory,
 * external APIs and flows it only reads and uses, whatever its scopes.
 */
export function assertWholeCompany(reach: CompanyReach, scope: WholeCompanyScope): void {
  if (reach.businessIds === undefined) return;
  throw new DomainError("SCOPE_REQUIRED", "A key that is limited to locations cannot write what its company shares.", {
    metadata: { scope },
  });
}

/** Whether a record is within the reach; one without a location is invisible to a key limited to locations. */
export function reaches(
  { businessIds }: CompanyReach,
  { preferredBusinessId = "" }: { readonly preferredBusinessId?: string },
): boolean {
  return businessIds === undefined || businessIds.includes(preferredBusinessId);
}

/** A BUSINESS key only reads the settings of its company, whatever its scopes. */
export function mayCreateTags(caller: Caller, reach: CompanyReach): boolean {
  return caller.scopes.has("setting:write") && reach.businessIds === undefined;
}
