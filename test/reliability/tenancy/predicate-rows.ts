import type pg from "pg";
import { maxPets, maxPetsOfCustomer } from "../../../src/resources/pets/pet.model.js";
import { externalIdRows } from "./external-id-rows.js";
import { listRows } from "./list-rows.js";
import { foreignId, neighbour, tenant } from "./neighbour.js";
import { planted } from "./planted.js";
import { promotionRows } from "./promotion-rows.js";
import { replayRows } from "./replay-rows.js";
import { keyOfTenantsCalls } from "./world.js";

/** More of the neighbour that collides with what the tenant's calls write or remove. */
export async function plantForPredicates(owner: pg.Pool): Promise<void> {
  const relation = (entity: string, refId: string) => ({ relation: { entity, refId } });
  const values = JSON.stringify({ x: relation("CUSTOMER", "cus_a1"), y: relation("LEAD", "lcus_a1") });
  const client = await owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    for (const table of ["customer", "lead", "pet"]) {
      await client.query(
        `UPDATE ${table} SET custom_fields = $2 WHERE (company_id, id) =
           (SELECT company_id, id FROM ${table} WHERE company_id = $1 AND starts_with(id, 'zq.1') ORDER BY id LIMIT 1)`,
        [neighbour, values],
      );
    }
    // The tenant's own, whose owners have namesakes: erasing what they point to changes them.
    for (const [id, value] of [
      ["pet_a1", relation("LEAD", "lcus_a1")],
      ["pet_l1", relation("CUSTOMER", "cus_a1")],
    ] as const) {
      await client.query("UPDATE pet SET custom_fields = $3 WHERE company_id = $1 AND id = $2", [
        ...[tenant, id, JSON.stringify({ field_relation: value })],
      ]);
    }
    for (const [id, value] of [
      [1, relation("CUSTOMER", "cus_a1")],
      [2, relation("LEAD", "lcus_a1")],
    ] as const) {
      await client.query(
        `UPDATE custom_field SET default_value = $2 WHERE (company_id, id) =
           (SELECT company_id, id FROM custom_field WHERE company_id = $1 AND starts_with(id, $3) ORDER BY id LIMIT 1)`,
        [neighbour, JSON.stringify(value), `zq.${id}`],
      );
    }
    await client.query(
      `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
       SELECT $1, 'cus_a1', kind, 'zq.account.' || kind FROM generate_series(1, 10) kind ON CONFLICT DO NOTHING`,
      [neighbour],
    );
    await client.query(
      `INSERT INTO external_api_secret (company_id, external_api_id, name, sealed)
       SELECT company_id, id, 'zq.secret', '\\x01020304' FROM external_api WHERE company_id = $1 ON CONFLICT DO NOTHING`,
      [neighbour],
    );
    // Reaches both: the tenant may not see it.
    await client.query(
      "INSERT INTO api_key (id, name, created_time, updated_time) VALUES ('zq.both', 'zq.both', now(), now())",
    );
    await client.query(
      `INSERT INTO api_key_organization (key_id, type, organization_id, company_id)
       VALUES ('zq.both', 2, $1, ''), ('zq.both', 1, 'biz_a1', $2)`,
      [tenant, neighbour],
    );
    // One of the tenant's own reads with a key of both, whose last use the tenant may not learn.
    await client.query(
      `INSERT INTO api_key (id, name, created_time, updated_time, last_used_time)
       VALUES ('key_of_both', 'Both', now(), now(), '2024-03-01T10:00:00Z')`,
    );
    await client.query(
      `INSERT INTO api_key_organization (key_id, type, organization_id, company_id)
       VALUES ('key_of_both', 2, $1, ''), ('key_of_both', 1, 'biz_a1', $2)`,
      [tenant, neighbour],
    );
    for (const statement of [...namesakes, ...listRows, ...replayRows, ...promotionRows, ...externalIdRows])
      await client.query(statement);
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}

/** What the neighbour's namesakes have and the tenant's lack, each beside the call of predicate-cells.ts that meets it. */
const namesakes: readonly string[] = [
  // A claim of the tenant names each: erasing the tenant's namesake must leave it alone.
  `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
   VALUES ('${neighbour}', '${planted.note}', 'cus_a1', 'zq.', now(), now())`,
  `INSERT INTO lead_note (company_id, id, lead_id, note, created_time, last_updated_time)
   VALUES ('${neighbour}', '${planted.note}', 'lcus_a1', 'zq.', now(), now())`,
  `INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time)
   VALUES ('${neighbour}', 'lcus_a1', 1, NULL, now()), ('${neighbour}', 'lcus_a1', 2, NULL, now())`,
  `INSERT INTO card_link (company_id, id, customer_id, token_hash, created_time, expired_time)
   VALUES ('${neighbour}', '${planted.link}', 'cus_a1', '\\x7a71', now(), now() + interval '1 day')`,
  ...[
    { id: planted.pet, owner: "customer_id", of: "cus_a1" },
    { id: planted.petOfLead, owner: "lead_id", of: "lcus_a1" },
  ].map(
    ({ id, owner, of }) =>
      `INSERT INTO pet (company_id, id, ${owner}, name, type, created_time, last_updated_time)
       VALUES ('${neighbour}', '${id}', '${of}', 'zq.', 2, now(), now())`,
  ),
  `INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_time)
   VALUES ('${neighbour}', '${planted.petNote}', 'pet_a1', 'zq.', now(), now())`,
  `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, kind, resource_ids, expired_time)
   SELECT 'key_a', 'zq.', kind || id, '\\x00', '${tenant}', kind, ARRAY[id], now() + interval '1 day'
   FROM (VALUES ('${planted.note}', 'customer_note'), ('${planted.note}', 'lead_note'), ('${planted.link}', 'card_link'),
     ('${planted.pet}', 'pet'), ('${planted.petOfLead}', 'pet'), ('${planted.petNote}', 'pet_note')) record (id, kind)`,
  // So many that the tenant's namesake could have no other one.
  `INSERT INTO pet (company_id, id, customer_id, name, type, created_time, last_updated_time)
   SELECT '${neighbour}', 'zq.many.' || n, 'cus_a1', 'zq.', 2, now(), now() FROM generate_series(1, ${maxPetsOfCustomer}) n`,
  `INSERT INTO pet (company_id, id, lead_id, name, type, created_time, last_updated_time)
   SELECT '${neighbour}', 'zq.many.of.lead.' || n, 'lcus_a1', 'zq.', 2, now(), now() FROM generate_series(1, ${maxPets}) n`,
  // In use, while the tenant's namesake is archived.
  `UPDATE customer SET archived_time = NULL WHERE company_id = '${neighbour}' AND id = 'cus_a9'`,
  // Not in force, while the tenant's namesake is.
  `UPDATE package SET expiration_date = '2020-01-01', business_id = 'biz_a2' WHERE company_id = '${neighbour}' AND id = 'pkg_a1'`,
  // Used up by refunds, while the tenant's redemption under the same id is not.
  `INSERT INTO package_ledger
     (company_id, id, package_id, package_service_id, kind, quantity, reversed_id, occurred_time, rpc, key_id, request_id)
   SELECT company_id, 'zq.refund.' || row_number() OVER (), package_id, package_service_id, 'REFUND', -quantity, id,
     occurred_time, rpc, key_id, request_id
   FROM package_ledger WHERE company_id = '${neighbour}' AND kind = 'REDEMPTION'`,
  `INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id, request_id)
   SELECT company_id, '${planted.redemption}', package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id, request_id
   FROM package_ledger WHERE company_id = '${neighbour}' AND kind = 'REDEMPTION' AND package_id = 'pkg_a1' LIMIT 1`,
  // So many refunds that nothing of the tenant's namesake would be left to refund.
  `INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id, request_id)
   SELECT DISTINCT ON (package_service_id) company_id, 'zq.refunds.' || package_service_id, package_id, package_service_id,
     'REFUND', 1000, occurred_time, rpc, key_id, request_id
   FROM package_ledger WHERE company_id = '${neighbour}' AND NOT starts_with(package_service_id, 'zq.') AND length(package_service_id) < 20`,
  // The newest consent is the neighbour's, and allows what the tenant's does not.
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT '${neighbour}', kind, id, now() + later, 'zq.', 'zq.', 'zq.', 'zq.', '{"serviceRelatedChannels": ["AUTO_CALL"],
     "marketingCampaignsChannels": ["SMS", "EMAIL", "AUTO_CALL"], "brandedAppEnabled": true, "isAgreedMarketingPolicy": true,
     "isConsented": true}'
   FROM (VALUES ('lead', 'lcus_a1', interval '0'), ('customer', 'cus_a1', interval '1 day')) subject (kind, id, later)`,
  `INSERT INTO custom_field (company_id, id, association_type, code, label, type, created_time, last_updated_time, archived_time)
   VALUES ('${neighbour}', '${planted.field}', 1, '${planted.field}', 'zq.', 1, now(), now(), NULL),
     ('${neighbour}', 'zq.planted.archived', 2, '${planted.archivedFieldCode}', 'zq.', 1, now(), now(), now()),
     ('${tenant}', 'planted.code', 1, 'planted_code', 'Has a namesake', 1, now(), now(), NULL),
     ('${neighbour}', '${planted.fieldOfCode}', 1, 'planted_code', 'zq.', 1, now(), now(), NULL)`,
  `INSERT INTO lead (company_id, id, first_name, life_cycle_id, created_time, last_updated_time,
     service_related_channels, marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented,
     promoted_customer_id)
   SELECT '${tenant}', id, 'Gone', 'lc_a1', now(), now(), '{}', '{}', false, false, false, promoted
   FROM (VALUES ('${planted.promotedLead}', '${foreignId("cus_a1")}'), ('${planted.promotedLeadOfOwn}', 'cus_a2')) lead (id, promoted)`,
  ...["customer", "lead"].map(
    (table) => `UPDATE ${table} SET raw_id = ${planted.rawId} WHERE company_id IN ('${tenant}', '${neighbour}')
      AND id = '${"customer" === table ? "cus_a1" : "lcus_a1"}'`,
  ),
  // Found by every filter, with all that hangs on it.
  `UPDATE lead SET life_cycle_id = 'lc_a1', action_status_id = 'as_a1', referral_source_id = 'ref_a1', allocate_staff_id = 'staff_a1'
   WHERE company_id IN ('${tenant}', '${neighbour}') AND id = 'lcus_a1'`,
  `INSERT INTO lead_tag (company_id, lead_id, tag_id)
   VALUES ('${tenant}', 'lcus_a1', 'tag_a1'), ('${neighbour}', 'lcus_a1', 'tag_a1'), ('${neighbour}', 'lcus_a2', 'tag_a1')
   ON CONFLICT DO NOTHING`,
  `INSERT INTO tag (company_id, id, name, name_key, display_order, last_updated_time, archived_time)
   SELECT '${neighbour}', id, name, lower(name), 2000, now(), archived
   FROM (VALUES ('zq.planted.tag', '${planted.tagName}', NULL), ('zq.planted.archived', '${planted.archivedTagName}', now()))
     tag (id, name, archived)`,
  `DELETE FROM customer_account WHERE company_id IN ('${tenant}', '${neighbour}') AND customer_id = 'cus_a1' AND kind = 7`,
  `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
   SELECT company, 'cus_a1', 7, '${planted.accountOfBoth}' FROM unnest(ARRAY['${tenant}', '${neighbour}']) company`,
  `INSERT INTO customer_phone (company_id, customer_id, position, number, person_name)
   VALUES ('${neighbour}', 'cus_a1', 8, '${planted.phone}', 'zq.'), ('${neighbour}', 'cus_a1', 9, '${planted.phoneOfBoth}', 'zq.'),
     ('${tenant}', 'cus_a1', 9, '${planted.phoneOfBoth}', '')`,
  `INSERT INTO lead_phone (company_id, lead_id, position, number, person_name)
   VALUES ('${neighbour}', 'lcus_a1', 8, '${planted.leadPhone}', 'zq.'), ('${neighbour}', 'lcus_a1', 9, '${planted.leadPhoneOfBoth}', 'zq.'),
     ('${tenant}', 'lcus_a1', 9, '${planted.leadPhoneOfBoth}', '')`,
  ...["customer", "lead"].map((table) => {
    const id = table === "customer" ? "cus_a" : "lcus_a";
    return `INSERT INTO ${table}_phone (company_id, ${table}_id, position, number, person_name)
      VALUES ('${neighbour}', '${id}1', 7, '${planted.phoneOfOthers}', 'zq.'), ('${tenant}', '${id}2', 7, '${planted.phoneOfOthers}', '')`;
  }),
  // The main phone of several, so that all matches are listed.
  `INSERT INTO customer_phone (company_id, customer_id, position, number) VALUES ('${tenant}', 'cus_a2', 8, '+12125550101')`,
  ...[
    { company: neighbour, phone: planted.onlyPhone, rawId: 990_002 },
    { company: tenant, phone: planted.onlyPhoneElsewhere, rawId: 990_003 },
  ].map(
    ({ company, phone, rawId }) => `INSERT INTO customer SELECT (jsonb_populate_record(c,
      '{"id": "${planted.customer}", "phone": "${phone}", "raw_id": ${rawId}, "source_lead_id": null,
        "archived_time": null, "preferred_business_id": "biz_a2"}')).*
    FROM customer c WHERE company_id = '${company}' AND id = 'cus_a2'`,
  ),
  `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
   VALUES ('${neighbour}', '${planted.customer}', 7, '${planted.onlyAccount}')`,
  ...["customer", "lead"].flatMap((table, place) =>
    [
      { company: tenant, id: planted.duplicate },
      { company: neighbour, id: `zq.${planted.duplicate}` },
    ].flatMap(({ company, id }) => [
      `INSERT INTO ${table} SELECT (jsonb_populate_record(r, '{"id": "${id}", "phone": "${planted.duplicatePhone}",
         "email": "${planted.duplicateEmail}", "email_key": "${planted.duplicateEmail}", "raw_id": ${990_010 + place},
         "source_lead_id": null, "promoted_customer_id": null, "archived_time": null}')).*
       FROM ${table} r WHERE company_id = '${company}' AND id = '${table === "customer" ? "cus_a2" : "lcus_a2"}'`,
      `INSERT INTO ${table}_phone (company_id, ${table}_id, position, number, person_name)
       VALUES ('${company}', '${id}', 6, '${planted.duplicatePhone}', '${company === tenant ? "" : "zq."}')`,
    ]),
  ),
  // Phones that would be those of the tenant's namesakes.
  ...["customer", "lead"].map(
    (table) => `INSERT INTO ${table}_phone (company_id, ${table}_id, position, number, person_name)
      VALUES ('${neighbour}', '${table === "customer" ? "cus_a2" : "lcus_a2"}', 6, '${planted.duplicatePhone}', 'zq.')`,
  ),
  // All who have the tenant's numbers and addresses allow a contact. The neighbour's namesake of one refuses it, others of
  // the neighbour have the numbers and addresses, and their namesakes have no consent.
  ...(["customer", "lead"] as const).flatMap((table, place) => {
    const [of, phone, email] =
      table === "customer"
        ? ["cus_a1", planted.askedPhone, planted.askedEmail]
        : ["lcus_a1", planted.askedLeadPhone, planted.askedLeadEmail];
    const none = { phone: "", email: "" };
    return [
      { company: tenant, id: planted.asked, has: { phone, email }, further: phone },
      { company: neighbour, id: planted.asked, has: none },
      { company: tenant, id: planted.askedToo, has: none },
      { company: neighbour, id: planted.askedToo, has: { phone, email }, further: phone },
    ].flatMap(({ company, id, has, further }, row) => [
      `INSERT INTO ${table} SELECT (jsonb_populate_record(r, '{"id": "${id}", "phone": "${has.phone}", "email": "${has.email}",
         "email_key": "${has.email}", "raw_id": ${990_140 + 10 * place + row}, "source_lead_id": null,
         "promoted_customer_id": null, "archived_time": null, "receive_auto_message": ${company === tenant},
         "receive_auto_email": ${company === tenant}, "preferred_business_id": "biz_a${company === tenant ? 2 : 1}"}')).*
       FROM ${table} r WHERE company_id = '${company}' AND id = '${of}'`,
      ...(further === undefined
        ? []
        : [
            `INSERT INTO ${table}_phone (company_id, ${table}_id, position, number, person_name)
             VALUES ('${company}', '${id}', 6, '${further}', '${company === tenant ? "" : "zq."}')`,
          ]),
    ]);
  }),
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT company, kind, '${planted.asked}', time, 'a.B/C', 'key_a', '127.0.0.1', 'request', jsonb_build_object(
     'serviceRelatedChannels', channels, 'marketingCampaignsChannels', '[]'::jsonb, 'brandedAppEnabled', false,
     'isAgreedMarketingPolicy', false, 'isConsented', false)
   FROM unnest(ARRAY['customer', 'lead']) kind, (VALUES
     ('${tenant}', '2023-01-01T10:00:00Z'::timestamptz, '["SMS", "EMAIL"]'::jsonb), ('${neighbour}', '2023-01-02T10:00:00Z', '[]'))
     entry (company, time, channels)`,
  // Moved from a package of a customer who is erased. Of the neighbour, others are moved from it, and services have other names.
  ...[tenant, neighbour].flatMap((company) => [
    `INSERT INTO package SELECT (jsonb_populate_record(k,
       '{"id": "planted.moved", "customer_id": "cus_a2", "moved_from_id": "pkg_a1"}')).*
     FROM package k WHERE company_id = '${company}' AND id = 'pkg_a1'`,
    `INSERT INTO package_service (company_id, id, package_id, position, total_quantity)
     VALUES ('${company}', 'planted.line', 'planted.moved', 0, 5)`,
    `INSERT INTO package_service_item (company_id, package_service_id, position, service_id, name)
     SELECT '${company}', 'planted.line', 0, 'srv_a1', '${company === tenant ? "~" : "zq."}'`,
  ]),
  `INSERT INTO package_service (company_id, id, package_id, position, total_quantity)
   VALUES ('${neighbour}', 'zq.planted.line', 'planted.moved', 1, 5)`,
  `INSERT INTO package_service_item (company_id, package_service_id, position, service_id, name)
   VALUES ('${neighbour}', 'zq.planted.line', 0, 'srv_a1', 'zq.')`,
  `UPDATE package SET moved_from_id = CASE id WHEN 'pkg_a2' THEN 'pkg_a1' ELSE 'planted.moved' END
   WHERE company_id = '${neighbour}' AND id IN ('pkg_a2', 'pkg_both')`,
  // The tenant's customer has the summary of a lead that has a namesake.
  ...[tenant, neighbour].map(
    (
      company,
    ) => `INSERT INTO lead SELECT (jsonb_populate_record(l, '{"id": "planted.source", "raw_id": 990030, "phone": "",
      "email": "", "email_key": "", "promoted_customer_id": null, "archived_time": null}')).*
      FROM lead l WHERE company_id = '${company}' AND id = 'lcus_a1'`,
  ),
  `UPDATE customer SET source_lead_id = 'planted.source' WHERE company_id = '${tenant}' AND id = 'cus_a1'`,
  // The neighbour's namesakes are promoted from and to records whose consents are those of others of the tenant.
  `UPDATE customer SET source_lead_id = CASE id WHEN 'cus_a1' THEN 'lcus_a2' ELSE 'lcus_a1' END
   WHERE company_id = '${neighbour}' AND id IN ('cus_a1', 'cus_a2')`,
  `UPDATE lead SET promoted_customer_id = 'cus_a1' WHERE company_id = '${neighbour}' AND id = 'lcus_a2'`,
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT '${tenant}', 'lead', 'lcus_a2', time, 'a.B/C', 'key_a', '127.0.0.1', 'request', '{"serviceRelatedChannels": [],
     "marketingCampaignsChannels": [], "brandedAppEnabled": false, "isAgreedMarketingPolicy": false, "isConsented": false}'
   FROM (VALUES ('2023-01-01T10:00:00Z'::timestamptz), ('2023-01-02T10:00:00Z')) entry (time)`,
  // Older than those, of whom the neighbour's lead was promoted to.
  `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
   SELECT company_id, 'customer', 'cus_a1', '2022-01-01T10:00:00Z', rpc, key_id, ip, request_id, after
   FROM consent_event WHERE company_id = '${tenant}' AND subject_id = 'lcus_a2' LIMIT 1`,
  // Sold more often than the tenant's.
  `INSERT INTO package SELECT (jsonb_populate_record(k, jsonb_build_object('id', 'zq.sold.' || n, 'template_id', 'pkt_a1'))).*
   FROM package k, generate_series(1, 3) n WHERE company_id = '${neighbour}' AND id = 'pkg_a1'`,
  // An action status without an end, which the promotion of another's lead would give it.
  `INSERT INTO lead_history (company_id, lead_id, kind, value_id, started_time)
   SELECT '${tenant}', id, 2, NULL, '2023-01-01T10:00:00Z' FROM unnest(ARRAY['lcus_a2', '${planted.promotedLeadOfOwn}']) id`,
  `UPDATE customer SET receive_auto_message = false, receive_auto_email = false
   WHERE company_id = '${neighbour}' AND id = '${foreignId("cus_a1")}'`,
  // Another default, and another location, than the tenant's namesakes have.
  `UPDATE life_cycle SET is_default = false WHERE company_id = '${neighbour}' AND is_default`,
  `UPDATE life_cycle SET is_default = true WHERE company_id = '${neighbour}' AND id = 'lc_a2'`,
  `UPDATE customer SET preferred_business_id = 'biz_a1' WHERE company_id = '${neighbour}' AND id = 'cus_a2'`,
  // Has room, so that a count of all companies would go up.
  `INSERT INTO company_customer_count (company_id, customers) VALUES ('${neighbour}', 0)
   ON CONFLICT (company_id) DO UPDATE SET customers = 0`,
  // As if the key of another location had imported the lead before it moved.
  `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time)
   SELECT 'key_loc', rpc, key, fingerprint, company_id, resource_ids, expired_time FROM idempotency
   WHERE key_id = 'key_a' AND key = '${keyOfTenantsCalls}' AND rpc LIKE '%ImportLead'`,
  // Another request under the key of the tenant's run.
  `INSERT INTO flow_run (company_id, key_id, key, fingerprint, lease_time, ended_time, expired_time)
   SELECT '${neighbour}', key_id, key, '\\x00', lease_time, ended_time, expired_time FROM flow_run WHERE company_id = '${tenant}'
   ON CONFLICT (company_id, key_id, key) DO UPDATE SET fingerprint = excluded.fingerprint`,
];
