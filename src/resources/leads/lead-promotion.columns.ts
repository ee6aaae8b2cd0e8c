import type pg from "pg";
import type { DuplicateView } from "../../core/possible-duplicate.js";
import { namedAccess } from "../../db/access-filter.js";
import { timePlus } from "../../db/audit-log.js";
import { insertFirstEntrySql } from "../../db/consent-entry.js";
import { insertPhonesSql, phonesJson } from "../../db/contact-phones.js";
import { listedExternalIds } from "../../db/external-ids.js";
import { admittedSql, guardSql, updatedTimeSql } from "../../db/guarded-write.js";
import { claimFromSql, replayColumns, replaySql, type StoredResultRow } from "../../db/idempotent-write.js";
import { namedStatement } from "../../db/named-statement.js";
import { addressJson, insertAddressesSql } from "../../db/nested-rows.js";
import { meetChangedOptOutsSql, optOutColumnsSql } from "../../db/opt-out-list.js";
import { duplicateProbe, withSlots } from "../../db/possible-duplicates.js";
import {
  canRefuse,
  heldContacts,
  type RefusedRow,
  refusingColumn,
  unrefusedSql,
} from "../../db/refusing-duplicates.js";
import { type DefinitionRow, definitionsSql } from "../custom-fields/custom-field.columns.js";
import { fieldAssociations } from "../custom-fields/custom-field.model.js";
import { type CustomerRow, customerColumns, customerFields } from "../customers/customer.columns.js";
import { type LeadRow, leadChildren, leadColumns } from "./lead.columns.js";
import type { Lead } from "./lead.model.js";
import { leadSummaryJson } from "./lead-history.columns.js";

type WithoutId = { readonly [Name in keyof LeadRow]: Name extends "id" ? string | null : LeadRow[Name] };

/** A lead as its promotion reads it, with the definitions of its custom fields. */
export interface PromotionRow extends StoredResultRow, WithoutId {
  /** Null if there is no such lead. */
  readonly id: string | null;
  readonly lead_definitions: readonly DefinitionRow[] | null;
  readonly customer_definitions: readonly DefinitionRow[] | null;
}

function definitionsOf(association: "LEAD" | "CUSTOMER"): string {
  const definitions = definitionsSql({
    ...{ company: "l.company_id", association: `${fieldAssociations.numberOf(association)}` },
    ...{ codes: "ARRAY(SELECT jsonb_object_keys(l.custom_fields))", withExpected: "false" },
  });
  return `CASE WHEN l.custom_fields <> '{}'::jsonb THEN (SELECT json_agg(row_to_json(d)) FROM (${definitions}) d) END`;
}

export const readForPromotion = namedStatement(
  "lead.read_for_promotion",
  `WITH ${replaySql}
SELECT ${replayColumns}, ${leadColumns}, ${leadChildren},
  ${definitionsOf("LEAD")} AS lead_definitions, ${definitionsOf("CUSTOMER")} AS customer_definitions
FROM (VALUES (1)) one LEFT JOIN replay ON true LEFT JOIN lead l ON l.id = :id AND ${namedAccess.ofLeads("l")}`,
);

/** What a promotion returns, unless the lead is no longer as it was read. */
export interface PromotedRow extends CustomerRow, RefusedRow, pg.QueryResultRow {
  /** Whether the customer was created. */
  readonly is_stored: boolean;
  readonly has_duplicates: boolean;
  readonly opted_out: readonly number[] | null;
  readonly lacks_hash_key: boolean;
  readonly max_customers: number | null;
  /** False if a limit was introduced while the statement waited. */
  readonly counted: boolean;
}

/** Stores only the idempotency record of a promotion that was made before. */
export const repeatPromotion = namedStatement(
  "lead.repeat_promotion",
  `WITH ${guardSql("lead", "customer")}
SELECT true AS is_stored FROM stamp`,
);

const notes = "company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time";
const laterThanLead = `(SELECT greatest(c.created_time, ${timePlus("max(l.occurred_time)", "1 millisecond")}) FROM consent_event l
      WHERE l.company_id = :companyId AND l.subject_kind = 'lead' AND l.subject_id = :id)`;

/**
 * Creates the customer `:customerId` of the lead `:id`, and moves to it what the lead has. If duplicates are refused, the locks
 * of the contacts come first. The lock of the lead follows, then those of the company and its counter, as in the create of
 * a customer.
 */
const promoteText = (refuses: boolean) => (slots: number) => {
  const passed = refuses ? "passed" : "met";
  return namedStatement(
    "lead.promote",
    `WITH ${refuses ? `${heldContacts.sql},\n${admittedSql("lead", heldContacts.condition)}` : admittedSql("lead")},
${meetChangedOptOutsSql},${refuses ? `\n${unrefusedSql("customer", { from: "met", as: passed })},` : ""}
owner AS MATERIALIZED (
  SELECT max_customers, upcoming_appointments_url_template FROM company
  WHERE id = :companyId AND EXISTS (SELECT 1 FROM ${passed}) FOR KEY SHARE),
quota AS (
  UPDATE company_customer_count SET customers = customers + 1
  WHERE company_id = :companyId AND EXISTS (SELECT 1 FROM ${passed}) AND customers < (SELECT max_customers FROM owner) RETURNING 1),
granted AS MATERIALIZED (SELECT 1 FROM owner WHERE max_customers IS NULL UNION ALL SELECT 1 FROM quota),
${claimFromSql("granted", "'customer'", ":recordedIds::text[]")},
c AS (
  INSERT INTO customer (company_id, id, source_lead_id, ${customerFields.names}, created_by, created_time, last_updated_by, last_updated_time)
  SELECT :companyId, :customerId, :id, ${customerFields.values("r")}, :author, now, :author, now
  FROM stamp, jsonb_populate_record(NULL::customer, :record::jsonb) r RETURNING *),
a AS (${insertAddressesSql("c", ":customerId")} RETURNING *),
p AS (${insertPhonesSql("customer", "c", ":customerId")} RETURNING *),
x AS (
  INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
  SELECT x.company_id, :customerId, x.system, x.external_id FROM c, lead_external_id x
  WHERE x.company_id = :companyId AND x.lead_id = :id ORDER BY x.system, x.external_id
  ON CONFLICT (company_id, system, external_id) DO NOTHING RETURNING *),
moved_note AS (DELETE FROM lead_note n USING c WHERE n.company_id = :companyId AND n.lead_id = :id RETURNING n.*),
note AS (
  INSERT INTO customer_note (${notes})
  SELECT n.company_id, n.id, :customerId, n.note, n.created_time, n.last_updated_by, n.last_updated_time FROM moved_note n RETURNING 1),
moved_tag AS (DELETE FROM lead_tag t USING c WHERE t.company_id = :companyId AND t.lead_id = :id RETURNING t.*),
linked AS (
  INSERT INTO customer_tag (company_id, customer_id, tag_id) SELECT t.company_id, :customerId, t.tag_id FROM moved_tag t RETURNING 1),
moved_pet AS (
  UPDATE pet t SET lead_id = NULL, customer_id = :customerId, version = t.version + 1, last_updated_by = :author,
    last_updated_time = ${updatedTimeSql("t")}
  FROM stamp, c WHERE t.company_id = :companyId AND t.lead_id = :id AND t.id = ANY(:petIds::text[]) RETURNING t.id, t.version),
promoted AS (
  UPDATE lead t SET promoted_customer_id = :customerId, version = t.version + 1, last_updated_by = :author,
    last_updated_time = ${updatedTimeSql("t")}
  FROM stamp, c WHERE t.company_id = :companyId AND t.id = :id RETURNING t.version),
ledger AS (${insertFirstEntrySql("customer", "c", { id: ":customerId", time: laterThanLead })}),
audit AS (
  INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, staff_id, request_id, changed_time,
    changed_fields, location_before, location_after, client_address, related_kind, related_id)
  SELECT :companyId, x.kind, x.id, x.version, :rpc, :keyId, :author, :requestId, stamp.now, x.fields, x.location_before,
    :location::text, :address::text, x.related_kind, x.related_id
  FROM stamp, (
    SELECT 'pet' AS kind, m.id::text, m.version, ARRAY['customer_id'] AS fields, :location::text AS location_before,
      'customer' AS related_kind, :customerId AS related_id FROM moved_pet m
    UNION ALL SELECT 'lead', :id, promoted.version, ARRAY['promoted_customer_id'], :location::text, 'customer', :customerId FROM promoted
    UNION ALL SELECT 'customer', :customerId, 1, '{}'::text[], NULL, 'lead', :id FROM c) x
  RETURNING 1)
SELECT EXISTS (SELECT 1 FROM stamp) AS is_stored, ${customerColumns},
  (SELECT ${phonesJson} FROM p) AS phones,
  (SELECT ${listedExternalIds} FROM x) AS external_ids,
  (SELECT json_agg(${addressJson} ORDER BY a.type, a.id) FROM a) AS addresses,
  (SELECT upcoming_appointments_url_template FROM owner) AS url_template,
  ${leadSummaryJson({ withHistory: true })} AS lead_summary,
  ${duplicateProbe(slots, ":id")} AS has_duplicates,
  ${optOutColumnsSql},
  ${refusingColumn(refuses)} AS refusing,
  (SELECT max_customers FROM owner) AS max_customers,
  EXISTS (SELECT 1 FROM company_customer_count WHERE company_id = :companyId) AS counted
FROM admitted LEFT JOIN c ON true`,
  );
};

const promoteStatements = { plain: withSlots(promoteText(false)), refusing: withSlots(promoteText(true)) };

export function promote(lead: Lead, view: DuplicateView) {
  return promoteStatements[canRefuse("customer", view) ? "refusing" : "plain"](lead);
}
