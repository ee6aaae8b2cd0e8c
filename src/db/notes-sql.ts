import { listedNoteBytes, maxNotesInList, maxNotesInRecord } from "../core/note.js";

/** The notes of one record. */
export interface NotesOf {
  readonly table: string;
  /** Condition on `note` that names the record. */
  readonly where: string;
  /** Column of the text. */
  readonly text: string;
}

/** How much of a record's notes is read with it. */
export type NotesRead = (notes: NotesOf) => string;

/** What a record carries that was asked for by itself. A subquery, without parentheses, in any order. */
export const recordNotesSql: NotesRead = ({ table, where }) => newest(table, where, maxNotesInRecord);

/** What a record carries on a page of many. */
export const listNotesSql: NotesRead = (notes) => within(notes, maxNotesInList, `${listedNoteBytes}`);

/**
 * What a record carries that is shown with a few others.
 *
 * @param bytes SQL, how many its texts may take together
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
