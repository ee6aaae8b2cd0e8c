import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.js";
import { openDatabaseServer, readyDatabase } from "../../src/database-server.js";
import { openDatabase } from "../../src/db/database.js";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { silentLog } from "../../src/db/log.js";
import { createLogin } from "../../src/db/migrate/create-login.js";
import { prepareDatabase } from "../../src/db/migrate/migrate.js";
import { statement } from "../../src/db/statement.js";
import { listCustomers, moego, secrets, startService } from "../server/service.js";

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
      ...{ code: 78, stderr: "The database schema is out of date. Run: moego migrate\n" },
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

/** What a server does before it opens its pool. */
async function ready(environment: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfig({ ...secrets, ...environment });
  await readyDatabase(config, await openDatabaseServer(config, silentLog), silentLog);
}

describe("a server with a login that owns nothing", () => {
  const notAllowed = [
    ...["CREATE TABLE own (id int)", "ALTER TABLE customer ADD COLUMN x int", "TRUNCATE customer"],
    ...[
      "UPDATE change SET version = 1",
      "DELETE FROM consent_event",
      "DELETE FROM _prisma_migrations",
      "SET ROLE maker",
    ],
  ];

  it("starts on a database that `moego migrate` has prepared, but not on one that is behind", async () => {
    await dropGroup();
    const owner = await login("maker", "CREATEROLE");
    names.push("created_login");
    const DATABASE_URL = url("created_login", "db_maker");
    const asOwner = { ...secrets, DATABASE_URL, DATABASE_MIGRATION_URL: owner };
    expect(await moego(["migrate", "--create-login"], asOwner)).toMatchObject({
      ...{
        code: 0,
        stderr: expect.stringMatching(/^Created the login of DATABASE_URL\.\n\d+ migrations applied\.\n$/),
      },
    });
    expect(await createLogin({ ownerUrl: owner, loginUrl: DATABASE_URL })).toBe(false);

    const service = await startService({ ...secrets, DATABASE_URL, SEED_DEMO: "1" });
    try {
      expect((await listCustomers(service.httpUrl, secrets.DEMO_API_KEY)).status).toBe(200);
    } finally {
      await service.stop();
    }
    const [client, maker] = [DATABASE_URL, owner].map((connectionString) => new pg.Client({ connectionString }));
    await Promise.all([client?.connect(), maker?.connect()]);
    for (const sql of notAllowed) await expect(client?.query(sql), sql).rejects.toMatchObject({ code: "42501" });

    await maker?.query(
      "DELETE FROM _prisma_migrations WHERE started_at = (SELECT max(started_at) FROM _prisma_migrations)",
    );
    await expect(ready({ DATABASE_URL })).rejects.toThrow("The database schema is out of date. Run: moego migrate");
    await maker?.query("REVOKE SELECT ON _prisma_migrations FROM moego_service");
    await expect(ready({ DATABASE_URL })).rejects.toThrow("The database schema is out of date. Run: moego migrate");
    await Promise.all([client?.end(), maker?.end()]);
  });

  it("is told to be migrated when nobody has done so, and cannot do it itself", async () => {
    await dropGroup();
    await login("idle_owner");
    await login("idle_login");
    const DATABASE_URL = url("idle_login", "db_idle_owner");
    await expect(ready({ DATABASE_URL })).rejects.toThrow("The database schema is out of date. Run: moego migrate");
    await admin.query("CREATE ROLE moego_service NOLOGIN; GRANT moego_service TO idle_login");
    await expect(ready({ DATABASE_URL })).rejects.toThrow("The database schema is out of date. Run: moego migrate");
    const asOwner = prepareDatabase({ migrationUrl: DATABASE_URL, serviceUrl: DATABASE_URL });
    await expect(asOwner).rejects.toThrow("This login cannot create tables. Set DATABASE_MIGRATION_URL to the login");
  });
});

describe("a server whose login could do more is refused", () => {
  it.each([
    ["a superuser", "power_super", "SUPERUSER", "is a superuser"],
    ["the owner", "power_owner", "CREATEROLE", "owns the database or its tables"],
    ["a login that bypasses policies", "power_bypass", "BYPASSRLS", "bypasses row-level security"],
  ])("as %s", async (_, name, attributes, reason) => {
    await dropGroup();
    const own = await login(name, attributes);
    if (name === "power_bypass") await admin.query(`ALTER DATABASE db_${name} OWNER TO CURRENT_USER`);
    const call = ready({ DATABASE_URL: own });
    await expect(call).rejects.toThrow(`The login "${name}" of DATABASE_URL ${reason}. Use a login that owns nothing`);
    await expect(call).rejects.toThrow("set DATABASE_ALLOW_OWNER=1");
  });

  it("as a member of the owner's role, and is ready if DATABASE_ALLOW_OWNER says so", async () => {
    await dropGroup();
    const owner = await login("true_owner", "CREATEROLE");
    names.push("deputy");
    await admin.query("CREATE ROLE deputy LOGIN PASSWORD 'p' IN ROLE true_owner");
    const deputy = { DATABASE_URL: url("deputy", "db_true_owner"), DATABASE_MIGRATION_URL: owner };
    await expect(ready(deputy)).rejects.toThrow('The login "deputy" of DATABASE_URL owns the database or its tables.');
    await ready({ DATABASE_URL: owner, DATABASE_ALLOW_OWNER: "1" });
    await expectRestricted(owner);
  });
});
