import pg from "pg";
import { connectOwner } from "../migrate/roles.js";
import { BackupError } from "./backup-error.js";
import { assertUnused } from "./restore-target.js";

/**
 * Makes a database read-only for every session that begins from now on, so that no write is lost in it after it was
 * copied. Then it verifies that no server has an older session.
 *
 * @throws BackupError if a server uses the database; then it is as before
 */
export async function fenceDatabase(url: string): Promise<void> {
  await assertNoServer(url);
  await setReadOnly(url, true);
  try {
    await assertNoServer(url);
    await assertRefusesWrites(url);
  } catch (error) {
    await liftFence(url);
    throw error;
  }
}

/** Allows writes again. */
export async function liftFence(url: string): Promise<void> {
  await setReadOnly(url, false);
}

async function assertNoServer(url: string): Promise<void> {
  await withClient(url, assertUnused);
}

async function setReadOnly(url: string, isReadOnly: boolean): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>("SELECT current_database()::text AS name");
    const database = pg.escapeIdentifier(rows[0]?.name ?? "");
    // This session may be one of the read-only ones.
    await client.query("BEGIN READ WRITE");
    const change = isReadOnly ? "SET default_transaction_read_only = on" : "RESET default_transaction_read_only";
    await client.query(`ALTER DATABASE ${database} ${change}`);
    await client.query("COMMIT");
  }).catch((cause: unknown) => {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== "42501") throw cause;
    throw new BackupError("Only the owner of the database can make it read-only. Use the login of the owner.", {
      cause,
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
