import { stat } from "node:fs/promises";
import { migrateDatabase, openDatabaseServer, serviceSecrets } from "../database-server.js";
import type { Manifest } from "../db/backup/manifest.js";
import { openBackupFile } from "../db/backup/read-file.js";
import { assertKnownMigrations, restoreBackup, sourceOf } from "../db/backup/restore-backup.js";
import { compareSecrets } from "../db/backup/secret-checks.js";
import { takeBackup } from "../db/backup/take-backup.js";
import { type Command, type CommandContext, counted, outJson } from "./command.js";
import type * as declared from "./declarations/backup.js";
import { createProgress, formatBytes } from "./progress.js";
import { warningLog } from "./session.js";
import { readVersion } from "./version.js";

/** `moego backup FILE`: all rows of one moment, while servers run. */
export const backup: Command<typeof declared.backup> = async (values, { config, terminal, now }) => {
  const { FILE: file } = values;
  const startedAt = now();
  const secrets = await serviceSecrets(config);
  const server = await openDatabaseServer(config, warningLog(terminal.err));
  const progress = createProgress(terminal, now);
  try {
    const manifest = await takeBackup({
      ...{ url: server.ownerUrl, file, replace: values.force },
      ...{ secrets, version: readVersion(), progress },
    });
    progress.end();
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    const { size } = await stat(file);
    if (values.json) return outJson(terminal, { file, bytes: size, ...summaryOf(manifest) });
    terminal.out(`Backed up ${describe(manifest)} to ${file} (${formatBytes(size)}) in ${seconds} s.`);
    terminal.out("It does not contain SECRET_KEY and PAGE_TOKEN_SECRET. Store them separately.");
  } finally {
    progress.end();
    await server.stop();
  }
};

/** `moego restore FILE`: into an empty database, in one transaction; then it migrates the database. */
export const restore: Command<typeof declared.restore> = async (values, context) => {
  const { FILE: file } = values;
  const { terminal, now } = context;
  const startedAt = now();
  await using opened = await openBackupFile(file);
  const { manifest } = opened;
  const progress = createProgress(terminal, now);
  try {
    await assertKnownMigrations(manifest);
    if (!values["without-secret-key"]) await warnOfSecrets(manifest, context);
    progress.begin("checking");
    await opened.verify(progress.onBytes);
    if (values.check) {
      progress.end();
      if (values.json) return outJson(terminal, { file, ...summaryOf(manifest) });
      return terminal.out(`${file} is complete: ${describe(manifest)}.`);
    }
    const migrated = await restoreInto(context, (urls) =>
      restoreBackup(sourceOf(opened), { ...urls, replace: values.replace, progress }),
    );
    progress.end();
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    if (values.json) outJson(terminal, { file, ...summaryOf(manifest), migrations: migrated });
    else {
      terminal.out(`Restored ${describe(manifest)} in ${seconds} s. All counts and hashes match.`);
      for (const name of migrated) terminal.err(`Applied migration ${name}.`);
    }
    terminal.err("Data that was erased after the backup is present again: repeat those erasures.");
  } finally {
    progress.end();
  }
};

interface TargetUrls {
  readonly ownerUrl: string;
  readonly serviceUrl: string;
}

/** @returns the migrations that the database needed after the work */
async function restoreInto(
  { config, terminal }: CommandContext,
  work: (urls: TargetUrls) => Promise<void>,
): Promise<readonly string[]> {
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  try {
    await work({ ownerUrl: server.ownerUrl, serviceUrl: server.serviceUrl });
    return await migrateDatabase(server, log);
  } finally {
    await server.stop();
  }
}

async function warnOfSecrets(manifest: Manifest, { config, terminal }: CommandContext): Promise<void> {
  for (const warning of compareSecrets(manifest.secrets, await serviceSecrets(config))) terminal.err(warning);
}

function summaryOf({ tables, snapshotTime }: Manifest) {
  return { tables: tables.length, rows: rowsOf(tables), snapshotTime };
}

/** `61 tables with 1234 rows as of 2026-11-30T06:00:00.000Z`. */
function describe({ tables, snapshotTime }: Manifest): string {
  return `${counted(tables.length, "table")} with ${counted(rowsOf(tables), "row")} as of ${snapshotTime}`;
}

function rowsOf(tables: Manifest["tables"]): number {
  return tables.reduce((sum, table) => sum + table.rows, 0);
}
