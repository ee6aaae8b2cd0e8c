import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/database.js";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { silentLog } from "../../src/db/log.js";
import { prepareDatabase } from "../../src/db/migrate/migrate.js";
import { statement } from "../../src/db/statement.js";
import { moego, secrets } from "../server/service.js";

// A server of its own: the role is one for the whole server, and here it must be absent at first.
let postgres: EmbeddedPostgres;
let dataDir: string;
let admin: pg.Client;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "moego-roles-"));
  await chmod(dataDir, 0o755);
  postgres = await startEmbeddedPostgres({ dataDir });
  admin = new pg.Client({ connectionString: postgres.superuserUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const names: string[] = [];
afterEach(async () => {
  const made = names.splice(0);
  for (const name of made) await admin.query(`DROP DATABASE IF EXISTS db_${name} WITH (FORCE)`);
  await dropGroup(); // granted by them
  for (const name of made) await admin.query(`DROP ROLE IF EXISTS ${name}`);
});

/** A login with a database of its own. */
async function login(name: string, attributes = ""): Promise<string> {
  names.push(name);
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'p' ${attributes}`);
  await admin.query(`CREATE DATABASE db_${name} OWNER ${name}`);
  return url(name, `db_${name}`);
}

function url(user: string, database: string): string {
  const result = new URL(postgres.superuserUrl);
  result.username = user;
  result.password = "p";
  result.pathname = `/${database}`;
  return result.href;
}

async function dropGroup(): Promise<void> {
  await admin.query("DROP ROLE IF EXISTS moego_service");
}

const look = statement("look", "SELECT current_user::text AS role, count(*)::int AS customers FROM customer");

async function expectRestricted(serviceUrl: string): Promise<void> {
  await using database = openDatabase({ url: serviceUrl, log: silentLog });
  const signal = new AbortController().signal;
  expect(await database.read(look, [], signal)).toEqual([{ role: "moego_service", customers: 0 }]);
  const alter = statement("alter", "ALTER TABLE customer ADD COLUMN x int");
  await expect(database.read(alter, [], signal)).rejects.toMatchObject({ code: "42501" });
}

describe("a server without the role", () => {
  it("is told to be migrated first by a command", async () => {
    await dropGroup();
    const DATABASE_URL = await login("not_migrated");
    const { code, stderr } = await moego(["keys", "list"], { ...secrets, DATABASE_URL });
    expect({ code, stderr }).toEqual({
      ...{ code: 1, stderr: "The database schema is out of date. Run: moego migrate\n" },
    });
  });
});

describe("the service runs restricted", () => {
  it("when one URL with CREATEROLE serves for both, on a server without the role", async () => {
    await dropGroup();
    const single = await login("one_for_both", "CREATEROLE");
    await prepareDatabase({ migrationUrl: single, serviceUrl: single });
    await expectRestricted(single);
    await prepareDatabase({ migrationUrl: single, serviceUrl: single });
  });

  it("when the owner with CREATEROLE lets another user in", async () => {
    await dropGroup();
    const owner = await login("table_owner", "CREATEROLE");
    await login("other_login");
    const serviceUrl = url("other_login", "db_table_owner");
    await prepareDatabase({ migrationUrl: owner, serviceUrl });
    await expectRestricted(serviceUrl);
  });

  it("when the single URL is that of a superuser", async () => {
    await dropGroup();
    const single = await login("root_like", "SUPERUSER");
    await prepareDatabase({ migrationUrl: single, serviceUrl: single });
    await expectRestricted(single);
  });

  it("when an administrator has set the roles up and nobody else may", async () => {
    await dropGroup();
    const owner = await login("plain_owner");
    await login("plain_login");
    await admin.query("CREATE ROLE moego_service NOLOGIN; GRANT moego_service TO plain_login");
    const serviceUrl = url("plain_login", "db_plain_owner");
    await prepareDatabase({ migrationUrl: owner, serviceUrl });
    await expectRestricted(serviceUrl);
  });

  it("when six services start at once on a new server", async () => {
    await dropGroup();
    const single = await login("racer", "CREATEROLE");
    const all = await Promise.all(
      Array.from({ length: 6 }, () => prepareDatabase({ migrationUrl: single, serviceUrl: single })),
    );
    expect(all.filter((applied) => applied.length > 0)).toHaveLength(1);
    await expectRestricted(single);
  });
});

describe("without the privilege the error holds the statements that an administrator must run", () => {
  it("when the role is missing", async () => {
    await dropGroup();
    const single = await login("powerless");
    const call = prepareDatabase({ migrationUrl: single, serviceUrl: single });
    await expect(call).rejects.toThrow(/CREATE ROLE moego_service NOLOGIN;.*GRANT moego_service TO "powerless";/s);
  });

  it("when another owner made the role", async () => {
    await dropGroup();
    await admin.query("CREATE ROLE moego_service NOLOGIN");
    const single = await login("latecomer", "CREATEROLE");
    const call = prepareDatabase({ migrationUrl: single, serviceUrl: single });
    await expect(call).rejects.toThrow(/GRANT moego_service TO "latecomer";/);
  });

  it("and those statements are enough", async () => {
    await dropGroup();
    const single = await login("helped");
    const error: unknown = await prepareDatabase({ migrationUrl: single, serviceUrl: single }).catch((e: unknown) => e);
    const statements = error instanceof Error ? error.message.split("\n").slice(1).join("\n") : "";
    await admin.query(statements);
    await prepareDatabase({ migrationUrl: single, serviceUrl: single });
    await expectRestricted(single);
  });
});
