import type { DescMessage, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { requireCompanyWideAccess } from "../../core/access.js";
import { DomainError } from "../../core/errors.js";
import type { KeyGrant } from "../../core/key-grants.js";
import type { Principal, Scope } from "../../core/principal.js";
import { type AddressSet, addressSet } from "./address.js";

/** Header that narrows a key of several companies to one of them. */
export const companyHeader = "moego-company";

// A grant lives as long as the key checker keeps it, and so does the set built from it.
const allowedSets = new WeakMap<readonly string[], AddressSet>();

/**
 * Refuses a key away from the addresses it is limited to.
 *
 * @throws DomainError IP_NOT_ALLOWED
 */
export function checkAddress({ allowedAddresses }: KeyGrant, address: string): void {
  if (allowedAddresses.length === 0 || allowedSet(allowedAddresses).has(address)) return;
  throw new DomainError("IP_NOT_ALLOWED", "The API key is not allowed from this IP address.", {
    metadata: { address },
  });
}

/**
 * What the key may do in this call: it needs the scope of the rpc, and covers only the company that the caller names.
 *
 * @throws DomainError SCOPE_REQUIRED, COMPANY_NOT_ALLOWED
 */
export function authorize({ principal }: KeyGrant, call: { scope: Scope; company: string | undefined }): Principal {
  if (!principal.scopes.has(call.scope)) {
    throw new DomainError("SCOPE_REQUIRED", `The API key does not have the scope ${call.scope}.`, {
      metadata: { scope: call.scope },
    });
  }
  if (call.company === undefined || call.company === "") return principal;
  const access = principal.companies.get(call.company);
  if (!access) throw companyNotAllowed(call.company);
  const organizations = [...principal.organizations, `only ${access.companyId}`];
  return { ...principal, organizations, enterpriseIds: [], companies: new Map([[access.companyId, access]]) };
}

/**
 * Refuses a request whose own `company_id` lies outside the key, and one that writes what is the matter of the whole
 * company for a key limited to locations. A platform key covers no company and names the one
 * it manages; which part of the directory that is, the domain says.
 *
 * @throws DomainError COMPANY_NOT_ALLOWED, SCOPE_REQUIRED
 */
export function checkCompany(schema: DescMessage, request: Message, principal: Principal, scope: Scope): void {
  const isOfDirectory = scope === "platform:admin" || scope === "directory:write";
  if (isOfDirectory && principal.scopes.has("platform:admin")) return;
  const companyId = companyOf(schema, request);
  if (companyId === undefined) return;
  const access = principal.companies.get(companyId);
  if (!access) throw companyNotAllowed(companyId);
  if (scope === "setting:write" || scope === "directory:write") requireCompanyWideAccess(access, scope);
}

/** The company that the request itself names. */
export function companyOf(schema: DescMessage, request: Message): string | undefined {
  const field = schema.fields.find(({ name }) => name === "company_id");
  if (field?.fieldKind !== "scalar") return undefined;
  const companyId = reflect(schema, request).get(field);
  return typeof companyId === "string" && companyId !== "" ? companyId : undefined;
}

function companyNotAllowed(companyId: string): DomainError {
  return new DomainError("COMPANY_NOT_ALLOWED", "The API key has no access to this company.", {
    metadata: { companyId },
  });
}

function allowedSet(rules: readonly string[]): AddressSet {
  const known = allowedSets.get(rules);
  if (known) return known;
  const built = addressSet(rules);
  allowedSets.set(rules, built);
  return built;
}
