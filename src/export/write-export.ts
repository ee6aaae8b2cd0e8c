import type { WriteContext } from "../core/write.js";
import type { BackupProgress } from "../db/backup/take-backup.js";
import type { ExportScope } from "../resources/exports/export.model.js";
import type { Exports } from "../resources/exports/export.service.js";
import { exportedTables } from "../resources/exports/exported-tables.columns.js";
import { createExportFolder } from "./export-folder.js";
import { type ExportManifest, fileNameOf, formatVersion, type ManifestTable } from "./export-manifest.js";

interface WriteExportOptions {
  /** Of the folder. */
  readonly path: string;
  readonly scope: ExportScope;
  readonly exports: Exports;
  readonly write: WriteContext;
  /** Of moego. */
  readonly version: string;
  /** Check value of the key of opt-outs. */
  readonly optOutKey: string | undefined;
  readonly progress: BackupProgress;
}

/**
 * Writes an export to a new folder: a file for each table, and a manifest. After a failure, no folder remains.
 *
 * @throws ExportError with instructions; DomainError RESOURCE_NOT_FOUND, or one of the database
 */
export async function writeExport(options: WriteExportOptions): Promise<ExportManifest> {
  const folder = await createExportFolder(options.path);
  try {
    const { scope, exports, write, progress } = options;
    const tables: ManifestTable[] = [];
    let snapshotTime: Date | undefined;
    let present = "";
    for await (const part of exports.run(scope, undefined, write)) {
      const { table, bytes, rows } = part;
      if (table !== present) progress.begin(table);
      present = table;
      snapshotTime = part.snapshotTime;
      await folder.write(fileNameOf(table, scope.format), bytes);
      progress.onBytes(bytes.length);
      if (part.isTableComplete)
        tables.push({ name: table, columns: columnsOf(table), rows, ...(await folder.endFile()) });
    }
    if (!snapshotTime) throw new Error("the export has no part");
    const { companyId, person, format } = scope;
    const head = { format: "moego-export", formatVersion, version: options.version, companyId } as const;
    const manifest: ExportManifest = {
      ...{ ...head, rowFormat: format, snapshotTime: snapshotTime.toISOString(), tables },
      ...(person ? { person } : {}),
      ...(options.optOutKey === undefined ? {} : { optOutKey: options.optOutKey }),
    };
    await folder.complete(manifest);
    return manifest;
  } catch (error) {
    await folder.abandon();
    throw error;
  }
}

/** Columns of the files of a table, in their order. */
export function columnsOf(table: string): string[] {
  return exportedTables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
}
