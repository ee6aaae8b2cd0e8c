import pg from "pg";
import { copyOut } from "../copy.js";
import { pendingMigrations } from "../migrate/migrate.js";
import { migrationsDirectory, readMigrations } from "../migrate/migration-files.js";
import { readApplied } from "../migrate/migration-history.js";
import { backupLock, connectForBackup } from "./backup-connection.js";
import { BackupError } from "./backup-error.js";
import { type BackedUpTable, formatVersion, type Manifest } from "./manifest.js";
import type { OnBytes } from "./meter.js";
import { objectsOf } from "./own-objects.js";
import { openBackupFile } from "./read-file.js";
import { digestRows } from "./row-digest.js";
import { type BackupSecrets, checksOf } from "./secret-checks.js";
import { copySource, qualified, readSequences, readTables, type StoredTable } from "./stored-schema.js";
import { writeBackupFile } from "./write-file.js";

export interface BackupOptions {
  /** Connection string of the owner of the tables. */
  readonly url: string;
  readonly file: string;
  /** Whether an existing file is replaced. */
  readonly replace: boolean;
  readonly secrets: BackupSecrets;
  /** Of moego. */
  readonly version: string;
  readonly progress: BackupProgress;
}

/** What a backup or a restore reports while it runs. */
export interface BackupProgress {
  /** A part of the work begins: `pet`, or `checking`. */
  begin(part: string): void;
  readonly onBytes: OnBytes;
}

/**
 * Writes all rows of one moment to a file, while servers continue to read and write. Nothing waits for it but a
 * migration.
 *
 * @throws BackupError or MigrationError with instructions
 */
export async function takeBackup(options: BackupOptions): Promise<Manifest> {
  const client = await connectForBackup(options.url, "moego-backup");
  try {
    await lockBackups(client);
    let manifest: Manifest | undefined;
    await writeBackupFile({
      ...{ file: options.file, replace: options.replace, onBytes: options.progress.onBytes },
      async fill(add) {
        manifest = await readSnapshot(client, options, async (table) => {
          options.progress.begin(table.name);
          const measured = await add(table.name, copyOut(client, copySource(table)));
          return {
            ...table,
            columns: [...table.columns],
            ...measured,
            ...(await digestRows(client, table.name, table.columns)),
          };
        });
        return manifest;
      },
      async check(partial) {
        options.progress.begin("checking");
        await using written = await openBackupFile(partial);
        await written.verify(options.progress.onBytes);
      },
    });
    if (!manifest) throw new Error("the backup has no manifest");
    return manifest;
  } catch (error) {
    throw explained(error);
  } finally {
    await client.end();
  }
}

async function lockBackups(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ ours: boolean }>("SELECT pg_try_advisory_lock($1) AS ours", [backupLock]);
  if (!rows[0]?.ours) throw new BackupError("Another backup or restore of this database is running.");
}

/** Reads the tables in one snapshot. */
async function readSnapshot(
  client: pg.Client,
  { version, secrets }: BackupOptions,
  read: (table: StoredTable) => Promise<BackedUpTable>,
): Promise<Manifest> {
  const known = await readMigrations(migrationsDirectory);
  const own = objectsOf(known);
  const locked = await readTables(client, own);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  // Before the snapshot, which the next statement takes: no migration can commit between the two.
  if (locked.length > 0)
    await client.query(`LOCK TABLE ${locked.map(({ name }) => qualified(name)).join(", ")} IN ACCESS SHARE MODE`);
  const about = await readAbout(client);
  const stored = await readTables(client, own);
  if (JSON.stringify(stored) !== JSON.stringify(locked))
    throw new BackupError("The database was migrated at the same time. Repeat the command.");
  const applied = stored.length > 0 ? await readApplied(client) : [];
  if (applied.length === 0) throw new BackupError("The database has no tables of moego. There is nothing to back up.");
  pendingMigrations(known, applied); // refuses a database of another version
  const tables: BackedUpTable[] = [];
  for (const table of stored) tables.push(await read(table));
  // Sequences are not part of a snapshot. Read last, they are never behind the rows.
  const sequences = [...(await readSequences(client, stored))];
  await client.query("COMMIT");
  const migrations = applied.map(({ migration_name, checksum }) => ({ name: migration_name, checksum }));
  const head = { format: "moego-backup", formatVersion, version, ...about } as const;
  return { ...head, migrations, tables, sequences, secrets: checksOf(secrets) };
}

/** Not the login of the server: row-level security could hide rows from it (`row_security` is off). */
function explained(cause: unknown): unknown {
  if (!(cause instanceof pg.DatabaseError) || cause.code !== "42501") return cause;
  return new BackupError(
    "This login cannot read all tables. Set DATABASE_MIGRATION_URL to the login of the owner of the database.",
    { cause },
  );
}

async function readAbout(client: pg.ClientBase): Promise<Pick<Manifest, "postgresVersion" | "snapshotTime">> {
  const { rows } = await client.query<{ version: string; time: Date }>(
    "SELECT current_setting('server_version') AS version, clock_timestamp() AS time",
  );
  const [about] = rows;
  if (!about) throw new Error("the server did not tell its version");
  return { postgresVersion: about.version, snapshotTime: about.time.toISOString() };
}
