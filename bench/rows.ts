import pg from "pg";
import { hashSecret, secretPrefixOf } from "../src/core/key-secrets.js";

export const companyId = "cmp_bench";
export const businessId = "biz_bench";
export const secret = "key-of-the-large-company-in-benchmarks";
export const customers = 200_000;

/** The id of an existing customer, by number from 1. */
export function customerId(number: number): string {
  return `cus_bench_${number}`;
}

/** A company of customers, each with an address, a tag and a note, written as the owner of the tables. */
export async function writeRows(ownerUrl: string, count = customers): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query("INSERT INTO company (id, name, country, time_zone) VALUES ($1, 'Large', 'US', 'UTC')", [
      companyId,
    ]);
    await client.query("INSERT INTO business (company_id, id, name) VALUES ($1, $2, 'Here')", [companyId, businessId]);
    await client.query(
      "INSERT INTO tag (company_id, id, name, name_key, last_updated_time) VALUES ($1, 'tag_bench', 'Large', 'large', now())",
      [companyId],
    );
    await writeKey(client);
    await writeCustomers(client, 1, count);
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
  }
}

/** Writes the customers from the first to the last number, inclusive. */
export async function writeCustomers(client: pg.Client, first: number, last: number): Promise<void> {
  for (const insert of customerInserts) await client.query(insert, [companyId, last, first]);
}

async function writeKey(client: pg.Client): Promise<void> {
  await client.query(
    "INSERT INTO api_key (id, name, created_time, updated_time) VALUES ('key_bench', 'Bench', now(), now())",
  );
  await client.query(
    "INSERT INTO api_key_secret (hash, key_id, hint, created_time) VALUES ($1, 'key_bench', $2, now())",
    [hashSecret(secret), secretPrefixOf(secret)],
  );
  await client.query("INSERT INTO api_key_organization (key_id, type, organization_id) VALUES ('key_bench', 2, $1)", [
    companyId,
  ]);
}

const customerInserts: readonly string[] = [
  `INSERT INTO customer (company_id, id, preferred_business_id, first_name, last_name, phone, email, email_key,
     receive_auto_message, receive_auto_email, subscribe_to_marketing_emails, receive_appointment_reminder,
     service_related_channels, marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy,
     is_consented, created_time, last_updated_time)
   SELECT $1, 'cus_bench_' || n, '${businessId}', 'First ' || n, 'Last ' || n, '+1212' || lpad(n::text, 7, '0'),
     n || '@example.com', n || '@example.com', true, true, false, true, '{1,2}', '{}', false, false, false, t, t
   FROM generate_series($3::int, $2::int) n,
     LATERAL (SELECT timestamptz '2024-01-01Z' + n * interval '1 minute') AS times (t)`,
  `INSERT INTO customer_address (company_id, id, customer_id, address1, city, state, postal_code, country)
   SELECT $1, 'addr_bench_' || n, 'cus_bench_' || n, n || ' Main Street', 'New York', 'NY', '10001', 'US'
   FROM generate_series($3::int, $2::int) n`,
  `INSERT INTO customer_tag (company_id, customer_id, tag_id)
   SELECT $1, 'cus_bench_' || n, 'tag_bench' FROM generate_series($3::int, $2::int) n`,
  `INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_time)
   SELECT $1, 'note_bench_' || n, 'cus_bench_' || n, 'A note of some length about the customer.', now(), now()
   FROM generate_series($3::int, $2::int) n`,
];
