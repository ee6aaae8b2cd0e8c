import { targetIn } from "../../core/access.js";
import type { CompanyResource } from "../../core/company-resource.js";
import { type DomainError, erasedError, invalidRequest, notFoundInCompany, violation } from "../../core/errors.js";
import type { ErasureCondition } from "../../core/import-entry.js";
import type { Principal, Scope } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { maxPets, maxPetsOfCustomer } from "./pet.model.js";
import type { CompanyPetTarget, PetAdminRepository } from "./pet-admin.model.js";

/** The validated input of MovePet. */
interface PetMove extends CompanyResource {
  /** The new owner. */
  readonly customerId: string;
}

export type PetAdmin = ReturnType<typeof createPetAdmin>;

/** The rules of pet administration. */
export function createPetAdmin(pets: PetAdminRepository) {
  return {
    async setArchived(name: CompanyResource, archived: boolean, principal: Principal, write: WriteContext) {
      return pets.setArchived(target(principal, name, "lead:write"), archived, write, async ({ owner, countPets }) => {
        const max = owner === "customer" ? maxPetsOfCustomer : maxPets;
        if ((await countPets()) >= max) throw tooManyPets("id", owner, max);
      });
    },

    async move({ customerId, ...name }: PetMove, principal: Principal, write: WriteContext) {
      return pets.move(target(principal, name, "lead:write"), customerId, write, async (found) => {
        switch (found.state) {
          case "absent":
            throw invalidRequest([violation("customer_id", "NOT_FOUND", notFoundInCompany)]);
          case "archived":
            throw invalidRequest([violation("customer_id", "ARCHIVED", "Must not be archived; restore it first.")]);
          case "erased":
            throw erasedError("Customer", customerId);
          case "found":
            if ((await found.countPets()) >= maxPetsOfCustomer) {
              throw tooManyPets("customer_id", "customer", maxPetsOfCustomer);
            }
            return;
          default:
            return found satisfies never;
        }
      });
    },

    async erase(name: CompanyResource, principal: Principal, write: WriteContext, condition?: ErasureCondition) {
      return pets.erase(target(principal, name, "lead:erase"), write, condition);
    },
  };
}

function target(principal: Principal, name: CompanyResource, scope: Scope): CompanyPetTarget {
  return { ...targetIn(principal, name), leadScope: { scope, isGranted: principal.scopes.has(scope) } };
}

function tooManyPets(field: string, owner: "customer" | "lead", max: number): DomainError {
  return invalidRequest([violation(field, "TOO_MANY", `Must leave the ${owner} with at most ${max} pets.`)]);
}
