import type { Note } from "../../core/note.js";
import { type AddressJson, addressJson, toAddress } from "../../db/address-columns.js";
import { type ConsentRow, toConsent } from "../../db/consent-columns.js";
import { listNotesSql, type NotesRead, recordNotesSql } from "../../db/notes-sql.js";
import type { FieldValues } from "../custom-fields/custom-field-values.model.js";
import { type TagJson, tagJson, toTag } from "../setting-lists/tag.columns.js";
import type { Customer, ReferralSource } from "./customer.model.js";

/**
 * A customer with its children, as selected by `customerColumns`. A bigint is a string in node-postgres and a bigint in
 * Prisma.
 */
export interface CustomerRow extends ConsentRow {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: string | bigint;
  readonly first_name: string;
  readonly last_name: string;
  readonly avatar: string;
  readonly phone: string;
  readonly email: string;
  readonly status: number;
  readonly color_code: string;
  readonly source: string;
  readonly last_appointment_time: Date | null;
  readonly next_appointment_time: Date | null;
  readonly created_by: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  readonly preferred_business_id: string | null;
  readonly assigned_staff_id: string | null;
  readonly source_lead_id: string | null;
  readonly receive_auto_message: boolean;
  readonly receive_auto_email: boolean;
  readonly subscribe_to_marketing_emails: boolean;
  readonly receive_appointment_reminder: boolean;
  readonly custom_fields: FieldValues;
  readonly archived_time: Date | null;
  readonly version: string | bigint;
  readonly addresses: readonly AddressJson[] | null;
  readonly tags: readonly TagJson[] | null;
  readonly notes: readonly NoteJson[] | null;
  readonly referral_source: ReferralSource | null;
  readonly url_template: string | null;
}

export interface NoteJson {
  readonly id: string;
  readonly note: string;
  readonly last_updated_by: string;
  readonly last_updated_time: string;
}

/** The scalar columns of `customer AS c`. */
export const customerColumns = `c.company_id, c.id, c.raw_id, c.first_name, c.last_name, c.avatar, c.phone, c.email, c.status,
  c.color_code, c.source, c.last_appointment_time, c.next_appointment_time, c.created_by, c.created_time,
  c.last_updated_by, c.last_updated_time, c.preferred_business_id, c.assigned_staff_id, c.source_lead_id,
  c.receive_auto_message, c.receive_auto_email, c.subscribe_to_marketing_emails, c.receive_appointment_reminder,
  c.service_related_channels, c.marketing_campaigns_channels, c.branded_app_enabled, c.is_agreed_marketing_policy,
  c.is_consented, c.custom_fields, c.archived_time, c.version`;

export const noteJson = `json_build_object('id', n.id, 'note', n.note, 'last_updated_by', n.last_updated_by,
  'last_updated_time', n.last_updated_time)`;

/** JSON of `referral_source AS r`. */
export const referralSourceJson =
  "json_build_object('id', r.id, 'name', r.name, 'archived', r.archived_time IS NOT NULL)";

/** The children of `customer AS c`, aggregated in the same statement. */
export const customerChildren = childrenWith(recordNotesSql);

/** The same for a page of customers, with fewer notes to keep the response small. */
export const listedCustomerChildren = childrenWith(listNotesSql);

function childrenWith(notes: NotesRead): string {
  const ofCustomer = "note.company_id = c.company_id AND note.customer_id = c.id";
  return `(SELECT json_agg(${addressJson} ORDER BY a.type, a.id) FROM customer_address a
    WHERE a.company_id = c.company_id AND a.customer_id = c.id) AS addresses,
  (SELECT json_agg(${tagJson} ORDER BY t.display_order, t.name, t.id) FROM customer_tag ct
    JOIN tag t ON t.company_id = ct.company_id AND t.id = ct.tag_id
    WHERE ct.company_id = c.company_id AND ct.customer_id = c.id) AS tags,
  (SELECT json_agg(${noteJson} ORDER BY n.created_time DESC, n.id DESC) FROM (
    ${notes({ table: "customer_note", where: ofCustomer, text: "note" })}) n) AS notes,
  (SELECT ${referralSourceJson} FROM referral_source r
    WHERE r.company_id = c.company_id AND r.id = c.referral_source_id) AS referral_source,
  (SELECT upcoming_appointments_url_template FROM company WHERE id = c.company_id) AS url_template`;
}

export function toCustomer(row: CustomerRow): Customer {
  return {
    companyId: row.company_id,
    id: row.id,
    rawId: BigInt(row.raw_id),
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    email: row.email,
    addresses: row.addresses?.map(toAddress) ?? [],
    status: row.status === 2 ? "INACTIVE" : "ACTIVE",
    colorCode: row.color_code,
    source: row.source,
    ...(row.last_appointment_time ? { lastAppointmentTime: row.last_appointment_time } : {}),
    ...(row.next_appointment_time ? { nextAppointmentTime: row.next_appointment_time } : {}),
    createdBy: row.created_by,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
    ...(row.preferred_business_id === null ? {} : { preferredBusinessId: row.preferred_business_id }),
    notes: row.notes?.map(toNote) ?? [],
    tags: row.tags?.map(toTag) ?? [],
    ...(row.referral_source ? { referralSource: row.referral_source } : {}),
    preference: {
      receiveAutoMessage: row.receive_auto_message,
      receiveAutoEmail: row.receive_auto_email,
      subscribeToMarketingEmails: row.subscribe_to_marketing_emails,
      receiveAppointmentReminder: row.receive_appointment_reminder,
    },
    upcomingAppointmentsUrl: row.url_template?.replaceAll("{customer_id}", encodeURIComponent(row.id)) ?? "",
    archived: row.archived_time !== null,
    consent: toConsent(row),
    customFields: row.custom_fields,
    ...(row.source_lead_id === null ? {} : { sourceLeadId: row.source_lead_id }),
    ...(row.assigned_staff_id === null ? {} : { assignedStaffId: row.assigned_staff_id }),
    version: BigInt(row.version),
  };
}

function toNote(json: NoteJson): Note {
  return {
    id: json.id,
    note: json.note,
    lastUpdatedBy: json.last_updated_by,
    lastUpdatedTime: new Date(json.last_updated_time),
  };
}

export const statusNumbers = { ACTIVE: 1, INACTIVE: 2 } as const;
