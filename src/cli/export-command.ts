import { DomainError } from "../core/errors.js";
import { serviceSecrets } from "../database-server.js";
import { createOptOutKeys } from "../db/opt-out-key.js";
import type { ExportManifest } from "../export/export-manifest.js";
import { checkOptOutKey } from "../export/opt-out-key-file.js";
import { writeExport } from "../export/write-export.js";
import { openCompanySecretCipher } from "../repositories.js";
import { type ExportFormat, type ExportScope, exportFormats } from "../resources/exports/export.model.js";
import { createExportRepository } from "../resources/exports/export.repository.js";
import { createExports } from "../resources/exports/export.service.js";
import { createExportLog } from "../resources/exports/export-log.repository.js";
import { exportedTables } from "../resources/exports/exported-tables.columns.js";
import { type Command, type CommandContext, counted, outJson } from "./command.js";
import type * as declared from "./declarations/exports.js";
import { createProgress, formatBytes, type Progress } from "./progress.js";
import { type Session, withDatabase } from "./session.js";
import { UsageError } from "./usage-error.js";
import { readVersion } from "./version.js";

/** `moego export`: a company, or one person, as a folder with a file for each table. */
export const exportCompany: Command<typeof declared.exportCompany> = async (values, context) => {
  const { company: companyId, out: path, person } = values;
  const format = readFormat(values.format);
  const { terminal, now } = context;
  const startedAt = now();
  const progress = createProgress(terminal, now);
  try {
    const manifest = await withDatabase(context, "moego export", (session) =>
      firstFound(scopesOf({ companyId, format, person }), (scope) =>
        exportTo(path, scope, { context, session, progress }),
      ),
    );
    progress.end();
    if (values.json) return outJson(terminal, { folder: path, ...factsOf(manifest) });
    const seconds = ((now() - startedAt) / 1_000).toFixed(1);
    terminal.out(`Exported ${describe(manifest)} to ${path} in ${seconds} s.`);
    terminal.out("It has personal data, and is not encrypted. API keys and secrets are not part of it.");
  } finally {
    progress.end();
  }
};

function readFormat(given: string | undefined): ExportFormat {
  const format = exportFormats.words.find((word) => word === (given ?? "csv").toUpperCase());
  if (format === undefined) throw new UsageError("--format must be csv or jsonl.");
  return format;
}

interface Wanted {
  readonly companyId: string;
  readonly format: ExportFormat;
  readonly person: string | undefined;
}

/** An id does not reveal whether it is of a customer or of a lead. */
function scopesOf({ companyId, format, person }: Wanted): readonly [ExportScope, ...ExportScope[]] {
  const whole = { companyId, format, tables: exportedTables.map(({ name }) => name) };
  if (person === undefined) return [whole];
  const tables = exportedTables.filter((table) => table.person !== undefined).map(({ name }) => name);
  const scope = { companyId, format, tables };
  return [
    { ...scope, person: { kind: "CUSTOMER", id: person } },
    { ...scope, person: { kind: "LEAD", id: person } },
  ];
}

async function firstFound(
  [first, ...others]: readonly [ExportScope, ...ExportScope[]],
  work: (scope: ExportScope) => Promise<ExportManifest>,
): Promise<ExportManifest> {
  try {
    return await work(first);
  } catch (error) {
    if (!(error instanceof DomainError) || error.reason !== "RESOURCE_NOT_FOUND") throw error;
    const [next, ...rest] = others;
    if (next) return await firstFound([next, ...rest], work);
    throw new UsageError(
      first.person
        ? "No customer or lead of the company has the ID of --person."
        : "No company has the ID of --company. `moego companies list` shows all.",
      { cause: error },
    );
  }
}

interface Parts {
  readonly context: CommandContext;
  readonly session: Session;
  readonly progress: Progress;
}

async function exportTo(path: string, scope: ExportScope, { context, session, progress }: Parts) {
  const { database, openSnapshots, write } = session;
  const cipher = openCompanySecretCipher(await serviceSecrets(context.config));
  const key = await createOptOutKeys(database, cipher).load(scope.companyId, write.signal);
  const snapshots = openSnapshots();
  try {
    const exports = createExports({
      repository: createExportRepository(snapshots),
      log: createExportLog(database),
    });
    const optOutKey = key && !scope.person ? checkOptOutKey(key.bytes) : undefined;
    return await writeExport({ path, scope, exports, write, version: readVersion(), optOutKey, progress });
  } finally {
    await snapshots.close();
  }
}

function factsOf({ companyId, person, tables, snapshotTime }: ExportManifest) {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  return { companyId, person, tables: tables.length, rows, bytes, snapshotTime };
}

/** `company cmp_001: 51 tables with 1234 rows, 12.3 MiB, as of 2026-11-30T06:00:00.000Z`. */
function describe(manifest: ExportManifest): string {
  const { companyId, person, tables, rows, bytes, snapshotTime } = factsOf(manifest);
  const what = person ? `${person.kind.toLowerCase()} ${person.id}` : `company ${companyId}`;
  return `${what}: ${counted(tables, "table")} with ${counted(rows, "row")}, ${formatBytes(bytes)}, as of ${snapshotTime},`;
}
