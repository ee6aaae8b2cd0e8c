import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { Pet_Status } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { columnsHolding, createCanaries } from "../support/canaries.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { aDog, newLead } from "../support/new-lead.js";
import { addPet, createPet, minimalPet, type PetInit } from "../support/new-pet.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { archivePet, restorePet, movePet, erasePet, importPet } = PetAdminService.method;
const { archiveCustomer, eraseCustomer } = CustomerAdminService.method;
const { createLead, getLead, promoteLead } = LeadService.method;
const rpc = PetService.method;
const companyId = "cmp_a";
const everything = { petCodes: [{ id: "pc_a1" }], notes: [{ content: "kept" }], vaccinations: [{ name: "Rabies" }] };
const newest = { companyId, pagination: { pageSize: 500 } };
const followed = (customerIds: string[]) => ({ ...newest, filter: { customerIds, lastUpdatedTime: {} } });

async function madePet(fields: PetInit = {}) {
  const { customerId, id } = await createPet(server, fields);
  return { customerId, id, name: { companyId, id } };
}

describe("ArchivePet and RestorePet", () => {
  it("take a pet out of the lists and back, as followers of changes see, and twice is the same as once", async () => {
    const { customerId, id, name } = await madePet();
    const { pet } = await server.ok(archivePet, name);
    expect(pet).toMatchObject({ id, customerId, deleted: true });
    expect((await server.ok(archivePet, name)).pet).toEqual(pet);
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([]);
    expect((await server.ok(rpc.listAllPets, followed([customerId]))).pets).toEqual([pet]);
    expect(await server.refused(rpc.updatePet, { customerId, id, coat: "x" })).toMatchObject(isArchived);
    const restored = (await server.ok(restorePet, name)).pet;
    expect(restored).toMatchObject({ id, deleted: false });
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([restored]);
  });

  it("change the lead of a pet, and need the scope of leads", async () => {
    const lead = await server.ok(createLead, newLead({ pets: [aDog] }));
    const name = { companyId, id: lead.pets[0]?.id ?? "" };
    const key = fixtureKey("key_pets_alone", [{ type: "COMPANY", id: "cmp_a" }], { scopes: ["pet:write"] });
    await server.insertKeys([key]);
    expect(await server.refused(archivePet, name, { key })).toMatchObject({ reason: "SCOPE_REQUIRED" });
    await server.ok(archivePet, name);
    expect(await server.ok(getLead, { id: lead.id })).toMatchObject({ pets: [], etag: "2" });
    await server.ok(restorePet, name);
    expect((await server.ok(getLead, { id: lead.id })).pets).toHaveLength(1);
  });

  it("leave the pets of an archived customer as they are", async () => {
    expect(await server.refused(archivePet, { companyId, id: "pet_a8" })).toMatchObject(isArchived);
  });
});

describe("MovePet", () => {
  it("takes codes, notes and vaccinations along, and leaves a row with both locations", async () => {
    const { id: former, customerId: from, name } = await madePet(everything);
    const to = await madeCustomer(server, { preferredBusinessId: "biz_a2" });
    const before = await server.ok(rpc.getPet, { customerId: from, id: former });
    const { pet } = await server.ok(movePet, { ...name, customerId: to.id });
    const moved = { customerId: to.id, lastUpdatedTime: pet?.lastUpdatedTime };
    expect(pet).toEqual({ ...before, ...moved });
    expect((await server.ok(movePet, { ...name, customerId: to.id })).pet).toEqual(pet);
    expect(await server.refused(rpc.getPet, { customerId: from, id: former })).toMatchObject(notFound);
    expect((await server.ok(rpc.listAllPets, followed([to.id]))).pets).toEqual([pet]);
    const { rows } = await server.database.owner.query(
      `SELECT changed_fields, location_before, location_after, related_id, version FROM change
       WHERE resource_id = $1 AND version > 1`,
      [former],
    );
    const places = { location_before: "biz_a1", location_after: "biz_a2", related_id: to.id };
    expect(rows).toEqual([{ changed_fields: ["customer_id"], ...places, version: "2" }]);
  });

  it("refuses a customer that is archived, erased, of another company or location, or a lead, and changes nothing", async () => {
    const { customerId, id, name } = await madePet();
    const before = await server.ok(rpc.getPet, { customerId, id });
    const [archived, erased, full] = [
      await madeCustomer(server),
      await madeCustomer(server),
      await madeCustomer(server),
    ];
    await server.ok(archiveCustomer, archived);
    await server.ok(eraseCustomer, erased);
    await server.database.owner.query(
      `INSERT INTO pet (company_id, id, customer_id, name, type, created_time, last_updated_time)
       SELECT 'cmp_a', 'full-' || n, $1, 'x', 2, now(), now() FROM generate_series(1, 500) n`,
      [full.id],
    );
    const absent = invalidField("customer_id", "NOT_FOUND");
    for (const [target, refusal] of [
      [archived.id, invalidField("customer_id", "ARCHIVED")],
      [erased.id, { code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" }],
      [full.id, invalidField("customer_id", "TOO_MANY")],
      ["cus_c1", absent],
      ["lcus_a1", absent],
      ["cus_zz", absent],
    ] as const)
      expect(await server.refused(movePet, { ...name, customerId: target })).toMatchObject(refusal);
    const key = keys.businessA1;
    expect(await server.refused(movePet, { ...name, customerId: "cus_a2" }, { key })).toMatchObject(absent);
    const toOwn = { companyId, id: "pet_a2", customerId };
    expect(await server.refused(movePet, toOwn, { key })).toMatchObject({ ...notFound, metadata: { resource: "Pet" } });
    expect(await server.ok(rpc.getPet, { customerId, id })).toEqual(before);
  });

  it("neither loses nor doubles pets that move in both directions at once", async () => {
    const [one, other] = [await madePet(), await madePet()];
    const there = { ...one.name, customerId: other.customerId };
    const back = { ...other.name, customerId: one.customerId };
    await Promise.all([there, back, there, back].map((move) => server.call(movePet, move)));
    expect((await server.ok(rpc.listPets, { customerId: one.customerId })).pets.map(({ id }) => id)).toEqual([
      other.id,
    ]);
    expect((await server.ok(rpc.listPets, { customerId: other.customerId })).pets.map(({ id }) => id)).toEqual([
      one.id,
    ]);
  });
});

describe("ErasePet", () => {
  it("leaves no text and no id of the pet in any column of any table, and its owner as it was", async () => {
    const canaries = createCanaries();
    const headers = { "idempotency-key": "erased-pet-made" };
    const { id: customerId } = await madeCustomer(server);
    const notes = [{ content: canaries.text("note") }];
    const given = { ...minimalPet, name: canaries.text("pet"), notes, vet: { name: canaries.text("vet") } };
    const { pet } = await server.ok(rpc.createPet, { customerId, pet: given }, { headers });
    const [id, noteId] = [pet?.id ?? "", pet?.notes[0]?.id ?? ""];
    await server.ok(rpc.updatePetNote, { customerId, id, noteId, content: canaries.text("changed") });
    const { owner } = server.database;
    await server.ok(archivePet, { companyId, id });
    await server.ok(erasePet, { companyId, id });
    expect(await columnsHolding(owner, canaries.all)).toEqual([]);
    expect(await columnsHolding(owner, [id, noteId])).toEqual(["departure.resource_id"]);
    expect(await server.refused(rpc.getPet, { customerId, id })).toMatchObject(notFound);
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([]);
    const gone = { code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" };
    expect(await server.refused(rpc.createPet, { customerId, pet: given }, { headers })).toMatchObject(gone);
    const again = { companyId, id, owner: { case: "customerId", value: customerId }, pet: minimalPet } as const;
    expect(await server.refused(importPet, again)).toMatchObject(gone);
  });
});

describe("a pet that has died", () => {
  it("is left out of the list for reminders unless asked, and is in the household and in what followers see", async () => {
    const { id: customerId } = await madeCustomer(server);
    const alive = await addPet(server, customerId);
    const dead = await addPet(server, customerId, { status: Pet_Status.PASSED_AWAY });
    const idle = await addPet(server, customerId, { status: Pet_Status.INACTIVE });
    const all = async (filter: object) =>
      (await server.ok(rpc.listAllPets, { ...newest, filter: { customerIds: [customerId], ...filter } })).pets;
    expect(await all({})).toEqual([idle, alive]);
    expect(await all({ statuses: [Pet_Status.PASSED_AWAY] })).toEqual([dead]);
    expect(await all({ statuses: [Pet_Status.ALIVE, Pet_Status.PASSED_AWAY] })).toEqual([dead, alive]);
    expect(await all({ lastUpdatedTime: {} })).toEqual([alive, dead, idle]);
    expect(await all({ lastUpdatedTime: {}, statuses: [Pet_Status.ALIVE] })).toEqual([alive]);
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([idle, dead, alive]);
    const asked = { customerId, statuses: [Pet_Status.ALIVE] };
    expect((await server.ok(rpc.listPets, asked)).pets).toEqual([alive]);
    const unknown = await server.refused(rpc.listPets, { customerId, statuses: [0] });
    expect(unknown).toMatchObject(invalidField("statuses[0]", "NOT_ALLOWED"));
  });

  it("that was so promoted by mistake lives again", async () => {
    const lead = await server.ok(createLead, newLead({ pets: [{ ...aDog, status: Pet_Status.PASSED_AWAY }] }));
    const { customer } = await server.ok(promoteLead, { id: lead.id });
    const pet = { customerId: customer?.id ?? "", id: lead.pets[0]?.id ?? "" };
    expect(await server.ok(rpc.getPet, pet)).toMatchObject({ status: Pet_Status.PASSED_AWAY });
    await server.ok(rpc.updatePet, { ...pet, status: Pet_Status.ALIVE });
    expect(await server.ok(rpc.getPet, pet)).toMatchObject({ status: Pet_Status.ALIVE });
  });
});
