import { z } from "zod";
import { address } from "../../api/address-fields.js";
import { list, optionalClientId, optionalId, text } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { importAuthors, importedActors, importedTimes, importTimes } from "../../api/import-fields.js";
import { maxNotesPerCall } from "../../api/note-fields.js";
import { customIssue } from "../../api/parse.js";
import { isClientAssignableId, isId, reservedIdPrefix } from "../../core/ids.js";
import type { ImportedNote } from "../../core/note.js";
import { noteRule } from "../../core/text.js";
import type { ImportedPet } from "./nested-import.model.js";
import { pet, toNewPet, withRequiredPetFields } from "./pet.input.js";

/** Fields of a note apart from its text. */
const noteFacts = { id: optionalClientId, lastUpdatedBy: optionalId, lastUpdatedTime: moment.optional() };

export const importedNotes = list(
  z.object({ ...noteFacts, note: text(noteRule) }).transform(({ note, ...facts }) => toImportedNote(note, facts)),
  maxNotesPerCall,
);

const importedPetNotes = list(
  z
    .object({ ...noteFacts, content: text(noteRule) })
    .transform(({ content, ...facts }) => toImportedNote(content, facts)),
  maxNotesPerCall,
);

export const importedAddress = address
  .superRefine(({ id }, context) => {
    if (isId(id) && !isClientAssignableId(id))
      context.addIssue({ ...customIssue("NOT_ALLOWED", reservedIdPrefix), path: ["id"] });
  })
  .transform(({ id, record }) => ({ ...record, ...(id === "" ? {} : { id }) }));

/** A pet migrated from another system. The pet and its notes can have ids, times and actors. */
export function importedPet(country: string) {
  const schema = pet(country).extend({
    id: optionalClientId,
    notes: importedPetNotes,
    ...importTimes,
    ...importAuthors,
  });
  return withRequiredPetFields(schema, true).transform(
    ({ id, notes, createdTime, lastUpdatedTime, createdBy, lastUpdatedBy, ...parsed }): ImportedPet => ({
      ...{ ...toNewPet(parsed), notes },
      ...(id === "" ? {} : { id }),
      ...importedTimes({ createdTime, lastUpdatedTime }),
      ...importedActors({ createdBy, lastUpdatedBy }),
    }),
  );
}

function toImportedNote(
  words: string,
  { id, lastUpdatedBy, lastUpdatedTime }: { id: string; lastUpdatedBy: string; lastUpdatedTime?: Date | undefined },
): ImportedNote {
  return {
    text: words,
    ...(id === "" ? {} : { id }),
    ...(lastUpdatedBy === "" ? {} : { lastUpdatedBy }),
    ...(lastUpdatedTime ? { lastUpdatedTime } : {}),
  };
}
