import { clone } from "@bufbuild/protobuf";
import { companyResourceSchema } from "../../api/company-resource.js";
import { countryOf, memoizePerCountry } from "../../api/country.js";
import { clientId } from "../../api/fields.js";
import {
  importAuthors,
  importedActors,
  importedTimes,
  importTimes,
  mismatchViolations,
} from "../../api/import-fields.js";
import { parse } from "../../api/parse.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest, type Violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import {
  type ImportPetRequest,
  ImportPetRequestSchema,
  PetAdminService,
} from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { importedPet } from "./nested-import.input.js";
import { toProtoPet } from "./pet.output.js";
import type { PetImports } from "./pet-import.service.js";

const requests = PetAdminService.method;

/** moego.admin.v1.PetAdminService */
export function createPetAdminHandlers(pets: PetImports): ServiceHandlers<typeof PetAdminService> {
  return {
    async importPet(request, { principal, write }) {
      const { companyId, id: petId, pet: given } = request;
      const found = [...ownerViolations(request), ...mismatchViolations("pet.id", petId, given?.id)];
      const schema = petImport(countryOf(principal, companyId));
      const { pet, ...input } = parse(requests.importPet.input, unnamed(request), schema, found);
      const { case: owner, value: ownerId } = request.owner;
      // The contract requires the pet, and ownerViolations the owner, so parse has refused a request without one.
      if (!pet || owner === undefined) throw invalidRequest([]);
      const kind = owner === "customerId" ? "customer" : "lead";
      return { pet: toProtoPet(await pets.import({ ...input, pet, owner: { kind, id: ownerId } }, principal, write)) };
    },
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

/** The pet without an id, times and authors of its own: the request says them. */
function unnamed(request: ImportPetRequest): ImportPetRequest {
  const bare = clone(ImportPetRequestSchema, request);
  if (!bare.pet) return bare;
  Object.assign(bare.pet, { id: "", createdBy: "", lastUpdatedBy: "" });
  delete bare.pet.createdTime;
  delete bare.pet.lastUpdatedTime;
  return bare;
}
