import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { createPet, minimalPet } from "../support/new-pet.js";
import type { TestServer } from "../support/server.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf } from "./rpc-fixture.js";

const rpc = PetService.method;

/** The rpcs of PetService that write. */
export const petRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(rpc.createPet),
    async prepare(server) {
      const { customerId } = await owned(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.createPet, { customerId, pet: { ...minimalPet, coat: variant } }, options),
        refuse: (options) => server.call(rpc.createPet, { customerId: "cus_a9", pet: minimalPet }, options),
      };
    },
  },
  {
    name: nameOf(rpc.updatePet),
    async prepare(server) {
      const pet = await owned(server);
      return {
        send: ({ variant = "A", ...options }) => server.call(rpc.updatePet, { ...pet, coat: variant }, options),
        refuse: (options) => server.call(rpc.updatePet, { ...pet, id: "pet_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.appendPetCodes),
    async prepare(server) {
      const pet = await owned(server);
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.appendPetCodes, { ...pet, petCodeIds: [variant ? "pc_a2" : "pc_a1"] }, options),
        refuse: (options) => server.call(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_z"] }, options),
      };
    },
  },
  {
    name: nameOf(rpc.deletePetCode),
    async prepare(server) {
      const pet = await owned(server);
      await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1", "pc_a2"] });
      return {
        send: ({ variant, ...options }) =>
          server.call(rpc.deletePetCode, { ...pet, petCodeId: variant ? "pc_a2" : "pc_a1" }, options),
        refuse: (options) => server.call(rpc.deletePetCode, { ...pet, petCodeId: "pc_z" }, options),
      };
    },
  },
  {
    name: nameOf(rpc.appendPetNotes),
    async prepare(server) {
      const pet = await owned(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(rpc.appendPetNotes, { ...pet, notes: [{ content: variant }] }, options),
        refuse: (options) =>
          server.call(rpc.appendPetNotes, { ...pet, id: "pet_z", notes: [{ content: "x" }] }, options),
      };
    },
  },
];

/** A new pet of a new customer. */
async function owned(server: TestServer): Promise<{ customerId: string; id: string }> {
  const { customerId, id } = await createPet(server);
  return { customerId, id };
}
