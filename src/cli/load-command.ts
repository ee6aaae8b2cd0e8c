import { migrateOrVerify, openDatabaseServer, serviceSecrets } from "../database-server.js";
import { openExportedFolder } from "../export/exported-folder.js";
import { assertLoadable, assertOptOutKey, loadExport } from "../export/load-export.js";
import { readOptOutKey } from "../export/opt-out-key-file.js";
import { openCompanySecretCipher } from "../repositories.js";
import { type Command, counted, outJson } from "./command.js";
import type * as declared from "./declarations/exports.js";
import { createProgress } from "./progress.js";
import { warningLog } from "./session.js";
import { UsageError } from "./usage-error.js";

/** `moego load FOLDER`: the company of an export, which must not exist, in one transaction. */
export const load: Command<typeof declared.load> = async (values, { config, terminal, now }) => {
  const { FOLDER: path, "opt-out-key": keyFile, "without-opt-out-key": isWithoutKey } = values;
  if (keyFile !== undefined && isWithoutKey)
    throw new UsageError("--opt-out-key and --without-opt-out-key exclude each other.");
  const startedAt = now();
  const folder = await openExportedFolder(path);
  const { manifest } = folder;
  assertLoadable(manifest);
  const optOutKey = keyFile === undefined ? undefined : await readOptOutKey(keyFile);
  if (!isWithoutKey) assertOptOutKey(manifest, optOutKey);
  const cipher = openCompanySecretCipher(await serviceSecrets(config));
  const log = warningLog(terminal.err);
  const server = await openDatabaseServer(config, log);
  const progress = createProgress(terminal, now);
  try {
    await migrateOrVerify(server, log);
    await loadExport(folder, { ownerUrl: server.ownerUrl, optOutKey, cipher, progress });
    progress.end();
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    const { companyId, tables, snapshotTime } = manifest;
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    if (values.json) return outJson(terminal, { companyId, tables: tables.length, rows, snapshotTime });
    const what = `${counted(tables.length, "table")} with ${counted(rows, "row")}`;
    terminal.out(`Loaded company ${companyId}: ${what} as of ${snapshotTime} in ${seconds} s. All hashes match.`);
    terminal.out("API keys and the secrets of external APIs and Stripe are not part of an export: create them again.");
  } finally {
    progress.end();
    await server.stop();
  }
};
