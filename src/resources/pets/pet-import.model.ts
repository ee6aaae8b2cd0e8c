import type { NestedRecordLookup } from "../../core/nested-records.js";
import type { AccessFilter } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { ImportedPet, ImportedPetRecord } from "./nested-import.model.js";
import type { Pet } from "./pet.model.js";

/** Whose pet it is. */
export interface PetOwner {
  readonly kind: "customer" | "lead";
  readonly id: string;
}
/** What ImportPet asks for, parsed. */

export interface PetImport {
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
  readonly pet: ImportedPet;
}
export interface PetImportTarget {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
}
/** The import of one pet inside one transaction; an error undoes all. */

export interface PetImportUnit extends NestedRecordLookup {
  /** Whether the owner is there, in use, and seen by the caller; it is then under lock. */
  readonly hasOwner: boolean;
  /** How many pets the owner has that are not archived. */
  countPets(): Promise<number>;
  /** Which of these codes do not exist in the company or are archived there. */
  missingCodes(ids: readonly string[]): Promise<readonly string[]>;
  /** Whether the company has or had a pet with the id. */
  exists(): Promise<boolean>;
  /** Whether a pet with the id was erased. Exact once the pet is stored: that waits for an erasure. */
  isErased(): Promise<boolean>;
  insert(pet: ImportedPetRecord): Promise<void>;
}
export interface PetImportRepository {
  /** Runs `work` unless the claim has an earlier answer, and returns the pet with the id. */
  import(target: PetImportTarget, write: WriteContext, work: (unit: PetImportUnit) => Promise<void>): Promise<Pet>;
}
