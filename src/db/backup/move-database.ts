import { pipeline } from "node:stream/promises";
import { copyOutStream } from "../copy-out.js";
import { connectForBackup } from "./backup-connection.js";
import { fenceDatabase } from "./fence.js";
import { createMeter } from "./meter.js";
import { type RestoreOptions, type RestoreSource, restoreBackup } from "./restore-backup.js";
import { digestRows } from "./row-digest.js";
import { beginSnapshot, explained } from "./snapshot.js";
import { copyToStdout, readSequences } from "./stored-schema.js";

export interface MoveOptions extends RestoreOptions {
  /** Connection string of the owner of the tables that are copied. */
  readonly sourceUrl: string;
  /** Whether the source remains writable. What is written to it during and after the copy is not copied. */
  readonly keepWritable: boolean;
  /** Of moego. */
  readonly version: string;
}

export interface Moved {
  readonly tables: number;
  readonly rows: number;
  readonly snapshotTime: string;
}

/**
 * Copies all rows of one database to another, in one transaction of the target, which compares counts and hashes before
 * it commits. The source is read-only from before the copy; after a failure it is as it was.
 *
 * @throws BackupError, MigrationError or RoleError with instructions
 */
export async function moveDatabase(options: MoveOptions): Promise<Moved> {
  const undoFence = options.keepWritable ? undefined : await fenceDatabase(options.sourceUrl);
  try {
    return await copyDatabase(options);
  } catch (error) {
    await undoFence?.();
    throw error;
  }
}

async function copyDatabase(options: MoveOptions): Promise<Moved> {
  const client = await connectForBackup(options.sourceUrl, "moego-backup");
  try {
    const { migrations, tables, snapshotTime } = await beginSnapshot(client);
    let rows = 0;
    const source: RestoreSource = {
      ...{ migrations, version: options.version, tables },
      async pipeTable(table, target, onBytes) {
        const copied = copyOutStream(client, copyToStdout(table));
        await pipeline(copied, createMeter(onBytes).stream, target).catch((error: unknown) => {
          throw copied.errored ? explained(error) : error;
        });
      },
      sequences: async () => [...(await readSequences(client, tables))],
      async digest({ name, columns }) {
        const digest = await digestRows(client, name, columns);
        rows += digest.rows;
        return digest;
      },
    };
    await restoreBackup(source, options);
    return { tables: tables.length, rows, snapshotTime };
  } finally {
    await client.end();
  }
}
