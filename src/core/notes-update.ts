import { listedIdViolations, type Violation } from "./errors.js";

/** The notes of an update of a customer or lead. */
export interface NotesUpdate {
  /** "append" keeps the notes that are not listed; "replace" removes them. */
  readonly write: "append" | "replace";
  /** An entry with an id edits that note. An entry without one adds a note. */
  readonly entries: readonly { readonly id?: string; readonly note: string }[];
}

/** The notes of a customer or lead. */
interface NotesUnit {
  findNotes(ids: readonly string[]): Promise<readonly { readonly id: string; readonly note: string }[]>;
  addNotes(texts: readonly string[]): Promise<unknown>;
  editNote(id: string, note: string): Promise<void>;
  /** Removes the others. */
  keepNotes(ids: readonly string[]): Promise<void>;
}

/** @param unknown description of an id that the record does not have */
export async function noteViolations(
  unit: NotesUnit,
  update: NotesUpdate | undefined,
  unknown: string,
): Promise<Violation[]> {
  const ids = notedIds(update);
  if (!update || ids.length === 0) return [];
  const known = new Set((await unit.findNotes(ids)).map((note) => note.id));
  return listedIdViolations(update.entries, { field: "notes", isKnown: (id) => known.has(id), unknown });
}

/** A note that is sent back as it is keeps its time and author. */
export async function applyNotes(unit: NotesUnit, update: NotesUpdate): Promise<void> {
  const ids = notedIds(update);
  const { write, entries } = update;
  if (write === "replace") await unit.keepNotes(ids);
  const stored = new Map((ids.length > 0 ? await unit.findNotes(ids) : []).map(({ id, note }) => [id, note]));
  for (const { id, note } of entries) if (id !== undefined && stored.get(id) !== note) await unit.editNote(id, note);
  const added = entries.flatMap(({ id, note }) => (id === undefined ? [note] : []));
  if (added.length > 0) await unit.addNotes(added);
}

/** The notes that an update edits or keeps. */
export function notedIds(update: NotesUpdate | undefined): string[] {
  return update?.entries.flatMap(({ id }) => id ?? []) ?? [];
}
