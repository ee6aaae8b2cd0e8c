import pg from "pg";
import { pendingMigrations } from "../migrate/migrate.js";
import { migrationsDirectory, readMigrations } from "../migrate/migration-files.js";
import { readApplied } from "../migrate/migration-history.js";
import { backupLock, tryLock } from "./backup-connection.js";
import { BackupError } from "./backup-error.js";
import type { Manifest } from "./manifest.js";
import { objectsOf } from "./own-objects.js";
import { qualified, readTables, type StoredTable } from "./stored-schema.js";

/** What a database contains at one moment. The rows are read with the same client. */
export interface Snapshot extends Pick<Manifest, "migrations" | "postgresVersion" | "snapshotTime"> {
  readonly tables: readonly StoredTable[];
}

/**
 * Begins a transaction that reads one moment, while servers continue to write. Only migrations wait for its end. One
 * client of a database at a time can have one.
 *
 * @throws BackupError or MigrationError with instructions
 */
export async function beginSnapshot(client: pg.Client): Promise<Snapshot> {
  try {
    await lockBackups(client);
    return await begin(client);
  } catch (error) {
    throw explained(error);
  }
}

async function lockBackups(client: pg.ClientBase): Promise<void> {
  if (!(await tryLock(client, backupLock)))
    throw new BackupError("Another backup or restore of this database is running.", { exit: "temporary" });
}

async function begin(client: pg.Client): Promise<Snapshot> {
  const known = await readMigrations(migrationsDirectory);
  const own = objectsOf(known);
  const locked = await readTables(client, own);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  // Before the snapshot, which the next statement takes: no migration can commit between the two.
  if (locked.length > 0)
    await client.query(`LOCK TABLE ${locked.map(({ name }) => qualified(name)).join(", ")} IN ACCESS SHARE MODE`);
  const about = await readAbout(client);
  const tables = await readTables(client, own);
  if (JSON.stringify(tables) !== JSON.stringify(locked))
    throw new BackupError("The database was migrated at the same time. Repeat the command.", { exit: "temporary" });
  const applied = tables.length > 0 ? await readApplied(client) : [];
  if (applied.length === 0) throw new BackupError("The database has no tables of moego. There is nothing to back up.");
  pendingMigrations(known, applied); // refuses a database of another version
  const migrations = applied.map(({ migration_name, checksum }) => ({ name: migration_name, checksum }));
  return { ...about, migrations, tables };
}

async function readAbout(client: pg.ClientBase): Promise<Pick<Manifest, "postgresVersion" | "snapshotTime">> {
  const { rows } = await client.query<{ version: string; time: Date }>(
    "SELECT current_setting('server_version') AS version, clock_timestamp() AS time",
  );
  const [about] = rows;
  if (!about) throw new Error("the server did not tell its version");
  return { postgresVersion: about.version, snapshotTime: about.time.toISOString() };
}

/** Not the login of the server: row-level security could hide rows from it (`row_security` is off). */
export function explained(cause: unknown): unknown {
  if (!(cause instanceof pg.DatabaseError) || cause.code !== "42501") return cause;
  return new BackupError(
    "This login cannot read all tables. Set DATABASE_MIGRATION_URL to the login of the owner of the database.",
    { cause, exit: "permission" },
  );
}
