import { clone } from "@bufbuild/protobuf";
import { clientId, companyResourceSchema, memoizePerCountry, omitEmpty, optionalClientId } from "../../api/fields.js";
import { importAuthors, importTimes } from "../../api/import-fields.js";
import { importedPetNotes } from "../../api/note-fields.js";
import { type Violation, violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import { type ImportPetRequest, ImportPetRequestSchema } from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { pet, toNewPet, withRequiredPetFields } from "./pet.input.js";
import type { ImportedPet } from "./pet-import.model.js";

/** A pet migrated from another system. The pet and its notes can have ids, times and actors. */
export function importedPet(country: string, { breed }: { readonly breed: boolean }) {
  const schema = pet(country).extend({
    id: optionalClientId,
    notes: importedPetNotes,
    ...importTimes,
    ...importAuthors,
  });
  return withRequiredPetFields(schema, { ofAll: true, breed }).transform(
    ({ id, notes, createdTime, lastUpdatedTime, createdBy, lastUpdatedBy, ...parsed }): ImportedPet => ({
      ...{ ...toNewPet(parsed), notes },
      ...omitEmpty({ id, createdTime, lastUpdatedTime, createdBy, lastUpdatedBy }),
    }),
  );
}

/** Input of ImportPet, apart from the owner. */
export const petImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({ id: clientId, pet: importedPet(country, { breed: true }).optional(), ...importTimes, ...importAuthors })
    .transform(({ companyId, id: petId, pet: given, ...stated }) => ({
      ...{ companyId, id: petId },
      pet: given && { ...given, ...omitEmpty(stated) },
    })),
);

export function ownerViolations({ owner }: Pick<ImportPetRequest, "owner">): Violation[] {
  if (owner.case === undefined) return [violation("owner", "REQUIRED", "Required: set customer_id or lead_id.")];
  if (isId(owner.value)) return [];
  return [violation(owner.case === "customerId" ? "customer_id" : "lead_id", "INVALID_FORMAT", idFormat)];
}

/** Removes id, times and actors from the pet. Those of the request are used. */
export function withoutPetFacts(request: ImportPetRequest): ImportPetRequest {
  const bare = clone(ImportPetRequestSchema, request);
  if (!bare.pet) return bare;
  Object.assign(bare.pet, { id: "", createdBy: "", lastUpdatedBy: "" });
  delete bare.pet.createdTime;
  delete bare.pet.lastUpdatedTime;
  return bare;
}
