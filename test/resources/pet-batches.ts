import { create } from "@bufbuild/protobuf";
import { PetBatchService } from "../../src/gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { keyOfBoth, locationKey } from "../reliability/tenancy/location-key.js";
import { petsInTwos, planted } from "../reliability/tenancy/planted.js";
import { minimalPet, type PetInit } from "../support/new-pet.js";
import { madeCustomer } from "../support/records.js";
import { entry, type RpcEntry } from "./entry.js";
import { petWithTexts } from "./pets.js";
import { bringsAuthors, bringsIds, isFilter } from "./tenancy.js";
import { reading } from "./texts.js";

const rpc = PetBatchService.method;
const companyId = "cmp_a";
const ofCustomer = (value: string, fields: PetInit = {}) => ({
  owner: { case: "customerId", value } as const,
  pet: { ...minimalPet, ...fields },
});
const ofLead = (value: string) => ({ owner: { case: "leadId", value } as const, pet: minimalPet });

export const petBatches: readonly RpcEntry[] = [
  entry(rpc.batchCreatePets, {
    // Pets of a lead require a second scope.
    request: { companyId, items: [ofCustomer("cus_a1"), ofCustomer("cus_a1")] },
    async repeat(server) {
      const { id } = await madeCustomer(server);
      return {
        good: { companyId, items: [ofCustomer(id, { coat: "A" }), ofCustomer(id, { coat: "B" })] },
        other: { companyId, items: [ofCustomer(id, { coat: "A" }), ofCustomer(id, { coat: "C" })] },
        bad: { companyId, items: [ofCustomer(id), ofCustomer("cus_a9")] },
      };
    },
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: async (server) => ({ companyId, items: [ofCustomer((await madeCustomer(server)).id, petWithTexts)] }),
      reading: ({ results }, { items }) =>
        results.map(({ id }, position) =>
          reading(PetService.method.getPet, { customerId: items[position]?.owner.value ?? "", id }),
        ),
    },
    tenancy: {
      request: create(rpc.batchCreatePets.input, { companyId, items: [ofCustomer("cus_a1"), ofLead("lcus_a1")] }),
      idFields: {
        // Other RPCs import the others into the same company.
        "items.id": { ...bringsIds, id: "pet_a2" },
        "items.pet.notes.id": { ...bringsIds, id: "pxn_a8" },
        "items.pet.notes.last_updated_by": bringsAuthors,
      },
      calls: [
        ...planted.merging.petBatches.flatMap((repeats) =>
          [locationKey, keyOfBoth].map((key) => ({ name: `${repeats}, sent again by ${key.id}`, repeats, key })),
        ),
        { name: "of a lead", request: { companyId, items: [ofLead("lcus_a1")] } },
        ...[undefined, locationKey, keyOfBoth].map((key) => ({
          name: `of a customer that was merged, by ${key?.id ?? "its own key"}`,
          ids: { "items.customer_id": planted.merging.undoFrom },
          ...(key ? { key } : {}),
        })),
        { name: "of a customer that is archived", ids: { "items.customer_id": "cus_a9" } },
        {
          name: "an external id of the neighbour",
          request: {
            companyId,
            items: [ofCustomer("cus_a1", { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] })],
          },
        },
        { name: "a pet code of both", ids: { "items.pet.pet_codes.id": "pc_a1" } },
      ],
    },
  }),
  entry(rpc.batchGetPets, {
    request: { companyId, ids: ["pet_a1", "pet_l1"] },
    tenancy: {
      idFields: { ids: isFilter },
      calls: [undefined, locationKey, keyOfBoth].map((key) => ({
        ...{
          name: `of owners of all kinds, by ${key?.id ?? "its own key"}`,
          request: { companyId, ids: petsInTwos.flat() },
        },
        ...(key ? { key } : {}),
      })),
    },
  }),
];
