import { readFile, stat } from "node:fs/promises";
import { expect } from "vitest";
import { withImport } from "../../src/cli/import-session.js";
import { readConfig } from "../../src/config/config.js";
import type { NamedSetting } from "../../src/import/records/named-setting.js";
import type { ImportCalls, UpdatedKind } from "../../src/import/run/import-calls.js";
import { requireUndoable } from "../../src/import/run/import-file.js";
import { createNamedSettings, type NamedSettings } from "../../src/import/run/named-settings.js";
import { undoImport } from "../../src/import/run/undo-import.js";
import { moegoHere } from "../server/command.js";
import { type Environment, environmentOf } from "../server/service.js";
import type { TestDatabase } from "../support/database.js";
import { dumpOf } from "../support/tenant-dump.js";
import { withFile } from "./written-file.js";

/** What a run of `moego import` printed and wrote. */
export interface ImportRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The line with the counts. */
  readonly totals: string;
  /** Id of the import. Empty in a dry run. */
  readonly job: string;
  /** Content of the errors file, and the rights on it. */
  readonly errors: string;
  readonly mode: number;
}

/** Runs imports of companies that have one location each. */
export function createImportRuns(database: TestDatabase) {
  const environment: Environment = environmentOf(database);
  let companies = 0;

  async function runFile(kind: string, company: string, path: string, more: readonly string[]): Promise<ImportRun> {
    const ended = await moegoHere(["import", kind, path, "--company", company, ...more], environment);
    const errors = await readFile(`${path}.errors.csv`, "utf8").catch(() => "");
    const mode = errors === "" ? 0 : (await stat(`${path}.errors.csv`)).mode & 0o777;
    const totals = /^(?:Imported|Dry run).*$/m.exec(ended.stdout)?.[0] ?? ended.stdout + ended.stderr;
    return { ...ended, totals, job: /Import (job_\w+)/.exec(ended.stdout)?.[1] ?? "", errors, mode };
  }

  const contextHere = () => ({
    config: readConfig(environment),
    terminal: { out() {}, err() {} },
    environment: {},
    now: Date.now,
  });

  return {
    environment,
    runFile,

    async newCompany(): Promise<string> {
      companies += 1;
      const id = `cmp_import_${companies}`;
      const named = ["--id", id, "--name", "Test", "--country", "US", "--time-zone", "America/New_York"];
      expect(await moegoHere(["companies", "create", ...named], environment)).toMatchObject({ code: 0 });
      const location = ["--company", id, "--id", "biz_1", "--name", "Main Street"];
      expect(await moegoHere(["businesses", "create", ...location], environment)).toMatchObject({ code: 0 });
      return id;
    },

    run: (kind: string, company: string, content: string | Uint8Array, ...more: readonly string[]) =>
      withFile("file.csv", content, (path) => runFile(kind, company, path, more)),

    undo: (company: string, job: string) => moegoHere(["import", "undo", job, "--company", company], environment),

    /** Undoes an import. Another request is done before each erasure and each restoration, after the undo has read the record. */
    undoWhile(company: string, id: string, other: (kind: UpdatedKind, recordId: string) => Promise<unknown>) {
      const session = { companyId: company, rpc: "test", isDryRun: false };
      return withImport(contextHere(), session, async ({ jobs, calls, write }) => {
        const job = requireUndoable(await jobs.get({ companyId: company, jobId: id }, write.signal));
        const disturbed: ImportCalls = {
          ...calls,
          async erase(kind, recordId, condition) {
            await other(kind, recordId);
            return calls.erase(kind, recordId, condition);
          },
          async update(kind, target, fields) {
            await other(kind, target.id);
            return calls.update(kind, target, fields);
          },
        };
        return undoImport({ job, jobs, calls: disturbed, write });
      });
    },

    /** Creates the settings of a run, while another run does the same after the first one has looked for them. */
    createSettingsTwice(company: string, names: readonly NamedSetting[]): Promise<readonly NamedSettings[]> {
      const session = { companyId: company, rpc: "test", isDryRun: false };
      return withImport(contextHere(), session, async ({ calls: { settings } }) => {
        const records = [{ row: 2, names }];
        const options = { isCreating: true, isDryRun: false };
        const other = createNamedSettings({ ...options, calls: settings });
        const one = createNamedSettings({
          ...options,
          calls: {
            ...settings,
            async create(list, name) {
              await other.meet(records);
              return settings.create(list, name);
            },
          },
        });
        await one.meet(records);
        return [one, other];
      });
    },

    /** Erases a record as the RPC does. */
    async erase(company: string, kind: UpdatedKind, id: string): Promise<void> {
      await withImport(contextHere(), { companyId: company, rpc: "test", isDryRun: true }, ({ calls }) =>
        calls.erase(kind, id),
      );
    },

    /** Deletes packages of a version, one after the other, as an undo does. */
    withdraw(company: string, ids: readonly string[], version: bigint): Promise<readonly boolean[]> {
      return withImport(contextHere(), { companyId: company, rpc: "test", isDryRun: true }, async ({ calls }) => {
        const deleted: boolean[] = [];
        for (const id of ids) deleted.push(await calls.withdrawPackage(id, version));
        return deleted;
      });
    },

    /**
     * All rows of the company, without those that say which imports were run, and without the key that the company gets
     * with its first import or opt-out: it makes the ids of imported records.
     */
    async dump(company: string) {
      const { import_job: _, import_record: __, company_secret: ___, ...dump } = await dumpOf(database.owner, company);
      return dump;
    },
  };
}
