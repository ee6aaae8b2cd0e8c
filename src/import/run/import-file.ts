import { maxBatchItems } from "../../core/batch.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { WriteContext } from "../../core/write.js";
import type { ImportCounts, ImportJob, ImportJobRepository } from "../../resources/import-jobs/import-job.model.js";
import type { ImportKind } from "../columns/import-kind.js";
import type { OpenedFile } from "../reading/open-rows.js";
import { FileError, type FileRow } from "../reading/row.js";
import type { ImportSettings, PlannedFields } from "../records/row-reader.js";
import { createEntryKeys } from "./entry-keys.js";
import type { EntryLog } from "./entry-log.js";
import type { ErrorsFile } from "./errors-file.js";
import type { ImportCalls } from "./import-calls.js";
import { createRowImport } from "./import-rows.js";
import { inSteps } from "./in-steps.js";
import type { NamedSettings } from "./named-settings.js";
import { patiently } from "./patiently.js";
import type { Progress } from "./progress.js";
import type { Report } from "./report.js";

export interface FileImport {
  readonly kind: ImportKind;
  readonly name: string;
  readonly source: OpenedFile;
  readonly fields: PlannedFields;
  readonly settings: ImportSettings;
  /** Keys the ids of the records. */
  readonly secret: Uint8Array;
  readonly isDryRun: boolean;
  readonly isUpdating: boolean;
  readonly jobs: ImportJobRepository;
  readonly calls: ImportCalls;
  readonly named: NamedSettings;
  readonly write: WriteContext;
  readonly report: Report;
  readonly errors: ErrorsFile;
  readonly progress: Progress;
}

const rowsAtOnce = maxBatchItems;

export interface EndedImport {
  readonly counts: ImportCounts;
  readonly jobId: string;
}

/** Imports a file. If it is killed, the next run continues it and creates what is missing. */
export async function importFile(file: FileImport): Promise<EndedImport> {
  const {
    kind,
    name,
    source,
    fields,
    settings,
    secret,
    isDryRun,
    isUpdating,
    jobs,
    calls,
    named,
    write,
    report,
    errors,
    progress,
  } = file;
  const { companyId } = settings;
  const job = { companyId, name, kind, fileDigest: source.survey.digest };
  const unfinished = await jobs.unfinished(job, write.signal);
  const jobId = unfinished ?? newId(idPrefixes.importJob);
  const target = { companyId, jobId };
  const generation = await jobs.countUndone(companyId, name, write.signal);
  const keys = createEntryKeys({ secret, name, generation });
  const log: EntryLog = {
    jobId,
    known: (asked) => patiently(() => jobs.known(companyId, asked, write.signal)),
    versions: (recordKind, ids) => patiently(() => jobs.versions(companyId, recordKind, ids, write.signal)),
    purchases: (asked) => patiently(() => jobs.purchases(companyId, asked, write.signal)),
    planUpdates: (updates) => patiently(() => jobs.planUpdates(target, updates, write)),
    plan: (entries) => patiently(() => jobs.plan(target, entries, write)),
    confirm: (entries) => patiently(() => jobs.confirm(companyId, entries, write)),
    record: (changes) => patiently(() => jobs.record(target, changes, write)),
    forget: (forgotten) => patiently(() => jobs.forget(target, forgotten, write)),
  };
  const {
    read,
    steps,
    results: resultsOf,
  } = createRowImport({ kind, settings, fields, keys, log, calls, named, isDryRun, isUpdating });
  if (!isDryRun && unfinished === undefined) await jobs.start({ ...job, id: jobId }, write);
  for await (const rows of inSteps(mapped(chunked(source.rows), read), steps)) {
    const results = resultsOf(rows);
    report.add(results);
    await errors.add(results.flatMap(({ faults, warnings }) => [...faults, ...warnings]));
    progress.show(report.rows(), source.progress());
  }
  progress.end();
  const counts = report.counts();
  if (!isDryRun) await jobs.end(target, "DONE", counts, write);
  return { counts, jobId };
}

async function* chunked(lists: AsyncIterable<readonly FileRow[]>): AsyncGenerator<readonly FileRow[]> {
  let waiting: readonly FileRow[] = [];
  for await (const rows of lists) {
    waiting = [...waiting, ...rows];
    while (waiting.length >= rowsAtOnce) {
      yield waiting.slice(0, rowsAtOnce);
      waiting = waiting.slice(rowsAtOnce);
    }
  }
  if (waiting.length > 0) yield waiting;
}

async function* mapped<From, To>(lists: AsyncIterable<From>, map: (list: From) => Promise<To>): AsyncGenerator<To> {
  for await (const list of lists) yield await map(list);
}

/** The import to undo, which must have ended or been killed. */
export function requireUndoable(job: ImportJob | undefined): ImportJob {
  if (!job) throw new FileError("The company has no such import. `moego import list` shows them.");
  if (job.state === "UNDONE") throw new FileError("The import is undone already.");
  return job;
}
