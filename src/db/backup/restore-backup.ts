import type { Writable } from "node:stream";
import type pg from "pg";
import { copyIn } from "../copy-in.js";
import { prismaMigrationLock } from "../migrate/migrate.js";
import { type Migration, migrationsDirectory, readMigrations } from "../migrate/migration-files.js";
import { createHistoryTable, letServiceReadHistory, runMigration } from "../migrate/migration-history.js";
import { ensureRoles } from "../migrate/roles.js";
import { backupLock, connectForBackup, tryLock } from "./backup-connection.js";
import { BackupError } from "./backup-error.js";
import type { Manifest } from "./manifest.js";
import type { OnBytes } from "./meter.js";
import { objectsOf } from "./own-objects.js";
import type { BackupFile } from "./read-file.js";
import { prepareTarget } from "./restore-target.js";
import { digestRows, type RowDigest } from "./row-digest.js";
import { copyFromStdin, readTables, type StoredTable } from "./stored-schema.js";
import { withoutConstraints } from "./suspended-rules.js";
import type { BackupProgress } from "./take-backup.js";

/** Where the rows of a restore come from: a file, or another database. */
export interface RestoreSource extends Pick<Manifest, "migrations" | "version"> {
  readonly tables: readonly StoredTable[];
  pipeTable(table: StoredTable, target: Writable, onBytes: OnBytes): Promise<void>;
  /** After all tables were piped. */
  sequences(): Promise<Manifest["sequences"]>;
  /** What the database has to count and hash in the restored table. */
  digest(table: StoredTable): Promise<RowDigest>;
}

/** A file as a source. */
export function sourceOf({ manifest, pipeTable }: BackupFile): RestoreSource {
  const tables = new Map(manifest.tables.map((table) => [table.name, table]));
  const entry = ({ name }: StoredTable) => {
    const table = tables.get(name);
    if (!table) throw new Error(`the manifest does not list ${name}`);
    return table;
  };
  return {
    ...{ migrations: manifest.migrations, version: manifest.version, tables: manifest.tables },
    pipeTable: (table, target, onBytes) => pipeTable(entry(table), target, onBytes),
    sequences: async () => manifest.sequences,
    digest: async (table) => entry(table),
  };
}

export interface RestoreOptions {
  /** Connection string of the owner of the database. */
  readonly ownerUrl: string;
  /** Connection string of the server; may be the same. */
  readonly serviceUrl: string;
  /** Whether existing data is replaced. */
  readonly replace: boolean;
  readonly progress: BackupProgress;
}

/**
 * Creates the schema of the backup and loads its rows, in one transaction: a failure at any moment, or a kill, leaves
 * the database as it was. The counts and hashes of all tables are compared before the transaction commits. The caller
 * migrates the database afterwards.
 *
 * @throws BackupError or RoleError with instructions
 */
export async function restoreBackup(source: RestoreSource, options: RestoreOptions): Promise<void> {
  const known = await readMigrations(migrationsDirectory);
  const wanted = migrationsOf(source, known);
  await ensureRoles({ migrationUrl: options.ownerUrl, serviceUrl: options.serviceUrl });
  const client = await connectForBackup(options.ownerUrl, "moego-restore");
  try {
    await lockDatabase(client);
    await client.query("BEGIN READ WRITE");
    await prepareTarget(client, { known, replace: options.replace });
    await createSchema(client, wanted);
    await assertSameTables(client, source.tables, wanted);
    await withoutConstraints(client, source.tables, () => load(client, source, options.progress));
    await continueSequences(client, await source.sequences());
    await compareRows(client, source, options.progress);
    await client.query("COMMIT");
    // Plans of the first requests would otherwise be made for empty tables. If it fails, autovacuum does it later: the
    // rows are there, and the caller must not take this for a failed restore.
    options.progress.begin("analyzing");
    await client.query("ANALYZE").catch(() => undefined);
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

/** @throws BackupError if this version cannot restore the backup */
export async function assertKnownMigrations(manifest: Manifest): Promise<void> {
  migrationsOf(manifest, await readMigrations(migrationsDirectory));
}

/**
 * The migrations that make the schema of a backup.
 *
 * @throws BackupError if this version lacks one
 */
function migrationsOf(
  { migrations, version }: Pick<Manifest, "migrations" | "version">,
  known: readonly Migration[],
): readonly Migration[] {
  const names = new Set(known.map(({ name }) => name));
  const unknown = migrations.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new BackupError(
      `The backup was made by a newer version (${version}). Restore it with that version or a later one. Migrations ` +
        `that this version does not have: ${unknown.join(", ")}.`,
    );
  }
  const wanted = known.slice(0, migrations.length);
  migrations.forEach(({ name, checksum }, place) => {
    const migration = wanted[place];
    if (migration?.name === name && migration.checksum === checksum) return;
    throw new BackupError(
      `The backup and this version have different migrations of the name ${name}. Restore the backup with the version ` +
        `that made it (${version}).`,
    );
  });
  return wanted;
}

async function lockDatabase(client: pg.ClientBase): Promise<void> {
  for (const lock of [backupLock, prismaMigrationLock]) {
    if (!(await tryLock(client, lock)))
      throw new BackupError(
        "Another backup, restore or migration of this database is running. Repeat the command later.",
        { exit: "temporary" },
      );
  }
}

async function createSchema(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await createHistoryTable(client);
  await letServiceReadHistory(client);
  for (const migration of migrations) await runMigration(client, migration);
}

/** The columns as well, so that a file that was put together by hand cannot leave one out. */
async function assertSameTables(
  client: pg.ClientBase,
  tables: readonly StoredTable[],
  migrations: readonly Migration[],
): Promise<void> {
  const created = await readTables(client, objectsOf(migrations));
  const describe = (list: readonly { readonly name: string; readonly columns: readonly string[] }[]) =>
    new Set(list.map(({ name, columns }) => `${name} (${columns.join(", ")})`));
  const [ofBackup, ofSchema] = [describe(tables), describe(created)];
  const differing = [
    ...[...ofBackup].filter((table) => !ofSchema.has(table)),
    ...[...ofSchema].filter((table) => !ofBackup.has(table)),
  ];
  if (differing.length === 0) return;
  throw new BackupError(`The tables of the backup do not match its migrations: ${differing.join("; ")}.`);
}

async function load(client: pg.Client, source: RestoreSource, progress: BackupProgress): Promise<void> {
  for (const table of source.tables) {
    progress.begin(table.name);
    await source.pipeTable(table, copyIn(client, copyFromStdin(table)), progress.onBytes);
  }
}

async function continueSequences(client: pg.ClientBase, sequences: Manifest["sequences"]): Promise<void> {
  for (const { name, lastValue } of sequences) {
    await client.query("SELECT setval(format('public.%I', $1::text)::regclass, $2::bigint)", [name, lastValue]);
  }
}

async function compareRows(client: pg.ClientBase, source: RestoreSource, progress: BackupProgress): Promise<void> {
  progress.begin("comparing");
  for (const table of source.tables) {
    const { name, columns } = table;
    const [restored, wanted] = await Promise.all([digestRows(client, name, columns), source.digest(table)]);
    if (restored.rows === wanted.rows && restored.digest === wanted.digest) continue;
    throw new BackupError(
      `The restored table ${name} differs from the original (${restored.rows} rows; the original has ${wanted.rows}). ` +
        "Nothing was changed.",
    );
  }
}
