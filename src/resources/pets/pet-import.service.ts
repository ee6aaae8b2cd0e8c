import { companyAccessFilter, requireCompanyAccess } from "../../core/access.js";
import {
  alreadyExistsError,
  erasedError,
  invalidRequest,
  notFoundInCompany,
  type Violation,
} from "../../core/errors.js";
import { numberViolations } from "../../core/phone/judged-phone.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import {
  authorViolations,
  nestedNotes,
  nestedViolations,
  prefixPaths,
  timeViolations,
} from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import { checkCustomFields } from "../custom-fields/custom-field-check.service.js";
import { birthdayViolations, maxPets, maxPetsOfCustomer, type Pet, vetNumber } from "./pet.model.js";
import {
  type ImportedPet,
  leadScopeRequired,
  type PetImport,
  type PetImportRepository,
  type PetLookups,
  type PetOwner,
  toImportedPetRecord,
} from "./pet-import.model.js";

export interface PetImports {
  import(input: PetImport, principal: Principal, write: WriteContext): Promise<Pet>;
}

/** The rules of pet imports. */
export function createPetImports(pets: PetImportRepository): PetImports {
  return {
    async import(input, principal, write) {
      const { companyId, id, owner, pet } = input;
      const access = requireCompanyAccess(principal, companyId);
      requireLeadScope(owner, principal);
      const accessFilter = companyAccessFilter(access);
      return pets.import({ accessFilter, companyId, id, owner }, write, async (unit) => {
        const check = { access, association: "PET", write: "create", current: {}, given: pet.customFields } as const;
        const fields = await checkCustomFields(unit.customFields, check, write.signal);
        const violations = await petViolations(unit, { pet, owner, access, ofFields: fields.violations });
        if (violations.length > 0) throw invalidRequest(violations);
        if (await unit.exists()) throw alreadyExistsError("Pet", "id");
        const imported = { ...pet, id, customFields: fields.values };
        await unit.insert(toImportedPetRecord(imported, { companyId, now: unit.now, write }));
        if (await unit.isErased()) throw erasedError("Pet", id);
      });
    },
  };
}

/** @throws SCOPE_REQUIRED if the owner is a lead that the API key may not change */
export function requireLeadScope({ kind }: PetOwner, { scopes }: Principal): void {
  if (kind === "lead" && !scopes.has("lead:write")) throw leadScopeRequired("lead:write");
}

interface CheckedPet {
  readonly pet: ImportedPet;
  readonly owner: PetOwner;
  readonly access: CompanyAccess;
  /** Of its custom fields. */
  readonly ofFields: readonly Violation[];
}

/** What is wrong with a pet to import, or to create: that one has neither times nor authors nor ids of notes. */
export async function petViolations(
  unit: PetLookups,
  { pet, owner, access, ofFields }: CheckedPet,
): Promise<readonly Violation[]> {
  return [
    ...timeViolations(pet, unit.now),
    ...(await authorViolations(unit, pet)),
    ...(await ownerViolations(unit, owner)),
    ...(await codeViolations(unit, pet.petCodeIds)),
    ...numberViolations([vetNumber("pet.vet", pet.vet)], access),
    ...birthdayViolations("pet.birthday", { birthday: pet.birthday, timeZone: access.timeZone }),
    ...(await nestedViolations(unit, nestedNotes("petNote", "pet.notes", pet.notes))),
    ...prefixPaths("pet", ofFields),
  ];
}

async function ownerViolations(unit: PetLookups, { kind }: PetOwner): Promise<Violation[]> {
  const field = `${kind}_id`;
  if (!unit.hasOwner) {
    return [{ field, reason: "NOT_FOUND", description: "Not found in this company, or archived." }];
  }
  const max = kind === "customer" ? maxPetsOfCustomer : maxPets;
  if ((await unit.countPets()) < max) return [];
  return [{ field: "pet", reason: "TOO_MANY", description: `Must leave the ${kind} with at most ${max} pets.` }];
}

/** The codes that do not exist or are archived. */
export async function codeViolations(
  unit: Pick<PetLookups, "missingCodes">,
  ids: readonly string[],
): Promise<Violation[]> {
  const missing = await unit.missingCodes(ids);
  return ids.flatMap((id, index) =>
    missing.includes(id)
      ? [{ field: `pet.pet_codes[${index}].id`, reason: "NOT_FOUND", description: notFoundInCompany }]
      : [],
  );
}
