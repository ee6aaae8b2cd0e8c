import { reachOf, visibilityWithin } from "./access.js";
import type { Caller, Visibility } from "./caller.js";
import { alreadyExists, erased, invalidRequest, type Violation } from "./errors.js";
import { maxPets, maxPetsOfCustomer, type Pet, type PetRecord, type PetStamp } from "./pet.js";
import {
  authorsOf,
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  type StaffLookup,
  timesOf,
  timeViolations,
} from "./record-import.js";
import type { Write } from "./write.js";

/** Whose pet it is. */
export interface PetOwner {
  readonly kind: "customer" | "lead";
  readonly id: string;
}

/** What ImportPet asks for, parsed. */
export interface PetImport extends ImportTimes, ImportAuthors {
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
  readonly pet: PetRecord;
}

export interface PetImportTarget {
  readonly visibility: Visibility;
  readonly companyId: string;
  readonly id: string;
  readonly owner: PetOwner;
}

/** The import of one pet inside one transaction; an error undoes all. */
export interface PetImportUnit extends StaffLookup {
  /** The stamp of the change, by the database's clock. */
  readonly now: Date;
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
  insert(pet: PetRecord, stamp: PetStamp): Promise<void>;
}

export interface PetImportRepository {
  /** Runs `work` unless the claim has an earlier answer, and returns the pet with the id. */
  import(target: PetImportTarget, write: Write, work: (unit: PetImportUnit) => Promise<void>): Promise<Pet>;
}

export interface PetImports {
  import(input: PetImport, caller: Caller, write: Write): Promise<Pet>;
}

/** The rules of moving pets here. */
export function createPetImports(pets: PetImportRepository): PetImports {
  return {
    async import(input, caller, write) {
      const { companyId, id, owner, pet } = input;
      const visibility = visibilityWithin(reachOf(caller, companyId));
      return pets.import({ visibility, companyId, id, owner }, write, async (unit) => {
        const violations = [
          ...timeViolations(input, unit.now),
          ...(await authorViolations(unit, input)),
          ...(await ownerViolations(unit, owner)),
          ...(await codeViolations(unit, pet.petCodeIds)),
        ];
        if (violations.length > 0) throw invalidRequest(violations);
        if (await unit.exists()) throw alreadyExists("Pet", "id");
        await unit.insert(pet, { ...timesOf(input, unit.now), ...authorsOf(input, write) });
        if (await unit.isErased()) throw erased("Pet", id);
      });
    },
  };
}

async function ownerViolations(unit: PetImportUnit, { kind }: PetOwner): Promise<Violation[]> {
  const field = `${kind}_id`;
  if (!unit.hasOwner) {
    return [{ field, reason: "NOT_FOUND", description: "Does not exist in the company, or is not in use." }];
  }
  const max = kind === "customer" ? maxPetsOfCustomer : maxPets;
  if ((await unit.countPets()) < max) return [];
  return [{ field: "pet", reason: "TOO_MANY", description: `A ${kind} has at most ${max} pets.` }];
}

async function codeViolations(unit: PetImportUnit, ids: readonly string[]): Promise<Violation[]> {
  const missing = await unit.missingCodes(ids);
  return ids.flatMap((id, index) =>
    missing.includes(id)
      ? [{ field: `pet.pet_codes[${index}].id`, reason: "NOT_FOUND", description: "Does not exist in the company." }]
      : [],
  );
}
