import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Columns that name a customer, and what a merge does with the rows of the merged one. */
const columns: Readonly<Record<string, string>> = {
  "card_link.customer_id": "moves",
  "change.related_id": "stays: the audit log is append-only",
  "change.resource_id": "stays: the audit log is append-only",
  "consent_event.subject_id": "stays: the history of the survivor has the entries of all its ids",
  "customer_account.customer_id": "joined",
  "customer_address.customer_id": "joined",
  "customer_card.customer_id": "moves",
  "customer_card.provider_customer_id": "is of the payment provider",
  "customer_external_id.customer_id": "moves",
  "customer_merge.survivor_id": "moves",
  "customer_note.customer_id": "moves",
  "customer_phone.customer_id": "joined",
  "customer_profile.customer_id": "joined",
  "customer_search.customer_id": "goes: triggers write it",
  "customer_tag.customer_id": "joined",
  "departure.customer_id": "stays: followers learn what left",
  "departure.resource_id": "stays: followers learn what left",
  "dismissed_duplicate.customer_id": "carried: whoever is no duplicate of the one is none of the other",
  "dismissed_duplicate.other_customer_id": "carried, likewise",
  "import_record.record_id": "moves",
  "lead.promoted_customer_id": "moves",
  "package.customer_id": "moves",
  "pet.customer_id": "moves",
};

async function namingColumns(): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    `SELECT DISTINCT c.relname || '.' || a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
       AND (a.attname ~ '(^|_)(customer|subject|resource|related|record)_id$' OR EXISTS (
         SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c.oid
           AND k.confrelid = 'customer'::regclass AND a.attnum = k.conkey[2]))
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

it("has a decision of merges for every column that can name a customer", async () => {
  expect(await namingColumns()).toEqual(Object.keys(columns).toSorted());
});

it("would tell of a table that merges do not know", async () => {
  await database.owner.query("CREATE TABLE planted (company_id text, customer_id text)");
  expect(await namingColumns()).toContain("planted.customer_id");
});
