import { access, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectsOf } from "../../src/db/backup/own-objects.js";
import { migrationsDirectory, readMigrations } from "../../src/db/migrate/migration-files.js";
import { moegoHere } from "../server/command.js";
import { environmentOf, listCustomers, moego, secrets, startService } from "../server/service.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { newBackupFolder, readEntries } from "./backup-file.js";
import { contentOf, schemaOf } from "./compare.js";
import { seed } from "./seeded.js";

let source: TestDatabase;
let folder: Awaited<ReturnType<typeof newBackupFolder>>;
let file: string;

beforeAll(async () => {
  [source, folder] = await Promise.all([createDatabase(), newBackupFolder()]);
  await seed(source);
  await source.owner.query(awkwardRows);
  file = join(folder.path, "backup.moego");
  expect(await moegoHere(["backup", file], environmentOf(source))).toMatchObject({
    ...{ code: 0, stderr: "" },
    stdout: expect.stringMatching(
      /^Backed up \d+ tables with \d+ rows as of 20\S+Z to .* in .* s\.\n.*separately\.\n$/,
    ),
  });
});
afterAll(async () => {
  await Promise.all([source.drop(), folder[Symbol.asyncDispose]()]);
});

/** Texts that COPY has to escape, values of each type, and a sequence that is ahead of its rows. */
const awkwardRows = `
  UPDATE customer SET first_name = E'tab\\t line\\n return\\r back\\\\slash \\\\N \\\\. "quoted" ' || chr(1) || chr(127) || chr(128021);
  UPDATE pet SET name = '\\N';
  UPDATE company SET name = '';
  SELECT nextval(pg_get_serial_sequence('change', 'id')) FROM generate_series(1, 7)`;

describe("a backup that is restored", { timeout: 180_000 }, () => {
  it("makes the same tables, functions, rights and rows, and sequences continue", async () => {
    await using target = await createEmptyDatabase();
    const ended = await moegoHere(["restore", file], environmentOf(target));
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("All counts and hashes match.") });
    expect(await schemaOf(target.owner)).toEqual(await schemaOf(source.owner));
    expect(await contentOf(target.owner)).toEqual(await contentOf(source.owner));
    const next = "SELECT nextval(pg_get_serial_sequence('change', 'id')) AS next";
    const [ofTarget, ofSource] = [await target.owner.query(next), await source.owner.query(next)];
    expect(ofTarget.rows).toEqual(ofSource.rows);
  });

  it("goes into a migrated database without rows, and not into one with rows, unless they are to be replaced", async () => {
    await using target = await createDatabase();
    const environment = environmentOf(target);
    expect(await moegoHere(["restore", file], environment)).toMatchObject({ code: 0 });
    await target.owner.query("UPDATE company SET name = 'Changed'");
    const changed = await contentOf(target.owner);
    const refused = await moegoHere(["restore", file], environment);
    expect(refused).toMatchObject({ code: 73, stderr: expect.stringContaining("The database already contains data") });
    expect(await contentOf(target.owner)).toEqual(changed);
    expect(await moegoHere(["restore", file, "--replace"], environment)).toMatchObject({ code: 0 });
    expect(await contentOf(target.owner)).toEqual(await contentOf(source.owner));
    expect(await schemaOf(target.owner)).toEqual(await schemaOf(source.owner));
  });

  it("is refused while a server or a command uses the database, and leaves what belongs to the operator", async () => {
    await using target = await createEmptyDatabase();
    await target.owner.query("CREATE TABLE of_operator AS SELECT 1 AS number");
    await target.owner.query("SET application_name = 'moego'");
    const pid = (await target.owner.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
    const refused = await moegoHere(["restore", file], environmentOf(target));
    expect(refused).toMatchObject({ code: 75, stderr: expect.stringContaining("Stop it first.") });
    await target.owner.query("RESET application_name");
    expect(pid).toBeGreaterThan(0);
    expect(await moegoHere(["restore", file], environmentOf(target))).toMatchObject({ code: 0 });
    expect((await target.owner.query("SELECT number FROM of_operator")).rows).toEqual([{ number: 1 }]);
  });
});

describe("moego backup", { timeout: 180_000 }, () => {
  it("writes a file for its owner alone, and replaces none unless asked", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file);
    const refused = await moegoHere(["backup", file], environmentOf(source));
    expect(refused).toMatchObject({ code: 73, stderr: expect.stringContaining("already exists") });
    expect(await readFile(file)).toEqual(before);
    const copy = join(folder.path, "copy.moego");
    await writeFile(copy, "not a backup");
    await writeFile(`${copy}.partial`, "of a backup that was killed");
    expect(await moegoHere(["backup", copy, "--force"], environmentOf(source))).toMatchObject({ code: 0 });
    expect(await moegoHere(["restore", copy, "--check"], environmentOf(source))).toMatchObject({ code: 0 });
    await expect(access(`${copy}.partial`)).rejects.toThrow();
  });

  it("contains no secret of the server", async () => {
    for (const content of (await readEntries(file)).values())
      for (const secret of Object.values(secrets)) expect(content.includes(secret)).toBe(false);
  });

  it("leaves no file if it fails: no folder, no tables, no right to read, another backup at the same time", async () => {
    await using empty = await createEmptyDatabase();
    const target = join(folder.path, "failed.moego");
    const login = { ...environmentOf(source), DATABASE_MIGRATION_URL: "" };
    const cases = [
      [["backup", join(folder.path, "none/x.moego")], environmentOf(source), "ENOENT", 73],
      [["backup", target], environmentOf(empty), "nothing to back up", 65],
      [["backup", target], login, "Set DATABASE_MIGRATION_URL", 77],
    ] as const;
    const files = await readdir(folder.path);
    for (const [words, environment, message, code] of cases)
      expect(await moegoHere(words, environment)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    const client = await source.owner.connect();
    await client.query("SELECT pg_advisory_lock(7460011)");
    const second = await moegoHere(["backup", target], environmentOf(source));
    client.release(true);
    expect(second).toMatchObject({ code: 75, stderr: expect.stringContaining("Another backup or restore") });
    expect(await readdir(folder.path)).toEqual(files);
  });
});

it("every table, function and domain that migrations make is recognized as one of this package", async () => {
  const { tables, routines, domains } = objectsOf(await readMigrations(migrationsDirectory));
  await using database = await createDatabase();
  const { rows } = await database.owner.query<{ kind: string; name: string }>(
    `SELECT 'table' AS kind, relname::text AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'S')
     UNION ALL SELECT 'routine', proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT 'domain', typname::text FROM pg_type
     WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typelem = 0`,
  );
  expect(rows.length).toBeGreaterThan(80);
  const own = { table: new Set([...tables, "_prisma_migrations"]), routine: routines, domain: domains };
  for (const { kind, name } of rows)
    expect(
      Object.entries(own).some(([known, names]) => known === kind && names.has(name)),
      `${kind} ${name}`,
    ).toBe(true);
});

describe("the drill: a backup of a server under load, and a server on what was restored", { timeout: 180_000 }, () => {
  it("contains what was acknowledged before it and nothing that began after it, and serves", async () => {
    await using busy = await createDatabase();
    await using target = await createEmptyDatabase();
    const environment = { ...environmentOf(busy), SEED_DEMO: "1" };
    const drill = join(folder.path, "drill.moego");
    const acknowledged = { before: new Set<string>(), after: new Set<string>() };
    {
      await using service = await startService(environment);
      const key = (await moegoHere(["keys", "create", "--name", "Drill", "--company", "cmp_001"], environment)).stdout;
      const load = writeCustomers(service.httpUrl, secretIn(key));
      while (load.ids.length < 20) await load.next();
      for (const id of load.ids) acknowledged.before.add(id);
      const ended = await moego(["backup", drill], environmentOf(busy));
      const during = load.ids.length;
      expect(ended).toMatchObject({ code: 0 });
      expect(during).toBeGreaterThan(acknowledged.before.size);
      while (load.ids.length < during + 40) await load.next();
      await load.stop();
      // At most one request of each writer was in progress when the backup ended.
      for (const id of load.ids.slice(during + writers)) acknowledged.after.add(id);
    }
    expect(await moego(["restore", drill], environmentOf(target))).toMatchObject({ code: 0 });
    const { rows } = await target.owner.query<{ id: string }>("SELECT id FROM customer");
    const restored = new Set(rows.map(({ id }) => id));
    expect([...acknowledged.before].filter((id) => !restored.has(id))).toEqual([]);
    expect([...acknowledged.after].filter((id) => restored.has(id))).toEqual([]);
    await using service = await startService(environmentOf(target));
    expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).status).toBe(200);
  });
});

const writers = 4;

/** Customers that are created one after another by each of four writers. */
function writeCustomers(httpUrl: string, secret: string) {
  const ids: string[] = [];
  let stopped = false;
  const waiting: (() => void)[] = [];
  const write = async (writer: number) => {
    for (let number = 0; !stopped; number += 1) {
      const response = await fetch(`${httpUrl}/v1/customers`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({
          ...{
            companyId: "cmp_001",
            preferredBusinessId: "biz_001",
            firstName: "Drill",
            lastName: `${writer}-${number}`,
          },
          phone: `+1212555${String(1_000 + writer * 2_000 + number).padStart(4, "0")}`,
        }),
      });
      const body: { readonly id: string } = JSON.parse(await response.text());
      if (response.status !== 200) throw new Error(`The write failed: ${JSON.stringify(body)}`);
      ids.push(body.id);
      for (const resolve of waiting.splice(0)) resolve();
    }
  };
  const all = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return {
    ids,
    /** Resolves when one more was created. */
    next: () => Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), all.then(() => {})]),
    async stop() {
      stopped = true;
      await all;
    },
  };
}

function secretIn(printed: string): string {
  const [secret] = /moego_\w+/.exec(printed) ?? [];
  if (secret === undefined) throw new Error("no key was printed");
  return secret;
}
