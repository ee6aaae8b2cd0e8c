import type { ExternalId } from "../../core/external-id.js";
import type { Note } from "../../core/note.js";
import { consentField, consentOf, emailField, preferenceField, preferenceOf } from "../../db/contact-columns.js";
import { type PhoneJson, phonesJson, toPhones } from "../../db/contact-phones.js";
import { externalIdsSql } from "../../db/external-ids.js";
import {
  enumColumn,
  fieldTable,
  optionalTextColumn,
  optionalTimeColumn,
  type Row,
  textColumn,
} from "../../db/field-table.js";
import {
  type AddressJson,
  addressJson,
  listNotesSql,
  type NotesRead,
  recordNotesSql,
  textsJson,
  toAddress,
} from "../../db/nested-rows.js";
import { toDate } from "../../db/timestamp.js";
import { customFieldsColumn, fieldValuesOf, withLateValues } from "../custom-fields/custom-field.columns.js";
import type { FieldValues } from "../custom-fields/custom-field.model.js";
import { type LeadSummaryJson, leadSummaryJson, toLeadSummary } from "../leads/lead-history.columns.js";
import { type TagJson, tagJson, toTag } from "../setting-lists/tag.repository.js";
import {
  type Customer,
  type CustomerFields,
  type CustomerStatus,
  customerStatuses,
  type ReferralSource,
} from "./customer.model.js";

/** The one table of the fields that clients write. */
export const customerFields = fieldTable<CustomerFields>({
  preferredBusinessId: optionalTextColumn("preferred_business_id"),
  firstName: textColumn("first_name"),
  lastName: textColumn("last_name"),
  avatar: textColumn("avatar"),
  phone: textColumn("phone"),
  email: emailField,
  status: enumColumn("status", customerStatuses),
  colorCode: textColumn("color_code"),
  source: textColumn("source"),
  preference: preferenceField,
  consent: consentField,
  referralSourceId: optionalTextColumn("referral_source_id"),
  assignedStaffId: optionalTextColumn("assigned_staff_id"),
  customFields: customFieldsColumn("custom_fields"),
  lastAppointmentDate: optionalTimeColumn("last_appointment_time"),
  nextAppointmentDate: optionalTimeColumn("next_appointment_time"),
});

/**
 * A customer with its children, as `customerColumns` selects it. Node-postgres reads bigint as text, Prisma as bigint.
 */
export interface CustomerRow extends Row {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: string | bigint;
  readonly created_by: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  readonly source_lead_id: string | null;
  readonly archived_time: Date | null;
  readonly version: string | bigint;
  readonly preferred_business_id: string | null;
  readonly first_name: string;
  readonly last_name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly status: number;
  readonly color_code: string;
  readonly source: string;
  readonly referral_source_id: string | null;
  readonly assigned_staff_id: string | null;
  /** Text in a list. */
  readonly custom_fields: FieldValues | string;
  readonly last_appointment_time: Date | null;
  readonly next_appointment_time: Date | null;
  readonly phones: readonly PhoneJson[] | null;
  readonly addresses: readonly AddressJson[] | null;
  /** Absent in the row of a customer that was just created without any. */
  readonly external_ids?: readonly ExternalId[] | null;
  readonly tags: readonly TagJson[] | null;
  readonly notes: readonly NoteJson[] | null;
  readonly referral_source: ReferralSource | null;
  readonly url_template: string | null;
  /** Absent in the row of a create. */
  readonly lead_summary?: LeadSummaryJson | null;
}

/** Reads a row of a page. */
export const toListedCustomer = withLateValues(toCustomer);

export interface NoteJson {
  readonly id: string;
  readonly note: string;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
}

const ownColumns = `c.company_id, c.id, c.raw_id, c.created_by, c.created_time, c.last_updated_by, c.last_updated_time, c.source_lead_id, c.archived_time, c.version`;

/** The scalar columns of `customer AS c`. */
export const customerColumns = `${ownColumns},
  ${customerFields.select("c")}`;

/** The same for a page of customers. */
export const listedCustomerColumns = `${ownColumns},
  ${customerFields.select("c", ["custom_fields"])}`;

export const noteJson = textsJson({
  id: "n.id",
  note: "n.note",
  last_updated_by: "n.last_updated_by",
  last_updated_time: "n.last_updated_time::text",
});

/** JSON of `referral_source AS r`. */
export const referralSourceJson =
  "json_build_object('id', r.id, 'name', r.name, 'archived', r.archived_time IS NOT NULL)";

/** The children of `customer AS c`, aggregated in the same statement. */
export const customerChildren = childrenWith(recordNotesSql, { withHistory: true, companyId: "c.company_id" });

/** The same for a page of customers of the company `$1`, with fewer notes to keep the response small. */
export const listedCustomerChildren = childrenWith(listNotesSql, { withHistory: false, companyId: "$1" });

interface Children {
  readonly withHistory: boolean;
  /** SQL. As a parameter, the company itself is read once. */
  readonly companyId: string;
}

function childrenWith(notes: NotesRead, { withHistory, companyId }: Children): string {
  const ofCustomer = "note.company_id = c.company_id AND note.customer_id = c.id";
  return `(SELECT json_agg(${addressJson} ORDER BY a.type, a.id) FROM customer_address a
    WHERE a.company_id = c.company_id AND a.customer_id = c.id) AS addresses,
  (SELECT ${phonesJson} FROM customer_phone p
    WHERE p.company_id = c.company_id AND p.customer_id = c.id) AS phones,
  ${externalIdsSql("customer", "c")} AS external_ids,
  (SELECT json_agg(${tagJson} ORDER BY t.display_order, t.name, t.id) FROM customer_tag ct
    JOIN tag t ON t.company_id = ct.company_id AND t.id = ct.tag_id
    WHERE ct.company_id = c.company_id AND ct.customer_id = c.id) AS tags,
  (SELECT json_agg(${noteJson} ORDER BY n.created_time DESC, n.id DESC) FROM (
    ${notes({ table: "customer_note", where: ofCustomer, text: "note" })}) n) AS notes,
  (SELECT ${referralSourceJson} FROM referral_source r
    WHERE r.company_id = c.company_id AND r.id = c.referral_source_id) AS referral_source,
  (SELECT upcoming_appointments_url_template FROM company WHERE id = ${companyId}) AS url_template,
  ${leadSummaryJson({ withHistory })} AS lead_summary`;
}

/** Each member by name, without spreads: these make a page of customers a fourth slower (Node 20). */
export function toCustomer(row: CustomerRow): Customer {
  const customer: Mutable<Customer> = {
    companyId: row.company_id,
    id: row.id,
    rawId: BigInt(row.raw_id),
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    phones: toPhones(row.phone, row.phones),
    email: row.email,
    addresses: row.addresses?.map(toAddress) ?? [],
    externalIds: row.external_ids ?? [],
    status: statusOf(row),
    colorCode: row.color_code,
    source: row.source,
    preference: preferenceOf(row),
    consent: consentOf(row),
    customFields: fieldValuesOf(row.custom_fields),
    createdBy: row.created_by,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
    notes: row.notes?.map(toNote) ?? [],
    tags: row.tags?.map(toTag) ?? [],
    upcomingAppointmentsUrl: row.url_template?.replaceAll("{customer_id}", encodeURIComponent(row.id)) ?? "",
    archived: row.archived_time !== null,
    version: BigInt(row.version),
  };
  if (row.preferred_business_id !== null) customer.preferredBusinessId = row.preferred_business_id;
  if (row.referral_source_id !== null) customer.referralSourceId = row.referral_source_id;
  if (row.assigned_staff_id !== null) customer.assignedStaffId = row.assigned_staff_id;
  if (row.last_appointment_time) customer.lastAppointmentDate = row.last_appointment_time;
  if (row.next_appointment_time) customer.nextAppointmentDate = row.next_appointment_time;
  if (row.referral_source) customer.referralSource = row.referral_source;
  if (row.source_lead_id !== null) customer.sourceLeadId = row.source_lead_id;
  if (row.lead_summary) customer.leadSummary = toLeadSummary(row.lead_summary);
  return customer;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A status of a later build is undefined, which is shown as unspecified. */
function statusOf(row: CustomerRow): CustomerStatus;
function statusOf({ status }: CustomerRow): CustomerStatus | undefined {
  return customerStatuses.wordOf(status);
}

export function toNote(json: NoteJson): Note {
  return {
    id: json.id,
    note: json.note,
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: toDate(json.last_updated_time),
  };
}
