import { addressTypes } from "../../core/address.js";
import { plainPhone } from "../../core/phone/contact-phone.js";
import { type PhoneJson, phonesJson, toPhones } from "../../db/contact-phones.js";
import type { Row } from "../../db/field-table.js";
import { customFieldsColumn } from "../custom-fields/custom-field.columns.js";
import { type CustomerRow, customerChildren, customerColumns, toCustomer } from "../customers/customer.columns.js";
import { type ProfileRow, profileColumns, toProfileValues } from "./caller.columns.js";
import type { Caller, CallerMatch } from "./caller.model.js";
import { companyId } from "./caller-search.columns.js";

/** A customer that was found, with what the response contains of it. */
export interface FoundCustomer {
  readonly caller: Extract<Caller, { kind: "CUSTOMER" }>;
  /** As if its main phone was asked for. */
  readonly match: Required<CallerMatch>;
}

/** The name of a staff member, NULL if there is none. */
export function staffNameBy(staffId: string): string {
  return `(SELECT concat_ws(' ', nullif(s.first_name, ''), nullif(s.last_name, ''))
  FROM staff s WHERE s.company_id = ${companyId} AND s.id = ${staffId})`;
}

interface OfEveryCustomer extends Row, ProfileRow {
  readonly id: string;
  readonly phone: string;
  readonly phones: readonly PhoneJson[] | null;
  readonly staff_name: string | null;
}

export type RecordRow = OfEveryCustomer & CustomerRow;

/** Selects `customer AS c` with everything. */
export const recordColumns = `${customerColumns}, ${customerChildren}, ${profileColumns},
  ${staffNameBy("c.assigned_staff_id")} AS staff_name`;

export function fromRecord(row: RecordRow): FoundCustomer {
  const record = toCustomer(row);
  const { id, firstName, lastName, phone, phones, email, customFields, tags } = record;
  const place = record.addresses.find(({ type }) => type === "PRIMARY");
  const customer = {
    ...{ id, firstName, lastName, phone, email, customFields, tags },
    sourceName: record.referralSource?.name ?? "",
    remark: record.notes[0]?.note ?? "",
    ...(place ? { place } : {}),
  };
  return found(row, { customer, record }, phones);
}

export interface ValuesRow extends OfEveryCustomer {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly tags: readonly { readonly id: string; readonly name: string; readonly group: string }[] | null;
  readonly remark: string | null;
  readonly source_name: string | null;
  readonly place: readonly [country: string, state: string, city: string] | null;
}

const customFields = customFieldsColumn("custom_fields");

/** Selects of `customer AS c` only what the values of a caller are made from. */
export const valuesColumns = `c.id, c.first_name, c.last_name, c.phone, c.email, c.custom_fields,
  (SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'group', t.group_name)
    ORDER BY t.display_order, t.name, t.id) FROM customer_tag ct
    JOIN tag t ON t.company_id = ct.company_id AND t.id = ct.tag_id
    WHERE ct.company_id = c.company_id AND ct.customer_id = c.id) AS tags,
  (SELECT n.note FROM customer_note n WHERE n.company_id = c.company_id AND n.customer_id = c.id
    ORDER BY n.created_time DESC, n.id DESC LIMIT 1) AS remark,
  (SELECT r.name FROM referral_source r WHERE r.company_id = c.company_id AND r.id = c.referral_source_id) AS source_name,
  (SELECT json_build_array(a.country, a.state, a.city) FROM customer_address a
    WHERE a.company_id = c.company_id AND a.customer_id = c.id AND a.type = ${addressTypes.numberOf("PRIMARY")}
    ORDER BY a.id LIMIT 1) AS place,
  (SELECT ${phonesJson} FROM customer_phone p WHERE p.company_id = c.company_id AND p.customer_id = c.id) AS phones,
  ${profileColumns}, ${staffNameBy("c.assigned_staff_id")} AS staff_name`;

export function fromValues(row: ValuesRow): FoundCustomer {
  const { id, first_name: firstName, last_name: lastName, phone, email } = row;
  const [country, state, city] = row.place ?? [];
  const customer = {
    ...{ id, firstName, lastName, phone, email, tags: row.tags ?? [] },
    customFields: customFields.read(row) ?? {},
    sourceName: row.source_name ?? "",
    remark: row.remark ?? "",
    place: { country: country ?? "", state: state ?? "", city: city ?? "" },
  };
  return found(row, { customer }, toPhones(phone, row.phones));
}

type OfCustomer = Pick<FoundCustomer["caller"], "customer" | "record">;

function found(row: OfEveryCustomer, of: OfCustomer, phones: ReturnType<typeof toPhones>): FoundCustomer {
  const { id, firstName, lastName, phone } = of.customer;
  const matchedPhone = phones[0] ?? plainPhone(phone);
  return {
    caller: { kind: "CUSTOMER", profile: toProfileValues(row), staffName: row.staff_name ?? "", ...of },
    match: { kind: "CUSTOMER", id, firstName, lastName, phone, matchedPhone },
  };
}
