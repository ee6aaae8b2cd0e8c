import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createPlainServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endOfLifeWarning } from "../../src/core/node-release.js";
import { makeDataFolder } from "../support/data-folder.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { moegoHere } from "./command.js";
import { type Environment, environmentOf, moego, type Service, startService, takePort } from "./service.js";

function portOf(server: Server): string {
  const address = server.address();
  return address && typeof address === "object" ? String(address.port) : "";
}

interface Check {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
}

let database: TestDatabase;
let environment: Environment;
let service: Service;

beforeAll(async () => {
  database = await createDatabase();
  // Random ones: those of other tests are refused as weak.
  const PAGE_TOKEN_SECRET = randomBytes(32).toString("hex");
  const SECRET_KEY = randomBytes(32).toString("base64");
  environment = { ...environmentOf(database), PAGE_TOKEN_SECRET, SECRET_KEY };
  service = await startService(environment);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

async function doctor(variables: Environment) {
  const { code, stdout } = await moegoHere(["doctor", "--json"], { HTTP_PORT: "0", GRPC_PORT: "0", ...variables });
  const { ok, checks }: { readonly ok: boolean; readonly checks: readonly Check[] } = JSON.parse(stdout);
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  const details = Object.fromEntries(checks.map(({ name, detail }) => [name, detail]));
  return { code, ok, states, details };
}

describe("moego doctor", () => {
  it("prints a line for each check, and succeeds beside a server that runs", async () => {
    const ports = { HTTP_PORT: new URL(service.httpUrl).port, GRPC_PORT: String(service.grpcPort) };
    const { code, stdout } = await moego(["doctor"], { ...environment, ...ports });
    expect(
      stdout.match(/^(ok|warning) +(Node.js|Build|[A-Z_]+|Secrets|Disk|Database|Roles|Migrations|Clock|Time zones) /gm),
    ).toHaveLength(11);
    expect(stdout).toContain(`HTTP_PORT   ${ports.HTTP_PORT} is in use: a moego server answers at ${service.httpUrl}`);
    expect(stdout).toContain(`GRPC_PORT   ${ports.GRPC_PORT} is in use: a moego server answers at`);
    expect(stdout).toMatch(/^ok +Database +PostgreSQL \d+\.\d+$/m);
    expect(stdout).toMatch(/^ok +Migrations +all applied$/m);
    expect(stdout).toMatch(/^ok +Clock +the clock of the database is \d+ ms (ahead|behind)$/m);
    expect(stdout).toMatch(/Time zones +moego uses \d{4}[a-z], Node\.js has \d{4}[a-z]/);
    expect(stdout).not.toContain("postgresql://");
    expect(code).toBe(0);
  });

  it("fails for ports that other programs use", async () => {
    // It reads what comes, and does not answer.
    const silent = createPlainServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    const web = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await Promise.all([once(web, "listening"), once(silent, "listening")]);
    const found = await doctor({ ...environment, HTTP_PORT: portOf(web), GRPC_PORT: portOf(silent) });
    web.close();
    silent.close();
    expect(found).toMatchObject({ code: 1, ok: false, states: { HTTP_PORT: "failed", GRPC_PORT: "failed" } });
    expect(found.details["HTTP_PORT"]).toContain("another program. Set HTTP_PORT to another port.");
  });

  it("fails for secrets that can be guessed, and prints none of them", async () => {
    const weak = { SECRET_KEY: Buffer.alloc(32, 7).toString("base64"), PAGE_TOKEN_SECRET: "a".repeat(40) };
    const found = await doctor({ ...environment, ...weak });
    expect(found).toMatchObject({ code: 1, states: { Secrets: "failed", Database: "ok" } });
    expect(found.details["Secrets"]).toContain("SECRET_KEY and PAGE_TOKEN_SECRET can be guessed.");
    for (const secret of Object.values(weak)) expect(JSON.stringify(found)).not.toContain(secret);
  });

  it("fails for a database that is not there, has no tables, or whose login owns them", async () => {
    await using closed = await takePort();
    await closed[Symbol.asyncDispose]();
    const nowhere = { DATABASE_URL: `postgresql://moego:hidden-password@127.0.0.1:${closed.port}/moego` };
    const unreachable = await doctor({ ...environment, ...nowhere });
    expect(unreachable).toMatchObject({ code: 1, states: { Database: "failed" } });
    expect(unreachable.details["Database"]).toContain("ECONNREFUSED");
    expect(JSON.stringify(unreachable)).not.toContain("hidden-password");

    await using empty = await createEmptyDatabase();
    const bare = { ...environment, ...environmentOf(empty), SECRET_KEY: environment["SECRET_KEY"] ?? "" };
    expect(await doctor({ ...bare, DATABASE_MIGRATION_URL: "" })).toMatchObject({
      code: 1,
      states: { Migrations: "failed" },
    });
    expect((await doctor(bare)).states).toMatchObject({ Migrations: "warning" });
    expect((await empty.owner.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).rowCount).toBe(0);

    const owner = { ...environment, DATABASE_URL: database.ownerUrl, DATABASE_MIGRATION_URL: "" };
    expect(await doctor(owner)).toMatchObject({ code: 1, states: { Roles: "failed" } });
  });

  it("creates no database where there is none", async () => {
    await using folder = await makeDataFolder();
    const found = await doctor({ DATA_DIR: folder.path });
    expect(found).toMatchObject({ code: 0, ok: true, states: { Database: "skipped", Secrets: "skipped" } });
    expect(found.details["Database"]).toContain(folder.path);
  });

  it("warns of a Node.js past its end of life, from the day after", () => {
    expect(endOfLifeWarning("v20.20.2", new Date("2026-04-30T23:00:00Z"))).toBeUndefined();
    expect(endOfLifeWarning("v20.20.2", new Date("2026-05-01T00:00:00Z"))).toContain("since 2026-04-30");
    expect(endOfLifeWarning("v99.0.0", new Date("2099-01-01T00:00:00Z"))).toBeUndefined();
  });
});
