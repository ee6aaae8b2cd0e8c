import type { JsonObject } from "@bufbuild/protobuf";
import { DomainError, type Reason, type Violation } from "../../core/errors.js";
import type { WriteContext } from "../../core/write.js";
import type {
  ImportedKind,
  ImportJob,
  ImportJobRepository,
  KnownEntry,
  StoredVersion,
} from "../../resources/import-jobs/import-job.model.js";
import type { ImportCalls, RecordVersion, UpdatedKind } from "./import-calls.js";
import { inParallel } from "./in-parallel.js";
import { hasValues, type RecordUpdate, withoutRequired } from "./record-update.js";

export interface UndoCounts {
  readonly erased: number;
  /** Packages, whose ledgers stay. */
  readonly deleted: number;
  /** Records that have their former values again. */
  readonly restored: number;
  /** Records that have changed since the import. */
  readonly left: number;
  /** The first of them. */
  readonly named: readonly LeftRecord[];
  /** Records that keep a value that was missing before. Other values of them are those of before. */
  readonly completed: number;
  /** Records whose former values the server refuses. */
  readonly refused: number;
}

type LeftRecord = Pick<KnownEntry, "kind" | "recordId">;

/** So many records that are left are named. */
const maxNamed = 20;

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
  const counts = { erased: 0, deleted: 0, restored: 0, left: 0, completed: 0, refused: 0 };
  const named: LeftRecord[] = [];

  /**
   * What becomes of an entry. Undefined if its record was erased, which removes the entry. Each write demands again what was
   * read before it, because the server can change the record in the meantime.
   */
  async function undone(
    entry: KnownEntry,
    stored: StoredVersion | undefined,
  ): Promise<"UNDONE" | "LEFT" | "KEPT" | undefined> {
    const { kind, recordId: id, undoRequest } = entry;
    // A record that is not there went with its owner, or was planned by a run that was killed.
    if (!stored) return "UNDONE";
    if (kind === "package") {
      if (stored.version !== madeVersion || !(await calls.withdrawPackage(id, stored.version))) return "LEFT";
      counts.deleted += 1;
      return "UNDONE";
    }
    if (undoRequest !== undefined) {
      const { request, inverse } = readUpdate(undoRequest);
      const current = await calls.read(kind, stored);
      // A run that was killed did not come to update it, or another request has restored it.
      if (hasValues(inverse, current)) return "UNDONE";
      if (!hasValues(request, current)) return "LEFT";
      const became = await restore(calls, { kind, stored, inverse });
      if (became.refused) counts.refused += 1;
      if (became.completed) counts.completed += 1;
      if (became.restored) counts.restored += 1;
      return became.restored ? "UNDONE" : "KEPT";
    }
    const became = await calls.erase(kind, id, { unlessChangedSince: job.id });
    if (became !== "ERASED") return became === "GONE" ? "UNDONE" : "LEFT";
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
      await inParallel(entries, async (entry) => {
        const { key, recordId } = entry;
        const state = await undone(entry, stored.get(recordId)).catch(leftIfChanged);
        if (state === "LEFT") {
          counts.left += 1;
          if (named.length < maxNamed) named.push({ kind, recordId });
        }
        if (state) await jobs.record(target, [{ kind, key, state: state === "KEPT" ? "LEFT" : state }], write);
      });
    }
  }
  await jobs.end(target, "UNDONE", job, write);
  return { ...counts, named };
}

/** The version of a record that has not changed since it was made. */
const madeVersion = 1n;

/** Errors that say that another request has changed the record, moved it or taken it out of use. */
const changedSince: ReadonlySet<Reason> = new Set<Reason>([
  ...(["ETAG_MISMATCH", "RESOURCE_NOT_FOUND", "RESOURCE_ARCHIVED", "LEAD_PROMOTED", "RESOURCE_MERGED"] as const),
]);

function leftIfChanged(error: unknown): "LEFT" {
  if (error instanceof DomainError && changedSince.has(error.reason)) return "LEFT";
  throw error;
}

interface Restoring {
  readonly kind: UpdatedKind;
  readonly stored: RecordVersion;
  readonly inverse: JsonObject;
}

/** Gives a record its former values. A value that was missing, and that the server requires, stays: no update removes it. */
async function restore(calls: Pick<ImportCalls, "update">, { kind, stored, inverse }: Restoring) {
  for (let request = inverse; request["updateMask"] !== ""; ) {
    const violations = await calls.update(kind, stored, request).then(() => undefined, violationsIn);
    const completed = request !== inverse;
    if (!violations) return { restored: true, completed, refused: false };
    const rest = withoutRequired(request, violations);
    if (!rest) return { restored: false, completed: false, refused: true };
    request = rest;
  }
  return { restored: false, completed: true, refused: false };
}

function violationsIn(error: unknown): readonly Violation[] {
  if (error instanceof DomainError && error.reason === "INVALID_REQUEST") return error.details.violations ?? [];
  throw error;
}

function readUpdate(text: string): RecordUpdate {
  const { request, inverse }: Partial<RecordUpdate> = JSON.parse(text);
  return { request: request ?? {}, inverse: inverse ?? {} };
}
