import { accessFilterOf } from "../../core/access.js";
import { DomainError, type Violation } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { isIpRange, isWithinRanges } from "../../core/ip-ranges.js";
import { effectiveScopes } from "../../core/key-grants.js";
import { type Principal, type Scope, scopes } from "../../core/principal.js";
import { nameRule, normalise, textFault } from "../../core/text.js";
import type { ApiKey, ApiKeyInput, ApiKeyRepository, KeyAccessFilter, Organization } from "./api-key.model.js";

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

export interface KeyChecks {
  readonly repository: Pick<ApiKeyRepository, "existing" | "hasStaff">;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** All violations of a new key, with paths within the key. */
export async function keyViolations(input: ApiKeyInput, checks: KeyChecks): Promise<readonly Violation[]> {
  return [...shapeViolations(input, checks.now), ...(await referenceViolations(input, checks))];
}

function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

const listLimit = 100;

function shapeViolations(input: ApiKeyInput, now: number): Violation[] {
  const found: Violation[] = [];
  const add = (field: string, reason: Violation["reason"], description: string) =>
    found.push({ field, reason, description });

  const nameFault = textFault(normalise(input.name, nameRule), nameRule);
  if (nameFault) add("name", nameFault.reason, nameFault.description);
  for (const [index, scope] of input.scopes.entries()) {
    if (!isScope(scope)) add(`scopes[${index}]`, "NOT_FOUND", `Must be one of ${scopes.join(", ")}.`);
  }
  for (const [index, range] of input.allowedAddresses.entries()) {
    const expected = "Must be an IPv4 or IPv6 address or a CIDR range, for example 10.0.0.0/8.";
    if (!isIpRange(range)) add(`allowed_addresses[${index}]`, "INVALID_FORMAT", expected);
  }
  if (input.allowedAddresses.length > listLimit)
    add("allowed_addresses", "TOO_MANY", `Must have at most ${listLimit} items.`);
  if (input.organizations.length > listLimit) add("organizations", "TOO_MANY", `Must have at most ${listLimit} items.`);
  if (input.expiredTime && !(input.expiredTime.getTime() > now)) {
    add("expired_time", "OUT_OF_RANGE", "Must be in the future.");
  }
  // An operator API key manages companies and keys. It never reads tenant data.
  const isPlatformKey = input.scopes.includes("platform:admin");
  const named = input.organizations.length;
  if (isPlatformKey && named > 0)
    add("organizations", "CONFLICT", "Must be empty for an API key with scope platform:admin.");
  if (!isPlatformKey && named === 0)
    add("organizations", "REQUIRED", "Must have at least one company, location or enterprise.");
  return found;
}

/** Looks up only valid ids. The others cannot exist. */
async function referenceViolations(input: ApiKeyInput, { repository, signal }: KeyChecks): Promise<Violation[]> {
  const found: Violation[] = [];
  const askable = input.organizations.slice(0, listLimit);
  const wellFormed = askable.filter((one) => isId(one.id) && (one.type !== "BUSINESS" || isId(one.companyId)));
  const existing = await repository.existing(wellFormed, signal);
  for (const [index, organization] of askable.entries()) {
    if (existing[wellFormed.indexOf(organization)]) continue;
    found.push({ field: `organizations[${index}].id`, reason: "NOT_FOUND", description: "Not found." });
  }
  if (input.staffId !== undefined) {
    const known = isId(input.staffId) && (await repository.hasStaff(input.staffId, wellFormed, signal));
    const description = "Not found in any company of this API key.";
    if (!known) found.push({ field: "staff_id", reason: "NOT_FOUND", description });
  }
  return found;
}
