import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.owner.query(
    `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, kind, resource_ids, expired_time)
     SELECT 'key', 'rpc', n::text, '', 'cmp', 'customer', ARRAY['cus_' || n], now() FROM generate_series(1, 5000) n`,
  );
  await database.owner.query("ANALYZE idempotency");
});
afterAll(() => database.drop());

async function planOfErasure(): Promise<string> {
  const { rows } = await database.owner.query<{ "QUERY PLAN": string }>(
    `EXPLAIN UPDATE idempotency SET resource_ids = '{}'
     WHERE company_id = 'cmp' AND kind = 'customer' AND resource_ids && '{cus_7,cus_8}'::text[]`,
  );
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

it("finds the claims of a record that is erased without reading those of others", async () => {
  expect(await planOfErasure()).toContain("Bitmap Index Scan on idempotency_by_resource");
});

it("would read them all without the index", async () => {
  await database.owner.query("DROP INDEX idempotency_by_resource");
  expect(await planOfErasure()).toContain("Seq Scan on idempotency");
});
