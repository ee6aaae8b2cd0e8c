import type { AccessFilter } from "../../core/access.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import type { WriteContext } from "../../core/write.js";
import type { Pet, PetOwnerTarget } from "./pet.model.js";

/** A pet of a company, whose owner the request does not name. */
export interface CompanyPetTarget extends Pick<PetOwnerTarget, "leadScope"> {
  readonly accessFilter: AccessFilter;
  readonly companyId: string;
  readonly id: string;
}

/** The owner that a pet is added to, within a transaction that has locked it. */
export interface OwnerOfMore {
  readonly owner: "customer" | "lead";
  /** The number of pets of the owner that are not archived. */
  countPets(): Promise<number>;
}

/** The new owner of a pet, within a transaction that has locked it. */
export type MoveTarget =
  | { readonly state: "found"; countPets(): Promise<number> }
  | { readonly state: "absent" | "archived" | "erased" };

/**
 * Storage of pet administration. Methods throw NOT_FOUND if the principal cannot access the owner of the pet, and
 * SCOPE_REQUIRED without the scope for pets of leads.
 */
export interface PetAdminRepository {
  /** Archives or restores the pet. Runs `admit` before it is restored; an error refuses that. */
  setArchived(
    target: CompanyPetTarget,
    archived: boolean,
    write: WriteContext,
    admit: (owner: OwnerOfMore) => Promise<void>,
  ): Promise<Pet>;
  /** Gives the pet of a customer to another one. Runs `admit` before; an error refuses it. */
  move(
    target: CompanyPetTarget,
    customerId: string,
    write: WriteContext,
    admit: (found: MoveTarget) => Promise<void>,
  ): Promise<Pet>;
  /** Erases the pet with its notes, codes and vaccinations (docs/erasure.md). */
  erase(target: CompanyPetTarget, write: WriteContext, condition?: ErasureCondition): Promise<void>;
}
