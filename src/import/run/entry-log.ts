import type {
  EntryChange,
  ImportEntry,
  ImportedKind,
  KnownEntry,
  PlannedUpdate,
  StoredVersion,
} from "../../resources/import-jobs/import-job.model.js";

/** Reads and writes the entries of one import. */
export interface EntryLog {
  readonly jobId: string;
  known(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<readonly KnownEntry[]>;
  versions(kind: ImportedKind, recordIds: readonly string[]): Promise<readonly StoredVersion[]>;
  plan(entries: readonly ImportEntry[]): Promise<void>;
  planUpdates(updates: readonly PlannedUpdate[]): Promise<void>;
  record(changes: readonly EntryChange[]): Promise<void>;
  forget(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<void>;
}
