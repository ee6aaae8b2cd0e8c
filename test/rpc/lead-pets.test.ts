import { afterAll, describe, expect, it } from "vitest";
import { newId } from "../../src/core/ids.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { aDog, newLead } from "../support/new-lead.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead, promoteLead } = LeadService.method;
const rpc = PetService.method;
const ofMask = { updateMask: { paths: ["pets"] } };

/** A pet of which everything is known. */
const known = {
  ...{ ...aDog, birthday: { year: 2020, month: 2, day: 29 }, status: 2, gender: 1, weight: { value: 12, unit: 2 } },
  ...{ fixed: "yes", coat: "Curly", behavior: "Calm", photo: "https://img.example/p.png", evaluationStatus: 1 },
  ...{ vet: { name: "Dr. Vet", phoneNumber: "+12125550190", address: "1 Vet St" }, petCodes: [{ id: "pc_a1" }] },
  ...{ vaccinations: [{ name: "Rabies" }], notes: [{ content: "first" }, { content: "second" }] },
} as const;

async function leadWithPet() {
  const lead = await server.ok(createLead, newLead({ pets: [known] }));
  const [pet] = lead.pets;
  if (!pet) throw new Error("the lead has the pet");
  return { id: lead.id, pet };
}

describe("`pets` in the mask of an update", () => {
  it("clears of a pet with an id what is not said, down to its single traits, codes and notes", async () => {
    const { id, pet } = await leadWithPet();
    const replaced = await server.ok(updateLead, { id, lead: { pets: [{ ...aDog, id: pet.id }] }, ...ofMask });
    const bare = await server.ok(createLead, newLead({ pets: [aDog] }));
    const [before, after] = [bare.pets[0], replaced.pets[0]].map((one) => one && messageJson(PetSchema, one));
    const times = { createdTime: expect.any(String), lastUpdatedTime: expect.any(String) };
    expect(after).toEqual({ ...before, ...times, id: pet.id, customerId: id, rawId: String(pet.rawId) });
    expect(await server.ok(getLead, { id })).toEqual(replaced);
  });

  it("changes nothing of pets that are sent back as read", async () => {
    const { id, pet } = await leadWithPet();
    await server.database.owner.query("UPDATE pet_code SET archived_time = now() WHERE id = 'pc_a1'");
    const { pets } = await server.ok(updateLead, { id, lead: { pets: [pet] }, ...ofMask });
    await server.database.owner.query("UPDATE pet_code SET archived_time = NULL WHERE id = 'pc_a1'");
    const stamps = { lastUpdatedTime: expect.anything() };
    const read = { ...messageJson(PetSchema, pet), ...stamps };
    expect(pets.map((one) => ({ ...messageJson(PetSchema, one), ...stamps }))).toMatchObject([
      {
        ...read,
        petCodes: [{ id: "pc_a1" }],
        notes: pet.notes.map((note) => ({ id: note.id, content: note.content })),
      },
    ]);
  });

  it("removes the pets that are not in the list, and adds those without an id", async () => {
    const lead = await server.ok(createLead, newLead({ pets: [aDog, { ...aDog, name: "Stays" }] }));
    const stays = { ...aDog, name: "Stays", id: lead.pets[1]?.id ?? "" };
    const write = { id: lead.id, lead: { pets: [{ ...aDog, name: "New" }, stays] }, ...ofMask };
    const { pets } = await server.ok(updateLead, write);
    expect(pets.map(({ name }) => name)).toEqual(["Stays", "New"]);
    expect(pets[0]?.id).toBe(stays.id);
    expect((await server.ok(updateLead, { id: lead.id, lead: {}, ...ofMask })).pets).toEqual([]);
  });

  it("demands of every pet what a new one needs, and writes nothing without it", async () => {
    const { id, pet } = await leadWithPet();
    const refusal = await server.refused(updateLead, { id, lead: { pets: [{ id: pet.id, coat: "x" }] }, ...ofMask });
    expect(refusal.violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      "lead.pets[0].name REQUIRED",
      "lead.pets[0].type REQUIRED",
    ]);
    expect((await server.ok(getLead, { id })).pets).toEqual([pet]);
  });
});

describe("the notes of a lead's pet in an update", () => {
  it("are edited with an id and added without; those not named stay without a mask and go with it", async () => {
    const { id, pet } = await leadWithPet();
    const [newest, oldest] = pet.notes;
    const notes = [{ id: oldest?.id ?? "", content: "first, edited" }, { content: "third" }];
    const merged = await server.ok(updateLead, { id, lead: { pets: [{ id: pet.id, notes }] } });
    expect(merged.pets[0]?.notes.map(({ content }) => content)).toEqual(["third", "second", "first, edited"]);
    const kept = [{ id: newest?.id ?? "", content: "second" }];
    const replaced = await server.ok(updateLead, {
      ...{ id, lead: { pets: [{ ...aDog, id: pet.id, notes: kept }] }, ...ofMask },
    });
    expect(replaced.pets[0]?.notes).toMatchObject(kept);
    expect(replaced.pets[0]?.notes).toHaveLength(1);
  });

  it("have to be the pet's, each named once, and a new pet has none yet", async () => {
    const { id, pet } = await leadWithPet();
    const other = await leadWithPet();
    const noteOf = (one: typeof pet) => ({ id: one.notes[0]?.id ?? "", content: "x" });
    const write = (pets: object[]) => server.refused(updateLead, { id, lead: { pets } });
    expect(await write([{ id: pet.id, notes: [noteOf(other.pet)] }])).toMatchObject(
      invalidField("lead.pets[0].notes[0].id", "NOT_FOUND"),
    );
    expect(await write([{ id: pet.id, notes: [noteOf(pet), noteOf(pet)] }])).toMatchObject(
      invalidField("lead.pets[0].notes[1].id", "DUPLICATE_FIELD"),
    );
    expect(await write([{ ...aDog, notes: [noteOf(pet)] }])).toMatchObject(
      invalidField("lead.pets[0].notes[0].id", "NOT_ALLOWED"),
    );
  });
});

describe("the routes of pets, with the id of a lead as customer_id", () => {
  const noted = (customerId: string, id: string, content = "x") => ({ customerId, id, notes: [{ content }] });
  const notesOf = async (customerId: string, id: string) =>
    (await server.ok(rpc.listPetNotes, { customerId, id, pagination: {} })).notes.map(({ content }) => content);

  it("read and write its pets, and each write changes the lead", async () => {
    const { id: customerId, pet } = await leadWithPet();
    const { id } = pet;
    expect(pet.customerId).toBe(customerId);
    expect(await server.ok(rpc.getPet, { customerId, id })).toEqual(pet);
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([pet]);
    const writes = [
      () => server.ok(rpc.appendPetNotes, noted(customerId, id, "third")),
      () => server.ok(rpc.appendPetCodes, { customerId, id, petCodeIds: ["pc_a2"] }),
      () => server.ok(rpc.deletePetCode, { customerId, id, petCodeId: "pc_a1" }),
      () => server.ok(rpc.updatePet, { customerId, id, coat: "Short" }),
      () => server.ok(rpc.createPet, { customerId, pet: { ...aDog, name: "Second" } }),
    ];
    for (const write of writes) {
      const before = await server.ok(getLead, { id: customerId });
      await write();
      const after = await server.ok(getLead, { id: customerId });
      expect(after.etag).not.toBe(before.etag);
      expect((await server.refused(updateLead, { id: customerId, lead: { etag: before.etag } })).reason).toBe(
        "ETAG_MISMATCH",
      );
    }
    const { pets } = await server.ok(getLead, { id: customerId });
    expect(pets).toMatchObject([
      { id, customerId, coat: "Short", petCodes: [{ id: "pc_a2" }], notes: [{ content: "third" }, {}, {}] },
      { customerId, name: "Second" },
    ]);
    expect((await server.ok(rpc.listPets, { customerId })).pets.map((one) => one.name)).toEqual(["Second", "Rex"]);
    const { rows } = await server.database.owner.query(
      `SELECT kind, changed_fields FROM change WHERE rpc LIKE '%PetService/%' AND resource_id = ANY($1::text[]) ORDER BY id`,
      [[customerId, id]],
    );
    const ofLead = { kind: "lead", changed_fields: ["pets"] };
    expect(rows).toEqual(
      [["notes"], ["pet_codes"], ["pet_codes"], ["coat"]]
        .flatMap((fields) => [{ kind: "pet", changed_fields: fields }, ofLead])
        .concat([ofLead]),
    );
    // A write that changes nothing leaves the lead as it is.
    const last = await server.ok(getLead, { id: customerId });
    await server.ok(rpc.appendPetCodes, { customerId, id, petCodeIds: ["pc_a2"] });
    expect(await server.ok(getLead, { id: customerId })).toEqual(last);
  });

  it("lead nowhere after the promotion, and the notes go along", async () => {
    const { id: leadId, pet } = await leadWithPet();
    const headers = { "idempotency-key": `note-${leadId}` };
    const append = () => server.call(rpc.appendPetNotes, noted(leadId, pet.id, "third"), { headers });
    const repeated = await Promise.all([append(), append(), append()]);
    expect(repeated.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(await notesOf(leadId, pet.id)).toEqual(["third", "second", "first"]);
    const { customer } = await server.ok(promoteLead, { id: leadId });
    const customerId = customer?.id ?? "";
    expect(await notesOf(customerId, pet.id)).toEqual(["third", "second", "first"]);
    const promoted = { code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { id: leadId, customerId } };
    // The retry of what was done is answered; the same anew is not.
    expect(await append()).toMatchObject({ ok: true, message: { notes: [{ content: "third" }] } });
    expect(await server.refused(rpc.appendPetNotes, noted(leadId, pet.id, "third"))).toMatchObject(promoted);
    const named = { customerId: leadId, id: pet.id };
    expect(await server.refused(rpc.getPet, named)).toMatchObject(promoted);
    expect(await server.refused(rpc.listPets, { customerId: leadId })).toMatchObject(promoted);
    expect(await server.refused(rpc.createPet, { customerId: leadId, pet: aDog })).toMatchObject(promoted);
    expect(await notesOf(customerId, pet.id)).toHaveLength(3);
  });

  it("find no archived or erased lead, and none at another location of the API key", async () => {
    const [{ id: hidden, pet }, { id: archived, pet: kept }, { id: erased, pet: gone }] = await Promise.all([
      leadWithPet(),
      leadWithPet(),
      leadWithPet(),
    ]);
    const { archiveLead, eraseLead } = LeadAdminService.method;
    await server.ok(archiveLead, { companyId: "cmp_a", id: archived });
    await server.ok(eraseLead, { companyId: "cmp_a", id: erased });
    for (const [customerId, { id }, key] of [
      [hidden, pet, keys.businessA1],
      [archived, kept, keys.a],
      [erased, gone, keys.a],
    ] as const) {
      const absent = { ...notFound, metadata: { resource: "Customer", id: customerId } };
      expect(await server.refused(rpc.getPet, { customerId, id }, { key })).toMatchObject(absent);
      expect(await server.refused(rpc.appendPetNotes, noted(customerId, id), { key })).toMatchObject(absent);
    }
  });

  it("require the scopes of leads", async () => {
    const { id: customerId, pet } = await leadWithPet();
    const key = fixtureKey("key_pets_only", [{ type: "COMPANY", id: "cmp_a" }], {
      scopes: ["pet:read", "pet:write", "record:import"],
    });
    await server.insertKeys([key]);
    const required = (scope: string) => ({ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope } });
    const named = { customerId, id: pet.id };
    expect(await server.refused(rpc.getPet, named, { key })).toMatchObject(required("lead:read"));
    expect(await server.refused(rpc.appendPetNotes, noted(customerId, pet.id), { key })).toMatchObject(
      required("lead:write"),
    );
    const imported = (owner: { readonly case: "leadId" | "customerId"; readonly value: string }) => ({
      ...{ companyId: "cmp_a", id: newId("pet_"), owner, pet: aDog },
    });
    expect(
      await server.refused(PetAdminService.method.importPet, imported({ case: "leadId", value: customerId }), { key }),
    ).toMatchObject(required("lead:write"));
    await server.ok(PetAdminService.method.importPet, imported({ case: "customerId", value: "cus_a1" }), { key });
    await server.ok(rpc.getPet, { customerId: "cus_a1", id: "pet_a1" }, { key });
  });

  it("ask for the company of an id that is a customer of one and a lead of another", async () => {
    const { owner } = server.database;
    await owner.query("DELETE FROM lead_history WHERE company_id = 'cmp_b' AND lead_id = 'lcus_b1'");
    await owner.query("UPDATE lead SET id = 'cus_a1' WHERE company_id = 'cmp_b' AND id = 'lcus_b1'");
    const options = { key: keys.enterprise };
    const { pets } = await server.ok(rpc.listPets, { customerId: "cus_a1" });
    for (const refusal of [
      await server.refused(rpc.listPets, { customerId: "cus_a1" }, options),
      await server.refused(rpc.createPet, { customerId: "cus_a1", pet: aDog }, options),
    ]) {
      expect(refusal).toMatchObject({ reason: "AMBIGUOUS_ID", metadata: { companyIds: "cmp_a,cmp_b" } });
    }
    const ofB = { ...options, headers: { "moego-company": "cmp_b" } };
    await server.ok(rpc.createPet, { customerId: "cus_a1", pet: aDog }, ofB);
    expect((await server.ok(rpc.listPets, { customerId: "cus_a1" }, ofB)).pets).toMatchObject([{ name: "Rex" }]);
    expect((await server.ok(rpc.listPets, { customerId: "cus_a1" })).pets).toEqual(pets);
  });

  it("keep a lead at 50 pets and 1 MiB", async () => {
    const full = await server.ok(createLead, newLead({ pets: Array.from({ length: 50 }, () => aDog) }));
    expect(await server.refused(rpc.createPet, { customerId: full.id, pet: aDog })).toMatchObject(
      invalidField("pet", "TOO_MANY"),
    );
    const [first, second, third] = full.pets.map(({ id }) => ({
      ...{ customerId: full.id, id },
      notes: Array.from({ length: 50 }, () => ({ content: "x".repeat(9_000) })),
    }));
    await server.ok(rpc.appendPetNotes, first ?? {});
    await server.ok(rpc.appendPetNotes, second ?? {});
    expect(await server.refused(rpc.appendPetNotes, third ?? {})).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await notesOf(full.id, third?.id ?? "")).toEqual([]);
  });
});
