import { afterAll, describe, expect, it } from "vitest";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { messageJson } from "../support/message-json.js";
import { aDog, newLead } from "../support/new-lead.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead } = LeadService.method;
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
    expect(after).toEqual({ ...before, ...times, id: pet.id, rawId: String(pet.rawId) });
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
