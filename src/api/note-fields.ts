import { z } from "zod";
import type { ImportedNote } from "../core/note.js";
import { noteRule } from "../core/text.js";
import { list, omitEmpty, optionalClientId, optionalId, text } from "./fields.js";
import { moment } from "./google-types.js";
import { customIssue } from "./parse.js";

export const maxNotesPerCall = 50;

/**
 * Notes that are added: they have no id yet. Times and actor are set by the server, so values in the request are
 * ignored.
 */
export const newNotes = list(
  z
    .object({ id: z.string(), note: text(noteRule) })
    .superRefine(requireNoId)
    .transform(({ note }) => note),
  maxNotesPerCall,
);

/** Rule of a note that is added. */
export function requireNoId({ id }: { readonly id: string }, context: z.RefinementCtx): void {
  if (id === "") return;
  const issue = customIssue("NOT_ALLOWED", "Must be empty for a new note; the server assigns the id.");
  context.addIssue({ ...issue, path: ["id"] });
}

/** Notes of an update. A note with an id is edited, a note without one is added. */
export const notesUpdate = list(
  z
    .object({ id: optionalId, note: text(noteRule) })
    .transform(({ id: noteId, note }) => (noteId === "" ? { note } : { id: noteId, note })),
  maxNotesPerCall,
);

const importedNoteFacts = { id: optionalClientId, lastUpdatedBy: optionalId, lastUpdatedTime: moment.optional() };

/** Notes of a record migrated from another system. They can have ids, times and actors. */
export const importedNotes = list(
  z
    .object({ ...importedNoteFacts, note: text(noteRule) })
    .transform(({ note, ...facts }): ImportedNote => ({ text: note, ...omitEmpty(facts) })),
  maxNotesPerCall,
);

/** The same for pets, whose notes have their text in another field. */
export const importedPetNotes = list(
  z
    .object({ ...importedNoteFacts, content: text(noteRule) })
    .transform(({ content, ...facts }): ImportedNote => ({ text: content, ...omitEmpty(facts) })),
  maxNotesPerCall,
);
