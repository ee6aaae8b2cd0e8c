import type { ImportEntry, KnownEntry } from "../../resources/import-jobs/import-job.model.js";
import type { Draft } from "./draft.js";
import type { EntryLog } from "./entry-log.js";
import type { ImportCalls } from "./import-calls.js";
import { createMetRecords } from "./met-records.js";
import type { NamedSettings } from "./named-settings.js";
import { createPackageRecognition } from "./package-recognition.js";
import { createRecordUpdates } from "./record-updates.js";
import { storeDrafts } from "./stored-drafts.js";

interface Storing {
  readonly log: EntryLog;
  readonly calls: ImportCalls;
  readonly settings: Pick<NamedSettings, "meet">;
  /** Nothing is written; the calls only judge. */
  readonly isDryRun: boolean;
  /** Whether records that an earlier run stored become what the file says now. */
  readonly isUpdating: boolean;
}

/** Stores the drafts that are not stored yet, and says of each what became of it. */
export function createRecordStoring({ log, calls, settings, isDryRun, isUpdating }: Storing) {
  const update = createRecordUpdates({ log, calls, isDryRun });
  const packages = createPackageRecognition(log, { isDryRun });

  /** Records that this run has stored or found. A later row that repeats them changes nothing. */
  const met = createMetRecords();

  async function recognize(drafts: readonly Draft[]): Promise<void> {
    const known = new Map((await log.known(drafts)).map((entry) => [nameOf(entry), entry]));
    for (const one of drafts) {
      const earlier = met.find(metOf(one));
      const entry = known.get(nameOf(one));
      one.recordId = (entry ?? one).recordId;
      if (entry) one.knownOf = entry.jobId;
      if (earlier !== "new") one.state = earlier === "same" ? "stored" : "repeated";
      else if (entry && entry.state !== "PLANNED") one.state = isCurrent(entry, one) ? "stored" : "changed";
    }
  }

  /**
   * Records that are stored with their entries need nothing. A run of a former version stored some before their entries, and
   * another import with the same name may have stored some since they were looked for.
   */
  async function rememberOthers(drafts: readonly Draft[]): Promise<void> {
    const stored = drafts.filter(({ state }) => state === "stored");
    await log.plan(stored);
    await log.record(stored.map(({ kind, key }) => ({ kind, key, state: "CREATED" })));
    await log.forget(drafts.filter(({ state }) => state === "refused"));
  }

  return async (drafts: readonly Draft[]): Promise<void> => {
    await recognize(drafts);
    await packages.recognize(packagesIn(drafts));
    const missing = drafts.filter(({ state }) => state === "create");
    await settings.meet(missing);
    await storeDrafts(missing, { calls, jobId: log.jobId });
    await packages.check(packagesIn(missing));
    if (!isDryRun) await rememberOthers(missing);
    if (isUpdating) await update(drafts.filter(({ state }) => state === "changed"));
    for (const one of drafts) if (one.state !== "refused" && one.state !== "repeated") met.add(metOf(one));
  };
}

/** The owner of a package is not in its cells, because a merge changes it. */
function metOf({ key, contentHash, purchase }: Draft) {
  return { key, contentHash: `${contentHash}${purchase?.customerId ?? ""}` };
}

function packagesIn(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.filter(({ kind }) => kind === "package");
}

/** A run that was killed may not have come to update the record. */
function isCurrent(entry: KnownEntry, { contentHash }: Draft): boolean {
  return entry.state !== "UPDATING" && entry.contentHash === contentHash;
}

function nameOf({ kind, key }: Pick<ImportEntry, "kind" | "key">): string {
  return `${kind} ${key}`;
}
