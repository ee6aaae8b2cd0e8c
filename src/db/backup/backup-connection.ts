import type pg from "pg";
import { connectOwner } from "../migrate/roles.js";

/** The form of values as text does not depend on the configuration of the server or the login, nor does any limit. */
const settings = {
  ...{ timezone: "UTC", datestyle: "ISO, MDY", intervalstyle: "postgres", extra_float_digits: "1" },
  ...{ bytea_output: "hex", client_min_messages: "warning", search_path: "public", row_security: "off" },
  ...{ statement_timeout: "0", idle_in_transaction_session_timeout: "0", idle_session_timeout: "0" },
  transaction_timeout: "0",
} as const;

/** A connection of the owner of the tables, for a backup or a restore. The caller must close it. */
export async function connectForBackup(url: string, name: string): Promise<pg.Client> {
  const client = await connectOwner(url, name);
  // Older versions do not have all of them.
  await client.query(
    `SELECT set_config(s.name, v.value, false) FROM jsonb_each_text($1) v (name, value)
     JOIN pg_settings s ON lower(s.name) = v.name`,
    [JSON.stringify(settings)],
  );
  return client;
}

/** Whether the connection now has the advisory lock, until it ends. */
export async function tryLock(client: pg.ClientBase, lock: number): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>("SELECT pg_try_advisory_lock($1) AS ours", [lock]);
  return rows[0]?.ours ?? false;
}

/** An arbitrary number. One backup or restore of a database runs at a time. */
export const backupLock = 7_460_011;
