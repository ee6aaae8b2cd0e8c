import { clone } from "@bufbuild/protobuf";
import { clientId, companyResourceSchema, countryOf, memoizePerCountry } from "../../api/fields.js";
import {
  importAuthors,
  importedActors,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest, type Violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import {
  type ImportPetRequest,
  ImportPetRequestSchema,
  type PetAdminService,
} from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { importedPet } from "./nested-import.input.js";
import { toProtoPet } from "./pet.output.js";
import type { PetImports } from "./pet-import.service.js";

/** Handlers of `moego.admin.v1.PetAdminService`. */
export function createPetAdminHandlers(pets: PetImports): ServiceHandlers<typeof PetAdminService> {
  return {
    importPet: rpc(
      (request, { principal }, parse) => {
        const { companyId, id, owner } = request;
        const violations = [...ownerViolations(request), ...mismatchViolations("pet.id", id, request.pet?.id)];
        const { pet, ...input } = parse(petImport(countryOf(principal, companyId)), violations, unnamed(request));
        // Unreachable: the pet is REQUIRED in the contract, and `ownerViolations` has reported a missing owner.
        if (!pet || owner.case === undefined) throw invalidRequest([]);
        const kind = owner.case === "customerId" ? ("customer" as const) : ("lead" as const);
        return { ...input, pet, owner: { kind, id: owner.value } };
      },
      async (input, { principal, write }) => ({ pet: toProtoPet(await pets.import(input, principal, write)) }),
    ),
  };
}

const petImport = memoizePerCountry((country) =>
  companyResourceSchema
    .extend({ id: clientId, pet: importedPet(country).optional(), ...importTimes, ...importAuthors })
    .transform(({ companyId, id: petId, pet, ...stated }) => ({
      ...{ companyId, id: petId },
      pet: pet && { ...pet, ...importedTimes(stated), ...importedActors(stated) },
    })),
);

function ownerViolations({ owner }: ImportPetRequest): Violation[] {
  if (owner.case === undefined) {
    return [{ field: "owner", reason: "REQUIRED", description: "Required: set customer_id or lead_id." }];
  }
  if (isId(owner.value)) return [];
  const field = owner.case === "customerId" ? "customer_id" : "lead_id";
  return [{ field, reason: "INVALID_FORMAT", description: idFormat }];
}

/** Removes id, times and actors from the pet. Those of the request are used. */
function unnamed(request: ImportPetRequest): ImportPetRequest {
  const bare = clone(ImportPetRequestSchema, request);
  if (!bare.pet) return bare;
  Object.assign(bare.pet, { id: "", createdBy: "", lastUpdatedBy: "" });
  delete bare.pet.createdTime;
  delete bare.pet.lastUpdatedTime;
  return bare;
}
