import pg from "pg";
import { superuser } from "./cluster.js";
import type { ClusterState } from "./state.js";

export const databaseName = "moego";
const owner = "moego_owner";
const serviceLogin = "moego_service_login";
const serviceGroup = "moego_service";

/** An arbitrary number. The lock prevents concurrent starts on one cluster from creating the same role or database. */
const setupLock = 7_460_001;

/** Connection strings of the two users of the database. */
export function databaseUrls(port: number, state: ClusterState): { ownerUrl: string; serviceUrl: string } {
  const url = (user: string, password: string) => `postgresql://${user}:${password}@127.0.0.1:${port}/${databaseName}`;
  return { ownerUrl: url(owner, state.ownerPassword), serviceUrl: url(serviceLogin, state.servicePassword) };
}

/** Connects as the superuser. The caller must close the client. */
export async function connectSuperuser(port: number, state: ClusterState, database = "postgres"): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host: "127.0.0.1", port, database, user: superuser, password: state.superuserPassword },
    ...{ application_name: "moego-embedded", connectionTimeoutMillis: 2_000, query_timeout: 10_000 },
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
