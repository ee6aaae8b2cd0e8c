import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** Foreign keys without an index, and why: the index would cost every write of the row and serve no statement. */
const exceptions: Readonly<Record<string, string>> = {
  customer_profile_vip_level_fkey: "VIP levels are archived, never deleted, and no list goes by them",
  package_business_fkey: "locations are archived, never deleted; packages are found by their customer",
  package_staff_fkey: "staff are archived, never deleted, and no list goes by them",
};

/**
 * Foreign keys whose columns no index begins with. A partial index counts where it leaves out nulls alone: those refer to
 * nothing.
 */
async function unindexed(): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    `SELECT k.conname AS name FROM pg_constraint k
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
       SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid
         AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = ANY (
           SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
           WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)))
         AND (SELECT array_agg(u.num ORDER BY u.num) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (num, place)
              WHERE u.place <= cardinality(k.conkey)) = (SELECT array_agg(u.num ORDER BY u.num) FROM unnest(k.conkey) AS u (num)))
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

it("has an index for the columns of every foreign key, by which a delete finds what refers to the row", async () => {
  expect(await unindexed()).toEqual(Object.keys(exceptions).toSorted());
});

it("would tell of a foreign key without an index", async () => {
  await database.owner.query("DROP INDEX card_link_by_customer");
  expect(await unindexed()).toContain("card_link_customer_fkey");
});
