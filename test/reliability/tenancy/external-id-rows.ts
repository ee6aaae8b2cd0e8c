import { neighbour, tenant } from "./neighbour.js";

/** External ids of the system `planted`, and the id of a merged customer, of the neighbour's namesakes of `cus_a1`, `lcus_a1`, `pet_a1` and `pkg_a1`. */
export const plantedIds = {
  system: "planted",
  /** Of the neighbour alone. */
  foreign: "foreign",
  /** Of both namesakes. */
  both: "both",
  /** A system in which the neighbour's namesake alone has an id. */
  otherSystem: "planted.other",
  merged: "zq.merged",
  /** A customer of both whose namesake alone has an address and a tag. */
  bare: "planted.bare",
  /** A lead of both whose namesake alone has a tag. */
  bareLead: "planted.bare.lead",
  /** A pet of both whose namesake alone has a code and a vaccination. */
  barePet: "planted.bare.pet",
} as const;

/** What the neighbour's namesakes have in other systems (the calls are in test/resources). */
export const externalIdRows: readonly string[] = [
  ...Object.entries({ customer: "cus_a1", lead: "lcus_a1", pet: "pet_a1", package: "pkg_a1" }).flatMap(([kind, id]) => [
    `INSERT INTO ${kind}_external_id (company_id, system, external_id, ${kind}_id)
     SELECT company_id, '${plantedIds.system}', 'zq.of.' || id, id FROM ${kind} WHERE company_id = '${neighbour}'`,
    `INSERT INTO ${kind}_external_id (company_id, system, external_id, ${kind}_id)
     VALUES ('${neighbour}', '${plantedIds.system}', '${plantedIds.foreign}', '${id}'),
       ('${neighbour}', '${plantedIds.otherSystem}', 'zq.other', '${id}'),
       ('${neighbour}', '${plantedIds.system}', '${plantedIds.both}', '${id}'),
       ('${tenant}', '${plantedIds.system}', '${plantedIds.both}', '${id}')`,
  ]),
  ...[neighbour, tenant].map(
    (company, place) => `INSERT INTO customer SELECT (jsonb_populate_record(c, '{"id": "${plantedIds.bare}",
       "raw_id": ${990_280 + place}, "phone": "", "email": "", "email_key": "", "source_lead_id": null}')).*
     FROM customer c WHERE company_id = '${company}' AND id = 'cus_a2'`,
  ),
  ...[neighbour, tenant].map(
    (company, place) => `INSERT INTO lead SELECT (jsonb_populate_record(l, '{"id": "${plantedIds.bareLead}",
       "raw_id": ${990_290 + place}, "phone": "", "email": "", "email_key": "", "address": null,
       "promoted_customer_id": null, "archived_time": null}')).*
     FROM lead l WHERE company_id = '${company}' AND id = 'lcus_a2'`,
  ),
  `INSERT INTO lead_tag (company_id, lead_id, tag_id) VALUES ('${neighbour}', '${plantedIds.bareLead}', 'tag_a1')`,
  `INSERT INTO pet (company_id, id, customer_id, name, type, breed, created_time, last_updated_time)
   SELECT company, '${plantedIds.barePet}', 'cus_a1', 'Rex', 2, 'Beagle', now(), now()
   FROM unnest(ARRAY['${neighbour}', '${tenant}']) company`,
  `INSERT INTO pet_pet_code (company_id, pet_id, pet_code_id) VALUES ('${neighbour}', '${plantedIds.barePet}', 'pc_a1')`,
  `INSERT INTO pet_vaccination (company_id, pet_id, position, name)
   VALUES ('${neighbour}', '${plantedIds.barePet}', 0, 'zq.')`,
  `INSERT INTO customer_address (company_id, id, customer_id, address1)
   VALUES ('${neighbour}', 'zq.of.bare', '${plantedIds.bare}', 'zq.')`,
  `INSERT INTO customer_tag (company_id, customer_id, tag_id) VALUES ('${neighbour}', '${plantedIds.bare}', 'tag_a1')`,
  `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
   VALUES ('${neighbour}', 'zq.planted.merge', '${plantedIds.merged}', 'cus_a1', 'cus_a1', now(), now(), '{}')`,
];
