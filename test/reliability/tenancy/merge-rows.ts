import type pg from "pg";
import { MergeService } from "../../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { keys } from "../../support/fixture-keys.js";
import type { TestServer } from "../../support/server.js";
import { plantedIds } from "./external-id-rows.js";
import { keyOfBoth, locationKey } from "./location-key.js";
import { neighbour, tenant } from "./neighbour.js";
import { petsInTwos, planted } from "./planted.js";
import { keyOfTenantsCalls } from "./world.js";

const { into, from, undoInto, undoFrom, merge } = planted.merging;
const time = "'2024-03-01T10:00:00Z'";
/** Customers who are no duplicates of the merged ones: of smaller and greater ids, and one who is one again. */
const [smaller, restored, greater] = ["planted.aa", "planted.ab", "planted.zz"];
let rawId = 990_300;

function customer(id: string, more: object = {}): string {
  rawId += 1;
  const row = {
    // Names of their own, so that no two are duplicates by their names.
    ...{ id, raw_id: rawId, first_name: id, last_name: "", phone: "", email: "", email_key: "" },
    ...{ source_lead_id: null, archived_time: null, preferred_business_id: "biz_a1", custom_fields: {}, ...more },
  };
  return `INSERT INTO customer SELECT (jsonb_populate_record(c, '${JSON.stringify(row)}')).* FROM customer c
    WHERE company_id = '${tenant}' AND id = 'cus_a2'`;
}

function lead(id: string, more: object = {}): string {
  rawId += 1;
  const row = { id, raw_id: rawId, phone: "", email: "", email_key: "", archived_time: null, ...more };
  return `INSERT INTO lead SELECT (jsonb_populate_record(l, '${JSON.stringify(row)}')).* FROM lead l
    WHERE company_id = '${tenant}' AND id = 'lcus_a2'`;
}

/** A customer with a row of each kind that a merge moves or joins. */
function mergeable(id: string, place: number): readonly string[] {
  const own = `'${tenant}', '${id}'`;
  const named = `'${tenant}', 'of.${id}', '${id}'`;
  return [
    `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
     VALUES (${named}, 'Note', ${time}, ${time})`,
    `INSERT INTO pet (company_id, id, customer_id, name, type, breed, created_time, last_updated_time)
     VALUES (${named}, 'Rex', 2, 'Beagle', ${time}, ${time})`,
    `INSERT INTO package SELECT (jsonb_populate_record(k, '{"id": "of.${id}", "customer_id": "${id}"}')).*
     FROM package k WHERE company_id = '${tenant}' AND id = 'pkg_a1'`,
    `INSERT INTO customer_card (company_id, id, customer_id, provider, provider_customer_id, payment_method_id, brand,
       last_four, expiry_month, expiry_year, created_time)
     VALUES (${named}, 'stripe', 'c.${id}', 'm.${id}', 'Visa', '4242', 1, 2030, ${time})`,
    `INSERT INTO card_link (company_id, id, customer_id, token_hash, created_time, expired_time)
     VALUES (${named}, sha256('${id}'), ${time}, now() + interval '1 day')`,
    lead(`of.${id}`, { promoted_customer_id: id }),
    `INSERT INTO import_record (company_id, job_id, kind, key, record_id, content_hash, row_number, state, recorded_time)
     VALUES ('${tenant}', 'imp_a1', 'customer', 'k.${id}', '${id}', 'hash', ${place + 10}, 'CREATED', ${time})`,
    `INSERT INTO customer_phone (company_id, customer_id, position, number, person_name)
     VALUES (${own}, 1, '+1212555026${place}', '')`,
    `INSERT INTO customer_address (company_id, id, customer_id, address1) VALUES (${named}, '${place} First St')`,
    `INSERT INTO customer_tag (company_id, customer_id, tag_id) VALUES (${own}, 'tag_a1')`,
    `INSERT INTO customer_account (company_id, customer_id, kind, account_id) VALUES (${own}, ${(place % 2) + 1}, 'a.${id}')`,
    `INSERT INTO customer_external_id (company_id, customer_id, system, external_id)
     VALUES (${own}, '${plantedIds.system}', 'of.${id}')`,
    `INSERT INTO customer_profile (company_id, customer_id, nickname) VALUES (${own}, 'Mo ${place}')`,
  ];
}

/** A customer, a lead, a pet and a default that point to a customer. */
function pointing(id: string): readonly string[] {
  const relation = JSON.stringify({ x: { relation: { entity: "CUSTOMER", refId: id } } });
  const to = `of.${id}`;
  return [
    customer(`to.${id}`, { custom_fields: JSON.parse(relation) }),
    `UPDATE lead SET custom_fields = '${relation}' WHERE company_id = '${tenant}' AND id = '${to}'`,
    `UPDATE pet SET custom_fields = '${relation}' WHERE company_id = '${tenant}' AND id = '${to}'`,
    `INSERT INTO custom_field (company_id, id, association_type, code, label, type, default_value, created_time, last_updated_time)
     SELECT '${tenant}', '${to}', 1, replace('${to}', '.', '_'), 'Points', 1, '${relation}'::jsonb -> 'x', ${time}, ${time}`,
  ];
}

/** A merge of before, of a customer that is known by its id alone. */
function earlierMerge(survivor: string): string {
  return `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
    VALUES ('${tenant}', 'of.${survivor}', 'gone.${survivor}', '${survivor}', '${survivor}', ${time}, ${time}, '{}')`;
}

/** The newest entry, and the oldest one, which is on another page. */
function consented(kind: "customer" | "lead", id: string): string {
  return `INSERT INTO consent_event (company_id, subject_kind, subject_id, occurred_time, rpc, key_id, ip, request_id, after)
    SELECT '${tenant}', '${kind}', '${id}', time, 'a.B/C', 'key_a', '127.0.0.1', 'request',
      '{"serviceRelatedChannels": ["AUTO_CALL"], "marketingCampaignsChannels": [], "brandedAppEnabled": false,
        "isAgreedMarketingPolicy": false, "isConsented": false}'
    FROM unnest(ARRAY['2020-01-01T10:00:00Z', now() + interval '2 days']) time`;
}

/** Whose consents the neighbour has by way of a lead and of a merge, of which the tenant has namesakes with entries. */
const asked = ["cus_a1", planted.asked, planted.holder, planted.withdrawn] as const;
const newer = (place: number) => `planted.newer.${place}`;

/** Pairs, of which the second one is newer: by number, by address with a pet, and of nothing, twice. */
const pairs = {
  ...{ first: "planted.pair.a", second: "planted.pair.b", third: "planted.pair.c", fourth: "planted.pair.d" },
  ...{ fifth: "planted.pair.e", sixth: "planted.pair.f", seventh: "planted.pair.g", eighth: "planted.pair.h" },
};
const { first, second, third, fourth, fifth, sixth, seventh, eighth } = pairs;

function linesOf(id: string) {
  const email = "pair@example.com";
  switch (id) {
    case first:
    case second:
      return { phone: "+12125550281" };
    case third:
    case fourth:
      return { email, email_key: email };
    case fifth:
      return { phone: "+12125550282" };
    case sixth:
      return { phone: "+12125550283" };
    default:
      return {};
  }
}

function pet(whose: "tenant" | "neighbour", customerId: string, name: string): string {
  const [company, id] = whose === "tenant" ? [tenant, `of.${customerId}`] : [neighbour, `zq.of.${customerId}`];
  return `INSERT INTO pet (company_id, id, customer_id, name, type, breed, created_time, last_updated_time)
    VALUES ('${company}', '${id}', '${customerId}', '${name}', 2, 'Beagle', ${time}, ${time})`;
}

/** What batches of the tenant have stored. */
const batched = `SELECT unnest(resource_ids) FROM idempotency WHERE company_id = '${tenant}' AND rpc ~ '/BatchCreate'`;

/** As if other keys had sent a batch of the tenant. */
function batchOf(records: string, keyIds: readonly string[], ids: string, key: string = planted.merging.batch): string {
  return `INSERT INTO idempotency (key_id, rpc, key, fingerprint, presence, company_id, kind, resource_ids, expired_time)
    SELECT key_id_of_other, rpc, '${key}', fingerprint, presence, company_id, kind, ${ids}, expired_time
    FROM idempotency, unnest(ARRAY['${keyIds.join("', '")}']) key_id_of_other
    WHERE key_id = 'key_a' AND key = '${keyOfTenantsCalls}' AND rpc LIKE '%/BatchCreate${records}'`;
}

/** Records of owners and leads that are promoted or not, which other keys may not see any more. */
const batchesOfOthers: readonly string[] = [
  ...petsInTwos.map((ids, place) =>
    batchOf("Pets", [locationKey.id, keyOfBoth.id], `ARRAY['${ids.join("', '")}']`, planted.merging.petBatches[place]),
  ),
  batchOf("Leads", [locationKey.id, keyOfBoth.id], `ARRAY['${planted.promotedLead}', '${planted.promotedLeadOfOwn}']`),
];

const ofTenant: readonly string[] = [
  ...[smaller, restored, greater].map((id) => customer(id)),
  ...[into, from, undoInto].map((id, place) => customer(id, { phone: `+1212555029${place}` })),
  // Alone at the other location.
  customer(undoFrom, { phone: "+12125550293", preferred_business_id: "biz_a2" }),
  ...[into, from, undoInto, undoFrom].flatMap(mergeable),
  ...[from, undoFrom].flatMap(pointing),
  ...[from, undoFrom].map(earlierMerge),
  // In either order of a pair.
  `INSERT INTO dismissed_duplicate SELECT '${tenant}', one, other FROM (VALUES ('${smaller}', '${from}'),
     ('${from}', '${greater}'), ('${restored}', '${undoFrom}'), ('${undoFrom}', '${greater}')) pair (one, other)`,
  ...asked.flatMap((_id, place) => [
    customer(newer(place)),
    lead(newer(place)),
    consented("customer", newer(place)),
    consented("lead", newer(place)),
  ]),
  ...Object.values(pairs).map((id, place) =>
    customer(id, { ...linesOf(id), created_time: `2024-01-0${place + 1}T10:00:00Z` }),
  ),
  ...[third, fourth, seventh, eighth].map((id, place) => pet("tenant", id, `Pair ${place}`)),
  // Moved since a batch stored them, which a key of their former location repeats.
  ...["customer", "lead"].map(
    (table) =>
      `UPDATE ${table} SET preferred_business_id = 'biz_a2' WHERE company_id = '${tenant}' AND id IN (${batched})`,
  ),
  ...["Customers", "Leads"].map((records) => batchOf(records, [keys.businessA1.id], "resource_ids")),
];

const survivors = `SELECT into_id AS id FROM customer_merge WHERE company_id = '${tenant}' AND id LIKE 'mrg\\_%' AND undone_time IS NULL`;

/** What points to whom by the end of the plants. */
const pointsTo = [
  [from, from],
  [undoFrom, undoInto],
] as const;

const ofNeighbour: readonly string[] = [
  ...pointsTo.flatMap(([id, target]) => {
    const relation = `{"relation": {"entity": "CUSTOMER", "refId": "${target}"}}`;
    const where = `WHERE company_id IN ('${tenant}', '${neighbour}') AND id`;
    return [
      ...["lead", "pet"].map(
        (table) => `UPDATE ${table} SET custom_fields = '{"x": ${relation}}' ${where} = 'of.${id}'`,
      ),
      `UPDATE customer SET custom_fields = '{"x": ${relation}}' ${where} = 'to.${id}'`,
      `UPDATE custom_field SET default_value = '${relation}' ${where} = 'of.${id}'`,
    ];
  }),
  `UPDATE import_record n SET kind = t.kind, key = t.key FROM import_record t WHERE n.company_id = '${neighbour}'
     AND t.company_id = '${tenant}' AND n.job_id = t.job_id AND n.row_number = t.row_number AND n.record_id = t.record_id`,
  // The id leads elsewhere, and the survivor was merged again.
  `UPDATE customer_merge SET survivor_id = 'cus_a2' WHERE company_id <> '${tenant}' AND id = '${merge}'`,
  `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
   SELECT '${neighbour}', 'zq.' || id, former, id, survivor, '2100-01-01T10:00:00Z', '2100-01-01T10:00:00Z', '{}'
   FROM (VALUES ('${undoInto}', 'zq.later', '${undoInto}'), ('cus_a1', '${greater}', 'cus_a1')) later (id, former, survivor)`,
  // Found to be different people there alone, in either order.
  `INSERT INTO dismissed_duplicate VALUES ('${neighbour}', 'cus_a1', 'cus_a2'),
     ('${neighbour}', '${smaller}', '${into}'), ('${neighbour}', '${into}', '${greater}'), ('${neighbour}', 'cus_a2', '${from}'), ('${neighbour}', '${from}', 'planted.pair.a'),
     ('${neighbour}', '${first}', '${second}'), ('${neighbour}', '${restored}', '${undoInto}')
   ON CONFLICT DO NOTHING`,
  // Numbers and pets that would make pairs of others, or more of a pair.
  `INSERT INTO customer_phone (company_id, customer_id, position, number, person_name)
   VALUES ('${neighbour}', '${fifth}', 6, '+12125550283', 'zq.'), ('${neighbour}', '${sixth}', 6, '+12125550282', 'zq.')`,
  ...[fourth, third, eighth, seventh].map((id, place) => pet("neighbour", id, `Pair ${place}`)),
  // Records of namesakes of survivors, and of a merged one.
  `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
   SELECT '${neighbour}', 'zq.m.' || right(id, 25), id, 'zq.', now(), now() FROM (${survivors}) survivor`,
  `INSERT INTO pet (company_id, id, customer_id, name, type, created_time, last_updated_time)
   SELECT '${neighbour}', 'zq.m.' || right(id, 25), id, 'zq.', 2, now(), now() FROM (${survivors}) survivor`,
  `INSERT INTO package SELECT (jsonb_populate_record(k, jsonb_build_object('id', 'zq.m.' || right(s.id, 25), 'customer_id', s.id))).*
   FROM package k, (${survivors}) s WHERE k.company_id = '${neighbour}' AND k.id = 'pkg_a1'`,
  `INSERT INTO customer SELECT (jsonb_populate_record(c, '{"id": "${undoFrom}", "raw_id": 990299, "phone": "", "email": "",
     "email_key": "", "source_lead_id": null}')).* FROM customer c WHERE company_id = '${neighbour}' AND id = 'cus_a2'`,
  // Another version, and hence another etag, than those that the tenant's batch has stored.
  ...["customer", "lead", "pet"].map(
    (table) => `UPDATE ${table} SET version = version + 1000 WHERE company_id <> '${tenant}' AND id IN (${batched})`,
  ),
];

/** Entries of others would be those of customers of whom the tenant asks. */
const consentsOfNeighbour: readonly string[] = asked.flatMap((id, place) => [
  `UPDATE lead SET promoted_customer_id = '${id}' WHERE company_id = '${neighbour}' AND id = '${newer(place)}'`,
  `INSERT INTO customer_merge (company_id, id, from_id, into_id, survivor_id, merged_time, undoable_until, carried)
   VALUES ('${neighbour}', 'zq.asked.${place}', '${newer(place)}', '${id}', '${id}', ${time}, ${time}, '{}')`,
]);

/** Customers of the tenant that can be merged, and one that was. Before the neighbour gets its copies. */
export async function plantMerges(server: TestServer): Promise<void> {
  const { owner } = server.database;
  for (const statement of ofTenant) await owner.query(statement);
  const { merge: made } = await server.ok(MergeService.method.mergeCustomers, {
    ...{ companyId: tenant, id: undoInto, fromId: undoFrom },
  });
  await renameMerge(owner, made?.id ?? "");
  // Some tables are copied before the one that they would point to: the relations come back beside the neighbour's.
  for (const table of ["customer", "lead", "pet"])
    await owner.query(`UPDATE ${table} SET custom_fields = '{}' WHERE company_id = $1 AND id ~ '^(of|to).planted'`, [
      tenant,
    ]);
  await owner.query("UPDATE custom_field SET default_value = NULL WHERE company_id = $1 AND id ~ '^of.planted'", [
    tenant,
  ]);
  // With the changes that the calls of the lists ask for, at their location.
  await owner.query(
    "UPDATE departure SET departed_time = '2024-06-01T10:00:00Z', business_id = 'biz_a1' WHERE company_id = $1 AND resource_id = $2 AND reason = 'MERGED'",
    [tenant, undoFrom],
  );
  // Was restored after the merge.
  await owner.query(
    "DELETE FROM dismissed_duplicate WHERE company_id = $1 AND customer_id = $2 AND other_customer_id = $3",
    [...[tenant, restored, undoInto]],
  );
}

/** Calls name it, so that its id is known before. */
async function renameMerge(owner: pg.Pool, id: string): Promise<void> {
  const { rows } = await owner.query<{ row: object }>(
    "DELETE FROM customer_merge_snapshot s WHERE company_id = $1 AND merge_id = $2 RETURNING to_jsonb(s) AS row",
    [tenant, id],
  );
  await owner.query("UPDATE customer_merge SET id = $3 WHERE company_id = $1 AND id = $2", [tenant, id, merge]);
  await owner.query(
    "INSERT INTO customer_merge_snapshot SELECT * FROM jsonb_populate_record(NULL::customer_merge_snapshot, $1::jsonb)",
    [JSON.stringify({ ...rows[0]?.row, merge_id: merge })],
  );
}

/** What the neighbour has beside its copies of them. */
export function plantMergesOfNeighbour(owner: pg.Pool): Promise<void> {
  return plant(owner, ofNeighbour);
}

/** The same beside records of other plants, which are there by now. */
export function plantBesideOthers(owner: pg.Pool): Promise<void> {
  return plant(owner, [...consentsOfNeighbour, ...batchesOfOthers]);
}

async function plant(owner: pg.Pool, statements: readonly string[]): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query("SET tenancy.open = 'on'");
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.query("RESET tenancy.open");
    client.release();
  }
}
