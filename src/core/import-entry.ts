/** What an import remembers of a record, so that a later run recognizes it and an undo finds it. */
export interface NewEntry {
  /** Keyed hash of what identifies the record in its file. */
  readonly key: string;
  /** Hash of what the file says of the record. */
  readonly contentHash: string;
  readonly row: number;
}

/** What an erasure demands of the record that it erases. */
export interface ErasureCondition {
  /** Id of the import that made the record. Throws ETAG_MISMATCH if it has changed since. Absent means always. */
  readonly unlessChangedSince?: string;
}

/** The entries of a batch of an import, in the order of its items. */
export interface ImportEntries {
  readonly jobId: string;
  readonly entries: readonly NewEntry[];
}
