import { idPrefixes, newId } from "../../core/ids.js";
import { foldCase } from "../../core/text.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { addressColumns } from "../../db/address-columns.js";
import { consentValues } from "../../db/consent-columns.js";
import { claimExpiry, type StoredResultRow } from "../../db/once.js";
import { statement } from "../../db/statement.js";
import { petColumns } from "../pets/pet.columns.js";
import type { LeadRecord, LeadReferences } from "./lead-store.model.js";

/** The result of the statement. There is always exactly one row. */
export interface CreateLeadRow extends StoredResultRow {
  /** Null if nothing was stored. */
  readonly id: string | null;
  readonly missing: readonly (keyof LeadReferences)[];
  readonly missing_code_paths: readonly string[];
}

/**
 * Creates a lead with its pets and their codes, notes and vaccinations, its consent entry, audit log entry and
 * idempotency claim in one statement, which validates first and then writes (see customer.repository.ts).
 */
export const createLeadStatement = statement(
  "lead.create",
  `WITH replay AS MATERIALIZED (
  SELECT fingerprint, resource_ids FROM idempotency
  WHERE key_id = $2 AND rpc = $3 AND key = $6 AND expired_time > clock_timestamp()),
stage AS MATERIALIZED (
  SELECT coalesce($11::text, (SELECT id::text FROM life_cycle WHERE company_id = $1 AND is_default)) AS id),
missing AS MATERIALIZED (
  SELECT coalesce(array_agg(reference), '{}') AS fields FROM (
    SELECT 'preferredBusinessId' AS reference
      WHERE $9::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM business WHERE company_id = $1 AND id = $9 AND archived_time IS NULL)
    UNION ALL SELECT 'allocateStaffId'
      WHERE $10::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM staff WHERE company_id = $1 AND id = $10 AND archived_time IS NULL)
    UNION ALL SELECT 'lifeCycleId'
      WHERE $11::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM life_cycle WHERE company_id = $1 AND id = $11 AND archived_time IS NULL)
    UNION ALL SELECT 'actionStatusId'
      WHERE $12::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM action_status WHERE company_id = $1 AND id = $12 AND archived_time IS NULL)
    UNION ALL SELECT 'referralSourceId'
      WHERE $13::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral_source WHERE company_id = $1 AND id = $13 AND archived_time IS NULL)) m),
code AS MATERIALIZED (
  SELECT w.path, w.pet_id, w.code_id, k.id FROM unnest($27::text[], $28::text[], $29::text[]) AS w (path, pet_id, code_id)
  LEFT JOIN pet_code k ON k.company_id = $1 AND k.id = w.code_id AND k.archived_time IS NULL),
admitted AS MATERIALIZED (
  SELECT 1 WHERE $31::boolean AND NOT EXISTS (SELECT 1 FROM replay) AND (SELECT cardinality(fields) = 0 FROM missing)
    AND NOT EXISTS (SELECT 1 FROM code WHERE id IS NULL)),
claim AS (
  INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, kind, resource_ids, expired_time)
  SELECT $2, $3, $6, $7, $1, 'lead', ARRAY[$8], ${claimExpiry} FROM admitted WHERE $6::text IS NOT NULL
  RETURNING 1),
stamp AS MATERIALIZED (
  SELECT begin_change() AS now FROM admitted WHERE $6::text IS NULL OR EXISTS (SELECT 1 FROM claim)),
l AS (
  INSERT INTO lead (company_id, id, preferred_business_id, allocate_staff_id, life_cycle_id, action_status_id,
    referral_source_id, first_name, last_name, avatar, phone, email, email_key, address, service_related_channels,
    marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented, custom_fields,
    created_by, created_time, last_updated_by, last_updated_time)
  SELECT $1, $8, $9, $10, stage.id, $12, $13, $14, $15, $16, $17, $18, $19, $20::jsonb, $21::smallint[], $22::smallint[], $23::boolean,
    $24::boolean, $25::boolean, $26::jsonb, $4, now, $4, now FROM stamp, stage
  RETURNING id, created_time),
p AS (
  INSERT INTO pet (company_id, id, lead_id, name, birthday, status, type, breed, gender, weight, weight_unit, fixed, coat,
    behavior, vet_name, vet_phone, vet_address, evaluation_status, photo, created_by, created_time,
    last_updated_by, last_updated_time)
  SELECT $1, x.id, $8, x.name, x.birthday, x.status, x.type, x.breed, x.gender, x.weight, x.weight_unit, x.fixed, x.coat,
    x.behavior, x.vet_name, x.vet_phone, x.vet_address, x.evaluation_status, x.photo, $4, l.created_time,
    $4, l.created_time
  FROM l, jsonb_to_recordset($32::jsonb) AS x (id text, name text, birthday date, status smallint, type smallint, breed text,
    gender smallint, weight bigint, weight_unit smallint, fixed text, coat text, behavior text, vet_name text,
    vet_phone text, vet_address text, evaluation_status smallint, photo text)
  RETURNING id),
v AS (
  INSERT INTO pet_vaccination (company_id, pet_id, position, name, expired_time)
  SELECT $1, x.pet_id, x.position, x.name, x.expired_time
  FROM l, jsonb_to_recordset($33::jsonb) AS x (pet_id text, position int, name text, expired_time timestamptz) RETURNING 1),
n AS (
  INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
  SELECT $1, x.id, x.pet_id, x.content, l.created_time, $4, l.created_time
  FROM l, jsonb_to_recordset($34::jsonb) AS x (id text, pet_id text, content text) RETURNING 1),
k AS (
  INSERT INTO pet_pet_code (company_id, pet_id, pet_code_id) SELECT $1, code.pet_id, code.code_id FROM l, code RETURNING 1),
ledger AS (
  INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, staff_id, ip, request_id, after)
  SELECT $1, 'lead', $8, l.created_time, $3, $2, $4, $30, $5, $35::jsonb FROM l RETURNING 1),
changed AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time)
  SELECT $1, 'lead', $8, 1, $3, $2, $4, $5, l.created_time FROM l
  UNION ALL SELECT $1, 'pet', p.id, 1, $3, $2, $4, $5, l.created_time FROM l, p
  RETURNING 1)
SELECT l.id,
  (SELECT fingerprint FROM replay) AS replay_fingerprint,
  (SELECT resource_ids FROM replay) AS replay_ids,
  (SELECT fields FROM missing) AS missing,
  ARRAY(SELECT path FROM code WHERE id IS NULL ORDER BY path) AS missing_code_paths
FROM (VALUES (1)) one LEFT JOIN l ON true`,
);

export interface CreateLeadCall {
  readonly id: string;
  readonly record: LeadRecord;
  readonly admit: boolean;
  readonly write: WriteContext;
}

/** Values of the statement's parameters, in order. */
export function createLeadValues({ id, record, admit, write }: CreateLeadCall): readonly unknown[] {
  const { consent } = record;
  const pets = record.pets.map((pet, position) => ({ ...pet, id: newId(idPrefixes.pet), position }));
  const codes = pets.flatMap((pet) =>
    pet.petCodeIds.map((codeId, index) => ({
      path: `pets[${pet.position}].pet_codes[${index}].id`,
      petId: pet.id,
      codeId,
    })),
  );
  return [
    record.companyId,
    write.keyId,
    write.rpc,
    actingStaffId(write, record.companyId),
    write.requestId,
    write.claim?.key ?? null,
    write.claim?.fingerprint ?? null,
    id,
    record.preferredBusinessId ?? null,
    record.allocateStaffId ?? null,
    record.lifeCycleId ?? null,
    record.actionStatusId ?? null,
    record.referralSourceId ?? null,
    record.firstName,
    record.lastName,
    record.avatar,
    record.phone,
    record.email,
    foldCase(record.email),
    record.address ? JSON.stringify(addressColumns(record.address)) : null,
    ...consentValues(consent),
    JSON.stringify(record.customFields),
    codes.map((code) => code.path),
    codes.map((code) => code.petId),
    codes.map((code) => code.codeId),
    write.ip,
    admit,
    JSON.stringify(pets.map((pet) => ({ id: pet.id, ...petColumns(pet) }))),
    JSON.stringify(
      pets.flatMap((pet) =>
        pet.vaccinations.map(({ name, expiredTime }, position) => ({
          ...{ pet_id: pet.id, position, name },
          expired_time: expiredTime ?? null,
        })),
      ),
    ),
    JSON.stringify(
      pets.flatMap((pet) => pet.notes.map((content) => ({ id: newId(idPrefixes.note), pet_id: pet.id, content }))),
    ),
    JSON.stringify(consent),
  ];
}
