import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { superuser } from "./cluster.js";
import type { ClusterState } from "./state.js";

/** The connections of the processes that use the cluster. */
export const presenceName = "moego-embedded";

export const databaseName = "moego";
const owner = "moego_owner";
const serviceLogin = "moego_service_login";
const serviceGroup = "moego_service";

/** An arbitrary number. The lock prevents concurrent starts on one cluster from creating the same role or database. */
const setupLock = 7_460_001;

export function databaseUrls(port: number, state: ClusterState): { ownerUrl: string; serviceUrl: string } {
  const url = (user: string, password: string) => `postgresql://${user}:${password}@127.0.0.1:${port}/${databaseName}`;
  return { ownerUrl: url(owner, state.ownerPassword), serviceUrl: url(serviceLogin, state.servicePassword) };
}

/** Connects as the superuser. The caller must close the client. */
async function connectSuperuser(port: number, state: ClusterState, database = "postgres"): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port, database, user: superuser, password: state.superuserPassword },
    ...{ application_name: presenceName, connectionTimeoutMillis: 2_000, query_timeout: 10_000 },
  });
  // If the server stops, this process must continue. The running query is rejected as well.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Creates the database, its owner and the login of the server, unless they exist. */
export async function ensureDatabase(admin: pg.Client, state: ClusterState): Promise<void> {
  if (await databaseExists(admin)) return;
  await admin.query("SELECT pg_advisory_lock($1)", [setupLock]);
  try {
    await ensureRole(admin, owner, `LOGIN PASSWORD ${pg.escapeLiteral(state.ownerPassword)}`);
    await ensureRole(admin, serviceLogin, `LOGIN PASSWORD ${pg.escapeLiteral(state.servicePassword)}`);
    await ensureRole(admin, serviceGroup, "NOLOGIN");
    await admin.query(`GRANT ${serviceGroup} TO ${serviceLogin}`);
    // Last, because its existence indicates that everything else exists.
    if (!(await databaseExists(admin))) await admin.query(`CREATE DATABASE ${databaseName} OWNER ${owner}`);
  } finally {
    await admin.query("SELECT pg_advisory_unlock($1)", [setupLock]);
  }
}

async function databaseExists(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [databaseName]);
  return rows.length > 0;
}

async function ensureRole(admin: pg.Client, name: string, attributes: string): Promise<void> {
  const { rows } = await admin.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [name]);
  if (rows.length === 0) await admin.query(`CREATE ROLE ${name} ${attributes}`);
}

declare module "pg" {
  // In pg since 8.0, but missing in its types: whether the connection keeps the process alive.
  export interface Client {
    ref(): void;
    unref(): void;
  }
}

/**
 * Held shared by one connection of each process that uses the cluster, and exclusively by the process that stops it. So
 * nobody joins a server that is about to stop, and a killed process releases its lock with its connection.
 */
const presenceLock = 7_460_002;

const disconnectBudgetMs = 2_000;

/**
 * Connects as the superuser and counts as a user of the cluster until the client is closed. Does not keep the process
 * alive.
 */
export async function acquirePresence(port: number, state: ClusterState): Promise<pg.Client> {
  const client = await connectSuperuser(port, state);
  try {
    await client.query("SELECT pg_advisory_lock_shared($1)", [presenceLock]);
  } catch (error) {
    await client.end();
    throw error;
  }
  client.unref();
  return client;
}

/** Who else uses the cluster. */
type OtherUsers =
  /** Nobody, and nobody can join before the client is closed. */
  | "none"
  /** Other processes of this application. The last one stops the server. */
  | "users"
  /** Connections of other applications. */
  | "clients";

/** Stops counting as a user. Close your own connections first. Rejects if the server no longer runs. */
export async function releasePresence(client: pg.Client): Promise<OtherUsers> {
  client.ref();
  await client.query("SELECT pg_advisory_unlock_shared($1)", [presenceLock]);
  const { rows } = await client.query<{ alone: boolean }>("SELECT pg_try_advisory_lock($1) AS alone", [presenceLock]);
  if (!rows[0]?.alone) return "users";
  // A closed connection remains visible for some milliseconds.
  for (const deadline = Date.now() + disconnectBudgetMs; (await countOthers(client)) > 0; await sleep(20)) {
    if (Date.now() > deadline) return "clients";
  }
  return "none";
}

async function countOthers(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ others: number }>(
    "SELECT count(*)::int AS others FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
  );
  return rows[0]?.others ?? 0;
}
