import { actingStaffId, type WriteContext } from "../../core/write.js";
import { timestamp } from "../../db/audit-log.js";
import { joined, jsonOf, noteColumns, recordCreations } from "../../db/batch-insert.js";
import { firstEntryJson } from "../../db/consent-entry.js";
import { phoneRows } from "../../db/contact-phones.js";
import { insertExternalIds } from "../../db/external-ids.js";
import { type AddressJson, addressColumns } from "../../db/nested-rows.js";
import { Prisma } from "../../gen/prisma/client.js";
import { customerFields } from "./customer.columns.js";
import { newCustomerFields } from "./customer.model.js";
import type { BatchedCustomer } from "./customer-batch.model.js";

interface Inserted {
  readonly companyId: string;
  readonly records: readonly BatchedCustomer[];
  readonly now: Date;
  readonly write: WriteContext;
}

/** What is inserted of some customers. */
interface Rows<Customer> {
  readonly companyId: string;
  readonly records: readonly Customer[];
}

/** Inserts customers with their children, consent entries and audit log entries: one statement for each table. */
export async function insertCustomers(tx: Prisma.TransactionClient, inserted: Inserted): Promise<void> {
  const { companyId, records, now, write } = inserted;
  await tx.$executeRaw`
    INSERT INTO customer (company_id, id, ${fieldNames}, created_by, created_time, last_updated_by, last_updated_time)
    SELECT ${companyId}, r.id, ${fieldValues}, r.created_by, r.created_time, r.last_updated_by, r.last_updated_time
    FROM jsonb_populate_recordset(NULL::customer, ${jsonOf(records.map(customerJson))}::jsonb) r`;
  await insertPhones(tx, inserted);
  await insertAddresses(tx, inserted);
  await insertNotes(tx, inserted);
  await insertTags(tx, inserted);
  await insertExternalIds(tx, companyId, records);
  const { rpc, keyId, ip, requestId } = write;
  const author = actingStaffId(write, companyId);
  await tx.$executeRaw`
    INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip,
      request_id, after, given_time, source, recorded_by, evidence_reference, evidence_wording_version,
      evidence_language, evidence_address, preference_after, withheld)
    SELECT ${companyId}, 'customer', e.subject_id, ${timestamp(now)}, ${rpc}, ${keyId}, ${author}, ${ip},
      ${requestId}, e.after, coalesce(e.given_time, ${timestamp(now)}), e.source, e.recorded_by, e.evidence_reference,
      e.evidence_wording_version, e.evidence_language, e.evidence_address, e.preference_after, e.withheld
    FROM jsonb_populate_recordset(NULL::consent_event, ${jsonOf(records.map(consentJson))}::jsonb) e`;
  const rows = records.map(({ id, preferredBusinessId: businessId }) => ({ id, businessId }));
  await recordCreations(tx, { companyId, kind: "customer", now, write, rows });
}

const fieldNames = Prisma.raw(customerFields.names);
const fieldValues = Prisma.raw(customerFields.values("r"));

function customerJson(record: BatchedCustomer): string {
  const { id, createdBy, createdTime, lastUpdatedBy, lastUpdatedTime } = record;
  const stamp = JSON.stringify({
    ...{ id, created_by: createdBy, created_time: createdTime },
    ...{ last_updated_by: lastUpdatedBy, last_updated_time: lastUpdatedTime },
  });
  return joined(stamp, customerFields.json(record, newCustomerFields));
}

function consentJson({ id, withheld, ...record }: BatchedCustomer): string {
  const { givenTime, recordedBy = "" } = record.provenance ?? {};
  const stamp = JSON.stringify({ subject_id: id, given_time: givenTime, recorded_by: recordedBy });
  return joined(stamp, firstEntryJson(record, withheld));
}

export async function insertPhones(
  tx: Prisma.TransactionClient,
  { companyId, records }: Rows<Pick<BatchedCustomer, "id" | "phones">>,
): Promise<void> {
  const rows = records.flatMap(({ id, phones }) => phoneRows(phones).map((phone) => ({ id, ...phone })));
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO customer_phone (company_id, customer_id, position, number, extension, label, belongs_to, person_name)
    SELECT ${companyId}, x.id, x.position, x.number, x.extension, x.label, x.belongs_to, x.person_name
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS x (id text, position smallint, number text,
      extension text, label smallint, belongs_to smallint, person_name text)`;
}

function insertAddresses(tx: Prisma.TransactionClient, { companyId, records }: Inserted): Promise<void> {
  const rows = records.flatMap(({ id: customer_id, address }) => {
    if (!address) return [];
    const { id, ...lines } = address;
    return [{ customer_id, ...addressColumns(lines, id) }];
  });
  return insertAddressRows(tx, companyId, rows);
}

type AddressRow = AddressJson & { readonly customer_id: string };

/** Addresses of customers, as rows of their table. */
export async function insertAddressRows(
  tx: Prisma.TransactionClient,
  companyId: string,
  rows: readonly AddressRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO customer_address (company_id, id, customer_id, address1, address2, city, state, postal_code, country,
      latitude, longitude, type)
    SELECT ${companyId}, x.id, x.customer_id, x.address1, x.address2, x.city, x.state, x.postal_code, x.country,
      x.latitude, x.longitude, x.type
    FROM jsonb_populate_recordset(NULL::customer_address, ${JSON.stringify(rows)}::jsonb) x`;
}

async function insertNotes(tx: Prisma.TransactionClient, { companyId, records }: Inserted): Promise<void> {
  const rows = records.flatMap(({ id: customer_id, notes }) =>
    notes.map((note) => ({ customer_id, note: note.text, ...noteColumns(note) })),
  );
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time)
    SELECT ${companyId}, x.id, x.customer_id, x.note, x.created_time, x.last_updated_by, x.last_updated_time
    FROM jsonb_populate_recordset(NULL::customer_note, ${JSON.stringify(rows)}::jsonb) x`;
}

export async function insertTags(
  tx: Prisma.TransactionClient,
  { companyId, records }: Rows<Pick<BatchedCustomer, "id" | "tags">>,
): Promise<void> {
  const customerIds = records.flatMap(({ id, tags }) => tags.map(() => id));
  if (customerIds.length === 0) return;
  const tagIds = records.flatMap(({ tags }) => tags.map(({ id }) => id));
  await tx.$executeRaw`
    INSERT INTO customer_tag (company_id, customer_id, tag_id)
    SELECT ${companyId}, x.customer_id, x.tag_id FROM unnest(${customerIds}::text[], ${tagIds}::text[]) AS x (customer_id, tag_id)`;
}
