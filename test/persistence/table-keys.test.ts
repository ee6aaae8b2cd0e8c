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
  company_raw_id_key: "random, and unique over all companies",
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

/** Columns that count over all companies, and why no tenant can see them. */
const counted: Readonly<Record<string, string>> = {
  "change.id": "in no response",
  "api_key_change.id": "in no response",
};

it("counts nothing over all companies that a tenant can see", async () => {
  const { rows } = await database.owner.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND (is_identity = 'YES' OR column_default LIKE 'nextval%')`,
  );
  expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(counted).toSorted());
});

it("makes random numbers of 53 bits", async () => {
  const { rows } = await database.owner.query<{ number: string }>(
    "SELECT random_number() AS number FROM generate_series(1, 1000)",
  );
  const numbers = rows.map(({ number }) => Number(number));
  expect(new Set(numbers).size).toBe(1_000);
  expect(numbers.every((number) => Number.isSafeInteger(number) && number > 0)).toBe(true);
  // Of a number with every bit random, half are in the upper half: 500 of 1,000, give or take nine standard deviations.
  expect(Math.abs(numbers.filter((number) => number >= 2 ** 52).length - 500)).toBeLessThan(142);
  expect(Math.abs(numbers.filter((number) => number % 2 === 1).length - 500)).toBeLessThan(142);
});
