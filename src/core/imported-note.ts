/** A note that another system has kept. */

export interface ImportedNote {
  /** Absent = a new one. */
  readonly id?: string;
  readonly text: string;
  /** Absent = as of the record it belongs to. */
  readonly lastUpdatedTime?: Date;
  readonly lastUpdatedBy?: string;
}
/** A note as an import stores it. */

export interface ImportedNoteRecord {
  /** Absent = a new one. */
  readonly id?: string;
  readonly text: string;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
  readonly lastUpdatedBy: string;
}
/** Notes say when they were last written and not when they were made: that is taken to be the same. */

export function toImportedNoteRecords(
  notes: readonly ImportedNote[],
  stamp: { readonly time: Date; readonly author: string },
): ImportedNoteRecord[] {
  return notes.map(({ id, text, lastUpdatedTime = stamp.time, lastUpdatedBy = stamp.author }) => ({
    ...(id === undefined ? {} : { id }),
    ...{ text, createdTime: lastUpdatedTime, lastUpdatedTime, lastUpdatedBy },
  }));
}
