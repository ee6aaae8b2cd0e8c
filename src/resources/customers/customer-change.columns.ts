import type pg from "pg";
import { insertLaterEntrySql } from "../../db/consent-change.js";
import { insertPhonesSql } from "../../db/contact-phones.js";
import {
  type AuditParameters,
  admittedSql,
  auditSql,
  type GuardParameters,
  updatedTimeSql,
} from "../../db/guarded-write.js";
import { claimFromSql, type RequestParameters } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { insertAddressesSql } from "../../db/nested-rows.js";
import { updatedNotesJson, updatedNotesSql } from "../../db/note-change.js";
import { meetChangedOptOutsSql, optOutColumnsSql } from "../../db/opt-out-list.js";
import type { TagJson } from "../setting-lists/tag.repository.js";
import { changedTagsJson, changeTagsSql, tagRoomSql } from "../setting-lists/tag-change.columns.js";
import { type CustomerRow, customerColumns, customerFields, type NoteJson, noteJson } from "./customer.columns.js";

/** What a change of a customer touches. The statement has only these parts. */
export interface ChangedParts {
  readonly customFields: boolean;
  /** Addresses, phones, notes or tags. */
  readonly children: boolean;
  /** The consent ledger or the list of opt-outs. */
  readonly contact: boolean;
}

export interface ChangeParameters extends GuardParameters, AuditParameters, RequestParameters {
  readonly [name: string]: unknown;
  readonly recordedKind: string;
  readonly isLeft: boolean;
  /** JSON of a row of `customer`. */
  readonly record: string;
  readonly changedColumns: readonly string[];
  readonly droppedAddressIds: readonly string[];
  /** JSON of rows of `customer_address`. */
  readonly addresses: string;
  readonly replacesPhones: boolean;
  /** JSON of rows of `customer_phone`. */
  readonly phones: string;
  /** JSON of lists of `ExternalId`. */
  readonly droppedExternalIds: string;
  readonly addedExternalIds: string;
  readonly noteIds: readonly string[];
  readonly notes: readonly string[];
  readonly editedNoteIds: readonly string[];
  readonly editedNotes: readonly string[];
  readonly keptNoteIds: readonly string[] | null;
  readonly changesNotes: boolean;
  /** JSON of a list of `NewTag`. */
  readonly newTags: string;
  readonly maxTags: number;
  readonly droppedTagIds: readonly string[];
  readonly addedTagIds: readonly string[];
  /** All tags after the change. */
  readonly tagIds: readonly string[];
  readonly changesTags: boolean;
  /** JSON of the columns of `consent_event`; of an empty object without an entry. */
  readonly consent: string;
  readonly asksOptOuts: boolean;
  readonly optOutContacts: readonly string[] | null;
  readonly optOutLines: readonly number[] | null;
  /** The contacts of lines that the customer did not have. */
  readonly addedContacts: readonly string[] | null;
  readonly assumedOptOuts: readonly number[];
}

/** What the statement returns, unless the customer is no longer as it was read. */
export interface ChangedRow extends CustomerRow, pg.QueryResultRow {
  /** Whether the request has its effect. */
  readonly is_stored: boolean;
  readonly has_changed: boolean;
  readonly tags: readonly TagJson[] | null;
  readonly notes: readonly NoteJson[] | null;
  readonly opted_out: readonly number[] | null;
  /** Whether the key of the opt-outs must be loaded first. */
  readonly lacks_hash_key: boolean;
}

const statements = new Map<string, ReturnType<typeof createStatement>>();

/** There are at most eight of them, so that a connection keeps few plans. */
export function changeStatement(parts: ChangedParts): ReturnType<typeof createStatement> {
  const key = JSON.stringify(parts);
  const known = statements.get(key) ?? createStatement(parts);
  statements.set(key, known);
  return known;
}

function createStatement({ customFields, children, contact }: ChangedParts) {
  const met = contact ? "met" : "admitted";
  const fitting = children ? "fitting" : met;
  return namedStatement<ChangeParameters>(
    "customer.change",
    `WITH ${[
      admittedSql("customer"),
      ...(contact ? [meetChangedOptOutsSql] : []),
      ...(children ? [tagRoomSql(met)] : []),
      claimFromSql(fitting, ":recordedKind::text", ":recordedIds::text[]"),
      changedSql(customFields),
      ...(children ? [addressesSql, externalIdsSql, changeTagsSql("customer"), updatedNotesSql("customer")] : []),
      // New numbers are always compared with the list of opt-outs.
      ...(children && contact ? [phonesSql] : []),
      ...(contact ? [`ledger AS (${insertLaterEntrySql("customer")})`] : []),
      auditSql("customer"),
    ].join(",\n")}
SELECT EXISTS (SELECT 1 FROM stamp) AS is_stored, c.id IS NOT NULL AS has_changed, ${customerColumns},
  ${children ? `CASE WHEN :changesTags::boolean THEN ${changedTagsJson} END` : "NULL::json"} AS tags,
  ${children ? `CASE WHEN :changesNotes::boolean THEN ${updatedNotesJson("customer", noteJson)} END` : "NULL::json"} AS notes,
  ${contact ? optOutColumnsSql : "NULL::smallint[] AS opted_out, false AS lacks_hash_key"}
FROM admitted LEFT JOIN changed c ON true`,
  );
}

/** An assignment of the custom fields is judged by triggers even if it changes nothing. */
function changedSql(customFields: boolean): string {
  return `changed AS (
  UPDATE customer c SET ${customerFields.assigned("c", "r", customFields ? undefined : "custom_fields")},
    version = c.version + 1, last_updated_by = :author, last_updated_time = ${updatedTimeSql("c")}
  FROM stamp, jsonb_populate_record(NULL::customer, :record::jsonb) r
  WHERE NOT :isLeft::boolean AND c.company_id = :companyId AND c.id = :id RETURNING c.*)`;
}

/** Only one address may be primary at any moment, so what changes is deleted before anything is inserted. */
const addressesSql = `dropped_address AS (
  DELETE FROM customer_address a USING changed
  WHERE a.company_id = :companyId AND a.customer_id = :id AND a.id = ANY(:droppedAddressIds::text[]) RETURNING 1),
stored_address AS (${insertAddressesSql("changed, (SELECT count(*) FROM dropped_address) dropped")} RETURNING 1)`;

/** Replaced as addresses are. */
const phonesSql = `dropped_phone AS (
  DELETE FROM customer_phone p USING changed
  WHERE :replacesPhones::boolean AND p.company_id = :companyId AND p.customer_id = :id RETURNING 1),
stored_phone AS (${insertPhonesSql("customer", "changed, (SELECT count(*) FROM dropped_phone) dropped")} RETURNING 1)`;

/** Each is either dropped or added. */
const externalIdsSql = `dropped_external_id AS (
  DELETE FROM customer_external_id x USING changed, jsonb_to_recordset(:droppedExternalIds::jsonb) AS r (system text, id text)
  WHERE x.company_id = :companyId AND x.customer_id = :id AND x.system = r.system AND x.external_id = r.id RETURNING 1),
stored_external_id AS (
  INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
  SELECT :companyId, :id, r.system, r.id
  FROM changed, jsonb_to_recordset(:addedExternalIds::jsonb) AS r (system text, id text) RETURNING 1)`;
