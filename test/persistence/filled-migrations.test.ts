import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scopes } from "../../src/core/principal.js";
import { migrate } from "../../src/db/migrate/migrate.js";
import { migrationsDirectory } from "../../src/db/migrate/migration-files.js";
import { demoData } from "../../src/demo/demo-data.js";
import { environmentOf, listCustomers, secrets, startService } from "../server/service.js";
import { createEmptyDatabase, type TestDatabase } from "../support/database.js";

/** Stores the demo rows of the tables that exist, as far as their columns do. Returns how many rows are new. */
async function fill({ owner }: TestDatabase): Promise<number> {
  let added = 0;
  for (const [table, rows] of demoData({ first: "first", second: "second" }).tables) {
    const found = await owner.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
      [table],
    );
    const existing = new Set(found.rows.map(({ name }) => name));
    for (const row of existing.size > 0 ? rows : []) {
      const columns = Object.keys(row).filter((name) => existing.has(name));
      const { rowCount } = await owner.query(
        `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $1) ON CONFLICT DO NOTHING`,
        [JSON.stringify(row)],
      );
      added += rowCount ?? 0;
    }
  }
  return added;
}

it("every migration runs over the filled database of its predecessors, and the server works on the result", async () => {
  await using database = await createEmptyDatabase();
  const directory = await mkdtemp(join(tmpdir(), "moego-filled-"));
  await using _directory = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
  const names = (await readdir(migrationsDirectory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
  const added: number[] = [];
  for (const name of names) {
    if (name.endsWith("_erase_and_import_scopes")) await insertOlderKeys(database);
    await cp(join(migrationsDirectory, name), join(directory, name), { recursive: true });
    expect(await migrate({ url: database.ownerUrl, directory })).toEqual([name]);
    added.push(await fill(database));
  }
  expect(added[0]).toBeGreaterThan(50);
  const older = "SELECT name, scopes FROM api_key WHERE id LIKE 'older_%' ORDER BY id";
  expect((await database.owner.query(older)).rows).toEqual([
    {
      name: "all",
      scopes: [...scopes.filter((scope) => !/admin|audit|export|directory:write|consent:write/.test(scope))],
    },
    { name: "pets", scopes: ["pet:write", "record:import"] },
    { name: "reader", scopes: ["customer:read"] },
  ]);
  await using service = await startService({ ...environmentOf(database), SEED_DEMO: "1", LOG_LEVEL: "error" });
  const response = await listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
  expect(await response.json()).toMatchObject({ customers: expect.arrayContaining([expect.anything()]) });
}, 120_000);

/** Keys from before the scopes for erasing and importing. */
async function insertOlderKeys({ owner }: TestDatabase): Promise<void> {
  await owner.query(
    `INSERT INTO api_key (id, name, scopes, created_time, updated_time) SELECT 'older_' || name, name, scopes, now(), now()
     FROM (VALUES ('all', '{}'::text[]), ('pets', '{pet:write}'), ('reader', '{customer:read}')) AS key (name, scopes)`,
  );
}
