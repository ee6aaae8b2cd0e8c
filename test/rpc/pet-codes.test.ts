import { afterAll, describe, expect, it } from "vitest";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { createPet } from "../support/new-pet.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;
const many = Array.from({ length: 51 }, (_, n) => `pc_many_${String(n).padStart(2, "0")}`);
await server.insert([
  [
    "pet_code",
    many.map((id) => ({
      ...{ company_id: "cmp_a", id, abbreviation: id, description: "", color: "", display_order: 9 },
      last_updated_time: "2023-01-01T00:00:00Z",
    })),
  ],
]);

describe("AppendPetCodes", () => {
  it("puts codes on the pet and returns them in the order of the call, each once", async () => {
    const pet = await named();
    const { codes } = await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a2", "pc_a1", "pc_a2"] });
    expect(codes).toMatchObject([
      { id: "pc_a2", abbreviation: "N", description: "Nervous", archived: false },
      { id: "pc_a1", abbreviation: "B", description: "Bites", color: "#FF0000" },
    ]);
    // The pet shows them in the company's order.
    expect(await carriedBy(pet)).toEqual(["pc_a1", "pc_a2"]);
  });

  it("returns a code that the pet carries, archived or not, and changes nothing", async () => {
    const pet = { customerId: "cus_a1", id: "pet_a1" };
    const before = await server.ok(rpc.getPet, pet);
    const { codes } = await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a9"] });
    expect(codes).toMatchObject([{ id: "pc_a9", archived: true }]);
    expect(await server.ok(rpc.getPet, pet)).toEqual(before);
  });

  it.each([
    ["no code", [], "pet_code_ids", "REQUIRED"],
    ["51 codes", many, "pet_code_ids", "TOO_MANY"],
    ["a code that nobody has", ["pc_a1", "pc_a1", "pc_z"], "pet_code_ids[2]", "NOT_FOUND"],
    ["an archived code", ["pc_a9"], "pet_code_ids[0]", "NOT_FOUND"],
    ["a code of another company", ["pc_c1"], "pet_code_ids[0]", "NOT_FOUND"],
    ["what can be no id", ["pc_a1", "a b"], "pet_code_ids[1]", "INVALID_FORMAT"],
    ["an empty id", [""], "pet_code_ids[0]", "REQUIRED"],
  ])("refuses %s, all or nothing", async (_, petCodeIds, field, reason) => {
    const pet = await named();
    const refusal = await server.refused(rpc.appendPetCodes, { ...pet, petCodeIds: [...petCodeIds] });
    expect(refusal).toMatchObject(invalidField(field, reason));
    expect(await carriedBy(pet)).toEqual([]);
  });

  it("lets a pet carry 50 codes and not one more", async () => {
    const pet = await named();
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: many.slice(0, 50) });
    const more = await server.refused(rpc.appendPetCodes, { ...pet, petCodeIds: many.slice(50) });
    expect(more).toMatchObject(invalidField("pet_code_ids", "TOO_MANY"));
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: many.slice(0, 50) });
    expect(await carriedBy(pet)).toEqual(many.slice(0, 50));
  });

  it("shows a repeated call what is left of it once a code was taken off", async () => {
    const pet = await named();
    const headers = { "idempotency-key": "codes-then-less" };
    const append = { ...pet, petCodeIds: ["pc_a1", "pc_a2"] };
    await server.ok(rpc.appendPetCodes, append, { headers });
    await server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" });
    const { codes } = await server.ok(rpc.appendPetCodes, append, { headers });
    expect(codes.map(({ id }) => id)).toEqual(["pc_a2"]);
    expect(await carriedBy(pet)).toEqual(["pc_a2"]);
  });
});

describe("DeletePetCode", () => {
  it("takes one code off the pet and leaves it in the company's list and on other pets", async () => {
    const [pet, other] = [await named(), await named()];
    for (const one of [pet, other]) await server.ok(rpc.appendPetCodes, { ...one, petCodeIds: ["pc_a1", "pc_a2"] });
    await server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" });
    expect(await carriedBy(pet)).toEqual(["pc_a2"]);
    expect(await carriedBy(other)).toEqual(["pc_a1", "pc_a2"]);
    await server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a2" });
    expect(await carriedBy(pet)).toEqual([]);
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1"] });
  });

  it("takes an archived code off, which cannot come back", async () => {
    const pet = { customerId: "cus_a1", id: "pet_a1" };
    await server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a9" });
    expect(await server.refused(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a9"] })).toMatchObject(
      invalidField("pet_code_ids[0]", "NOT_FOUND"),
    );
  });

  it("finds no code that the pet does not carry, in the words for one that never existed", async () => {
    const pet = await named();
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1"] });
    const before = await server.ok(rpc.getPet, pet);
    const headers = { "x-request-id": "the-same" };
    const wires: string[] = [];
    for (const petCodeId of ["pc_a2", "pc_c1", "pc_zz"]) {
      const refusal = await server.refused(rpc.deletePetCode, { ...pet, petCodeId }, { headers });
      expect(refusal).toMatchObject({ ...notFound, metadata: { resource: "PetCode", id: petCodeId } });
      wires.push(refusal.wire.replaceAll(petCodeId, "?????"));
    }
    expect(new Set(wires).size).toBe(1);
    await server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" });
    expect(await server.refused(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" })).toMatchObject(notFound);
    expect(before.petCodes).toHaveLength(1);
  });
});

async function named(): Promise<{ customerId: string; id: string }> {
  const { customerId, id } = await createPet(server);
  return { customerId, id };
}

async function carriedBy(pet: { customerId: string; id: string }): Promise<string[]> {
  return (await server.ok(rpc.getPet, pet)).petCodes.map(({ id }) => id);
}
