import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import {
  alreadyExistsError,
  erasedError,
  invalidRequest,
  notFoundInCompany,
  type Violation,
} from "../../core/errors.js";
import type { AccessFilter, Principal } from "../../core/principal.js";
import { authorViolations, timeViolations } from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import { type ImportedPet, type ImportedPetRecord, toImportedPetRecord } from "./nested-import.model.js";
import { type NestedRecordLookup, nestedNotes, nestedViolations } from "./nested-violations.service.js";
import { maxPets, maxPetsOfCustomer, type Pet } from "./pet.model.js";

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

export interface PetImports {
  import(input: PetImport, principal: Principal, write: WriteContext): Promise<Pet>;
}

/** The rules of moving pets here. */
export function createPetImports(pets: PetImportRepository): PetImports {
  return {
    async import(input, principal, write) {
      const { companyId, id, owner, pet } = input;
      const accessFilter = companyAccessFilter(requireCompanyAccess(principal, companyId));
      return pets.import({ accessFilter, companyId, id, owner }, write, async (unit) => {
        const violations = [
          ...timeViolations(pet, unit.now),
          ...(await authorViolations(unit, pet)),
          ...(await ownerViolations(unit, owner)),
          ...(await codeViolations(unit, pet.petCodeIds)),
          ...(await nestedViolations(unit, nestedNotes("petNote", "pet.notes", pet.notes))),
        ];
        if (violations.length > 0) throw invalidRequest(violations);
        if (await unit.exists()) throw alreadyExistsError("Pet", "id");
        await unit.insert(toImportedPetRecord({ ...pet, id }, { companyId, now: unit.now, write }));
        if (await unit.isErased()) throw erasedError("Pet", id);
      });
    },
  };
}

async function ownerViolations(unit: PetImportUnit, { kind }: PetOwner): Promise<Violation[]> {
  const field = `${kind}_id`;
  if (!unit.hasOwner) {
    return [{ field, reason: "NOT_FOUND", description: "Not found in this company, or archived." }];
  }
  const max = kind === "customer" ? maxPetsOfCustomer : maxPets;
  if ((await unit.countPets()) < max) return [];
  return [{ field: "pet", reason: "TOO_MANY", description: `Must leave the ${kind} with at most ${max} pets.` }];
}

async function codeViolations(unit: PetImportUnit, ids: readonly string[]): Promise<Violation[]> {
  const missing = await unit.missingCodes(ids);
  return ids.flatMap((id, index) =>
    missing.includes(id)
      ? [{ field: `pet.pet_codes[${index}].id`, reason: "NOT_FOUND", description: notFoundInCompany }]
      : [],
  );
}
