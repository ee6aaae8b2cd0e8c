import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connectSuperuser } from "./databases.js";
import type { ClusterState } from "./state.js";

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
