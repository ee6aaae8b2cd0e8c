import { DomainError } from "../../core/errors.js";
import { isIpRange, isWithinRanges } from "../../core/ip-ranges.js";
import { effectiveScopes } from "../../core/key-grants.js";
import { accessFilterOf, type Principal, type Scope } from "../../core/principal.js";
import type { ApiKey, ApiKeyInput, KeyAccessFilter, Organization } from "./api-key.model.js";

/** Who administers keys: another API key, or the operator with the `moego` command. */
export type KeyAdministrator = Principal | "installation";

/**
 * The keys whose organizations are all accessible to the administrator. An operator API key is accessible only to
 * others of its kind.
 */
export function keyVisibility(manager: KeyAdministrator): KeyAccessFilter {
  if (manager === "installation" || isUnbound(manager)) return "all";
  return { grants: accessFilterOf(manager).grants, enterpriseIds: manager.enterpriseIds ?? [] };
}

/** Whether the administrator can access the key. */
export function canManageKey(manager: KeyAdministrator, { organizations }: Pick<ApiKey, "organizations">): boolean {
  if (manager === "installation" || isUnbound(manager)) return true;
  return organizations.length > 0 && organizations.every((organization) => covers(manager, organization));
}

/** Prevents a key from getting more access than its administrator has. Throws REACH_EXCEEDED. */
export function assertCanDelegate(
  manager: KeyAdministrator,
  { organizations, scopes, allowedAddresses, expiredTime }: Omit<ApiKeyInput, "name" | "staffId">,
): void {
  if (manager === "installation") return;
  const exceeded = [
    ...(isUnbound(manager) || organizations.every((one) => covers(manager, one)) ? [] : ["organizations" as const]),
    ...(isUnbound(manager) || hasScopes(manager, scopes) ? [] : ["scopes" as const]),
    ...(hasAddresses(manager, allowedAddresses) ? [] : ["addresses" as const]),
    ...(endsInTime(manager, expiredTime) ? [] : ["expiry" as const]),
  ];
  if (exceeded.length > 0) throw reachExceeded(exceeded);
}

/** PERMISSION_DENIED for granting or gaining more access than the API key has. */
function reachExceeded(exceeded: readonly ("organizations" | "scopes" | "addresses" | "expiry")[]): DomainError {
  return new DomainError("REACH_EXCEEDED", "The request would grant more access than this API key has.", {
    metadata: { exceeded: exceeded.join(",") },
  });
}

/**
 * An operator API key has no organizations and reads no tenant data. It grants access that it does not have itself, so
 * organizations and scopes do not limit it. Its addresses and expiry do, which also limits a thief.
 */
function isUnbound({ scopes }: Principal): boolean {
  return scopes.has("platform:admin");
}

function covers({ companies, enterpriseIds = [] }: Principal, organization: Organization): boolean {
  switch (organization.type) {
    case "ENTERPRISE":
      return enterpriseIds.includes(organization.id);
    case "COMPANY": {
      const access = companies.get(organization.id);
      return access !== undefined && access.businessIds === undefined;
    }
    case "BUSINESS": {
      const access = companies.get(organization.companyId);
      return access !== undefined && (access.businessIds?.includes(organization.id) ?? true);
    }
    default:
      return organization satisfies never;
  }
}

function hasScopes(manager: Principal, scopes: readonly string[]): boolean {
  const held: ReadonlySet<Scope> = manager.scopes;
  return [...effectiveScopes(scopes)].every((scope) => held.has(scope));
}

function hasAddresses({ allowedAddresses }: Principal, ranges: readonly string[]): boolean {
  if (!allowedAddresses) return true;
  // An invalid range is reported as a violation instead.
  return ranges.length > 0 && ranges.every((range) => !isIpRange(range) || isWithinRanges(range, allowedAddresses));
}

/** A key cannot create a key that expires later than itself. */
function endsInTime({ expiredTime: end }: Principal, wanted: Date | undefined): boolean {
  return end === undefined || (wanted !== undefined && wanted <= end);
}
