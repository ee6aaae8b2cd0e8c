import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { type App, createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import type { environmentSchema } from "../../src/config/config-schema.js";
import type { companyLimitDocs } from "../../src/core/company-limits.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createLogger } from "../../src/server/logger.js";
import { asAdmin } from "../support/database.js";
import { startExternalSystem } from "../support/external-system.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { madeExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";
import { selfSigned } from "../transport/certificate.js";

/** What shows that the value of a variable reaches the running service, or the file whose tests do. */
type Proof = (() => Promise<void>) | { readonly elsewhere: string };

const [system, pair] = [await startExternalSystem(), selfSigned()];
const folder = await mkdtemp(join(tmpdir(), "moego-settings-"));
const files = { TLS_CERT_FILE: join(folder, "tls.crt"), TLS_KEY_FILE: join(folder, "tls.key") };
await writeFile(files.TLS_CERT_FILE, pair.certificate);
await writeFile(files.TLS_KEY_FILE, pair.key);

const metricsToken = "token-of-the-settings-test";
const origin = "https://app.example.com";
const lines: string[] = [];
const server = await startServer({
  log: { write: (line) => void lines.push(line) },
  environment: {
    ...{ LOG_LEVEL: "info", LOG_CLIENT_ADDRESS: "full" },
    ...{ TRUSTED_PROXIES: "127.0.0.0/8", CORS_ORIGINS: origin, PUBLIC_BASE_URL: "https://api.example.com" },
    ...{ METRICS_TOKEN: metricsToken, EXTERNAL_API_ALLOW: system.hostPort },
    ...{ RATE_LIMIT_PER_KEY: "9000/h", RATE_LIMIT_PER_COMPANY: "8000/h" },
    ...{ DATABASE_POOL_SIZE: "3", DATABASE_POOL_WAIT_MS: "1000", DATABASE_STATEMENT_TIMEOUT_MS: "21000" },
    ...{ DATABASE_LOCK_TIMEOUT_MS: "22000", DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: "23000" },
  },
});
/** Another service over the same database, which is reached by TLS alone. */
const secure = await startSecure({ ...files, HOST: "localhost", MAX_CONNECTIONS: "3" });
afterAll(async () => {
  await secure.stop();
  await server.stop();
  await system[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const { owner } = server.database;
const { genCustomerCofLink } = CustomerService.method;

/** What a company may have, and how much of it at once, has suites of its own. */
type Bounds =
  | keyof typeof companyLimitDocs
  | "MAX_CALLS_IN_FLIGHT_PER_COMPANY"
  | "MAX_RECORD_BYTES"
  | "MAX_STREAMS_PER_COMPANY"
  | "STREAM_TIMEOUT_MS"
  | "MAX_EXPORTS"
  | "EXPORT_RESUME_SECONDS";

const proofs: Readonly<Record<Exclude<keyof typeof environmentSchema.shape, Bounds>, Proof>> = {
  async HOST() {
    for (const port of [secure.httpPort, secure.grpcPort]) {
      const socket = secureSocket(port);
      await once(socket, "secureConnect");
      socket.destroy();
      await expect(once(connect(port, "127.0.0.2"), "connect")).rejects.toThrow();
    }
  },
  HTTP_PORT: { elsewhere: "test/server/start-stop.test.ts" },
  GRPC_PORT: { elsewhere: "test/server/start-stop.test.ts" },
  WORKERS: { elsewhere: "test/reliability/workers.test.ts" },
  TLS_CERT_FILE: showsCertificate,
  TLS_KEY_FILE: showsCertificate,
  ALLOW_PLAINTEXT: { elsewhere: "test/server/config.test.ts" },
  async MAX_CONNECTIONS() {
    for (const port of [secure.httpPort, secure.grpcPort]) {
      const taken = [secureSocket(port), secureSocket(port), secureSocket(port)];
      await Promise.all(taken.map((socket) => once(socket, "secureConnect")));
      const above = secureSocket(port);
      const outcome = await Promise.race([
        once(above, "secureConnect").then(() => "let in"),
        new Promise((closed) => above.once("close", () => closed("closed"))),
      ]).catch(() => "closed");
      for (const socket of [...taken, above]) socket.destroy();
      expect(outcome).toBe("closed");
    }
  },
  async TRUSTED_PROXIES() {
    const statuses = ["203.0.113.7", "198.51.100.7"].map(async (address) => {
      const headers = { authorization: authorizationOf(keys.distant), "x-forwarded-for": address };
      return (await fetch(`${server.app.httpUrl}/v1/customers/cus_a1`, { headers })).status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 403]);
  },
  async CORS_ORIGINS() {
    const headers = { origin, "access-control-request-method": "POST" };
    const preflight = await fetch(`${server.app.httpUrl}/v1/customers`, { method: "OPTIONS", headers });
    expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
  },
  async PUBLIC_BASE_URL() {
    const { link } = await server.ok(genCustomerCofLink, { id: "cus_a1" });
    expect(link).toMatch(/^https:\/\/api\.example\.com\/cof\//);
  },
  DATABASE_URL: { elsewhere: "test/persistence/roles.test.ts" },
  DATABASE_MIGRATION_URL: { elsewhere: "test/persistence/roles.test.ts" },
  DATABASE_ALLOW_INSECURE: { elsewhere: "test/server/config.test.ts" },
  DATABASE_ALLOW_OWNER: { elsewhere: "test/persistence/roles.test.ts" },
  NODE_TLS_REJECT_UNAUTHORIZED: { elsewhere: "test/server/config.test.ts" },
  DATABASE_POOL_SIZE: sharesThreeConnections,
  DATABASE_POOL_WAIT_MS: sharesThreeConnections,
  DATABASE_STATEMENT_TIMEOUT_MS: () => expectSetting("statement_timeout", "21s"),
  DATABASE_LOCK_TIMEOUT_MS: () => expectSetting("lock_timeout", "22s"),
  DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: () => expectSetting("idle_in_transaction_session_timeout", "23s"),
  AUDIT_LOG_RETENTION_DAYS: { elsewhere: "test/faults/app-cleanup.test.ts" },
  KEY_USE_RETENTION_DAYS: { elsewhere: "test/faults/app-cleanup.test.ts" },
  DEPARTURE_RETENTION_DAYS: { elsewhere: "test/faults/app-cleanup.test.ts" },
  DATA_DIR: { elsewhere: "test/faults/data-dir.test.ts" },
  PAGE_TOKEN_SECRET: { elsewhere: "test/server/service.ts" },
  SECRET_KEY: { elsewhere: "test/server/secrets-cli.test.ts" },
  SECRET_KEY_PREVIOUS: { elsewhere: "test/server/secrets-cli.test.ts" },
  async EXTERNAL_API_ALLOW() {
    await madeExternalApi(server, { url: `${system.origin}/normal` });
  },
  STRIPE_API_KEY: { elsewhere: "test/rpc/card-stripe.test.ts" },
  STRIPE_WEBHOOK_SECRET: { elsewhere: "test/rpc/card-stripe.test.ts" },
  STRIPE_API_URL: { elsewhere: "test/rpc/card-stripe.test.ts" },
  RATE_LIMIT_PER_KEY: () => expectPolicy(keys.enterprise, '"key";q=9000;w=3600'),
  RATE_LIMIT_PER_COMPANY: () => expectPolicy(keys.a, '"company";q=8000;w=3600'),
  DEMO_API_KEY: { elsewhere: "test/server/start-stop.test.ts" },
  DEMO_API_KEY_2: { elsewhere: "test/server/start-stop.test.ts" },
  SEED_DEMO: { elsewhere: "test/server/start-stop.test.ts" },
  async METRICS_TOKEN() {
    const statuses = [{}, { authorization: `Bearer ${metricsToken}` }].map(
      async (headers) => (await fetch(`${server.app.httpUrl}/metrics`, { headers })).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 200]);
  },
  LOG_LEVEL: { elsewhere: "test/rpc/api-keys.test.ts" },
  async LOG_CLIENT_ADDRESS() {
    const headers = { authorization: authorizationOf(keys.a), "x-forwarded-for": "203.0.113.77" };
    await fetch(`${server.app.httpUrl}/v1/customers/cus_a1`, { headers });
    await expect.poll(() => lines.join("")).toContain("203.0.113.77");
  },
  LOG_FORMAT: { elsewhere: "test/server/metrics.test.ts" },
  DRAIN_TIMEOUT_MS: { elsewhere: "test/server/start-stop.test.ts" },
};

describe("the value of", () => {
  it.each(Object.entries(proofs))("%s reaches the running service", async (variable, proof) => {
    if (typeof proof === "function") await proof();
    else expect(new RegExp(`\\b${variable}\\b`).test(readFileSync(proof.elsewhere, "utf8"))).toBe(true);
  });
});

it("is not ready while its database lets nobody in, and is again afterwards", async () => {
  const { name } = server.database;
  const status = async () => (await fetch(`${server.app.httpUrl}/readyz`)).status;
  expect(await status()).toBe(200);
  await asAdmin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  try {
    await asAdmin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND application_name LIKE 'moego%'`);
    await expect.poll(status).toBe(503);
  } finally {
    await asAdmin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  }
  await expect.poll(status).toBe(200);
});

async function startSecure(environment: Readonly<Record<string, string>>): Promise<App> {
  const config = readConfig({
    HTTP_PORT: "0",
    GRPC_PORT: "0",
    LOG_LEVEL: "silent",
    DRAIN_TIMEOUT_MS: "0",
    ...environment,
  });
  return createApp({
    ...{ config, logger: createLogger(config.log), databaseUrl: server.database.serviceUrl },
    secrets: { pageTokenSecret: "page-token-secret-of-the-tests-0123", secretKey: Buffer.alloc(32, 9) },
  });
}

function secureSocket(port: number): TLSSocket {
  const socket = connectTls({ port, host: "localhost", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  return socket.on("error", () => {});
}

async function showsCertificate(): Promise<void> {
  const shown = [secure.httpPort, secure.grpcPort].map(async (port) => {
    const socket = secureSocket(port);
    await once(socket, "secureConnect");
    const certificate = socket.getPeerCertificate().raw.toString("base64");
    socket.destroy();
    return pair.certificate.replaceAll("\n", "").includes(certificate);
  });
  expect(await Promise.all(shown)).toEqual([true, true]);
}

/** Three calls wait for a lock, each on its connection; two more wait for a connection, as long as they may. */
async function sharesThreeConnections(): Promise<void> {
  const blocker = await owner.connect();
  const list = () =>
    server.call(CustomerService.method.listCustomers, { companyId: "cmp_a", pagination: {} }, { transport: "rest" });
  try {
    await blocker.query("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE");
    const held = [list(), list(), list()];
    await expect.poll(waitingStatements).toBe(3);
    const startedMs = performance.now();
    const [one, other] = await Promise.all([list(), list()]);
    const waitedMs = performance.now() - startedMs;
    expect([one, other]).toMatchObject([{ reason: "OVERLOADED" }, { reason: "OVERLOADED" }]);
    expect(waitedMs).toBeGreaterThan(900);
    expect(waitedMs).toBeLessThan(1_900);
    await blocker.query("COMMIT");
    expect((await Promise.all(held)).map(({ ok }) => ok)).toEqual([true, true, true]);
  } finally {
    await blocker.query("ROLLBACK");
    blocker.release();
  }
}

async function waitingStatements(): Promise<number> {
  const { rowCount } = await owner.query(
    "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
  );
  return rowCount ?? 0;
}

/** What the connections of the service have for a setting, noted by a function that the service calls. */
async function expectSetting(name: string, value: string): Promise<void> {
  await owner.query(`CREATE TABLE IF NOT EXISTS seen_setting (name text, value text);
    CREATE OR REPLACE FUNCTION change_horizon() RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      INSERT INTO public.seen_setting VALUES ('${name}', current_setting('${name}'));
      RETURN clock_timestamp(); END $$`);
  await server.ok(CustomerService.method.listCustomers, {
    ...{ companyId: "cmp_a", pagination: {} },
    filter: { lastUpdatedTime: { startTime: { seconds: 1n } } },
  });
  const { rows } = await owner.query("SELECT DISTINCT value FROM seen_setting WHERE name = $1", [name]);
  expect(rows).toEqual([{ value }]);
}

async function expectPolicy(key: (typeof keys)["a"], policy: string): Promise<void> {
  const headers = { authorization: authorizationOf(key) };
  const answer = await fetch(`${server.app.httpUrl}/v1/customers/cus_a1`, { headers });
  expect(answer.headers.get("ratelimit-policy")).toContain(policy);
}
