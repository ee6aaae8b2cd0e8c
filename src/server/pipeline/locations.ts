import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { requireBusinessAccess } from "../../core/access.js";
import { isId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";

/** Fields of requests that name the location of a record, by their own name or with that of their message. */
const locationFields: ReadonlySet<string> = new Set([
  "preferred_business_id",
  "preferred_business_ids",
  "moego.admin.v1.SellPackageRequest.business_id",
  "moego.business.package.v1.ListPackagesRequest.business_ids",
]);

/** Whether the field names the location that a record of the request has or is to have. */
export function isLocation(field: DescField): boolean {
  return locationFields.has(field.name) || locationFields.has(`${field.parent.typeName}.${field.name}`);
}

/**
 * Refuses a request of a key limited to locations that names another one, before the rest of the request is looked at.
 * Which company it is about is said by the request, by the record in it, or by the key that covers one alone; where it is
 * said by the stored record, the domain checks again what it has found.
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

/** What has not the form of an id is a fault of the request, and empty means none. */
function idsOf(message: ReflectMessage, field: DescField): readonly string[] {
  if (field.fieldKind === "scalar") return [message.get(field)].filter(isIdText);
  return field.fieldKind === "list" && field.listKind === "scalar" ? [...message.get(field)].filter(isIdText) : [];
}

function isIdText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}
