import type { Consent } from "../core/consent.js";
import type { ConsentProvenance } from "../core/consent-provenance.js";
import type { Withheld } from "../core/contact-rule.js";
import type { ImportedNoteRecord } from "../core/note.js";
import type { ContactPhone } from "../core/phone/contact-phone.js";
import type { Preference } from "../core/preference.js";
import type { ImportAuthors, ImportTimes } from "../core/record-import.js";
import { actingStaffId, type WriteContext } from "../core/write.js";
import { Prisma } from "../gen/prisma/client.js";
import { timestamp } from "./audit-log.js";
import { joined, jsonOf, noteColumns, recordCreations } from "./batch-insert.js";
import { firstEntryJson } from "./consent-entry.js";
import { phoneRows } from "./contact-phones.js";

/** What customers and leads of a batch have in common. */
interface BatchedContact extends Required<ImportTimes>, Required<ImportAuthors> {
  readonly id: string;
  readonly preferredBusinessId?: string;
  readonly phones: readonly ContactPhone[];
  readonly notes: readonly ImportedNoteRecord[];
  readonly tags: readonly { readonly id: string }[];
  readonly consent: Consent;
  readonly preference?: Preference;
  readonly provenance?: ConsentProvenance;
  readonly withheld?: Withheld | undefined;
}

/** What is inserted of some customers or leads. */
interface Rows<Contact> {
  readonly companyId: string;
  /** Also the name of the table. */
  readonly kind: "customer" | "lead";
  readonly records: readonly Contact[];
}

interface Inserted extends Rows<BatchedContact> {
  readonly now: Date;
  readonly write: WriteContext;
}

/**
 * Inserts the phones, notes, tags, consent entries and audit log entries of new customers or leads: one statement for each
 * table.
 */
export async function insertContactParts(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, kind, records, now, write } = inserted;
  await insertPhones(tx, inserted);
  await insertNotes(tx, inserted);
  await insertTags(tx, inserted);
  const { rpc, keyId, ip, requestId } = write;
  const author = actingStaffId(write, companyId);
  await tx.$executeRaw`
    INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version,
      evidence_language, evidence_address, preference_after, withheld)
    SELECT ${companyId}, ${kind}, e.subject_id, ${timestamp(now)}, ${rpc}, ${keyId}, ${author}, ${ip},
      ${requestId}, e.after, coalesce(e.given_time, ${timestamp(now)}), e.source, e.recorded_by, e.evidence_reference,
      e.evidence_wording_version, e.evidence_language, e.evidence_address, e.preference_after, e.withheld
    FROM jsonb_populate_recordset(NULL::consent_event, ${jsonOf(records.map(consentJson))}::jsonb) e`;
  const rows = records.map(({ id, preferredBusinessId: businessId }) => ({ id, businessId }));
  await recordCreations(tx, { companyId, kind, now, write, rows });
}

/** JSON of the columns of a record that its fields do not decide. */
export function stampJson({ id, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime }: BatchedContact): string {
  return JSON.stringify({
    ...{ id, created_by: createdBy, created_time: createdTime },
    ...{ last_updated_by: lastUpdatedBy, last_updated_time: lastUpdatedTime },
  });
}

function consentJson({ id, withheld, ...record }: BatchedContact): string {
  const { givenTime, recordedBy = "" } = record.provenance ?? {};
  const stamp = JSON.stringify({ subject_id: id, given_time: givenTime, recorded_by: recordedBy });
  return joined(stamp, firstEntryJson(record, withheld));
}

/** Stores phones of customers or leads that have none. */
export async function insertPhones(
  tx: Prisma.TransactionClient,
  { companyId, kind, records }: Rows<Pick<BatchedContact, "id" | "phones">>,
): Promise<void> {
  const rows = records.flatMap(({ id, phones }) => phoneRows(phones).map((phone) => ({ id, ...phone })));
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO ${Prisma.raw(`${kind}_phone (company_id, ${kind}_id`)}, position, number, extension, label, belongs_to,
      person_name)
    SELECT ${companyId}, x.id, x.position, x.number, x.extension, x.label, x.belongs_to, x.person_name
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x (id text, position smallint, number text,
      extension text, label smallint, belongs_to smallint, person_name text)`;
}

async function insertNotes(tx: Prisma.TransactionClient, { companyId, kind, records }: Inserted): Promise<void> {
  const rows = records.flatMap(({ id: owner_id, notes }) =>
    notes.map((note) => ({ owner_id, note: note.text, ...noteColumns(note) })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO ${Prisma.raw(`${kind}_note (company_id, ${kind}_id`)}, id, note, created_time, last_updated_by,
      last_updated_time)
    SELECT ${companyId}, x.owner_id, x.id, x.note, x.created_time, x.last_updated_by, x.last_updated_time
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x (owner_id text, id text, note text,
      created_time timestamptz, last_updated_by text, last_updated_time timestamptz)`;
}

/** Stores tags that customers or leads did not have. */
export async function insertTags(
  tx: Prisma.TransactionClient,
  { companyId, kind, records }: Rows<Pick<BatchedContact, "id" | "tags">>,
): Promise<void> {
  const ids = records.flatMap(({ id, tags }) => tags.map(() => id));
  if (ids.length === 0) return;
  const tagIds = records.flatMap(({ tags }) => tags.map(({ id }) => id));
  await tx.$executeRaw`
    INSERT INTO ${Prisma.raw(`${kind}_tag (company_id, ${kind}_id`)}, tag_id)
    SELECT ${companyId}, x.id, x.tag_id FROM unnest(${ids}::text[], ${tagIds}::text[]) AS x (id, tag_id)`;
}
