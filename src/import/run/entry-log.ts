import type {
  ConfirmedEntry,
  EntryChange,
  ImportEntry,
  ImportedKind,
  KnownEntry,
  PackagePurchase,
  PlannedUpdate,
  StoredPurchase,
  StoredVersion,
} from "../../resources/import-jobs/import-job.model.js";

/** Reads and writes the entries of one import. */
export interface EntryLog {
  readonly jobId: string;
  known(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<readonly KnownEntry[]>;
  versions(kind: ImportedKind, recordIds: readonly string[]): Promise<readonly StoredVersion[]>;
  purchases(asked: readonly PackagePurchase[]): Promise<readonly StoredPurchase[]>;
  plan(entries: readonly ImportEntry[]): Promise<void>;
  planUpdates(updates: readonly PlannedUpdate[]): Promise<void>;
  confirm(entries: readonly ConfirmedEntry[]): Promise<void>;
  record(changes: readonly EntryChange[]): Promise<void>;
  forget(keys: readonly Pick<ImportEntry, "kind" | "key">[]): Promise<void>;
}
