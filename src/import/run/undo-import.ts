import { DomainError } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type {
  ImportedKind,
  ImportJob,
  ImportJobRepository,
  KnownEntry,
  StoredVersion,
} from "../../resources/import-jobs/import-job.model.js";
import type { ImportCalls } from "./import-calls.js";
import { inParallel } from "./in-parallel.js";
import { hasValues, type RecordUpdate } from "./record-update.js";

export interface UndoCounts {
  readonly erased: number;
  /** Packages, whose ledgers stay. */
  readonly deleted: number;
  /** Records that have their former values again. */
  readonly restored: number;
  /** Records that have changed since the import. */
  readonly left: number;
  /** Records that keep a value that was missing before. */
  readonly completed: number;
}

interface Undo {
  readonly job: ImportJob;
  readonly jobs: ImportJobRepository;
  readonly calls: ImportCalls;
  readonly write: WriteContext;
}

/** Packages before their customers. Owners before their pets, which go with them. */
const order: readonly ImportedKind[] = ["package", "customer", "lead", "pet"];

/**
 * Erases the records that an import created, and gives those that it updated their former values, unless they have
 * changed since. Can be repeated after it was killed.
 */
export async function undoImport({ job, jobs, calls, write }: Undo): Promise<UndoCounts> {
  const { companyId } = job;
  const target = { companyId, jobId: job.id };
  const counts = { erased: 0, deleted: 0, restored: 0, left: 0, completed: 0 };

  /** What becomes of an entry. Undefined if its record was erased, which removes the entry. */
  async function undone(
    entry: KnownEntry,
    { stored, isUntouched }: Found,
  ): Promise<"UNDONE" | "LEFT" | "KEPT" | undefined> {
    const { kind, recordId: id, undoRequest } = entry;
    // A record that is not there went with its owner, or was planned by a run that was killed.
    if (!stored) return "UNDONE";
    if (undoRequest !== undefined && kind !== "package") {
      const { request, inverse } = readUpdate(undoRequest);
      const current = await calls.read(kind, stored);
      // A run that was killed did not come to update it.
      if (entry.state === "UPDATING" && hasValues(inverse, current)) return "UNDONE";
      if (!hasValues(request, current)) return "LEFT";
      const isRestored = await calls.update(kind, stored, inverse).then(() => true, isNotPermitted);
      if (!isRestored) {
        counts.completed += 1;
        return "KEPT";
      }
      counts.restored += 1;
      return "UNDONE";
    }
    if (!isUntouched) return "LEFT";
    await calls.erase(kind, id);
    if (kind === "package") {
      counts.deleted += 1;
      return "UNDONE";
    }
    counts.erased += 1;
    return undefined;
  }

  for (const kind of order) {
    for (let after = ""; ; ) {
      const entries = await jobs.toUndo(target, kind, after, write.signal);
      const last = entries.at(-1);
      if (!last) break;
      after = last.key;
      const ids = entries.map(({ recordId }) => recordId);
      const versions = await jobs.versions(companyId, kind, ids, write.signal);
      const stored = new Map(versions.map((one) => [one.id, one]));
      const untouched = new Set(await jobs.untouched(target, kind, ids, write.signal));
      await inParallel(entries, async (entry) => {
        const { key, recordId } = entry;
        const found = { stored: stored.get(recordId), isUntouched: untouched.has(recordId) };
        const state = await undone(entry, found);
        if (state === "LEFT") counts.left += 1;
        if (state) await jobs.record(target, [{ kind, key, state: state === "KEPT" ? "LEFT" : state }], write);
      });
    }
  }
  await jobs.end(target, "UNDONE", job, write);
  return counts;
}

/** An update that added a value without which the record was imported cannot be undone: no update removes such a value. */
function isNotPermitted(error: unknown): false {
  if (error instanceof DomainError && error.reason === "INVALID_REQUEST") return false;
  throw error;
}

function readUpdate(text: string): RecordUpdate {
  const { request, inverse }: Partial<RecordUpdate> = JSON.parse(text);
  return { request: request ?? {}, inverse: inverse ?? {} };
}

interface Found {
  readonly stored: StoredVersion | undefined;
  readonly isUntouched: boolean;
}
