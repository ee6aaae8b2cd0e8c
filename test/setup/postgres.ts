import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { prepareDatabase } from "../../src/db/migrate/migrate.js";
import { memoryFolder } from "./memory-folder.js";

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

/** One PostgreSQL and one migrated template database for the whole run, whose data nobody needs after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return await provideServer(project, await openServer(startForTheRun));
}

/** The same on a server that stores its data as one in use does. */
export async function setUpDurable(project: TestProject): Promise<() => Promise<void>> {
  return await provideServer(project, await openServer(startEmbedded));
}

async function provideServer(project: TestProject, server: OpenServer): Promise<() => Promise<void>> {
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

interface OpenServer {
  readonly adminUrl: string;
  close(): Promise<void>;
}

async function openServer(start: () => Promise<OpenServer>): Promise<OpenServer> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given) return { adminUrl: given, close: async () => {} };
  try {
    return await start();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The tests need PostgreSQL 15 or later. Run \`npm ci\` with optional dependencies, or set TEST_DATABASE_URL to the connection string of a user that may create databases and roles.\n${why}`,
      { cause },
    );
  }
}

/** Without waiting for a disk, and in memory if possible: a run makes and drops some 150 databases. */
async function startForTheRun(): Promise<OpenServer> {
  const memory = await memoryFolder();
  // The folders of single tests lie there as well. What a killed process has written stays, in memory as on a disk.
  if (memory) process.env["TMPDIR"] = memory;
  const server = await startEmbedded();
  const settings = ["fsync = off", "full_page_writes = off", "max_wal_size = '256MB'"];
  await query(server.adminUrl, [
    ...settings.map((setting) => `ALTER SYSTEM SET ${setting}`),
    "SELECT pg_reload_conf()",
  ]);
  return server;
}

async function startEmbedded(): Promise<OpenServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "moego-test-"));
  await chmod(dataDir, 0o755); // reachable by the user PostgreSQL runs as when this is root
  const postgres = await startEmbeddedPostgres({ dataDir });
  return {
    adminUrl: postgres.superuserUrl,
    async close() {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function makeTemplate(test: TestServer): Promise<void> {
  const roles = [test.owner, test.service].flatMap(({ name, password }) => [
    `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`,
    // To make databases in the name of one, and to see and end the sessions of the other.
    `GRANT ${name} TO CURRENT_USER`,
  ]);
  await query(test.adminUrl, [
    ...roles,
    `DO $$ BEGIN CREATE ROLE moego_service NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    `GRANT moego_service TO ${test.service.name}`,
    `CREATE DATABASE ${test.template} OWNER ${test.owner.name}`,
  ]);
  await prepareDatabase({
    migrationUrl: databaseUrl(test, test.owner, test.template),
    serviceUrl: databaseUrl(test, test.service, test.template),
  });
}

async function dropAll({ adminUrl, owner, service }: TestServer): Promise<void> {
  const rows = await query(adminUrl, [`SELECT datname FROM pg_database WHERE datdba = '${owner.name}'::regrole`]);
  await query(adminUrl, [
    ...rows.map(({ datname }) => `DROP DATABASE ${datname} WITH (FORCE)`),
    `DROP ROLE ${owner.name}, ${service.name}`,
  ]);
}

/** Runs the statements one after the other; resolves with the rows of the last. */
async function query(url: string, statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
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
