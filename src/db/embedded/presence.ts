import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { connectSuperuser } from "./databases.js";
import type { ClusterState } from "./state.js";

declare module "pg" {
  // In pg since 8.0, missing in its types: whether the connection keeps the process alive.
  export interface Client {
    ref(): void;
    unref(): void;
  }
}

/**
 * Held shared by one connection of each process that uses the cluster, for as long as it does, and alone by who stops
 * it: nobody joins a server that is about to stop, and a killed process is forgotten with its connection.
 */
const presenceLock = 7_460_002;

const disconnectBudgetMs = 2_000;

/** Connects as the superuser and counts as a user of the cluster until the client is ended. Keeps no process alive. */
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

/** Who uses the cluster beside this process, which from now on does no more. */
export type OtherUsers =
  /** Nobody; and nobody can join before the client is ended. */
  | "none"
  /** Another process of ours: whoever of them is last stops the server. */
  | "users"
  /** Connections of somebody else. */
  | "clients";

/** Gives up the presence. Close your own connections first. Rejects when the server is gone. */
export async function releasePresence(client: pg.Client): Promise<OtherUsers> {
  client.ref();
  await client.query("SELECT pg_advisory_unlock_shared($1)", [presenceLock]);
  const { rows } = await client.query<{ alone: boolean }>("SELECT pg_try_advisory_lock($1) AS alone", [presenceLock]);
  if (!rows[0]?.alone) return "users";
  // A connection that was just closed is seen for some milliseconds more.
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
