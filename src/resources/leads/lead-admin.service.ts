import { alreadyExistsError, erasedError, invalidRequest } from "../../core/errors.js";
import { companyAccessFilter, type Principal, requireCompanyAccess } from "../../core/principal.js";
import {
  authorsOf,
  authorViolations,
  type ImportAuthors,
  type ImportTimes,
  type NestedRecord,
  nestedNotes,
  nestedViolations,
  timesOf,
  timeViolations,
} from "../../core/record-import.js";
import type { WriteContext } from "../../core/write.js";
import type { CustomFieldRepository } from "../custom-fields/custom-field-values.model.js";
import type { RecordName } from "../customers/customer-admin.service.js";
import { type ImportedPet, toImportedPetRecord } from "../pets/nested-import.model.js";
import { assertLead, type Lead, type LeadAdminRepository, type LeadImportUnit } from "./lead.model.js";
import { completeLead, type NewLeadWith } from "./lead.service.js";
import { leadReferenceViolations, prefixLeadPaths } from "./lead-references.service.js";

/** The validated input of ImportLead. */
export interface LeadImport extends RecordName, ImportTimes, ImportAuthors {
  /** Its pets can keep their ids, times, actors and notes. */
  readonly lead: NewLeadWith<ImportedPet>;
}

export interface LeadAdminDependencies {
  readonly leadAdmin: LeadAdminRepository;
  readonly customFields: CustomFieldRepository;
}

export interface LeadAdmin {
  archive(name: RecordName, principal: Principal, write: WriteContext): Promise<Lead>;
  restore(name: RecordName, principal: Principal, write: WriteContext): Promise<Lead>;
  erase(name: RecordName, principal: Principal, write: WriteContext): Promise<void>;
  import(input: LeadImport, principal: Principal, write: WriteContext): Promise<Lead>;
}

/** The rules of lead administration. */
export function createLeadAdmin({ leadAdmin, customFields }: LeadAdminDependencies): LeadAdmin {
  const targetOf = ({ companyId, id }: RecordName, principal: Principal) => ({
    accessFilter: companyAccessFilter(requireCompanyAccess(principal, companyId)),
    id,
  });
  return {
    archive: async (name, principal, write) => leadAdmin.setArchived(targetOf(name, principal), true, write),
    restore: async (name, principal, write) => leadAdmin.setArchived(targetOf(name, principal), false, write),
    erase: async (name, principal, write) => leadAdmin.erase(targetOf(name, principal), write),

    async import(input, principal, write) {
      const { companyId, id } = input;
      const access = requireCompanyAccess(principal, companyId);
      const { signal } = write;
      const { record, violations: faults } = await completeLead(input.lead, { access, customFields, signal });
      const stored = await leadAdmin.import(
        { companyId, id, accessFilter: companyAccessFilter(access) },
        write,
        async (unit) => {
          const references = await unit.missing(record);
          const petCodePaths = await missingCodePaths(unit, record.pets);
          const violations = [
            ...timeViolations(input, unit.now),
            ...(await authorViolations(unit, input)),
            ...(await nestedViolations(unit, record.pets.flatMap(nestedIn))),
            ...prefixLeadPaths([...faults, ...leadReferenceViolations({ references, petCodePaths })]),
          ];
          if (violations.length > 0) throw invalidRequest(violations);
          if (await unit.exists()) throw alreadyExistsError("Lead", "id");
          const stamp = { ...timesOf(input, unit.now), ...authorsOf(input, write) };
          const pets = record.pets.map((pet) => toImportedPetRecord(pet, { companyId, now: unit.now, write }));
          await unit.insert({ ...record, ...stamp, pets });
          if (await unit.isErased()) throw erasedError("Lead", id);
          for (const { id: petId } of pets) {
            if (petId !== undefined && (await unit.isPetErased(petId))) throw erasedError("Pet", petId);
          }
        },
      );
      return assertLead(stored);
    },
  };
}

function nestedIn({ id, notes, ...stated }: ImportedPet, position: number): NestedRecord[] {
  const { createdTime, lastUpdatedTime, createdBy, lastUpdatedBy } = stated;
  const field = `lead.pets[${position}]`;
  const pet: NestedRecord = {
    ...{ kind: "pet", field },
    ...(id === undefined ? {} : { id }),
    ...(createdTime ? { createdTime } : {}),
    ...(lastUpdatedTime ? { lastUpdatedTime } : {}),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(lastUpdatedBy === undefined ? {} : { lastUpdatedBy }),
  };
  return [pet, ...nestedNotes("petNote", `${field}.notes`, notes)];
}

async function missingCodePaths(unit: LeadImportUnit, pets: readonly ImportedPet[]): Promise<string[]> {
  const missing = new Set(await unit.missingPetCodes([...new Set(pets.flatMap((pet) => pet.petCodeIds))]));
  return pets.flatMap(({ petCodeIds }, position) =>
    petCodeIds.flatMap((code, index) => (missing.has(code) ? [`pets[${position}].pet_codes[${index}].id`] : [])),
  );
}
