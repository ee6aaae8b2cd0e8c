import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Keys that do not begin with the company, and why. */
const exceptions: Readonly<Record<string, string>> = {
  api_key_pkey: "a key may reach several companies",
  api_key_secret_pkey: "a secret is looked up by its hash before any company is known",
  api_key_secret_key_fkey: "a secret is of a key",
  api_key_organization_pkey: "what a key reaches is of the key",
  api_key_organization_key_fkey: "what a key reaches is of the key",
  api_key_change_pkey: "the history of keys is of the key",
  idempotency_pkey: "a claim is of the key that made the call",
  company_pkey: "the company itself",
  company_raw_id_key: "numbers of companies are counted over all of them",
  card_link_token_hash_key: "a link is looked up by its token before any company is known",
};

/** Primary keys, foreign keys, and unique constraints and indexes whose first column is not the company. */
async function keysOfNoCompany(): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    `WITH keys AS (
       SELECT i.indrelid AS "table", i.indexrelid::regclass::text AS name, i.indkey[0] AS first
       FROM pg_index i WHERE i.indisunique
       UNION ALL
       SELECT k.conrelid, k.conname, k.conkey[1] FROM pg_constraint k WHERE k.contype = 'f')
     SELECT k.name FROM keys k JOIN pg_class c ON c.oid = k."table"
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.first
     WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> '_prisma_migrations'
       AND a.attname IS DISTINCT FROM 'company_id'
     ORDER BY k.name COLLATE "C"`,
  );
  return rows.map(({ name }) => name);
}

it("begins every primary key, unique key and foreign key with the company", async () => {
  expect(await keysOfNoCompany()).toEqual(Object.keys(exceptions).toSorted());
});

it.each([
  [
    "planted_pkey",
    "CREATE TABLE planted (id text, company_id text, CONSTRAINT planted_pkey PRIMARY KEY (id, company_id))",
  ],
  ["planted_key", "ALTER TABLE pet ADD CONSTRAINT planted_key UNIQUE (id, company_id)"],
  ["planted_index", "CREATE UNIQUE INDEX planted_index ON pet (lower(name), company_id) WHERE name <> ''"],
  [
    "planted_fkey",
    `CREATE UNIQUE INDEX planted_target ON customer (id, company_id);
     ALTER TABLE pet ADD CONSTRAINT planted_fkey FOREIGN KEY (customer_id, company_id) REFERENCES customer (id, company_id)`,
  ],
])("would tell of %s", async (name, planted) => {
  await database.owner.query(planted);
  expect(await keysOfNoCompany()).toContain(name);
});
