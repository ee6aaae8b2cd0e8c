import type { AccessFilter } from "../../core/access.js";
import { DomainError } from "../../core/errors.js";
import { type ImportedNote, type ImportedNoteRecord, toImportedNoteRecords } from "../../core/note.js";
import type { Scope } from "../../core/principal.js";
import {
  authorsOf,
  type ImportAuthors,
  type ImportTimes,
  type NestedRecordLookup,
  timesOf,
} from "../../core/record-import.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field.model.js";
import type { Pet, PetAudit, PetRecord } from "./pet.model.js";

/** The owner of a pet. */
export interface PetOwner {
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** The validated input of ImportPet. */
export interface PetImport {
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
  readonly pet: ImportedPet;
}

/** SCOPE_REQUIRED for a pet of a lead. */
export function leadScopeRequired(scope: Scope): DomainError {
  return new DomainError("SCOPE_REQUIRED", `Pets of a lead require the scope ${scope}.`, { metadata: { scope } });
}

export interface PetImportTarget {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
}

/** What the rules of a pet of a given owner look up. */
export interface PetLookups extends NestedRecordLookup {
  /** Whether the owner exists, is not archived and can be accessed. If so, it is locked. */
  readonly hasOwner: boolean;
  /** The number of pets of the owner that are not archived. */
  countPets(): Promise<number>;
  /** Those codes that do not exist in the company or are archived. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
}

/** The import of one pet within a transaction. An error rolls it back. */
export interface PetImportUnit extends PetLookups {
  /** The custom fields of the company, as this transaction sees them. */
  readonly customFields: CustomFieldRepository;
  /** Whether the company has or had a pet with this id. */
  exists(): Promise<boolean>;
  /**
   * Whether a pet with this id was erased. Reliable only after the pet is stored, because storing it waits for a
   * concurrent erasure.
   */
  isErased(): Promise<boolean>;
  insert(pet: ImportedPetRecord): Promise<void>;
}

export interface PetImportRepository {
  /** Runs `work` unless this is a replay, and returns the pet. */
  import(target: PetImportTarget, write: WriteContext, work: (unit: PetImportUnit) => Promise<void>): Promise<Pet>;
}

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
