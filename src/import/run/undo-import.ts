import type { WriteContext } from "../../core/write.js";
import type { ImportedKind, ImportJob, ImportJobRepository } from "../../resources/import-jobs/import-job.model.js";
import type { ImportCalls } from "./import-calls.js";

export interface UndoCounts {
  readonly erased: number;
  /** Records that have changed since the import. */
  readonly left: number;
}

interface Undo {
  readonly job: ImportJob;
  readonly jobs: ImportJobRepository;
  readonly calls: ImportCalls;
  readonly write: WriteContext;
}

/** Owners first: their pets go with them. */
const order: readonly ImportedKind[] = ["customer", "lead", "pet"];

/** Erases the records that an import created, unless they have changed since. Can be repeated after it was killed. */
export async function undoImport({ job, jobs, calls, write }: Undo): Promise<UndoCounts> {
  const { companyId } = job;
  const target = { companyId, jobId: job.id };
  let [erased, left] = [0, 0];
  for (const kind of order) {
    for (let after = ""; ; ) {
      const entries = await jobs.toUndo(target, kind, after, write.signal);
      const last = entries.at(-1);
      if (!last) break;
      after = last.key;
      const ids = entries.map(({ recordId }) => recordId);
      const stored = new Set(await jobs.stored(companyId, kind, ids, write.signal));
      const untouched = new Set(await jobs.untouched(target, kind, ids, write.signal));
      for (const { key, recordId } of entries) {
        // A record that is not there went with its owner, or was planned by a run that was killed.
        const isLeft = stored.has(recordId) && !untouched.has(recordId);
        if (untouched.has(recordId)) await calls.erase(kind, recordId);
        erased += untouched.has(recordId) ? 1 : 0;
        left += isLeft ? 1 : 0;
        // An erasure removes the entries of its record.
        if (!untouched.has(recordId))
          await jobs.record(target, [{ kind, key, state: isLeft ? "LEFT" : "UNDONE" }], write);
      }
    }
  }
  await jobs.end(target, "UNDONE", job, write);
  return { erased, left };
}
