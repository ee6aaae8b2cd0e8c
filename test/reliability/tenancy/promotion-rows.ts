import { neighbour, tenant } from "./neighbour.js";
import { planted } from "./planted.js";
import { keyOfTenantsCalls } from "./world.js";

const both = `(VALUES ('${tenant}', 'Quiet'), ('${neighbour}', 'zq.')) of (company, text)`;
/** The customer of the promotion that the tenant repeats, which the neighbour has as well. */
const promotedBefore = `SELECT resource_ids[1] AS id FROM idempotency
  WHERE rpc LIKE '%/PromoteLead' AND key = '${keyOfTenantsCalls}' AND company_id = '${tenant}'`;

/** What meets the promotion of a lead at the neighbour. */
export const promotionRows: readonly string[] = [
  ...[tenant, neighbour].map(
    (company) => `INSERT INTO lead SELECT (jsonb_populate_record(l, '{"id": "${planted.quietLead}", "raw_id": 990031,
      "phone": "", "email": "", "email_key": "", "promoted_customer_id": null, "archived_time": null,
      "custom_fields": {"planted_code": {"string": "x"}, "lead_code": {"string": "x"}}}')).*
    FROM lead l WHERE company_id = '${company}' AND id = 'lcus_a1'`,
  ),
  `INSERT INTO lead_note (company_id, id, lead_id, note, created_time, last_updated_time)
   SELECT company, 'planted.quiet.note', '${planted.quietLead}', text, now(), now() FROM ${both}`,
  `INSERT INTO lead_tag (company_id, lead_id, tag_id) SELECT company, '${planted.quietLead}', 'tag_a1' FROM ${both}`,
  `INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time)
   SELECT company, '${planted.quietLead}', kind, CASE kind WHEN 1 THEN 'lc_a1' ELSE 'as_a1' END, '2023-01-01T10:00:00Z'
   FROM ${both}, generate_series(1, 2) kind`,
  `INSERT INTO pet (company_id, id, lead_id, name, type, created_time, last_updated_time)
   SELECT company, 'planted.quiet.pet', '${planted.quietLead}', text, 2, now(), now() FROM ${both}`,
  // With the neighbour's definitions the values of the lead would be kept under other codes.
  `INSERT INTO custom_field (company_id, id, association_type, code, label, type, created_time, last_updated_time)
   VALUES ('${neighbour}', 'zq.planted.of.leads', 2, 'planted_code', 'zq.', 1, now(), now()),
     ('${neighbour}', 'zq.planted.of.customers', 1, 'lead_code', 'zq.', 2, now(), now())`,
  `INSERT INTO lead SELECT (jsonb_populate_record(l, jsonb_build_object('company_id', 'cmp_quota', 'id', limited.id,
     'raw_id', limited.raw_id, 'phone', limited.phone, 'email', '', 'email_key', '', 'custom_fields', '{}'::jsonb,
     'life_cycle_id', NULL, 'action_status_id', NULL, 'referral_source_id', NULL, 'allocate_staff_id', NULL,
     'preferred_business_id', NULL, 'promoted_customer_id', NULL, 'archived_time', NULL))).*
   FROM lead l, (VALUES ('${planted.limitedLead}', 1, ''), ('${planted.limitedLeadWithNumbers}', 2, '+12125550101'))
     limited (id, raw_id, phone)
   WHERE l.company_id = '${tenant}' AND l.id = 'lcus_a1'`,
  `INSERT INTO lead_phone (company_id, lead_id, position, number)
   SELECT 'cmp_quota', '${planted.limitedLeadWithNumbers}', n, '+1212555010' || n FROM generate_series(1, 3) n`,
  // What the customer of an earlier promotion has here, and what it has there.
  `UPDATE customer SET referral_source_id = 'ref_a1' WHERE company_id = '${tenant}' AND id IN (${promotedBefore})`,
  `UPDATE lead l SET action_status_id = 'as_a1' FROM customer c
   WHERE c.company_id = '${tenant}' AND c.id IN (${promotedBefore}) AND l.company_id = c.company_id AND l.id = c.source_lead_id`,
  `INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time)
   SELECT company_id, source_lead_id, 2, 'as_a1', '2023-01-01T10:00:00Z' FROM customer
   WHERE company_id = '${tenant}' AND id IN (${promotedBefore})`,
  `INSERT INTO customer_tag (company_id, customer_id, tag_id)
   SELECT c.company_id, c.id, t.id FROM customer c JOIN tag t ON t.company_id = c.company_id
   WHERE c.company_id IN ('${tenant}', '${neighbour}') AND c.id IN (${promotedBefore})
     AND t.id = CASE c.company_id WHEN '${tenant}' THEN 'tag_a1' ELSE 'tag_a2' END`,
  `INSERT INTO customer_address (company_id, id, customer_id, address1, type)
   SELECT '${neighbour}', 'zq.planted.promoted', id, 'zq.', 1 FROM (${promotedBefore}) c`,
  `INSERT INTO customer_phone (company_id, customer_id, position, number, person_name)
   SELECT '${neighbour}', id, 5, '+12125550149', 'zq.' FROM (${promotedBefore}) c`,
  `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
   SELECT '${neighbour}', 'zq.planted.promoted', id, 'zq.', now(), now() FROM (${promotedBefore}) c`,
];
