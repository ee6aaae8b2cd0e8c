import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { PetUpsertService } from "../../src/gen/proto/moego/admin/v1/pet_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { minimalPet, type PetInit } from "../support/new-pet.js";
import { madeCustomer } from "../support/records.js";
import { entry, type RpcEntry } from "./entry.js";
import { petWithTexts } from "./pets.js";
import type { IdFieldException } from "./tenancy.js";
import { reading } from "./texts.js";

const rpc = PetUpsertService.method;
const companyId = "cmp_a";
const system = "upserts";
const external = (id: string, ofSystem: string = system) => ({ externalId: { system: ofSystem, id } });
const ofCustomer = (value: string) => ({ owner: { case: "customerId", value } as const });
const ofLead = (value: string) => ({ owner: { case: "leadId", value } as const });
const keyed = (id: string, fields: PetInit = {}, customerId = "cus_a1") => ({
  ...{ match: external(id), ...ofCustomer(customerId), pet: { ...minimalPet, ...fields } },
});
let made = 0;

/** A key that no pet has. */
function freshId(): string {
  made += 1;
  return `fresh ${made}`;
}

const fromServer: IdFieldException = {
  expectation: "reference",
  why: "a pet that is created gets its ids from the server",
};

const staysAsItIs: IdFieldException = {
  expectation: "ignored",
  why: "a pet that exists keeps its owner, and an earlier call has created it; test/rpc/pet-upsert.test.ts moves none",
};

const idFields: Readonly<Record<string, IdFieldException>> = {
  "match.id": {
    expectation: "reference",
    why: "an id beside another key is refused; test/rpc/pet-upsert.test.ts sends one of another tenant alone",
  },
  customer_id: staysAsItIs,
  lead_id: staysAsItIs,
  "pet.id": fromServer,
  "pet.notes.id": fromServer,
};

/** What the neighbour's namesakes would alter (external-id-rows.ts). */
const everything: PetInit = {
  ...{ name: "Changed", petCodes: [{ id: "pc_a2" }], vaccinations: [{ name: "Lyme" }], vet: { name: "Other" } },
  customFields: { field_short: { value: { case: "string", value: "x" } } },
};
const calls = [
  { name: "an external id of the neighbour", match: external(plantedIds.foreign, plantedIds.system), pet: {} },
  { name: "an id of the neighbour", match: { id: foreignId("pet_a1") }, pet: {} },
  { name: "everything of a pet of both", match: external(plantedIds.both, plantedIds.system), pet: everything },
  { name: "everything of a pet of a lead of both", match: { id: "pet_l1" }, pet: everything },
].flatMap(({ name, match, pet }) =>
  [undefined, locationKey, keyOfBoth].map((key) => ({
    ...{ name: `${name}, by ${key?.id ?? "its own key"}`, ...(key ? { key } : {}) },
    request: { companyId, match, ...ofCustomer("cus_a1"), pet: { ...minimalPet, ...pet } },
  })),
);

const more = [
  { name: "of a lead", request: { companyId, match: external("lead"), ...ofLead("lcus_a1"), pet: minimalPet } },
  {
    name: "what a pet of both lacks",
    request: {
      ...{ companyId, match: { id: plantedIds.barePet }, onMatch: OnMatch.FILL_EMPTY, ...ofCustomer("cus_a1") },
      pet: { ...minimalPet, ...everything },
    },
  },
];

export const petUpserts: readonly RpcEntry[] = [
  entry(rpc.upsertPet, {
    request: { companyId, ...keyed("1", { coat: "A" }) },
    async repeat(server) {
      const { id: customerId } = await madeCustomer(server);
      const id = freshId();
      return {
        good: { companyId, ...keyed(id, { coat: "A" }, customerId) },
        other: { companyId, ...keyed(id, { coat: "B" }, customerId) },
        bad: { companyId, ...keyed(id, { petCodes: [{ id: "pc_z" }] }, customerId) },
      };
    },
    texts: {
      request: async (server) => ({ companyId, ...keyed(freshId(), petWithTexts, (await madeCustomer(server)).id) }),
      reading: ({ pet }) => reading(PetService.method.getPet, { customerId: pet?.customerId ?? "", id: pet?.id ?? "" }),
    },
    tenancy: { idFields, calls: [...calls, ...more] },
  }),
  entry(rpc.batchUpsertPets, {
    request: { companyId, items: [keyed("2", { coat: "A" }), keyed("3", { coat: "B" })] },
    async repeat(server) {
      const { id: customerId } = await madeCustomer(server);
      const [one, two] = [freshId(), freshId()];
      const items = (coat: string) => [keyed(one, { coat: "A" }, customerId), keyed(two, { coat }, customerId)];
      return {
        good: { companyId, items: items("B") },
        other: { companyId, items: items("C") },
        bad: { companyId, items: [keyed(one, {}, customerId), keyed(two, { breed: "" }, customerId)] },
      };
    },
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: async (server) => ({
        ...{ companyId, mode: BatchMode.EACH },
        items: [keyed(freshId(), petWithTexts, (await madeCustomer(server)).id)],
      }),
      reading: ({ results }, { items }) =>
        results.map(({ id }, position) =>
          reading(PetService.method.getPet, { customerId: items[position]?.owner.value ?? "", id }),
        ),
    },
    tenancy: {
      idFields: Object.fromEntries(Object.entries(idFields).map(([path, why]) => [`items.${path}`, why])),
    },
  }),
];
