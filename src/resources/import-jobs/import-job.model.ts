import type { NewEntry } from "../../core/import-entry.js";
import type { WriteContext } from "../../core/write.js";

/** Kinds of records that an import stores. */
export type ImportedKind = "customer" | "lead" | "pet" | "package";

export interface ImportCounts {
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
}

/** One run of `moego import`. */
export interface ImportJob extends ImportCounts {
  readonly companyId: string;
  readonly id: string;
  /** Imports with the same name find the records of each other. */
  readonly name: string;
  /** Kind of the file: `customers`. */
  readonly kind: string;
  readonly state: "RUNNING" | "DONE" | "UNDONE";
  readonly startedTime: Date;
}

export interface NewImportJob extends Pick<ImportJob, "companyId" | "id" | "name" | "kind"> {
  /** SHA-256 of the file, in hexadecimal. */
  readonly fileDigest: string;
}

/** A record that an import stores, or is about to store. */
export interface ImportEntry extends NewEntry {
  readonly kind: ImportedKind;
  readonly recordId: string;
}

export interface KnownEntry extends ImportEntry {
  readonly jobId: string;
  /**
   * A record that is being updated may be updated or not. A run of a former version may have stored a planned one or not.
   */
  readonly state: "PLANNED" | "CREATED" | "UPDATING" | "UPDATED" | "LEFT";
  /** Of an update, as it was planned. */
  readonly undoRequest?: string;
}

/** An update that is about to be stored. */
export interface PlannedUpdate extends ImportEntry {
  /** What the update writes and what was there before, in JSON. */
  readonly undoRequest: string;
}

/** A record that is stored now. */
export interface StoredVersion {
  readonly id: string;
  readonly version: bigint;
  /** The customer or lead of a pet, or the customer of a package. Empty for others. */
  readonly ownerId: string;
}

/** A template that a customer bought on a day. */
export interface PackagePurchase {
  readonly customerId: string;
  readonly templateId: string;
  /** When the day begins, and when the next one does. */
  readonly since: Date;
  readonly until: Date;
}

/** An imported package of a purchase that was asked for. */
export interface StoredPurchase {
  /** Of the purchase in the list that was asked for. */
  readonly position: number;
  readonly recordId: string;
  readonly key: string;
}

/** An entry of a record that is already what the file says now. */
export interface ConfirmedEntry extends Pick<ImportEntry, "kind" | "key" | "contentHash"> {
  /** The import that the entry is of. */
  readonly jobId: string;
}

export interface EntryChange {
  readonly kind: ImportedKind;
  readonly key: string;
  readonly state: "CREATED" | "UPDATED" | "UNDONE" | "LEFT";
}

interface JobTarget {
  readonly companyId: string;
  readonly jobId: string;
}

/** Imports and the records that they stored. */
export interface ImportJobRepository {
  start(job: NewImportJob, write: WriteContext): Promise<void>;
  end(target: JobTarget, state: ImportJob["state"], counts: ImportCounts, write: WriteContext): Promise<void>;
  /** The newest import of the same file that was started with the same name and kind, and did not end. */
  unfinished(job: Omit<NewImportJob, "id">, signal: AbortSignal): Promise<string | undefined>;
  get(target: JobTarget, signal: AbortSignal): Promise<ImportJob | undefined>;
  /** The newest 100. */
  list(companyId: string, signal: AbortSignal): Promise<readonly ImportJob[]>;
  /** How many imports with the name were undone. */
  countUndone(companyId: string, name: string, signal: AbortSignal): Promise<number>;
  /** The newest entry of each key that was not undone. A package that an undo left counts as long as it is not deleted. */
  known(
    companyId: string,
    keys: readonly Pick<ImportEntry, "kind" | "key">[],
    signal: AbortSignal,
  ): Promise<readonly KnownEntry[]>;
  /** The packages that any import stored of these purchases, unless they are deleted. */
  purchases(
    companyId: string,
    asked: readonly PackagePurchase[],
    signal: AbortSignal,
  ): Promise<readonly StoredPurchase[]>;
  /** Writes entries of records that are stored already, and have none: an earlier run stored them without. */
  plan(target: JobTarget, entries: readonly ImportEntry[], write: WriteContext): Promise<void>;
  /** The same for updates of records. An update that an earlier run of the import planned keeps its request. */
  planUpdates(target: JobTarget, updates: readonly PlannedUpdate[], write: WriteContext): Promise<void>;
  /** Stores the hashes of what the file says now. An update that a killed run may have stored is stored. */
  confirm(companyId: string, entries: readonly ConfirmedEntry[], write: WriteContext): Promise<void>;
  /** An entry that is undone or left forgets the request that undoes it. */
  record(target: JobTarget, changes: readonly EntryChange[], write: WriteContext): Promise<void>;
  /** Removes entries whose records were refused. */
  forget(target: JobTarget, keys: readonly Pick<ImportEntry, "kind" | "key">[], write: WriteContext): Promise<void>;
  /** Entries to undo of one kind, ordered by key, behind a key. At most 500. */
  toUndo(target: JobTarget, kind: ImportedKind, after: string, signal: AbortSignal): Promise<readonly KnownEntry[]>;
  /** The versions of those records that are stored. */
  versions(
    companyId: string,
    kind: ImportedKind,
    recordIds: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly StoredVersion[]>;
}
