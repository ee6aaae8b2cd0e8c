import { neighbour, tenant } from "./neighbour.js";

/** External ids of the system `planted`, and the id of a merged customer, of the neighbour's namesake of `cus_a1`. */
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
} as const;

/** What the neighbour's namesakes have in other systems (the calls are in test/resources). */
export const externalIdRows: readonly string[] = [
  `INSERT INTO customer_external_id (company_id, system, external_id, customer_id)
   SELECT company_id, '${plantedIds.system}', 'zq.of.' || id, id FROM customer WHERE company_id = '${neighbour}'`,
  `INSERT INTO customer_external_id (company_id, system, external_id, customer_id)
   VALUES ('${neighbour}', '${plantedIds.system}', '${plantedIds.foreign}', 'cus_a1'),
     ('${neighbour}', '${plantedIds.otherSystem}', 'zq.other', 'cus_a1'),
     ('${neighbour}', '${plantedIds.system}', '${plantedIds.both}', 'cus_a1'),
     ('${tenant}', '${plantedIds.system}', '${plantedIds.both}', 'cus_a1')`,
  ...[neighbour, tenant].map(
    (company, place) => `INSERT INTO customer SELECT (jsonb_populate_record(c, '{"id": "${plantedIds.bare}",
       "raw_id": ${990_280 + place}, "phone": "", "email": "", "email_key": "", "source_lead_id": null}')).*
     FROM customer c WHERE company_id = '${company}' AND id = 'cus_a2'`,
  ),
  `INSERT INTO customer_address (company_id, id, customer_id, address1)
   VALUES ('${neighbour}', 'zq.of.bare', '${plantedIds.bare}', 'zq.')`,
  `INSERT INTO customer_tag (company_id, customer_id, tag_id) VALUES ('${neighbour}', '${plantedIds.bare}', 'tag_a1')`,
  `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
   VALUES ('${neighbour}', 'zq.planted.merge', '${plantedIds.merged}', 'cus_a1', 'cus_a1', now(), now(), '{}')`,
];
