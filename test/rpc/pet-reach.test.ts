import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import type { Refusal } from "../support/answer.js";
import { type FixtureKey, keys } from "../support/fixture-keys.js";
import { minimalPet } from "../support/new-pet.js";
import { isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;

interface Named {
  readonly customerId: string;
  readonly id: string;
}

interface Options {
  readonly key?: FixtureKey;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every rpc that names a pet. */
const reads = [
  ["GetPet", (pet: Named, options: Options) => server.refused(rpc.getPet, pet, options)],
  [
    "ListPetNotes",
    (pet: Named, options: Options) => server.refused(rpc.listPetNotes, { ...pet, pagination: {} }, options),
  ],
] as const;

const writes = [
  ["UpdatePet", (pet: Named, options: Options) => server.refused(rpc.updatePet, { ...pet, name: "x" }, options)],
  [
    "AppendPetCodes",
    (pet: Named, options: Options) => server.refused(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1"] }, options),
  ],
  [
    "DeletePetCode",
    (pet: Named, options: Options) => server.refused(rpc.deletePetCode, { ...pet, petCodeId: "pc_a9" }, options),
  ],
  [
    "AppendPetNotes",
    (pet: Named, options: Options) =>
      server.refused(rpc.appendPetNotes, { ...pet, notes: [{ content: "x" }] }, options),
  ],
  [
    "UpdatePetNote",
    (pet: Named, options: Options) =>
      server.refused(rpc.updatePetNote, { ...pet, noteId: "pxn_a1", content: "x" }, options),
  ],
  [
    "DeletePetNote",
    (pet: Named, options: Options) => server.refused(rpc.deletePetNote, { ...pet, noteId: "pxn_a1" }, options),
  ],
] as const;

/** Every rpc that names a customer alone. */
const ofCustomer = [
  [
    "CreatePet",
    (customerId: string, options: Options) => server.refused(rpc.createPet, { customerId, pet: minimalPet }, options),
  ],
  ["ListPets", (customerId: string, options: Options) => server.refused(rpc.listPets, { customerId }, options)],
] as const;

const headers = { "x-request-id": "the-same" };

describe.each([...reads, ...writes])("%s", (_, call) => {
  it("tells a pet of another customer, of a lead or of another tenant from none at all by nothing", async () => {
    const pets = [
      ...[
        { customerId: "cus_a1", id: "pet_a2" },
        { customerId: "cus_a1", id: "pet_c1" },
      ],
      ...[
        { customerId: "cus_a1", id: "pet_l1" },
        { customerId: "cus_a1", id: "pet_zz" },
      ],
    ];
    const refusals = await Promise.all(pets.map((pet) => call(pet, { headers })));
    for (const refusal of refusals) expect(refusal).toMatchObject({ ...notFound, metadata: { resource: "Pet" } });
    expect(new Set(refusals.map((refusal, index) => wireOf(refusal, pets[index]?.id))).size).toBe(1);
  });

  it("finds no pet of a customer under the id of a lead", async () => {
    const [known, absent] = await Promise.all(
      ["pet_a1", "pet_zz"].map((id) => call({ customerId: "lcus_a1", id }, { headers })),
    );
    expect(known).toMatchObject({ ...notFound, metadata: { resource: "Pet", id: "pet_a1" } });
    expect(known && wireOf(known, "pet_a1")).toBe(absent && wireOf(absent, "pet_zz"));
  });
});

describe.each([
  ...ofCustomer,
  ...[...reads, ...writes].map(
    ([name, call]) =>
      [name, (customerId: string, options: Options) => call({ customerId, id: petOf(customerId) }, options)] as const,
  ),
])("%s", (_, call) => {
  it("hides from a key of one location the customers of another", async () => {
    const key = keys.businessA1;
    const [hidden, absent] = await Promise.all(["cus_a2", "cus_zz"].map((id) => call(id, { key, headers })));
    expect(hidden).toMatchObject({ ...notFound, metadata: { resource: "Customer", id: "cus_a2" } });
    expect(hidden && wireOf(hidden, "cus_a2")).toBe(absent && wireOf(absent, "cus_zz"));
  });

  it("says which companies hold the customer's id, when several of the key do", async () => {
    expect(await call("cus_both", { key: keys.enterprise })).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "AMBIGUOUS_ID",
      metadata: { resource: "Customer", id: "cus_both", companyIds: "cmp_a,cmp_b" },
    });
  });
});

describe("a key of several companies", () => {
  const pet = { customerId: "cus_both", id: "pet_both" };

  it.each([
    ["cmp_a", "Both of A"],
    ["cmp_b", "Both of B"],
  ])("names %s in a header to reach its pet", async (companyId, name) => {
    const options = { key: keys.enterprise, headers: { "moego-company": companyId } };
    expect(await server.ok(rpc.getPet, pet, options)).toMatchObject({ name });
    expect(await server.ok(rpc.updatePet, { ...pet, coat: companyId }, options)).toMatchObject({
      name,
      coat: companyId,
    });
    const { pets } = await server.ok(rpc.listPets, { customerId: pet.customerId }, options);
    expect(pets).toMatchObject([{ name, coat: companyId }]);
  });

  it("reaches a pet whose customer is known to one of them alone", async () => {
    const options = { key: keys.enterprise };
    expect(await server.ok(rpc.getPet, { customerId: "cus_b1", id: "pet_b1" }, options)).toMatchObject({
      id: "pet_b1",
    });
  });
});

describe("a key of one location", () => {
  const options = { key: keys.businessA1 };

  it("reads and writes the pets of its customers", async () => {
    const pet = { customerId: "cus_a1", id: "pet_a1" };
    await server.ok(rpc.getPet, pet, options);
    expect(await server.ok(rpc.updatePet, { ...pet, coat: "Changed" }, options)).toMatchObject({ coat: "Changed" });
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1"] }, options);
  });

  it("lists the pets of its customers alone", async () => {
    const request = { companyId: "cmp_a", pagination: {} };
    const plain = await server.ok(rpc.listAllPets, request, options);
    expect(plain.pets.map(({ id }) => id)).toEqual(["pet_both", "pet_a8", "pet_a1"]);
    const named = { ...request, filter: { customerIds: ["cus_a1", "cus_a2"] } };
    expect((await server.ok(rpc.listAllPets, named, options)).pets.map(({ id }) => id)).toEqual(["pet_a1"]);
  });

  it("is not shown a pet that it created once its customer has moved away, also by a repeated call", async () => {
    const { createCustomer, updateCustomer } = CustomerService.method;
    const owner = { preferredBusinessId: "biz_a1", firstName: "Moving", lastName: "Away", phone: "+12125550111" };
    const { id: customerId } = await server.ok(createCustomer, { companyId: "cmp_a", ...owner });
    const repeated = { ...options, headers: { "idempotency-key": "pet-moved-away" } };
    await server.ok(rpc.createPet, { customerId, pet: minimalPet }, repeated);
    await server.ok(updateCustomer, { id: customerId, companyId: "cmp_a", preferredBusinessId: "biz_a2" });
    expect(await server.refused(rpc.createPet, { customerId, pet: minimalPet }, repeated)).toMatchObject(notFound);
  });
});

describe("an archived customer", () => {
  const customerId = "cus_a9";

  it("lets its pets be read", async () => {
    expect(await server.ok(rpc.getPet, { customerId, id: "pet_a8" })).toMatchObject({ id: "pet_a8", deleted: false });
    expect((await server.ok(rpc.listPets, { customerId })).pets).toHaveLength(1);
    const notes = await server.ok(rpc.listPetNotes, { customerId, id: "pet_a8", pagination: {} });
    expect(notes.notes).toHaveLength(1);
  });

  it.each(writes)("refuses %s, and its pet stays as it was", async (_, write) => {
    const pet = { customerId, id: "pet_a8" };
    const before = await server.ok(rpc.getPet, pet);
    const refusal = await write(pet, {});
    expect(refusal).toMatchObject({ ...isArchived, metadata: { resource: "Customer", id: customerId } });
    expect(await server.ok(rpc.getPet, pet)).toEqual(before);
  });

  it("refuses CreatePet", async () => {
    expect(await server.refused(rpc.createPet, { customerId, pet: minimalPet })).toMatchObject(isArchived);
  });
});

describe("an archived pet", () => {
  const pet = { customerId: "cus_a1", id: "pet_a9" };

  it("is read with its mark, and not listed with the others of its customer", async () => {
    expect(await server.ok(rpc.getPet, pet)).toMatchObject({ deleted: true });
    const { pets } = await server.ok(rpc.listPets, { customerId: "cus_a1" });
    expect(pets.map(({ id }) => id)).toEqual(["pet_a1"]);
  });

  it.each(writes)("refuses %s and stays as it was", async (_, write) => {
    const before = await server.ok(rpc.getPet, pet);
    expect(await write(pet, {})).toMatchObject({ ...isArchived, metadata: { resource: "Pet", id: pet.id } });
    expect(await server.ok(rpc.getPet, pet)).toEqual(before);
  });
});

/** A pet of the customer, so that nothing but the customer decides. */
function petOf(customerId: string): string {
  return customerId === "cus_both" ? "pet_both" : "pet_a2";
}

/** What came over the wire, with the id that the caller itself sent made the same. */
function wireOf({ wire }: Refusal, id = ""): string {
  return wire.replaceAll(id, "?".repeat(id.length));
}
