import { authorsOf, type ImportAuthors, type ImportTimes, timesOf } from "../../core/record-import.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { PetAudit, PetRecord } from "./pet.model.js";

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

/** A pet that another system has kept, with when and by whom it was made and last changed. */
export interface ImportedPet extends Omit<PetRecord, "notes">, ImportTimes, ImportAuthors {
  readonly notes: readonly ImportedNote[];
}

/** A pet as an import stores it. */
export interface ImportedPetRecord extends Omit<PetRecord, "notes"> {
  readonly notes: readonly ImportedNoteRecord[];
  readonly stamp: PetAudit;
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
