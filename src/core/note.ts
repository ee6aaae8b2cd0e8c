import { requireFound } from "./company-resource.js";

export interface Note {
  readonly id: string;
  readonly note: string;
  /** Staff id. Empty if no staff member made the change. */
  readonly lastUpdatedBy: string;
  readonly lastUpdatedTime: Date;
}

/** A note that an earlier request added and that was deleted since. */
export interface DeletedNote {
  readonly id: string;
}

/** A change of the notes of a record. */
export interface NoteChange {
  /** Texts of new notes. */
  readonly added?: readonly string[];
  readonly edited?: readonly { readonly id: string; readonly note: string }[];
  readonly removedIds?: readonly string[];
}

/** A change of notes that depends on those that the record has. */
export interface NotesEdit {
  /** The notes that it asks for. */
  readonly noteIds: readonly string[];
  /** The texts that it adds or replaces. */
  readonly texts: readonly string[];
  /** @param asked those of the notes that the record has */
  decide(asked: readonly Note[]): NoteChange;
}

export function appendNotes(added: readonly string[]): NotesEdit {
  return { noteIds: [], texts: added, decide: () => ({ added }) };
}

/** Throws NOT_FOUND if the record does not have the note. */
export function editNote(noteId: string, note: string): NotesEdit {
  return {
    ...{ noteIds: [noteId], texts: [note] },
    decide: ([found]) => ({ edited: [{ id: requireFound(found, "Note", noteId).id, note }] }),
  };
}

/** Throws NOT_FOUND if the record does not have the note. */
export function removeNote(noteId: string): NotesEdit {
  return {
    ...{ noteIds: [noteId], texts: [] },
    decide: ([found]) => ({ removedIds: [requireFound(found, "Note", noteId).id] }),
  };
}

/** What a change of notes wrote, now or at the first request. */
export interface WrittenNotes {
  readonly resourceIds: readonly string[];
  /** Those that still exist. */
  readonly notes: readonly Note[];
}

/** The notes with these ids, in this order, also those that were deleted since. */
export function writtenNotes<Stored extends DeletedNote>({
  resourceIds,
  notes,
}: {
  readonly resourceIds: readonly string[];
  readonly notes: readonly Stored[];
}): (Stored | DeletedNote)[] {
  const stored = new Map(notes.map((note) => [note.id, note]));
  return resourceIds.map((id) => stored.get(id) ?? { id });
}

/** Number of newest notes in a single customer. ListCustomerNotes returns all of them. */
export const maxNotesInRecord = 50;

/**
 * Number of newest notes per customer or pet in a list, limited further by the total size of their texts in UTF-8
 * bytes.
 */
export const maxNotesInList = 10;
export const listedNoteBytes = 4096;

/** A note migrated from another system. */
export interface ImportedNote {
  /** Absent: the server generates one. */
  readonly id?: string;
  readonly text: string;
  /** Absent: the value of the record that the note belongs to. */
  readonly lastUpdatedTime?: Date;
  readonly lastUpdatedBy?: string;
}

export interface ImportedNoteRecord {
  /** Absent: the server generates one. */
  readonly id?: string;
  readonly text: string;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
  readonly lastUpdatedBy: string;
}

/** A note contains only the time of its last update, which is also stored as its creation time. */
export function toImportedNoteRecords(
  notes: readonly ImportedNote[],
  stamp: { readonly time: Date; readonly author: string },
): ImportedNoteRecord[] {
  return notes.map(({ id, text, lastUpdatedTime = stamp.time, lastUpdatedBy = stamp.author }) => ({
    ...(id === undefined ? {} : { id }),
    ...{ text, createdTime: lastUpdatedTime, lastUpdatedTime, lastUpdatedBy },
  }));
}
