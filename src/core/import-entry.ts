/** What an import remembers of a record, so that a later run recognizes it and an undo finds it. */
export interface NewEntry {
  /** Keyed hash of what identifies the record in its file. */
  readonly key: string;
  /** Hash of what the file says of the record. */
  readonly contentHash: string;
  readonly row: number;
}

/** The entries of a batch of an import, in the order of its items. */
export interface ImportEntries {
  readonly jobId: string;
  readonly entries: readonly NewEntry[];
}
