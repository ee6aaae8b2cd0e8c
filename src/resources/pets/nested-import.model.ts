import { type ImportedNote, type ImportedNoteRecord, toImportedNoteRecords } from "../../core/note.js";
import { authorsOf, type ImportAuthors, type ImportTimes, timesOf } from "../../core/record-import.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { PetAudit, PetRecord } from "./pet.model.js";

/** A pet migrated from another system, with the times and actors of its creation and last update. */
export interface ImportedPet extends Omit<PetRecord, "notes">, ImportTimes, ImportAuthors {
  readonly notes: readonly ImportedNote[];
}

/** An imported pet as it is stored. */
export interface ImportedPetRecord extends Omit<PetRecord, "notes"> {
  readonly notes: readonly ImportedNoteRecord[];
  readonly stamp: PetAudit;
}

export interface PetImportContext {
  readonly companyId: string;
  readonly now: Date;
  readonly write: WriteContext;
}

export function toImportedPetRecord(
  { notes, ...pet }: ImportedPet,
  { companyId, now, write }: PetImportContext,
): ImportedPetRecord {
  const stamp = { ...timesOf(pet, now), ...authorsOf({ ...pet, companyId }, write) };
  const ofNotes = { time: now, author: actingStaffId(write, companyId) };
  return { ...pet, notes: toImportedNoteRecords(notes, ofNotes), stamp };
}
