import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { requireBusinessAccess } from "../../core/access.js";
import { isId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";

/** Request fields that name the location of a record, by field name or qualified with the message name. */
const locationFields: ReadonlySet<string> = new Set([
  "preferred_business_id",
  "preferred_business_ids",
  "moego.admin.v1.SellPackageRequest.business_id",
  "moego.business.package.v1.ListPackagesRequest.business_ids",
]);

export function isLocation(field: DescField): boolean {
  return locationFields.has(field.name) || locationFields.has(`${field.parent.typeName}.${field.name}`);
}

/**
 * Rejects a request that names a location outside the API key's access, before the rest of the request is checked. The
 * company comes from the request, from the record in it, or from a key with access to only one. If only the stored
 * record tells the company, the service checks again after reading it.
 *
 * @throws DomainError BUSINESS_NOT_ALLOWED
 */
export function checkLocations(schema: DescMessage, request: Message, principal: Principal): void {
  const reaches = [...principal.companies.values()];
  if (reaches.every((access) => access.businessIds === undefined)) return;
  const [only] = reaches;
  checkWithin(reflect(schema, request), principal, reaches.length === 1 && only ? only.companyId : "");
}

function checkWithin(message: ReflectMessage, principal: Principal, outer: string): void {
  const companyId = textOf(message, "company_id") || outer;
  const access = principal.companies.get(companyId);
  for (const field of message.fields) {
    if (field.fieldKind === "message" && message.isSet(field)) checkWithin(message.get(field), principal, companyId);
    else if (access && isLocation(field)) requireBusinessAccess(access, idsOf(message, field));
  }
}

function textOf(message: ReflectMessage, name: string): string {
  const field = message.fields.find((known) => known.name === name);
  const value = field?.fieldKind === "scalar" ? message.get(field) : undefined;
  return typeof value === "string" ? value : "";
}

/** Malformed ids are reported as violations later; empty means none. */
function idsOf(message: ReflectMessage, field: DescField): readonly string[] {
  if (field.fieldKind === "scalar") return [message.get(field)].filter(isIdText);
  return field.fieldKind === "list" && field.listKind === "scalar" ? [...message.get(field)].filter(isIdText) : [];
}

function isIdText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}
