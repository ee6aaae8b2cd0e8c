import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { prepareDatabase } from "../../src/db/migrate/migrate.js";

/** Where the tests find their PostgreSQL; test/support/database.ts clones the template. */
export interface TestServer {
  /** May create databases and roles. */
  readonly adminUrl: string;
  readonly template: string;
  readonly owner: { readonly name: string; readonly password: string };
  readonly service: { readonly name: string; readonly password: string };
}

declare module "vitest" {
  export interface ProvidedContext {
    postgres: TestServer;
  }
}

/** One PostgreSQL and one migrated template database for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const run = randomBytes(4).toString("hex");
  const test: TestServer = {
    adminUrl: server.adminUrl,
    template: `moego_template_${run}`,
    owner: { name: `moego_owner_${run}`, password: randomBytes(12).toString("hex") },
    service: { name: `moego_login_${run}`, password: randomBytes(12).toString("hex") },
  };
  await makeTemplate(test);
  project.provide("postgres", test);
  return async () => {
    await dropAll(test);
    await server.close();
  };
}

async function openServer(): Promise<{ adminUrl: string; close(): Promise<void> }> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given) return { adminUrl: given, close: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), "moego-test-"));
  await chmod(dataDir, 0o755); // reachable by the user PostgreSQL runs as when this is root
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    return {
      adminUrl: postgres.superuserUrl,
      async close() {
        await postgres.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The tests need PostgreSQL 15 or later. Run \`npm ci\` with optional dependencies, or set TEST_DATABASE_URL to the connection string of a user that may create databases and roles.\n${why}`,
      { cause },
    );
  }
}

async function makeTemplate(test: TestServer): Promise<void> {
  const admin = new pg.Client({ connectionString: test.adminUrl });
  await admin.connect();
  try {
    for (const { name, password } of [test.owner, test.service]) {
      await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
      // To make databases in the name of one, and to see and end the sessions of the other.
      await admin.query(`GRANT ${name} TO CURRENT_USER`);
    }
    await admin.query(
      `DO $$ BEGIN CREATE ROLE moego_service NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    );
    await admin.query(`GRANT moego_service TO ${test.service.name}`);
    await admin.query(`CREATE DATABASE ${test.template} OWNER ${test.owner.name}`);
  } finally {
    await admin.end();
  }
  await prepareDatabase({
    migrationUrl: databaseUrl(test, test.owner, test.template),
    serviceUrl: databaseUrl(test, test.service, test.template),
  });
}

async function dropAll(test: TestServer): Promise<void> {
  const admin = new pg.Client({ connectionString: test.adminUrl });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE datdba = $1::regrole",
      [test.owner.name],
    );
    for (const { datname } of rows) await admin.query(`DROP DATABASE ${datname} WITH (FORCE)`);
    await admin.query(`DROP ROLE ${test.owner.name}, ${test.service.name}`);
  } finally {
    await admin.end();
  }
}

/** The connection string of a user on a database of the test server. */
export function databaseUrl(test: TestServer, user: { name: string; password: string }, database: string): string {
  const url = new URL(test.adminUrl);
  url.username = user.name;
  url.password = user.password;
  url.pathname = `/${database}`;
  return url.href;
}
