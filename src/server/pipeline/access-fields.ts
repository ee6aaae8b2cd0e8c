import { type DescField, type DescMessage, getOption, isMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { requireBusinessAccess } from "../../core/access.js";
import { isId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import { Access, access as accessOption } from "../../gen/proto/moego/option/v1/option_pb.js";

/** What a request message names, by the contract's `moego.option.v1.access`. */
export interface AccessFields {
  readonly company?: DescField;
  /** Fields that name locations and messages with such fields, in the order of the contract. */
  readonly locations: readonly LocationField[];
}

interface LocationField {
  readonly field: DescField;
  /** Absent if the field itself names locations. */
  readonly within?: { readonly schema: DescMessage; readonly fields: AccessFields };
}

/**
 * Reads the options of a request message and of the messages in it, once at startup.
 *
 * @throws Error for an option on a field that is not checked: of another type, in a oneof, or of a repeated message
 */
export function accessFieldsOf(schema: DescMessage, outer: readonly DescMessage[] = []): AccessFields {
  let company: DescField | undefined;
  const locations: LocationField[] = [];
  for (const field of schema.fields) {
    const names = getOption(field, accessOption);
    if (names === Access.ITEMS) {
      if (field.fieldKind !== "list" || !field.message) throw notChecked(field);
    } else if (names !== Access.UNSPECIFIED) {
      if (field.scalar !== ScalarType.STRING || field.oneof) throw notChecked(field);
      if (names === Access.LOCATION) locations.push({ field });
      else if (field.fieldKind === "scalar") company = field;
      else throw notChecked(field);
    } else if (field.message && field.message !== schema && !outer.includes(field.message)) {
      const fields = accessFieldsOf(field.message, [...outer, schema]);
      if (fields.locations.length === 0) continue;
      if (field.fieldKind !== "message" || field.oneof) throw notChecked(field);
      locations.push({ field, within: { schema: field.message, fields } });
    }
  }
  return { ...(company ? { company } : {}), locations };
}

export function companyOf({ company }: AccessFields, request: Message): string | undefined {
  const companyId = company && fieldValue(request, company);
  return typeof companyId === "string" && companyId !== "" ? companyId : undefined;
}

/**
 * Rejects a request that names a location outside the API key's access, before the rest of the request is checked. The
 * company comes from the request, from the record in it, or from a key with access to only one. If only the stored
 * record tells the company, the service checks again after reading it.
 *
 * @throws DomainError BUSINESS_NOT_ALLOWED
 */
export function checkLocations(fields: AccessFields, request: Message, principal: Principal): void {
  if (fields.locations.length === 0) return;
  const reaches = [...principal.companies.values()];
  if (reaches.every((access) => access.businessIds === undefined)) return;
  const [only] = reaches;
  checkWithin(fields, request, { principal, companyId: reaches.length === 1 && only ? only.companyId : "" });
}

function checkWithin(fields: AccessFields, message: Message, outer: { principal: Principal; companyId: string }): void {
  const { principal } = outer;
  const companyId = companyOf(fields, message) ?? outer.companyId;
  const access = principal.companies.get(companyId);
  for (const { field, within } of fields.locations) {
    const value = fieldValue(message, field);
    if (within === undefined) {
      if (access) requireBusinessAccess(access, (Array.isArray(value) ? value : [value]).filter(isIdText));
    } else if (isMessage(value, within.schema)) checkWithin(within.fields, value, { principal, companyId });
  }
}

function fieldValue(message: Message, field: DescField): unknown {
  return Reflect.get(message, field.localName);
}

/** Malformed ids are reported as violations later; empty means none. */
function isIdText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}

function notChecked(field: DescField): Error {
  return new Error(`${field.toString()} has moego.option.v1.access where it is not checked`);
}
