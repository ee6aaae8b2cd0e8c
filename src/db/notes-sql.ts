import { listedNoteBytes, maxNotesInList, maxNotesInRecord } from "../core/note.js";

/** The notes of one record. */
interface NotesOf {
  readonly table: string;
  /** Condition on `note` that selects the record. */
  readonly where: string;
  /** Column of the text. */
  readonly text: string;
}

/** Limits the notes that are read with a record. */
export type NotesRead = (notes: NotesOf) => string;

/** The notes of a single record. A subquery without parentheses, unordered. */
export const recordNotesSql: NotesRead = ({ table, where }) => newest(table, where, maxNotesInRecord);

/** The notes of a record on a page. */
export const listNotesSql: NotesRead = (notes) => within(notes, maxNotesInList, `${listedNoteBytes}`);

/**
 * The notes of a record that is shown with a few others.
 *
 * @param bytes SQL of the total size of its texts
 */
export function notesWithinBytesSql(bytes: string): NotesRead {
  return (notes) => within(notes, maxNotesInRecord, bytes);
}

/** The size of a stored text is known without reading it. */
function within({ table, where, text }: NotesOf, count: number, bytes: string): string {
  return `SELECT * FROM (SELECT few.*, sum(octet_length(few.${text})) OVER (ORDER BY few.created_time DESC, few.id DESC) AS bytes
    FROM (${newest(table, where, count)}) few) counted WHERE bytes <= ${bytes}`;
}

function newest(table: string, where: string, count: number): string {
  return `SELECT note.* FROM ${table} note WHERE ${where} ORDER BY note.created_time DESC, note.id DESC LIMIT ${count}`;
}
