import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { migrateDatabase, openDatabaseServer, serviceSecrets } from "../database-server.js";
import type { Manifest } from "../db/backup/manifest.js";
import { openBackupFile } from "../db/backup/read-file.js";
import { assertKnownMigrations, restoreBackup, sourceOf } from "../db/backup/restore-backup.js";
import { compareSecrets } from "../db/backup/secret-checks.js";
import { takeBackup } from "../db/backup/take-backup.js";
import { type Command, type CommandContext, counted, onlyFile } from "./command.js";
import { readVersion } from "./help.js";
import { createProgress, formatBytes } from "./progress.js";
import { warningLog } from "./session.js";

const flag = { type: "boolean" } as const;

/** `moego backup FILE`: all rows of one moment, while servers run. */
export const backup: Command = async (words, { config, terminal, now }) => {
  const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options: { force: flag } });
  const file = onlyFile(positionals, "backup");
  const startedAt = now();
  const secrets = await serviceSecrets(config);
  const server = await openDatabaseServer(config, warningLog(terminal.err));
  const progress = createProgress(terminal, now);
  try {
    const manifest = await takeBackup({
      ...{ url: server.ownerUrl, file, replace: values.force ?? false },
      ...{ secrets, version: readVersion(), progress },
    });
    progress.end();
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    const { size } = await stat(file);
    terminal.out(`Backed up ${describe(manifest)} to ${file} (${formatBytes(size)}) in ${seconds} s.`);
    terminal.out("It does not contain SECRET_KEY and PAGE_TOKEN_SECRET. Store them separately.");
  } finally {
    progress.end();
    await server.stop();
  }
};

/** `moego restore FILE`: into an empty database, in one transaction; then it migrates the database. */
export const restore: Command = async (words, context) => {
  const { values, positionals } = parseArgs({
    ...{ args: [...words], allowPositionals: true },
    options: { replace: flag, "without-secret-key": flag, check: flag },
  });
  const file = onlyFile(positionals, "restore");
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
      return terminal.out(`${file} is complete: ${describe(manifest)}.`);
    }
    const migrated = await restoreInto(context, (urls) =>
      restoreBackup(sourceOf(opened), { ...urls, replace: values.replace ?? false, progress }),
    );
    progress.end();
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    terminal.out(`Restored ${describe(manifest)} in ${seconds} s. All counts and hashes match.`);
    for (const name of migrated) terminal.err(`Applied migration ${name}.`);
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

/** `61 tables with 1234 rows as of 2026-11-30T06:00:00.000Z`. */
function describe({ tables, snapshotTime }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return `${counted(tables.length, "table")} with ${counted(rows, "row")} as of ${snapshotTime}`;
}
