import { idPrefixes, newId } from "../../core/ids.js";
import { foldCase } from "../../core/text.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { addressColumns, addressJson } from "../../db/address-columns.js";
import { consentValues } from "../../db/consent-columns.js";
import { claimExpiry, type StoredResultRow } from "../../db/once.js";
import { statement } from "../../db/statement.js";
import { lastTagOrderSql, tagJson } from "../setting-lists/tag.columns.js";
import { distinctTags, tagKey } from "../setting-lists/tag.model.js";
import { type CustomerRow, customerColumns, noteJson, referralSourceJson } from "./customer.columns.js";
import type { CreatePreconditions, CustomerRecord, MissingReferences } from "./customer-store.model.js";

/** The result of the statement. There is always exactly one row. */
export interface CreateRow extends StoredResultRow, Omit<CustomerRow, "id"> {
  /** Null if nothing was stored. */
  readonly id: string | null;
  readonly missing: MissingReferences;
  readonly unknown_tags: readonly number[];
  readonly archived_tags: readonly number[];
  readonly forbidden_tags: readonly number[];
  readonly max_customers: number | null;
  /** False if a limit was introduced while the statement waited. It must then be executed again. */
  readonly counted: boolean;
}

/**
 * Creates a customer with its children, consent entry, audit log entry, customer count and idempotency claim in one
 * statement (measured in docs/measurements.md). Validates first, then writes: `valid` is empty for a replay and for
 * invalid references, `admitted` also if the customer limit is reached, and every insert selects from `admitted`.
 *
 * Without a customer limit, the company row is locked FOR KEY SHARE. This excludes a transaction that introduces a
 * limit (customer-limit.repository.ts), but not other creates. The claim is a plain insert: a concurrent duplicate
 * waits on its index and fails with 23505, which rolls the statement back. With ON CONFLICT it would continue and count
 * the customer twice. The lock order is counter, claim, tags (sorted), so concurrent creates cannot deadlock. A tag
 * that a concurrent create has inserted is locked by an update without effect. The update must not touch a column with
 * a unique index, otherwise it would wait for transactions that link the tag.
 */
export const createStatement = statement(
  "customer.create",
  `WITH replay AS MATERIALIZED (
  SELECT fingerprint, resource_ids FROM idempotency
  WHERE key_id = $2 AND rpc = $3 AND key = $6 AND expired_time > clock_timestamp()),
wanted AS MATERIALIZED (
  SELECT w.position, w.name, w.name_key, w.new_id, t.id, t.archived_time IS NOT NULL AS archived, w.asked_id IS NULL AS by_name
  FROM unnest($33::text[], $34::text[], $35::text[], $36::text[], $37::int[]) AS w (asked_id, name, name_key, new_id, position)
  LEFT JOIN tag t ON t.company_id = $1 AND (t.id = w.asked_id OR t.name_key = w.name_key)),
missing AS MATERIALIZED (
  SELECT coalesce(array_agg(reference), '{}') AS fields FROM (
    SELECT 'preferredBusinessId' AS reference
      WHERE NOT EXISTS (SELECT 1 FROM business WHERE company_id = $1 AND id = $9 AND archived_time IS NULL)
    UNION ALL SELECT 'referralSourceId'
      WHERE $10::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral_source WHERE company_id = $1 AND id = $10 AND archived_time IS NULL)
    UNION ALL SELECT 'assignedStaffId'
      WHERE $11::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE company_id = $1 AND id = $11 AND archived_time IS NULL)) m),
valid AS MATERIALIZED (
  SELECT 1 WHERE $39::boolean AND NOT EXISTS (SELECT 1 FROM replay)
    AND (SELECT cardinality(fields) = 0 FROM missing)
    AND NOT EXISTS (SELECT 1 FROM wanted WHERE archived OR (id IS NULL AND NOT (by_name AND $40::boolean)))),
owner AS MATERIALIZED (SELECT max_customers, upcoming_appointments_url_template FROM company WHERE id = $1 FOR KEY SHARE),
quota AS (
  UPDATE company_customer_count SET customers = customers + 1
  WHERE company_id = $1 AND EXISTS (SELECT 1 FROM valid) AND customers < (SELECT max_customers FROM owner) RETURNING 1),
admitted AS MATERIALIZED (
  SELECT 1 FROM owner WHERE max_customers IS NULL AND EXISTS (SELECT 1 FROM valid) UNION ALL SELECT 1 FROM quota),
claim AS (
  INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time)
  SELECT $2, $3, $6, $7, $1, ARRAY[$8], ${claimExpiry} FROM admitted WHERE $6::text IS NOT NULL
  RETURNING 1),
stamp AS MATERIALIZED (
  SELECT begin_change() AS now FROM admitted WHERE $6::text IS NULL OR EXISTS (SELECT 1 FROM claim)),
c AS (
  INSERT INTO customer (company_id, id, preferred_business_id, referral_source_id, assigned_staff_id, first_name, last_name, phone,
    email, email_key, source, color_code, receive_auto_message, receive_auto_email, subscribe_to_marketing_emails,
    receive_appointment_reminder, service_related_channels, marketing_campaigns_channels, branded_app_enabled,
    is_agreed_marketing_policy, is_consented, custom_fields, created_by, created_time, last_updated_by, last_updated_time)
  SELECT $1, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23::smallint[], $24::smallint[], $25, $26, $27, $28,
    $4, now, $4, now FROM stamp
  RETURNING *),
a AS (
  INSERT INTO customer_address (company_id, id, customer_id, address1, address2, city, state, postal_code, country, latitude, longitude, type)
  SELECT $1, x.id, $8, x.address1, x.address2, x.city, x.state, x.postal_code, x.country, x.latitude, x.longitude, x.type
  FROM c, jsonb_to_recordset($29::jsonb) AS x (id text, address1 text, address2 text, city text, state text, postal_code text,
    country text, latitude float8, longitude float8, type smallint)
  RETURNING *),
n AS (
  INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time)
  SELECT $1, x.id, $8, x.note, c.created_time, $4, c.created_time FROM c, unnest($30::text[], $31::text[]) AS x (id, note)
  RETURNING *),
created_tag AS (
  INSERT INTO tag (company_id, id, name, name_key, display_order, last_updated_by, last_updated_time)
  SELECT $1, w.new_id, w.name, w.name_key, ${lastTagOrderSql("$1")} + row_number() OVER (ORDER BY w.position),
    $4, c.created_time FROM c, wanted w WHERE w.id IS NULL ORDER BY w.name_key COLLATE "C"
  ON CONFLICT (company_id, name_key) DO UPDATE SET display_order = tag.display_order
  RETURNING *, xmax = 0 AS inserted),
carried AS MATERIALIZED (SELECT id FROM wanted WHERE id IS NOT NULL UNION SELECT id FROM created_tag),
linked AS (
  INSERT INTO customer_tag (company_id, customer_id, tag_id) SELECT $1, $8, carried.id FROM c, carried RETURNING 1),
ledger AS (
  INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip, request_id, after)
  SELECT $1, 'customer', $8, c.created_time, $3, $2, $4, $38, $5, $32::jsonb FROM c RETURNING 1),
changed AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time)
  SELECT $1, 'customer', $8, 1, $3, $2, $4, $5, c.created_time FROM c
  UNION ALL SELECT $1, 'tag', t.id, 1, $3, $2, $4, $5, t.last_updated_time FROM created_tag t WHERE inserted
  RETURNING 1)
SELECT ${customerColumns},
  (SELECT json_agg(${addressJson} ORDER BY a.type, a.id) FROM a) AS addresses,
  (SELECT json_agg(json ORDER BY display_order, name, id) FROM (
    SELECT ${tagJson} AS json, t.display_order, t.name, t.id FROM tag t
      WHERE t.company_id = $1 AND t.id = ANY (ARRAY(SELECT id FROM wanted))
    UNION ALL SELECT ${tagJson}, t.display_order, t.name, t.id FROM created_tag t) x) AS tags,
  (SELECT json_agg(${noteJson} ORDER BY n.id DESC) FROM n) AS notes,
  (SELECT ${referralSourceJson} FROM referral_source r
    WHERE r.company_id = $1 AND r.id = $10) AS referral_source,
  (SELECT upcoming_appointments_url_template FROM owner) AS url_template,
  (SELECT fingerprint FROM replay) AS replay_fingerprint,
  (SELECT resource_ids FROM replay) AS replay_ids,
  (SELECT fields FROM missing) AS missing,
  ARRAY(SELECT position FROM wanted WHERE id IS NULL AND NOT by_name ORDER BY position) AS unknown_tags,
  ARRAY(SELECT position FROM wanted WHERE archived ORDER BY position) AS archived_tags,
  ARRAY(SELECT position FROM wanted WHERE id IS NULL AND by_name AND NOT $40::boolean ORDER BY position) AS forbidden_tags,
  (SELECT max_customers FROM owner) AS max_customers,
  EXISTS (SELECT 1 FROM company_customer_count WHERE company_id = $1) AS counted
FROM (VALUES (1)) one LEFT JOIN c ON true`,
);

export interface CreateCall {
  readonly id: string;
  readonly record: CustomerRecord;
  readonly admission: CreatePreconditions;
  readonly write: WriteContext;
}

/** Values of the statement's parameters, in order. */
export function createValues({ id, record, admission, write }: CreateCall): readonly unknown[] {
  const { preference, consent } = record;
  const tags = distinctTags(record.tags);
  return [
    record.companyId,
    write.keyId,
    write.rpc,
    actingStaffId(write, record.companyId),
    write.requestId,
    write.claim?.key ?? null,
    write.claim?.fingerprint ?? null,
    id,
    record.preferredBusinessId,
    record.referralSourceId ?? null,
    record.assignedStaffId ?? null,
    record.firstName,
    record.lastName,
    record.phone,
    record.email,
    foldCase(record.email),
    record.source,
    record.colorCode,
    preference.receiveAutoMessage,
    preference.receiveAutoEmail,
    preference.subscribeToMarketingEmails,
    preference.receiveAppointmentReminder,
    ...consentValues(consent),
    JSON.stringify(record.customFields),
    JSON.stringify(record.address ? [addressColumns(record.address)] : []),
    record.notes.map(() => newId(idPrefixes.note)),
    record.notes,
    JSON.stringify(consent),
    tags.map(({ reference }) => ("id" in reference ? reference.id : null)),
    tags.map(({ reference }) => ("name" in reference ? reference.name : null)),
    tags.map(({ reference }) => ("name" in reference ? tagKey(reference.name) : null)),
    tags.map(({ reference }) => ("name" in reference ? newId(idPrefixes.tag) : null)),
    tags.map(({ position }) => position),
    write.ip,
    admission.admit,
    admission.mayCreateTags,
  ];
}
