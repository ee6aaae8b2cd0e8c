import pg from "pg";
import { connectOwner } from "../migrate/roles.js";
import { BackupError } from "./backup-error.js";
import { assertUnused } from "./restore-target.js";

/**
 * Makes a database read-only for every session that begins from now on, so that no write is lost in it after it was
 * copied. Then it verifies that no server has an older session.
 *
 * @returns undoes it: the database has the setting again that it had before
 * @throws BackupError if a server uses the database; then it is as before
 */
export async function fenceDatabase(url: string): Promise<() => Promise<void>> {
  await assertNoServer(url);
  const before = await settingOf(url);
  await change(url, "on");
  const undo = () => change(url, before);
  try {
    await assertNoServer(url);
    await assertRefusesWrites(url);
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}

/** Allows writes again, also if the operator made the database read-only. */
export async function liftFence(url: string): Promise<void> {
  await change(url, undefined);
}

async function assertNoServer(url: string): Promise<void> {
  await withClient(url, assertUnused);
}

type Setting = "on" | "off";

/** What an operator has set for the database. */
async function settingOf(url: string): Promise<Setting | undefined> {
  let setting: Setting | undefined;
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ is_on: boolean }>(
      `SELECT split_part(one, '=', 2)::boolean AS is_on
       FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) one
       WHERE d.datname = current_database() AND s.setrole = 0 AND one LIKE 'default_transaction_read_only=%'`,
    );
    const [found] = rows;
    if (found) setting = found.is_on ? "on" : "off";
  });
  return setting;
}

async function change(url: string, setting: Setting | undefined): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>("SELECT current_database()::text AS name");
    const database = pg.escapeIdentifier(rows[0]?.name ?? "");
    // This session may be one of the read-only ones.
    await client.query("BEGIN READ WRITE");
    const name = "default_transaction_read_only";
    await client.query(`ALTER DATABASE ${database} ${setting ? `SET ${name} = ${setting}` : `RESET ${name}`}`);
    await client.query("COMMIT");
  }).catch((cause: unknown) => {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== "42501") throw cause;
    throw new BackupError("Only the owner of the database can make it read-only. Use the login of the owner.", {
      cause,
      exit: "permission",
    });
  });
}

/** A setting of the login has precedence over one of the database. */
async function assertRefusesWrites(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ setting: string }>(
      "SELECT current_setting('default_transaction_read_only') AS setting",
    );
    if (rows[0]?.setting === "on") return;
    throw new BackupError(
      "The login has its own default_transaction_read_only, so the database stays writable. Reset it.",
    );
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connectOwner(url, "moego-move");
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
