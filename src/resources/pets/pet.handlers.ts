import { z } from "zod";
import { toListed } from "../../api/departure-message.js";
import { companyResourceSchema, countryOf, id, list, memoizePerCountry, omitEmpty, text } from "../../api/fields.js";
import { mismatchViolations } from "../../api/import-fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { createdCursorOf, createdOrUpdatedCursorOf, paged, pagedOrWhole } from "../../api/paged.js";
import { warnOfPhones } from "../../api/phone-fields.js";
import { archiving, type Context, rpc, rpcWithStored, type ServiceHandlers } from "../../api/rpc.js";
import { invalidRequest } from "../../core/errors.js";
import { isId } from "../../core/ids.js";
import { noteRule } from "../../core/text.js";
import type { PetAdminService } from "../../gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import type { PetService } from "../../gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newPet, petNotes, petStatusFilter, petsQuery } from "./pet.input.js";
import { maxPetCodes, vetNumber } from "./pet.model.js";
import { toProtoPet, toProtoPetCode, toProtoPetNote } from "./pet.output.js";
import type { Pets } from "./pet.service.js";
import type { PetAdmin } from "./pet-admin.service.js";
import { ownerViolations, petImport, withoutPetFacts } from "./pet-import.input.js";
import type { PetImports } from "./pet-import.service.js";
import { judgePetUpdate, petMask, petUpdate, toPetUpdate } from "./pet-update.input.js";

/** Handlers of `moego.business.customer.v1.PetService`. */
export function createPetHandlers(pets: Pets, pageTokens: PageTokens): ServiceHandlers<typeof PetService> {
  return {
    createPet: rpc(
      async (request, context, parse) => {
        const country = await countryOfOwner(pets, { ...request, vet: request.pet?.vet }, context);
        const created = parse(petCreate(country));
        // The contract requires the pet, so parse has refused a request without one.
        if (!created) throw invalidRequest([]);
        return created;
      },
      async (input, context) => {
        warnOfPhones(context, [], [vetNumber("pet.vet", input.pet.vet)]);
        return { pet: toProtoPet(await pets.create(input, context.principal, context.write)) };
      },
    ),

    updatePet: rpcWithStored(
      async (request, context, parse) => {
        const mask = petMask(request, context.emptyMembers);
        return toPetUpdate(
          parse(petUpdate(await countryOfOwner(pets, request, context)), mask.fields.violations),
          mask,
        );
      },
      {
        judge: async (request, context) =>
          judgePetUpdate(request, context, await countryOfOwner(pets, request, context)),
        read: (request, { principal, signal }) => pets.get(request, principal, signal),
      },
      async (input, context) => {
        warnOfPhones(context, [], [vetNumber("vet", input.vet)]);
        return toProtoPet(await pets.update(input, context.principal, context.write));
      },
    ),

    getPet: rpc(petName, async (input, { principal, signal }) => {
      return toProtoPet(await pets.get(input, principal, signal));
    }),

    listPets: pagedOrWhole(pageTokens, petsOfOwner, {
      find: (input, page, { principal, signal }) => pets.listOfOwner({ ...input, page }, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ pets: rows.map(toProtoPet), nextPageToken }),
    }),

    appendPetCodes: rpc(codesAppend, async (input, { principal, write }) => {
      const codes = await pets.appendCodes(input, principal, write);
      return { codes: codes.map(toProtoPetCode) };
    }),

    deletePetCode: rpc(codeName, async (input, { principal, write }) => {
      await pets.removeCode(input, principal, write);
      return {};
    }),

    appendPetNotes: rpc(notesAppend, async (input, { principal, write }) => {
      const added = await pets.appendNotes(input, principal, write);
      return { notes: added.map(toProtoPetNote) };
    }),

    updatePetNote: rpc(noteUpdate, async (input, { principal, write }) => {
      return { note: toProtoPetNote(await pets.updateNote(input, principal, write)) };
    }),

    deletePetNote: rpc(noteTarget, async (input, { principal, write }) => {
      await pets.removeNote(input, principal, write);
      return {};
    }),

    listPetNotes: paged(pageTokens, notesQuery, {
      find: (input, page, { principal, signal }) => pets.listNotes(input, page, principal, signal),
      order: createdCursorOf,
      respond: (rows, nextPageToken) => ({ notes: rows.map(toProtoPetNote), nextPageToken }),
    }),

    listAllPets: paged(pageTokens, petsQuery, {
      find: ({ companyId, filter = {} }, page, { principal, signal }) =>
        pets.list({ companyId, filter, page }, principal, signal),
      order: createdOrUpdatedCursorOf,
      respond: (rows, nextPageToken) => ({ pets: rows.map(toListed(toProtoPet)), nextPageToken }),
    }),
  };
}

const ofCustomer = z.object({ customerId: id });
const petsOfOwner = ofCustomer
  .extend({ pagination, statuses: petStatusFilter, showArchived: z.boolean() })
  .transform(({ statuses, ...input }) => ({ ...input, ...omitEmpty({ statuses }) }));
const petName = ofCustomer.extend({ id });
const petCreate = memoizePerCountry((country) =>
  ofCustomer
    .extend({ pet: newPet(country).optional() })
    .transform(({ customerId, pet }) => (pet ? { customerId, pet } : undefined)),
);
const codesAppend = petName.extend({ petCodeIds: list(id, maxPetCodes) });
const codeName = petName.extend({ petCodeId: id });
const notesAppend = petName.extend({ notes: petNotes });
const noteTarget = petName.extend({ noteId: id });
const noteUpdate = noteTarget.extend({ content: text(noteRule) });
const notesQuery = petName.extend({ pagination });

interface WithVet {
  readonly customerId: string;
  readonly vet?: { readonly phoneNumber: string } | undefined;
}

/**
 * The country for national phone numbers, looked up only if the request has one. The request does not name the company,
 * so this can take a query.
 */
async function countryOfOwner(
  pets: Pets,
  { customerId, vet }: WithVet,
  { principal, signal }: Context,
): Promise<string> {
  if (!vet?.phoneNumber || !isId(customerId)) return "";
  return pets.countryOf(customerId, principal, signal);
}

/** Handlers of `moego.admin.v1.PetAdminService`. */
export function createPetAdminHandlers(admin: PetAdmin, pets: PetImports): ServiceHandlers<typeof PetAdminService> {
  const { archive, restore } = archiving(admin, (pet) => ({ pet: toProtoPet(pet) }));
  return {
    archivePet: archive,
    restorePet: restore,

    movePet: rpc(petMove, async (input, { principal, write }) => {
      return { pet: toProtoPet(await admin.move(input, principal, write)) };
    }),

    erasePet: rpc(companyResourceSchema, async (input, { principal, write }) => {
      await admin.erase(input, principal, write);
      return {};
    }),

    importPet: rpc(
      (request, { principal }, parse) => {
        const { companyId, id, owner } = request;
        const violations = [...ownerViolations(request), ...mismatchViolations("pet.id", id, request.pet?.id)];
        const { pet, ...input } = parse(
          petImport(countryOf(principal, companyId)),
          violations,
          withoutPetFacts(request),
        );
        // Unreachable: the pet is REQUIRED in the contract, and `ownerViolations` has reported a missing owner.
        if (!pet || owner.case === undefined) throw invalidRequest([]);
        const kind = owner.case === "customerId" ? ("customer" as const) : ("lead" as const);
        return { ...input, pet, owner: { kind, id: owner.value } };
      },
      async (input, context) => {
        warnOfPhones(context, [], [vetNumber("pet.vet", input.pet.vet)]);
        return { pet: toProtoPet(await pets.import(input, context.principal, context.write)) };
      },
    ),
  };
}

const petMove = companyResourceSchema.extend({ customerId: id });
