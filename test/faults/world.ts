import { randomBytes } from "node:crypto";
import { type App, createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import { hashSecret, secretPrefixOf } from "../../src/core/key-secrets.js";
import type { Scope } from "../../src/core/principal.js";
import { createLogger } from "../../src/server/logger.js";
import { createDatabase, type TestDatabase } from "../support/database.js";

/** The running service over a database of its own. */
export interface World extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly app: App;
}

/** Calls may queue for as long as a test likes, so that many at once are answered and not refused. */
const patience = {
  DATABASE_POOL_WAIT_MS: "30000",
  DATABASE_LOCK_TIMEOUT_MS: "30000",
  LOG_LEVEL: "fatal",
  DRAIN_TIMEOUT_MS: "1000",
};
const pageTokenSecret = "page-token-secret-of-the-fault-tests";

/** `reach` may lead the service to its database by another way, such as a proxy. */
export async function openWorld(
  environment: Readonly<Record<string, string>> = {},
  reach: (databaseUrl: string) => string | Promise<string> = (databaseUrl) => databaseUrl,
): Promise<World> {
  const database = await createDatabase();
  const config = readConfig({ HTTP_PORT: "0", GRPC_PORT: "0", ...patience, ...environment });
  const app = await createApp({
    config,
    logger: createLogger(config.log),
    databaseUrl: await reach(database.serviceUrl),
    secrets: { pageTokenSecret, secretKey: Buffer.alloc(32, 7) },
  });
  const close = async () => {
    await app.stop();
    await database.drop();
  };
  return { database, app, [Symbol.asyncDispose]: close };
}

/** With a database whose changes do not wait for earlier ones: what the waiting is good for shows in its absence. */
export async function openHastyWorld(): Promise<World> {
  const world = await openWorld();
  await world.database.owner.query(
    "CREATE OR REPLACE FUNCTION change_horizon() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '9999-01-01Z' $$",
  );
  return world;
}

/** A company with one location and a key that may do everything there. */
export interface Tenant {
  readonly companyId: string;
  readonly businessId: string;
  readonly httpUrl: string;
  readonly secret: string;
}

/** Where a company lives, and who serves it. */
export interface Served {
  readonly database: TestDatabase;
  readonly app: Pick<App, "httpUrl">;
}

/** Makes a company without a limit; its key has all scopes but the privileged ones, unless told otherwise. */
export async function addTenant({ database, app }: Served, scopes: readonly Scope[] = []): Promise<Tenant> {
  const name = randomBytes(6).toString("hex");
  const companyId = `cmp_${name}`;
  const { owner } = database;
  await owner.query("INSERT INTO company (id, name, country, time_zone) VALUES ($1, 'A company', 'US', 'UTC')", [
    companyId,
  ]);
  await owner.query("INSERT INTO business (company_id, id, name) VALUES ($1, 'biz', 'Here')", [companyId]);
  const { id, secret } = await addKey(database, scopes);
  await owner.query("INSERT INTO api_key_organization (key_id, type, organization_id) VALUES ($1, 2, $2)", [
    id,
    companyId,
  ]);
  return { companyId, businessId: "biz", httpUrl: app.httpUrl, secret };
}

/** Makes a key that manages the companies, but not what they hold. Returns its secret. */
export async function addPlatformKey({ database }: Served): Promise<string> {
  return (await addKey(database, ["platform:admin", "directory:write"])).secret;
}

async function addKey({ owner }: TestDatabase, scopes: readonly Scope[]) {
  const id = randomBytes(6).toString("hex");
  const secret = `fault_${randomBytes(16).toString("hex")}`;
  await owner.query(
    "INSERT INTO api_key (id, name, scopes, created_time, updated_time) VALUES ($1, 'A key', $2, now(), now())",
    [id, scopes],
  );
  await owner.query("INSERT INTO api_key_secret (hash, key_id, hint, created_time) VALUES ($1, $2, $3, now())", [
    ...[hashSecret(secret), id, secretPrefixOf(secret)],
  ]);
  return { id, secret };
}

export interface Answer {
  readonly status: number;
  /** The JSON of the answer, a resource or a google.rpc.Status. */
  readonly body: Json;
  /** The answer as it was sent. */
  readonly text: string;
  readonly replayed: boolean;
}

/** JSON that a test reads by names it knows. */
// biome-ignore lint/suspicious/noExplicitAny: answers of every rpc pass here
type Json = any;

export interface CallOptions {
  readonly method?: string;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Calls the REST route of an rpc. */
export async function call(tenant: Tenant, path: string, body?: object, options: CallOptions = {}): Promise<Answer> {
  const { idempotencyKey, signal } = options;
  const response = await fetch(`${tenant.httpUrl}/v1/${path}`, {
    method: options.method ?? (body ? "POST" : "GET"),
    headers: {
      authorization: `Bearer ${tenant.secret}`,
      ...(body ? { "content-type": "application/json" } : {}),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  });
  const replayed = response.headers.get("idempotency-replayed") === "true";
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text, replayed };
}

/** The request of a customer that may be created as often as one likes. */
export function newCustomer({ companyId, businessId }: Tenant, fields: object = {}): object {
  const required = { companyId, preferredBusinessId: businessId, firstName: "Ada", lastName: "Test" };
  return { ...required, phone: "+12125550123", ...fields };
}

export function createCustomer(tenant: Tenant, fields: object = {}, options: CallOptions = {}): Promise<Answer> {
  return call(tenant, "customers", newCustomer(tenant, fields), options);
}

/** Runs the action so many times at once. */
export function atOnce<T>(times: number, action: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => action(index)));
}

export interface Counts {
  readonly rows: number;
  /** Of the quota; null when the company has no limit. */
  readonly counter: number | null;
  readonly claims: number;
}

/** What is stored for a company. */
export async function countsOf({ database }: World, { companyId }: Tenant): Promise<Counts> {
  const { rows } = await database.owner.query<Counts>(
    `SELECT (SELECT count(*)::int FROM customer WHERE company_id = $1 AND archived_time IS NULL) AS rows,
       (SELECT customers FROM company_customer_count WHERE company_id = $1) AS counter,
       (SELECT count(*)::int FROM idempotency WHERE company_id = $1) AS claims`,
    [companyId],
  );
  const [counts] = rows;
  if (!counts) throw new Error("no counts");
  return counts;
}
