import { requireCompanyAccess, requireCompanyWideAccess } from "../../core/access.js";
import { DomainError } from "../../core/errors.js";
import type { KeyGrant } from "../../core/key-grants.js";
import type { Principal, Scope } from "../../core/principal.js";
import { enterprisePrefix, type WritableCompanies } from "../../core/write.js";
import { type AddressSet, addressSet } from "./client-address.js";

/** Restricts an API key of several companies to one of them. */
export const companyHeader = "moego-company";

// Cached per grant (WeakMap), so it is dropped with the grant.
const allowedSets = new WeakMap<readonly string[], AddressSet>();

/**
 * Rejects an API key used from an address that it does not allow.
 *
 * @throws DomainError IP_NOT_ALLOWED
 */
export function checkAddress({ allowedAddresses }: KeyGrant, address: string): void {
  if (allowedAddresses.length === 0 || allowedSet(allowedAddresses).has(address)) return;
  throw new DomainError("IP_NOT_ALLOWED", "The API key is not allowed from this IP address.", {
    metadata: { address },
  });
}

/** What an rpc requires of an API key. */
interface Required {
  /** Every one of them. */
  readonly scopes: readonly Scope[];
  readonly company: string | undefined;
}

/**
 * Checks the scopes of the rpc, and restricts the principal to the company that the client names.
 *
 * @throws DomainError SCOPE_REQUIRED, COMPANY_NOT_ALLOWED
 */
export function authorize({ principal }: KeyGrant, call: Required): Principal {
  const missing = call.scopes.find((scope) => !principal.scopes.has(scope));
  if (missing !== undefined) {
    throw new DomainError("SCOPE_REQUIRED", `The API key does not have the scope ${missing}.`, {
      metadata: { scope: missing },
    });
  }
  if (call.company === undefined || call.company === "") return principal;
  const access = requireCompanyAccess(principal, call.company);
  const organizations = [...principal.organizations, `only ${access.companyId}`];
  return { ...principal, organizations, enterpriseIds: [], companies: new Map([[access.companyId, access]]) };
}

/**
 * Rejects a request for a company that the API key has no access to, and a change of company-wide data by a key limited
 * to locations. An operator API key has access to no company and names the one it manages; the service checks what it
 * may change there.
 *
 * @throws DomainError COMPANY_NOT_ALLOWED, SCOPE_REQUIRED
 */
export function checkCompany(companyId: string, principal: Principal, scope: Scope): void {
  const isOfDirectory = scope === "platform:admin" || scope === "directory:write";
  if (isOfDirectory && principal.scopes.has("platform:admin")) return;
  const access = requireCompanyAccess(principal, companyId);
  if (scope === "setting:write" || scope === "directory:write") requireCompanyWideAccess(access, scope);
}

/** The company that the request names, and otherwise what its API key has access to. */
export function writableCompanies(principal: Principal, named: string | undefined): WritableCompanies {
  if (named !== undefined) return [named];
  if (principal.scopes.has("platform:admin")) return "all";
  return [...principal.companies.keys(), ...(principal.enterpriseIds ?? []).map((id) => `${enterprisePrefix}${id}`)];
}

function allowedSet(rules: readonly string[]): AddressSet {
  const known = allowedSets.get(rules);
  if (known) return known;
  const built = addressSet(rules);
  allowedSets.set(rules, built);
  return built;
}
