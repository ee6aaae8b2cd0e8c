import { z } from "zod";
import { noteRule } from "../core/text.js";
import { list, optionalId, text } from "./fields.js";
import { customIssue } from "./parse.js";

/** Most notes, fields and filter values of one call. */
export const maxNotesPerCall = 50;
/** A note of a new customer or an append: it has no id yet. Its times and author are ours and ignored. */

export const newNotes = list(
  z
    .object({ id: z.string(), note: text(noteRule) })
    .superRefine((note, context) => {
      if (note.id !== "")
        context.addIssue({
          ...customIssue("NOT_ALLOWED", "Must be empty for a new note; the server assigns the id."),
          path: ["id"],
        });
    })
    .transform(({ note }) => note),
  maxNotesPerCall,
);
/** A note of an update: with an id an existing one, without a new one. */

export const notesUpdate = list(
  z
    .object({ id: optionalId, note: text(noteRule) })
    .transform(({ id: noteId, note }) => (noteId === "" ? { note } : { id: noteId, note })),
  maxNotesPerCall,
);
