import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate/migrate.js";
import { migrationsDirectory } from "../../src/db/migrate/migration-files.js";
import { asAdmin, createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function kept<T extends AsyncDisposable>(resource: T): T {
  open.push(resource);
  return resource;
}

async function folder(migrations: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "moego-migrations-"));
  open.push({ [Symbol.asyncDispose]: () => rm(path, { recursive: true }) });
  for (const [name, sql] of Object.entries(migrations)) {
    await mkdir(join(path, name));
    await writeFile(join(path, name, "migration.sql"), sql);
  }
  return path;
}

async function empty(): Promise<TestDatabase> {
  return kept(await createEmptyDatabase());
}

describe("migrate", () => {
  it("brings an empty database to the schema of the package, and a second run changes nothing", async () => {
    const database = await empty();
    const applied = await migrate({ url: database.ownerUrl });
    expect(applied.length).toBeGreaterThan(0);
    expect(await migrate({ url: database.ownerUrl })).toEqual([]);
    const { rows } = await database.owner.query("SELECT to_regclass('customer') IS NOT NULL AS found");
    expect(rows).toEqual([{ found: true }]);
  });

  it("keeps the history as Prisma's CLI does: checksum in hex, finished, one step", async () => {
    const database = await empty();
    const directory = await folder({ "1_a": "SELECT 1;" });
    await migrate({ url: database.ownerUrl, directory });
    const { rows } = await database.owner.query(
      "SELECT migration_name, checksum, finished_at >= started_at AS finished, rolled_back_at, logs, applied_steps_count FROM _prisma_migrations",
    );
    expect(rows).toEqual([
      {
        migration_name: "1_a",
        checksum: "17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a",
        finished: true,
        rolled_back_at: null,
        logs: null,
        applied_steps_count: 1,
      },
    ]);
  });

  it("refuses a migration that was changed after it was applied", async () => {
    const database = kept(await createDatabase());
    const directory = await folder({});
    await cp(migrationsDirectory, directory, { recursive: true });
    await appendFile(join(directory, "20261122000000_init", "migration.sql"), "\n-- changed\n");
    await expect(migrate({ url: database.ownerUrl, directory })).rejects.toThrow(
      /20261122000000_init was modified after it was applied/,
    );
  });

  it("refuses a database that a later version migrated", async () => {
    const database = await empty();
    const later = await folder({ "1_a": "SELECT 1;", "2_b": "SELECT 2;" });
    const earlier = await folder({ "1_a": "SELECT 1;" });
    await migrate({ url: database.ownerUrl, directory: later });
    await expect(migrate({ url: database.ownerUrl, directory: earlier })).rejects.toThrow(
      /contains migration 2_b from a newer version/,
    );
  });

  it("refuses a new migration that is older than an applied one", async () => {
    const database = await empty();
    await migrate({ url: database.ownerUrl, directory: await folder({ "2_b": "SELECT 2;" }) });
    const directory = await folder({ "1_a": "SELECT 1;", "2_b": "SELECT 2;" });
    await expect(migrate({ url: database.ownerUrl, directory })).rejects.toThrow(
      /1_a is older than the applied migration 2_b/,
    );
  });

  it("names a migration that Prisma's CLI left unfinished", async () => {
    const database = await empty();
    const directory = await folder({ "1_a": "SELECT 1;" });
    await migrate({ url: database.ownerUrl, directory });
    await database.owner.query("UPDATE _prisma_migrations SET finished_at = NULL");
    await expect(migrate({ url: database.ownerUrl, directory })).rejects.toThrow(/1_a was started .* did not finish/);
  });

  it("leaves nothing of a migration that fails half-way, and goes on when it is repaired", async () => {
    const database = await empty();
    const broken = await folder({ "1_a": "CREATE TABLE one ();", "2_b": "CREATE TABLE two (); SELECT 1/0;" });
    await expect(migrate({ url: database.ownerUrl, directory: broken })).rejects.toThrow(
      /2_b failed and was rolled back: division by zero/,
    );
    const found = "SELECT to_regclass('one') IS NOT NULL AS one, to_regclass('two') IS NOT NULL AS two";
    expect((await database.owner.query(found)).rows).toEqual([{ one: true, two: false }]);
    const repaired = await folder({ "1_a": "CREATE TABLE one ();", "2_b": "CREATE TABLE two ();" });
    expect(await migrate({ url: database.ownerUrl, directory: repaired })).toEqual(["2_b"]);
  });

  it("leaves nothing of a migration whose connection is lost, and says which one", async () => {
    const database = await empty();
    const directory = await folder({ "1_a": "CREATE TABLE one (); SELECT pg_sleep(20);" });
    const running = migrate({ url: database.ownerUrl, directory });
    const outcome = expect(running).rejects.toThrow(/1_a failed and was rolled back/);
    await expect
      .poll(async () => (await asAdmin(terminateSleepers(database.name))).rows.length, { timeout: 10_000 })
      .toBe(1);
    await outcome;
    const { rows } = await database.owner.query("SELECT to_regclass('one') AS one");
    expect(rows).toEqual([{ one: null }]);
  });

  it("lets five start at once: each migration is applied by exactly one of them", async () => {
    const database = await empty();
    const directory = await folder({
      "1_a": "CREATE TABLE one (); SELECT pg_sleep(0.2);",
      "2_b": "CREATE TABLE two ();",
    });
    const all = await Promise.all(Array.from({ length: 5 }, () => migrate({ url: database.ownerUrl, directory })));
    expect(all.flat().sort()).toEqual(["1_a", "2_b"]);
  });
});

function terminateSleepers(database: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = '${database}' AND query LIKE '%pg_sleep(20)%' AND state = 'active' AND pid <> pg_backend_pid()`;
}
