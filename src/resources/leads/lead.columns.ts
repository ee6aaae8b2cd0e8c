import type { Address } from "../../core/address.js";
import type { ExternalId } from "../../core/external-id.js";
import { consentField, emailField } from "../../db/contact-columns.js";
import { type PhoneJson, phonesJson, toPhones } from "../../db/contact-phones.js";
import { externalIdsSql } from "../../db/external-ids.js";
import { fieldTable, optionalTextColumn, type Row, type StoredField, textColumn } from "../../db/field-table.js";
import {
  type AddressJson,
  addressColumns,
  listNotesSql,
  type NotesRead,
  recordNotesSql,
  toAddress,
} from "../../db/nested-rows.js";
import { customFieldsColumn, withLateValues } from "../custom-fields/custom-field.columns.js";
import { type NoteJson, noteJson, referralSourceJson, toNote } from "../customers/customer.columns.js";
import type { ReferralSource } from "../customers/customer.model.js";
import { leadPetJson, listedPetJson, type PetJson, toPet } from "../pets/pet.columns.js";
import { type TagJson, tagJson, toTag } from "../setting-lists/tag.repository.js";
import type { Lead, LeadFields } from "./lead.model.js";
import { actionStatusOfLead, lifeCycleOfLead } from "./lead-history.columns.js";
import type { ActionStatus, LifeCycle } from "./lead-history.model.js";

/** The only address of a lead, as JSON. */
const addressField: StoredField<Address> = {
  columns: { address: "jsonb" },
  write: ({ id, ...address }) => ({ address: addressColumns(address, id) }),
  read: ({ address }) => (isAddress(address) ? toAddress(address) : undefined),
};

/** The service writes nothing else to the column. */
function isAddress(value: unknown): value is AddressJson {
  return typeof value === "object" && value !== null;
}

/** The one table of the fields that clients write. */
export const leadFields = fieldTable<LeadFields>({
  firstName: textColumn("first_name"),
  lastName: textColumn("last_name"),
  avatar: textColumn("avatar"),
  phone: textColumn("phone"),
  email: emailField,
  address: addressField,
  preferredBusinessId: optionalTextColumn("preferred_business_id"),
  allocateStaffId: optionalTextColumn("allocate_staff_id"),
  lifeCycleId: optionalTextColumn("life_cycle_id"),
  actionStatusId: optionalTextColumn("action_status_id"),
  referralSourceId: optionalTextColumn("referral_source_id"),
  source: textColumn("source"),
  consent: consentField,
  customFields: customFieldsColumn("custom_fields"),
});

/** A lead with its children, as `leadColumns` and `leadChildren` select it, beside the columns of `leadFields`. */
export interface LeadRow extends Row {
  readonly company_id: string;
  readonly id: string;
  readonly raw_id: string | bigint;
  readonly promoted_customer_id: string | null;
  readonly archived_time: Date | null;
  readonly created_by: string;
  readonly created_time: Date;
  readonly last_updated_by: string;
  readonly last_updated_time: Date;
  readonly version: string | bigint;
  readonly phone: string;
  readonly phones: readonly PhoneJson[] | null;
  readonly external_ids: readonly ExternalId[] | null;
  readonly pets: readonly PetJson[] | null;
  readonly notes: readonly NoteJson[] | null;
  readonly tags: readonly TagJson[] | null;
  readonly life_cycle: LifeCycle | null;
  readonly action_status: ActionStatus | null;
  readonly referral_source: ReferralSource | null;
}

/** The scalar columns of `lead AS l`. */
export const leadColumns = columnsWith(leadFields.select("l"));

/** The same for a page of leads. */
export const listedLeadColumns = columnsWith(leadFields.select("l", ["custom_fields"]));

function columnsWith(fields: string): string {
  return `l.company_id, l.id, l.raw_id, ${fields}, l.promoted_customer_id,
  l.archived_time, l.created_by, l.created_time, l.last_updated_by, l.last_updated_time, l.version`;
}

/** Reads a row of a page. */
export const toListedLead = withLateValues(toLead);

/** The children of `lead AS l`, aggregated in the same statement. */
export const leadChildren = childrenWith(leadPetJson, recordNotesSql);

/** The same for a page of leads, with fewer notes per pet. */
export const listedLeadChildren = childrenWith(listedPetJson, listNotesSql);

function childrenWith(pet: string, notes: NotesRead): string {
  const ofLead = "note.company_id = l.company_id AND note.lead_id = l.id";
  return `(SELECT json_agg(${tagJson} ORDER BY t.display_order, t.name, t.id) FROM lead_tag lt
    JOIN tag t ON t.company_id = lt.company_id AND t.id = lt.tag_id
    WHERE lt.company_id = l.company_id AND lt.lead_id = l.id) AS tags,
  (SELECT json_agg(${noteJson} ORDER BY n.created_time DESC, n.id DESC) FROM (
    ${notes({ table: "lead_note", where: ofLead, text: "note" })}) n) AS notes,
  (SELECT jsonb_agg(${pet} ORDER BY p.created_time, p.id) FROM (
      SELECT pet.*, count(*) OVER () AS pets_of_lead FROM pet
      WHERE pet.company_id = l.company_id AND pet.lead_id = l.id AND pet.archived_time IS NULL) p) AS pets,
  (SELECT ${phonesJson} FROM lead_phone p WHERE p.company_id = l.company_id AND p.lead_id = l.id) AS phones,
  ${externalIdsSql("lead", "l")} AS external_ids,
  ${lifeCycleOfLead} AS life_cycle,
  ${actionStatusOfLead} AS action_status,
  (SELECT ${referralSourceJson}
    FROM referral_source r WHERE r.company_id = l.company_id AND r.id = l.referral_source_id) AS referral_source`;
}

export function toLead(row: LeadRow): Lead {
  return {
    companyId: row.company_id,
    id: row.id,
    rawId: BigInt(row.raw_id),
    phones: toPhones(row.phone, row.phones),
    externalIds: row.external_ids ?? [],
    pets: row.pets?.map(toPet) ?? [],
    notes: row.notes?.map(toNote) ?? [],
    tags: row.tags?.map(toTag) ?? [],
    ...(row.life_cycle ? { lifeCycle: row.life_cycle } : {}),
    ...(row.action_status ? { actionStatus: row.action_status } : {}),
    ...(row.referral_source ? { referralSource: row.referral_source } : {}),
    createdBy: row.created_by,
    createdTime: row.created_time,
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: row.last_updated_time,
    ...(row.promoted_customer_id === null ? {} : { promotedCustomerId: row.promoted_customer_id }),
    archived: row.archived_time !== null,
    version: BigInt(row.version),
    // Last, as in `toCustomer`.
    ...leadFields.read(row),
  };
}
