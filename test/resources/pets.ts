import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { createCustomer } from "../faults/world.js";
import { adminPath, done, newId, someTime } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { petsOfOwners, planted } from "../reliability/tenancy/planted.js";
import { createPet, minimalPet } from "../support/new-pet.js";
import { pet, petNote } from "../support/pet-rows.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { yearsBefore2025 } from "./list-calls.js";
import { petMask } from "./pet-mask.js";
import { onWhole } from "./repeat.js";
import { bringsAuthors, bringsIds } from "./tenancy.js";
import { pagination, reading, times } from "./texts.js";
import { byUpdate, company, descending, everything, minute, numbers, placeOf, rowId, updateOf } from "./walk.js";

const rpc = PetService.method;
const { archivePet, restorePet, movePet, erasePet, importPet } = PetAdminService.method;
const companyId = "cmp_a";
const ofPet = { customerId: "cus_a1", id: "pet_a1" };
const foreignIds = { customer_id: "cus_c1", id: "pet_c1" };
const ofPetC = { id: "pet_c1" };
const ofNoteC = { ...foreignIds, note_id: "pxn_c1" };
const code = "pc_a2";

/** Calls about pets of a lead, and about a pet that the tenant's namesake of a lead does not have. */
const ofLead = {
  calls: [
    { name: "a pet of a lead", ids: { customer_id: "lcus_a1", id: "pet_l1" } },
    { name: "a pet of the neighbour's lead", ids: { customer_id: "lcus_a1", id: planted.petOfLead } },
    { name: "of a lead promoted to the neighbour's customer", ids: { customer_id: planted.promotedLead } },
  ],
};

/** A pet whose namesake has other codes, notes and vaccinations. */
const ofBoth = { calls: [{ name: "a pet of both", ids: { id: "pet_a1" } }] };
const noteOfNeighbour = { calls: [{ name: "a note of the neighbour's pet", ids: { note_id: planted.petNote } }] };

/** A pet with places for texts. */
export const petWithTexts = {
  ...minimalPet,
  vaccinations: times(3, {}),
  vet: {},
  notes: times(5, {}),
  externalIds: [{ system: "texts" }],
};
const read = (named: { readonly customerId: string; readonly id: string }) => reading(rpc.getPet, named);

/** A new pet of a new customer. */
async function made(server: TestServer): Promise<{ customerId: string; id: string }> {
  const { customerId, id } = await createPet(server);
  return { customerId, id };
}

/** The same, as an administrator names it. */
async function inCompany(server: TestServer) {
  return { companyId, id: (await made(server)).id };
}

async function archived(server: TestServer) {
  const named = await inCompany(server);
  await server.ok(archivePet, named);
  return named;
}

/** A new pet with two notes. */
async function noted(server: TestServer) {
  const { customerId, id, notes } = await createPet(server, { notes: [{ content: "One" }, { content: "Two" }] });
  return { of: { customerId, id }, noteIds: notes.map((note) => note.id) };
}

const ownedBy = (value: string) => ({ owner: { case: "customerId", value } }) as const;

/** The customer of each pet that the fault suite has imported. */
const owners = new Map<string, string>();

const owner = rowId(0);
const row = (id: string, created: number, updated: number) =>
  pet(company, id, owner, minute(created), { last_updated_time: minute(updated) });
const noteRow = (id: string, place: number) => petNote(company, id, owner, minute(place));

export const pets: readonly RpcEntry[] = [
  entry(rpc.createPet, {
    request: { customerId: "cus_a1", pet: minimalPet },
    foreignIds: { customer_id: "cus_c1" },
    async repeat(server) {
      const { customerId } = await made(server);
      return {
        good: { customerId, pet: { ...minimalPet, coat: "A" } },
        other: { customerId, pet: { ...minimalPet, coat: "B" } },
        bad: { customerId: "cus_a9", pet: minimalPet },
      };
    },
    texts: {
      request: async (server) => ({ customerId: (await madeCustomer(server)).id, pet: petWithTexts }),
      reading: (response, { customerId }) => read({ customerId, id: response.pet?.id ?? "" }),
    },
    tenancy: {
      calls: [
        { name: "of a lead", ids: { customer_id: "lcus_a1" } },
        ...petsOfOwners.flatMap(({ key: repeats }) =>
          [locationKey, keyOfBoth].map((key) => ({ name: `${repeats}, sent again by ${key.id}`, repeats, key })),
        ),
      ],
    },
  }),
  entry(rpc.updatePet, {
    request: { ...ofPet, coat: "Smooth" },
    foreignIds,
    async repeat(server) {
      const named = await made(server);
      return { good: { ...named, coat: "A" }, other: { ...named, coat: "B" }, bad: { ...named, id: "pet_z" } };
    },
    mask: petMask,
    texts: {
      request: async (server) => ({ ...(await made(server)), vet: {}, vaccinations: times(3, {}) }),
      reading: (_, { customerId, id }) => read({ customerId, id }),
    },
    tenancy: ofLead,
  }),
  entry(rpc.getPet, { request: ofPet, foreignIds, tenancy: ofLead }),
  entry(rpc.listPets, {
    request: { customerId: "cus_a1" },
    foreignIds: { customer_id: "cus_c1" },
    tenancy: {
      calls: [
        { name: "of a lead", ids: { customer_id: "lcus_a1" } },
        { name: "of a lead promoted to the neighbour's customer", ids: { customer_id: planted.promotedLead } },
      ],
    },
  }),
  entry(rpc.appendPetCodes, {
    request: { ...ofPet, petCodeIds: [code] },
    foreignIds,
    async repeat(server) {
      const named = await made(server);
      return {
        good: { ...named, petCodeIds: ["pc_a1"] },
        other: { ...named, petCodeIds: ["pc_a2"] },
        bad: { ...named, petCodeIds: ["pc_z"] },
      };
    },
  }),
  entry(rpc.deletePetCode, {
    async request(server) {
      await server.ok(rpc.appendPetCodes, { ...ofPet, petCodeIds: [code] });
      return { ...ofPet, petCodeId: code };
    },
    foreignIds: { ...foreignIds, pet_code_id: "pc_c1" },
    async repeat(server) {
      const named = await made(server);
      await server.ok(rpc.appendPetCodes, { ...named, petCodeIds: ["pc_a1", "pc_a2"] });
      return {
        good: { ...named, petCodeId: "pc_a1" },
        other: { ...named, petCodeId: "pc_a2" },
        bad: { ...named, petCodeId: "pc_z" },
      };
    },
  }),
  entry(rpc.appendPetNotes, {
    request: { ...ofPet, notes: [{ content: "Likes water" }] },
    foreignIds,
    async repeat(server) {
      const named = await made(server);
      return {
        good: { ...named, notes: [{ content: "A" }] },
        other: { ...named, notes: [{ content: "B" }] },
        bad: { ...named, id: "pet_z", notes: [{ content: "x" }] },
      };
    },
    texts: {
      request: async (server) => ({ ...(await made(server)), notes: times(20, {}) }),
      reading: (_, { customerId, id }) => reading(rpc.listPetNotes, { customerId, id, pagination }),
    },
  }),
  entry(rpc.updatePetNote, {
    request: { ...ofPet, noteId: "pxn_a1", content: "Changed" },
    foreignIds: ofNoteC,
    async repeat(server) {
      const { of, noteIds } = await noted(server);
      const [noteId = ""] = noteIds;
      return {
        good: { ...of, noteId, content: "A" },
        other: { ...of, noteId, content: "B" },
        bad: { ...of, noteId: "pxn_z", content: "x" },
      };
    },
    texts: {
      async request(server) {
        const { of, noteIds } = await noted(server);
        return { ...of, noteId: noteIds[0] ?? "" };
      },
      reading: (_, { customerId, id }) => reading(rpc.listPetNotes, { customerId, id, pagination }),
    },
    tenancy: noteOfNeighbour,
  }),
  entry(rpc.deletePetNote, {
    async request(server) {
      const { notes } = await server.ok(rpc.appendPetNotes, { ...ofPet, notes: [{ content: "To go" }] });
      return { ...ofPet, noteId: notes[0]?.id ?? "" };
    },
    foreignIds: ofNoteC,
    async repeat(server) {
      const { of, noteIds } = await noted(server);
      const [noteId = "", otherId = ""] = noteIds;
      return { good: { ...of, noteId }, other: { ...of, noteId: otherId }, bad: { ...of, noteId: "pxn_z" } };
    },
    tenancy: noteOfNeighbour,
  }),
  entry(rpc.listPetNotes, {
    request: { ...ofPet, pagination: {} },
    foreignIds,
    rows: [
      ["pet", numbers.map((n) => row(rowId(n), placeOf(n), updateOf(n)))],
      ["pet_note", numbers.map((n) => noteRow(rowId(n), placeOf(n)))],
    ],
    walks: [
      {
        order: "newest first",
        request: { customerId: owner, id: owner },
        otherRequest: { customerId: owner, id: rowId(1) },
        ids: descending,
        table: "pet_note",
        stranger: noteRow,
      },
    ],
    tenancy: {
      calls: [{ name: "a pet of the neighbour", ids: { customer_id: "cus_a1", id: planted.pet } }, ...ofLead.calls],
    },
  }),
  entry(rpc.listAllPets, {
    request: { companyId, pagination: {} },
    tenancy: {
      calls: [
        ...[{}, { customerIds: ["cus_a1"] }].map((filter) => ({
          ...{ name: "by change", json: { filter: { ...filter, lastUpdatedTime: yearsBefore2025 } } },
        })),
        {
          name: "an external id of the neighbour",
          json: { filter: { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] } },
        },
      ],
    },
    walks: [
      {
        order: "newest first",
        request: { companyId: company },
        otherRequest: { companyId: company, filter: { customerIds: [owner] } },
        ids: descending,
        table: "pet",
        stranger: (id, place) => row(id, place, 0),
      },
      {
        order: "in the order of change under a last_updated_time filter",
        request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
        otherRequest: { companyId: company },
        ids: byUpdate,
        table: "pet",
        stranger: (id, place) => row(id, 0, place),
      },
    ],
    changing: {
      name: "pets",
      path: () => "pets:list",
      request: ({ companyId }) => ({ companyId }),
      rows: "pets",
      async insert(place) {
        const { id: customerId } = (await createCustomer(place, { lastName: "Owner" })).body;
        const pet = { name: "Rex", type: "DOG", breed: "Beagle" };
        const imported = { id: newId(), customerId, pet, createdTime: someTime() };
        await done(place, `${adminPath(place)}/pets:import`, imported);
        owners.set(imported.id, customerId);
        return imported.id;
      },
      async update(place, id) {
        await done(place, `customers/${owners.get(id)}/pets/${id}`, { name: `Rex ${newId()}` }, "PUT");
      },
      async remove(place, id) {
        await done(place, `${adminPath(place)}/customers/${owners.get(id)}:erase`, {});
      },
    },
  }),
  entry(archivePet, { request: inCompany, foreignIds: ofPetC, repeat: onWhole(inCompany), tenancy: ofBoth }),
  entry(restorePet, { request: inCompany, foreignIds: ofPetC, repeat: onWhole(archived), tenancy: ofBoth }),
  entry(movePet, {
    request: async (server) => ({ ...(await inCompany(server)), customerId: "cus_a1" }),
    foreignIds: ofPetC,
    async repeat(server) {
      const named = await inCompany(server);
      const [first, second] = [await madeCustomer(server), await madeCustomer(server)];
      return {
        good: { ...named, customerId: first.id },
        other: { ...named, customerId: second.id },
        bad: { ...named, customerId: "cus_a9" },
      };
    },
    tenancy: ofBoth,
  }),
  entry(erasePet, { request: inCompany, foreignIds: ofPetC, repeat: onWhole(inCompany), tenancy: ofBoth }),
  entry(importPet, {
    request: async () => ({ companyId, id: freshId(), ...ownedBy("cus_a1"), pet: minimalPet }),
    async repeat(server) {
      const { id: customerId } = await madeCustomer(server);
      const imported = (id: string) => ({ companyId, id, ...ownedBy(customerId), pet: minimalPet });
      return { good: imported(freshId()), other: imported(freshId()), bad: imported("pet_a1") };
    },
    texts: {
      request: async () => ({ companyId, id: freshId(), ...ownedBy("cus_a1"), pet: petWithTexts }),
      reading: (_, { id }) => read({ customerId: "cus_a1", id }),
    },
    tenancy: {
      idFields: {
        "pet.notes.id": { ...bringsIds, id: "pxn_a5" },
        "pet.notes.last_updated_by": bringsAuthors,
      },
      calls: [
        { name: "of a customer that is archived", ids: { customer_id: "cus_a9" } },
        { name: "a pet code of both", ids: { "pet.pet_codes.id": "pc_a1" } },
      ],
    },
  }),
];
