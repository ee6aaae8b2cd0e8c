import type { Writable } from "node:stream";
import type { ExitReason } from "../core/exit-codes.js";
import { connectForBackup } from "../db/backup/backup-connection.js";
import type { BackupProgress } from "../db/backup/take-backup.js";
import { sealedOptOutKey } from "../db/opt-out-key.js";
import type { SecretCipher } from "../db/secret-cipher.js";
import { LoadError, type LoadFault, loadCompany } from "../resources/exports/company-load.repository.js";
import { exportedTables } from "../resources/exports/exported-tables.columns.js";
import { ExportError } from "./export-error.js";
import type { ExportManifest } from "./export-manifest.js";
import type { ExportedFolder } from "./exported-folder.js";
import { checkOptOutKey } from "./opt-out-key-file.js";
import { columnsOf } from "./write-export.js";

interface LoadOptions {
  /** Connection string of the owner of the tables. */
  readonly ownerUrl: string;
  /** Of the hashes of opt-outs. */
  readonly optOutKey: Uint8Array | undefined;
  readonly cipher: SecretCipher;
  readonly progress: BackupProgress;
}

/**
 * Creates the company of an export, in one transaction: a failure at any moment, or a kill, leaves the database as it was.
 * Before it commits, the rows are exported again and compared with the files.
 *
 * @throws ExportError with instructions
 */
export async function loadExport({ manifest, pipeTable }: ExportedFolder, options: LoadOptions): Promise<void> {
  const { companyId, rowFormat: format } = manifest;
  const { cipher, optOutKey, progress } = options;
  const hashes = new Map(manifest.tables.map(({ name, sha256 }) => [name, sha256]));
  const secret = optOutKey && sealedOptOutKey(cipher, { companyId, bytes: optOutKey });
  const client = await connectForBackup(options.ownerUrl, "moego-load");
  try {
    await client.query("BEGIN READ WRITE");
    const loaded = {
      ...{ companyId, format, ...(secret ? { secret } : {}) },
      pipeTable: (table: string, target: Writable) => pipeTable(table, target, progress.onBytes),
      hashOf: (table: string) => hashes.get(table) ?? "",
    };
    await loadCompany(client, loaded, progress.begin);
    await client.query("COMMIT");
    // Plans of the first requests would otherwise be made for tables without these rows. If it fails, the company is
    // loaded all the same, and autovacuum does it later.
    progress.begin("analyzing");
    await client
      .query(`ANALYZE ${exportedTables.map(({ name }) => `public."${name}"`).join(", ")}`)
      .catch(() => undefined);
  } catch (error) {
    throw error instanceof LoadError
      ? new ExportError(messageOf(error.fault), { cause: error, exit: exits[error.fault.kind] })
      : error;
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

/** @throws ExportError if this version cannot load the export */
export function assertLoadable({ person, tables, version }: ExportManifest): void {
  if (person) throw new ExportError("This is the export of one person. Only the export of a company can be loaded.");
  const describe = (list: readonly { readonly name: string; readonly columns: readonly string[] }[]) =>
    list.map(({ name, columns }) => `${name} (${columns.join(", ")})`);
  const known = describe(exportedTables.map(({ name }) => ({ name, columns: columnsOf(name) })));
  if (JSON.stringify(describe(tables)) === JSON.stringify(known)) return;
  throw new ExportError(
    `This version has other tables or columns than the one that made the export (${version}). Load it with that version, ` +
      "and then install this one.",
  );
}

const exits: Readonly<Partial<Record<LoadFault["kind"], ExitReason>>> = {
  COMPANY_EXISTS: "cannotCreate",
  NOT_OWNER: "permission",
};

/** @throws ExportError if it is not the key of the export */
export function assertOptOutKey({ optOutKey }: ExportManifest, key: Uint8Array | undefined): void {
  if (key && optOutKey !== checkOptOutKey(key))
    throw new ExportError(
      optOutKey === undefined
        ? "The company of this export has no key of opt-outs. Omit --opt-out-key."
        : "The key of --opt-out-key is not the key of this company's opt-outs.",
    );
  if (key || optOutKey === undefined) return;
  throw new ExportError(
    "The company has a key of opt-outs, which the export does not contain. Without it, opt-outs of phone numbers and " +
      "email addresses are not recognized. Write it with `moego secrets export FILE --company ID` where the company was " +
      "exported, and add --opt-out-key FILE. If it is lost, add --without-opt-out-key.",
  );
}

function messageOf(fault: LoadFault): string {
  switch (fault.kind) {
    case "COMPANY_EXISTS":
      return "The database already contains the company of this export, and was not changed. Load it into another one.";
    case "OTHER_COMPANY":
      return "The export does not have exactly the company that its manifest names. Nothing was changed.";
    case "REFUSED_ROWS":
      return `The database refuses rows of ${fault.table} (${fault.rule}). Nothing was changed. Use another export.`;
    case "DIFFERENT_ROWS":
      return (
        `The rows of ${fault.table} in the database would not be those of the export. Nothing was changed. Use another ` +
        "export, or an empty database."
      );
    case "NOT_OWNER":
      return "This login cannot load an export. Set DATABASE_MIGRATION_URL to the login of the owner of the database.";
  }
}
