import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCompanySecretCipher } from "../../src/repositories.js";
import { newBackupFolder } from "../backup/backup-file.js";
import { contentOf, schemaOf } from "../backup/compare.js";
import { seed } from "../backup/seeded.js";
import { moegoHere } from "../server/command.js";
import { type Environment, environmentOf, listCustomers, secrets, startService } from "../server/service.js";
import { makeDataFolder } from "../support/data-folder.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { record } from "./run.js";

const secretsOfTests = { secretKey: Buffer.from(secrets.SECRET_KEY, "base64") };

describe("moego move between two databases", { timeout: 180_000 }, () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let words: readonly string[];

  beforeAll(async () => {
    [source, target] = await Promise.all([createDatabase(), createEmptyDatabase()]);
    await seed(source);
    words = ["move", "--from", source.ownerUrl];
  });
  afterAll(async () => {
    await Promise.all([source.drop(), target.drop()]);
  });

  it("refuses a source that a server uses, another SECRET_KEY and a filled target, and leaves the source writable", async () => {
    const client = await source.owner.connect();
    await client.query("SET application_name = 'moego'");
    const used = await moegoHere(words, environmentOf(target));
    await client.query("RESET application_name");
    client.release();
    expect(used).toMatchObject({ code: 75, stderr: expect.stringContaining("Stop it first.") });
    const other = { ...environmentOf(target), SECRET_KEY: Buffer.alloc(32, 8).toString("base64") };
    const sealed = openCompanySecretCipher({ ...secretsOfTests, pageTokenSecret: "" }).seal("sk_test_1", ["any"]);
    await source.owner.query(
      "INSERT INTO company_secret (company_id, provider, name, sealed) VALUES ('cmp_001', 'stripe', 'api_key', $1)",
      [Buffer.from(sealed)],
    );
    const filled = await moegoHere(words, environmentOf(source));
    // The command itself uses the database that it would fill.
    expect(filled).toMatchObject({ code: 75 });
    expect(await moegoHere(words, other)).toMatchObject({
      ...{ code: 78, stderr: expect.stringContaining("SECRET_KEY is not the key of the other database") },
    });
    await using rows = await createDatabase();
    await seed(rows);
    expect(await moegoHere(words, environmentOf(rows))).toMatchObject({
      ...{ code: 73, stderr: expect.stringContaining("already contains data") },
    });
    expect(await isReadOnly(source)).toBe(false);
    expect((await contentOf(target.owner)).size).toBe(0);
    // What the operator has set is left as it was.
    await rows.owner.query(`ALTER DATABASE ${rows.name} SET default_transaction_read_only = on`);
    expect(await moegoHere(["move", "--from", rows.ownerUrl], environmentOf(source))).toMatchObject({ code: 73 });
    expect(await isReadOnly(rows)).toBe(true);
  });

  it("B3: copies everything, compares it, and leaves the source read-only until it is unlocked", async (context) => {
    const wanted = await contentOf(source.owner);
    const rehearsal = await moegoHere([...words, "--keep-writable"], environmentOf(target));
    expect(rehearsal).toMatchObject({ code: 0, stdout: expect.stringContaining("remains writable") });
    expect(await isReadOnly(source)).toBe(false);
    const moved = await moegoHere([...words, "--replace"], environmentOf(target));
    expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining("All counts and hashes match.") });
    expect(await contentOf(target.owner)).toEqual(wanted);
    expect(await schemaOf(target.owner)).toEqual(await schemaOf(source.owner));
    expect(await isReadOnly(source)).toBe(true);
    record(context, {
      id: "B3",
      done: "`moego move` to another database",
      seen: `${wanted.size} tables with the same rows, the source read-only`,
      must: "the same rows, no writes to the source",
    });
    const stale = await moegoHere(["migrate"], environmentOf(source));
    expect(stale).toMatchObject({ code: 77, stderr: expect.stringMatching(/The database is read-only.*--unlock/) });
    await using service = await startService(environmentOf(target));
    expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).status).toBe(200);
    expect(await moegoHere([...words, "--unlock"], environmentOf(target))).toMatchObject({ code: 0 });
    expect(await isReadOnly(source)).toBe(false);
    expect(await moegoHere(["migrate"], environmentOf(source))).toMatchObject({ code: 0 });
  });

  it("requires --from, in one of its two forms, and verified TLS to another machine", async () => {
    for (const [given, message] of [
      [["move"], "--from"],
      [["move", "--from", "file.moego"], "`embedded` or a URL"],
      [["move", "--from", "postgresql://db.example.com/moego"], "without verified TLS"],
    ] as const)
      expect(await moegoHere(given, environmentOf(target))).toMatchObject({
        ...{ code: 64, stderr: expect.stringContaining(message) },
      });
    expect(await moegoHere(["move", "--from", "embedded"], {})).toMatchObject({ code: 64 });
  });
});

/** Whether a new session of the owner may only read. */
async function isReadOnly({ owner, name }: TestDatabase): Promise<boolean> {
  const { rows } = await owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
     WHERE d.datname = $1 AND 'default_transaction_read_only=on' = ANY (s.setconfig)`,
    [name],
  );
  return rows[0]?.count === 1;
}

describe("moego move from the embedded database and back", { timeout: 240_000 }, () => {
  it("takes the secrets along in a file, and ends with the same rows in all three databases", async () => {
    await using first = await makeDataFolder();
    await using second = await makeDataFolder();
    await using folder = await newBackupFolder();
    await using own = await createEmptyDatabase();
    const file = join(folder.path, "moego.env");
    const embedded: Environment = { DATA_DIR: first.path };
    expect(await moegoHere(["seed"], embedded)).toMatchObject({ code: 0 });
    expect(await moegoHere(["secrets", "export", file], embedded)).toMatchObject({
      code: 0,
      stdout: `Wrote ${file}.\n`,
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const taken: Environment = Object.fromEntries(
      (await readFile(file, "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const again = await moegoHere(["secrets", "export", file], embedded);
    expect(again).toMatchObject({ code: 73, stderr: expect.stringContaining("already exists") });
    const urls = { DATABASE_URL: own.serviceUrl, DATABASE_MIGRATION_URL: own.ownerUrl, DATA_DIR: first.path };
    const wrong = { ...urls, ...taken, SECRET_KEY: Buffer.alloc(32, 9).toString("base64") };
    expect(await moegoHere(["move", "--from", "embedded"], wrong)).toMatchObject({ code: 78 });
    const moved = await moegoHere(["move", "--from", "embedded"], { ...urls, ...taken });
    expect(moved).toMatchObject({ code: 0, stdout: expect.stringContaining("is now read-only") });
    for (const secret of Object.values(taken)) expect(moved.stdout + moved.stderr).not.toContain(secret);
    const wanted = await contentOf(own.owner);
    expect(wanted.get("customer")).not.toMatch(/^0 /);
    const refused = await moegoHere(["companies", "list"], embedded);
    expect(refused).toMatchObject({ code: 77, stderr: expect.stringContaining("The database is read-only") });

    const back = { DATA_DIR: second.path };
    const without = await moegoHere(["move", "--from", own.ownerUrl], back);
    expect(without).toMatchObject({ code: 78, stderr: expect.stringContaining("moego secrets export") });
    const returned = await moegoHere(["move", "--from", own.ownerUrl], { ...back, ...taken });
    expect(returned).toMatchObject({ code: 0, stdout: expect.stringContaining("All counts and hashes match.") });
    expect(await moegoHere(["companies", "list"], { ...back, ...taken })).toMatchObject({ code: 0 });
    expect(await contentOf(own.owner)).toEqual(wanted);
  });
});
