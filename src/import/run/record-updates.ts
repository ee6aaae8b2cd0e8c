import type { JsonObject } from "@bufbuild/protobuf";
import type { PlannedUpdate } from "../../resources/import-jobs/import-job.model.js";
import type { Draft } from "./draft.js";
import type { EntryLog } from "./entry-log.js";
import type { ImportCalls, UpdatedKind } from "./import-calls.js";
import { inParallel } from "./in-parallel.js";
import { type Refused, refusedBy } from "./outcome.js";
import { updateOf } from "./record-update.js";

interface Updates {
  readonly log: EntryLog;
  readonly calls: ImportCalls;
  readonly isDryRun: boolean;
}

interface Planned extends PlannedUpdate {
  readonly kind: UpdatedKind;
  readonly draft: Draft;
  readonly ownerId: string;
  readonly version: bigint;
  readonly request: JsonObject;
}

/** Updates records that an earlier run stored. What undoes an update is stored before it. */
export function createRecordUpdates({ log, calls, isDryRun }: Updates) {
  async function planOf(drafts: readonly Draft[]): Promise<readonly Planned[]> {
    const planned: Planned[] = [];
    for (const kind of ["customer", "lead", "pet"] as const) {
      const ofKind = drafts.filter((one) => one.kind === kind);
      const versions = new Map(
        (
          await log.versions(
            kind,
            ofKind.map(({ recordId }) => recordId),
          )
        ).map((one) => [one.id, one]),
      );
      await inParallel(ofKind, async (draft) => {
        const stored = versions.get(draft.recordId);
        if (!stored) return refuse(draft, [gone]);
        const { ownerId } = stored;
        const update = updateOf(kind, draft.stated(), await calls.read(kind, { id: draft.recordId, ownerId }));
        if (!update) {
          draft.state = "stored";
          return;
        }
        const { key, recordId, contentHash, row } = draft;
        const { version } = stored;
        const undoRequest = JSON.stringify(update);
        planned.push({ ...{ kind, key, recordId, contentHash, row, version, undoRequest, ownerId }, draft, ...update });
      });
    }
    return planned;
  }

  /** Records that have all that the file says are not compared again, until it says something else. */
  async function confirm(same: readonly Draft[]): Promise<void> {
    await log.confirm(
      same.flatMap(({ kind, key, contentHash, knownOf: jobId }) =>
        jobId === undefined ? [] : [{ kind, key, contentHash, jobId }],
      ),
    );
  }

  return async (drafts: readonly Draft[]): Promise<void> => {
    if (drafts.length === 0) return;
    const planned = await planOf(drafts);
    if (!isDryRun) await confirm(drafts.filter(({ state }) => state === "stored"));
    if (!isDryRun) await log.planUpdates(planned);
    await inParallel(planned, async ({ kind, recordId: id, ownerId, draft, request, version }) => {
      const target = { id, ownerId, version };
      await calls.update(kind, target, request).then(
        () => {
          draft.state = "updated";
        },
        (error: unknown) => refuse(draft, refusedBy(error)),
      );
    });
    if (isDryRun) return;
    const stored = planned.filter(({ draft }) => draft.state === "updated");
    await log.record(stored.map(({ kind, key }) => ({ kind, key, state: "UPDATED" })));
    await log.forget(planned.filter(({ draft }) => draft.state === "refused"));
  };
}

function refuse(draft: Draft, refused: readonly Refused[]): void {
  [draft.state, draft.refused] = ["refused", refused];
}

const gone: Refused = {
  field: "",
  reason: "The record that an earlier run stored is not there any more.",
  remedy: "Leave the row out of the file, or import it under another --name.",
};
