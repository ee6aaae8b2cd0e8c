import type { Tables } from "../../src/demo/demo-rows.js";
import { Pet_Type } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { pet, petNote } from "../support/pet-rows.js";
import {
  byUpdate,
  company,
  descending,
  everything,
  type ListFixture,
  list,
  minute,
  numbers,
  placeOf,
  rowId,
  updateOf,
} from "./list-fixture.js";
import { type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const pets = PetService.method;
const ofPet = { customerId: "cus_a1", id: "pet_a1" };
const foreignIds = { customer_id: "cus_c1", id: "pet_c1" };
const code = "pc_a2";

/** The rpcs of PetService, for every-rpc.test.ts. */
export const petRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(pets.createPet, {
    request: { customerId: "cus_a1", pet: { name: "Bella", type: Pet_Type.DOG, breed: "Beagle" } },
    foreignIds: { customer_id: "cus_c1" },
  }),
  rpcFixture(pets.updatePet, { request: { ...ofPet, coat: "Smooth" }, foreignIds }),
  rpcFixture(pets.getPet, { request: ofPet, foreignIds }),
  rpcFixture(pets.listPets, { request: { customerId: "cus_a1" }, foreignIds: { customer_id: "cus_c1" } }),
  rpcFixture(pets.appendPetCodes, { request: { ...ofPet, petCodeIds: [code] }, foreignIds }),
  rpcFixture(pets.deletePetCode, {
    request: async (server) => {
      await server.ok(pets.appendPetCodes, { ...ofPet, petCodeIds: [code] });
      return { ...ofPet, petCodeId: code };
    },
    foreignIds: { ...foreignIds, pet_code_id: "pc_c1" },
  }),
  rpcFixture(pets.appendPetNotes, { request: { ...ofPet, notes: [{ content: "Likes water" }] }, foreignIds }),
  rpcFixture(pets.listPetNotes, { request: { ...ofPet, pagination: {} }, foreignIds }),
  rpcFixture(pets.listAllPets, { request: { companyId: "cmp_a", pagination: {} } }),
];

const owner = rowId(0);
const row = (id: string, created: number, updated: number) =>
  pet(company, id, owner, minute(created), { last_updated_time: minute(updated) });
const noteRow = (id: string, place: number) => petNote(company, id, owner, minute(place));

/** Rows for the lists of pets; the customers must be there. */
export const petListTables: Tables = [
  ["pet", numbers.map((n) => row(rowId(n), placeOf(n), updateOf(n)))],
  ["pet_note", numbers.map((n) => noteRow(rowId(n), placeOf(n)))],
];

/** The paged lists of PetService, for lists.test.ts. */
export const petListFixtures: readonly ListFixture[] = [
  list(pets.listAllPets, "newest first", {
    request: { companyId: company },
    otherRequest: { companyId: company, filter: { customerIds: [owner] } },
    ids: descending,
    table: "pet",
    stranger: (id, place) => row(id, place, 0),
  }),
  list(pets.listAllPets, "in the order of change under a last_updated_time filter", {
    request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
    otherRequest: { companyId: company },
    ids: byUpdate,
    table: "pet",
    stranger: (id, place) => row(id, 0, place),
  }),
  list(pets.listPetNotes, "newest first", {
    request: { customerId: owner, id: owner },
    otherRequest: { customerId: owner, id: rowId(1) },
    ids: descending,
    table: "pet_note",
    stranger: noteRow,
  }),
];
