import pg from "pg";
import { businessId, companyId } from "../rows.js";
import { say } from "../table.js";

// Rows of what is compared beside the operations of the peers. They are kept between runs like the customers.

/** The first customers: with a profile, an account and custom fields for QueryCustomer, and a package to redeem. */
export const callers = 20_000;
/** A run promotes fewer. */
const leads = 100_000;

/** The phone number of a customer of rows.ts. */
export function phoneOf(customer: number): string {
  return `+1212${String(customer).padStart(7, "0")}`;
}

export function leadId(number: number): string {
  return `lcus_bench_${number}`;
}

export function packageId(number: number): string {
  return `pkg_bench_${number}`;
}

export function packageServiceId(number: number): string {
  return `ps_bench_${number}`;
}

/** Makes the rows that are missing. Returns the number of the first lead that has not been promoted. */
export async function prepareFurtherRows(ownerUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows: found } = await client.query("SELECT 1 FROM package WHERE company_id = $1 AND id = 'pkg_bench_1'", [
      companyId,
    ]);
    const { rows } = await client.query<{ promoted: number; made: number }>(promotedLeads, [companyId]);
    const { promoted = 0, made = 0 } = rows[0] ?? {};
    if (found.length > 0 && made - promoted >= leads) return promoted + 1;
    say("Making leads and packages, which are kept too.");
    if (found.length === 0) for (const insert of callerInserts) await client.query(insert, [companyId, callers]);
    for (const insert of leadInserts) await client.query(insert, [companyId, made + 1, promoted + 2 * leads]);
    await client.query("VACUUM ANALYZE");
    return promoted + 1;
  } finally {
    await client.end();
  }
}

/** Leads are promoted in the order of their numbers. */
const promotedLeads = `
  SELECT coalesce(max(number), 0)::int AS made,
    coalesce(max(number) FILTER (WHERE promoted_customer_id IS NOT NULL), 0)::int AS promoted
  FROM (SELECT promoted_customer_id, substr(id, 12)::int AS number FROM lead
    WHERE company_id = $1 AND id LIKE 'lcus\\_bench\\_%') AS numbered`;

const callerInserts: readonly string[] = [
  `INSERT INTO vip_level (company_id, id, name, last_updated_time)
   SELECT $1, 'vip_bench', 'Gold', now() WHERE $2::int > 0`,
  `INSERT INTO custom_field (company_id, id, association_type, code, label, type, created_time, last_updated_time)
   SELECT $1, 'cf_bench_' || n, 1, 'field_' || n, 'Field ' || n, 1, now(), now()
   FROM generate_series(1, least(5, $2::int)) n`,
  `INSERT INTO customer_profile (company_id, customer_id, nickname, gender, vip_level_id)
   SELECT $1, 'cus_bench_' || n, 'Nick', 1, 'vip_bench' FROM generate_series(1, $2::int) n`,
  `INSERT INTO customer_account (company_id, customer_id, kind, account_id)
   SELECT $1, 'cus_bench_' || n, 5, 'wa-' || n FROM generate_series(1, $2::int) n`,
  `INSERT INTO package (company_id, id, customer_id, business_id, name, purchase_time, created_time, last_updated_time)
   SELECT $1, 'pkg_bench_' || n, 'cus_bench_' || n, '${businessId}', 'Many baths', now(), now(), now()
   FROM generate_series(1, $2::int) n`,
  `INSERT INTO package_service (company_id, id, package_id, position, total_quantity)
   SELECT $1, 'ps_bench_' || n, 'pkg_bench_' || n, 0, 1000000 FROM generate_series(1, $2::int) n`,
  `INSERT INTO package_service_item (company_id, package_service_id, position, service_id, name)
   SELECT $1, 'ps_bench_' || n, 0, 'srv_bench', 'Bath' FROM generate_series(1, $2::int) n`,
  `INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id,
     request_id)
   SELECT $1, 'led_bench_' || n, 'pkg_bench_' || n, 'ps_bench_' || n, 'SALE', 1000000, now(), 'Bench', 'key_bench', 'bench'
   FROM generate_series(1, $2::int) n`,
];

const leadInserts: readonly string[] = [
  `INSERT INTO lead (company_id, id, preferred_business_id, first_name, phone, service_related_channels,
     marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented, created_time,
     last_updated_time)
   SELECT $1, 'lcus_bench_' || n, '${businessId}', 'Lead ' || n, '+1917' || lpad(n::text, 7, '0'), '{1,2}', '{}',
     false, false, false, now(), now()
   FROM generate_series($2::int, $3::int) n`,
  `INSERT INTO lead_phone (company_id, lead_id, position, number, belongs_to)
   SELECT $1, 'lcus_bench_' || n, 1, '+1917' || lpad(n::text, 7, '0'), 1 FROM generate_series($2::int, $3::int) n`,
];
