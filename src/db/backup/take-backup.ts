import type pg from "pg";
import { copyOutStream } from "../copy-out.js";
import { connectForBackup } from "./backup-connection.js";
import { type BackedUpTable, formatVersion, type Manifest } from "./manifest.js";
import type { OnBytes } from "./meter.js";
import { openBackupFile } from "./read-file.js";
import { digestRows } from "./row-digest.js";
import { type BackupSecrets, checksOf } from "./secret-checks.js";
import { beginSnapshot, explained } from "./snapshot.js";
import { copyToStdout, readSequences, type StoredTable } from "./stored-schema.js";
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
    let manifest: Manifest | undefined;
    await writeBackupFile({
      ...{ file: options.file, replace: options.replace, onBytes: options.progress.onBytes },
      async fill(add) {
        manifest = await readSnapshot(client, options, async (table) => {
          options.progress.begin(table.name);
          const measured = await add(table.name, copyOutStream(client, copyToStdout(table)));
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

/** Reads the tables in one snapshot. */
async function readSnapshot(
  client: pg.Client,
  { version, secrets }: BackupOptions,
  read: (table: StoredTable) => Promise<BackedUpTable>,
): Promise<Manifest> {
  const { tables: stored, migrations, ...about } = await beginSnapshot(client);
  const tables: BackedUpTable[] = [];
  for (const table of stored) tables.push(await read(table));
  // Sequences are not part of a snapshot. Read last, they are never behind the rows.
  const sequences = [...(await readSequences(client, stored))];
  await client.query("COMMIT");
  const head = { format: "moego-backup", formatVersion, version, ...about } as const;
  return { ...head, migrations, tables, sequences, secrets: checksOf(secrets) };
}
