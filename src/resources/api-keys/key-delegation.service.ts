import { DomainError } from "../../core/errors.js";
import { isIpRange, isWithinRanges } from "../../core/ip-ranges.js";
import { effectiveScopes } from "../../core/key-grants.js";
import { accessFilterOf, type Principal, type Scope } from "../../core/principal.js";
import type { ApiKey, ApiKeyInput, KeyAccessFilter, Organization } from "./api-key.model.js";

/** Who manages keys: another key, or the person who runs the installation and its `moego` command. */
export type KeyAdministrator = Principal | "installation";

/** The keys whose organizations all lie within those of the manager; a platform key belongs to nobody but its like. */
export function keyVisibility(manager: KeyAdministrator): KeyAccessFilter {
  if (manager === "installation" || isUnbound(manager)) return "all";
  return { grants: accessFilterOf(manager).grants, enterpriseIds: manager.enterpriseIds ?? [] };
}

/** Whether the manager sees the key. */
export function canManageKey(manager: KeyAdministrator, { organizations }: Pick<ApiKey, "organizations">): boolean {
  if (manager === "installation" || isUnbound(manager)) return true;
  return organizations.length > 0 && organizations.every((organization) => covers(manager, organization));
}

/** Refuses what would give a key more than its manager has. Throws REACH_EXCEEDED. */
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

/** PERMISSION_DENIED for handing out, or gaining, more than the key itself has. */
function reachExceeded(exceeded: readonly ("organizations" | "scopes" | "addresses" | "expiry")[]): DomainError {
  return new DomainError("REACH_EXCEEDED", "The request would grant more access than this API key has.", {
    metadata: { exceeded: exceeded.join(",") },
  });
}

/**
 * A platform key is bound to no organization and reads no tenant data: what it hands out is not its own, so neither
 * organizations nor scopes bind it. Its addresses and its expiry do, as they bind whoever has stolen it.
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
  // What is no range at all is a fault of the request, not of the reach.
  return ranges.length > 0 && ranges.every((range) => !isIpRange(range) || isWithinRanges(range, allowedAddresses));
}

/** What a key hands out ends no later than the key itself. */
function endsInTime({ expiredTime: end }: Principal, wanted: Date | undefined): boolean {
  return end === undefined || (wanted !== undefined && wanted <= end);
}
