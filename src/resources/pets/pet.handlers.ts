import { z } from "zod";
import { memoizePerCountry } from "../../api/country.js";
import { id, list } from "../../api/fields.js";
import { createdCursorOf, updatedCursorOf } from "../../api/page-order.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { parse } from "../../api/parse.js";
import type { Context, ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { PetService } from "../../gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newPet, petNotes } from "./pet.input.js";
import { maxPetCodes } from "./pet.model.js";
import { toProtoPet, toProtoPetCode, toProtoPetNote } from "./pet.output.js";
import type { Pets } from "./pet.service.js";
import { petsQuery } from "./pet-list.input.js";
import { petUpdate } from "./pet-update.input.js";

export interface PetHandlerDependencies {
  readonly pets: Pets;
  readonly pageTokens: PageTokens;
}

const requests = PetService.method;

/** moego.business.customer.v1.PetService. */
export function createPetHandlers({ pets, pageTokens }: PetHandlerDependencies): ServiceHandlers<typeof PetService> {
  return {
    async createPet(request, context) {
      const country = await countryOf(pets, { ...request, vet: request.pet?.vet }, context);
      const input = parse(requests.createPet.input, request, petCreate(country));
      // An absent pet is a violation by the contract's REQUIRED, which has been thrown.
      if (!input) throw invalidRequest([]);
      return { pet: toProtoPet(await pets.create(input, context.principal, context.write)) };
    },

    async updatePet(request, context) {
      const schema = petUpdate(await countryOf(pets, request, context));
      const input = parse(requests.updatePet.input, request, schema);
      return toProtoPet(await pets.update(input, context.principal, context.write));
    },

    async getPet(request, { principal, signal }) {
      const input = parse(requests.getPet.input, request, petName);
      return toProtoPet(await pets.get(input, principal, signal));
    },

    async listPets(request, { principal, signal }) {
      const { customerId } = parse(requests.listPets.input, request, ofCustomer);
      const found = await pets.listOfCustomer(customerId, principal, signal);
      return { pets: found.map(toProtoPet) };
    },

    async appendPetCodes(request, { principal, write }) {
      const input = parse(requests.appendPetCodes.input, request, codesAppend);
      const codes = await pets.appendCodes(input, principal, write);
      return { codes: codes.map(toProtoPetCode) };
    },

    async deletePetCode(request, { principal, write }) {
      const input = parse(requests.deletePetCode.input, request, codeName);
      await pets.removeCode(input, principal, write);
      return {};
    },

    async appendPetNotes(request, { principal, write }) {
      const input = parse(requests.appendPetNotes.input, request, notesAppend);
      const added = await pets.appendNotes(input, principal, write);
      return { notes: added.map(toProtoPetNote) };
    },

    async listPetNotes(request, context) {
      const input = parse(requests.listPetNotes.input, request, notesQuery);
      const page = pageTokens.open(request, context);
      const found = await pets.listNotes(input, page, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, createdCursorOf);
      return { notes: rows.map(toProtoPetNote), nextPageToken };
    },

    async listAllPets(request, context) {
      const { companyId, filter = {} } = parse(requests.listAllPets.input, request, petsQuery);
      const page = pageTokens.open(request, context);
      const found = await pets.list({ companyId, filter, page }, context.principal, context.signal);
      const { rows, nextPageToken } = page.close(found, filter.lastUpdated ? updatedCursorOf : createdCursorOf);
      return { pets: rows.map(toProtoPet), nextPageToken };
    },
  };
}

const ofCustomer = z.object({ customerId: id });
const petName = ofCustomer.extend({ id });
const petCreate = memoizePerCountry((country) =>
  ofCustomer
    .extend({ pet: newPet(country).optional() })
    .transform(({ customerId, pet }) => (pet ? { customerId, pet } : undefined)),
);
const codesAppend = petName.extend({ petCodeIds: list(id, maxPetCodes) });
const codeName = petName.extend({ petCodeId: id });
const notesAppend = petName.extend({ notes: petNotes });
const notesQuery = petName.extend({ pagination });

interface WithVet {
  readonly customerId: string;
  readonly vet?: { readonly phoneNumber: string } | undefined;
}

/** The company's country where a phone number needs one; a request names no company, so it can take a look-up. */
async function countryOf(pets: Pets, { customerId, vet }: WithVet, { principal, signal }: Context): Promise<string> {
  if (!vet?.phoneNumber || !isId(customerId)) return "";
  return pets.countryOf(customerId, principal, signal);
}
