import { afterAll, describe, expect, it } from "vitest";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { createPet, type PetInit } from "../support/new-pet.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;
const texts = (count: number) => Array.from({ length: count }, (_, n) => ({ content: `Note ${n}` }));

describe("AppendPetNotes", () => {
  it("returns only the new notes, in their order, with ids that ascend and the author of the call", async () => {
    const pet = await named({ notes: [{ content: "Old" }] });
    const sent = [{ content: " b " }, { content: "a\r\nline" }, { content: "c" }];
    const { notes } = await server.ok(rpc.appendPetNotes, { ...pet, notes: sent });
    expect(notes.map(({ content }) => content)).toEqual(["b", "a\nline", "c"]);
    expect(notes.map(({ id }) => id)).toEqual(notes.map(({ id }) => id).toSorted());
    for (const note of notes)
      expect(note).toMatchObject({ id: expect.stringMatching(/^cxn_/), lastUpdatedBy: "staff_a1" });
  });

  it("ignores times and authors that are sent, and refuses an id", async () => {
    const pet = await named();
    const sent = { content: "x", lastUpdatedBy: "staff_a2", lastUpdatedTime: { seconds: 5n } };
    const { notes } = await server.ok(rpc.appendPetNotes, { ...pet, notes: [sent] });
    expect(notes[0]?.lastUpdatedBy).toBe("staff_a1");
    expect(notes[0]?.lastUpdatedTime?.seconds).toBeGreaterThan(1_000_000_000n);
    expect(await server.refused(rpc.appendPetNotes, { ...pet, notes: [{ ...sent, id: "cxn_a1" }] })).toMatchObject(
      invalidField("notes[0].id", "NOT_ALLOWED"),
    );
  });

  it("takes 50 notes a call, not 51 and not none, all or nothing", async () => {
    const pet = await named();
    expect((await server.ok(rpc.appendPetNotes, { ...pet, notes: texts(50) })).notes).toHaveLength(50);
    const refusals = [
      [texts(51), invalidField("notes", "TOO_MANY")],
      [[], invalidField("notes", "REQUIRED")],
      [[{ content: "fine" }, { content: " " }], invalidField("notes[1].content", "REQUIRED")],
      [[{ content: "é".repeat(10_001) }], invalidField("notes[0].content", "TOO_LONG")],
      [[{ content: "a\u0000" }], invalidField("notes[0].content", "INVALID_FORMAT")],
    ] as const;
    for (const [notes, refusal] of refusals) {
      expect(await server.refused(rpc.appendPetNotes, { ...pet, notes: [...notes] })).toMatchObject(refusal);
    }
    expect(await listed(pet)).toHaveLength(50);
  });

  it("has no limit to the notes of a pet; the pet carries the 50 newest, newest first", async () => {
    const pet = await named({ notes: texts(40) });
    await server.ok(rpc.appendPetNotes, { ...pet, notes: texts(50) });
    const newest = [{ content: "newest but one" }, { content: "newest" }];
    const { notes } = await server.ok(rpc.appendPetNotes, { ...pet, notes: newest });
    const embedded = (await server.ok(rpc.getPet, pet)).notes;
    expect(embedded).toHaveLength(50);
    expect(embedded.slice(0, 2)).toEqual(notes.toReversed());
    const all = await listed(pet);
    expect(all).toHaveLength(92);
    expect(all.slice(0, 50)).toEqual(embedded);
    // The lists of pets show the same pet with fewer.
    const { pets } = await server.ok(rpc.listPets, { customerId: pet.customerId });
    expect(pets[0]?.notes).toEqual(embedded.slice(0, 10));
  });
});

describe("ListPetNotes", () => {
  it("gives the newest first, of one call the last one first, and no notes of another pet", async () => {
    const pet = await named({ notes: [{ content: "1" }, { content: "2" }] });
    await named({ notes: [{ content: "of another" }] });
    await server.ok(rpc.appendPetNotes, { ...pet, notes: [{ content: "3" }, { content: "4" }] });
    expect((await listed(pet)).map(({ content }) => content)).toEqual(["4", "3", "2", "1"]);
  });
});

describe("UpdatePetNote and DeletePetNote", () => {
  it("change the text, its author and time, and keep its place in the list", async () => {
    const pet = await named({ notes: [{ content: "1" }, { content: "2" }] });
    const [, first] = await listed(pet);
    const noteId = first?.id ?? "";
    const { note } = await server.ok(rpc.updatePetNote, { ...pet, noteId, content: " Eats no\r\nchicken " });
    expect(note).toMatchObject({ id: noteId, content: "Eats no\nchicken", lastUpdatedBy: "staff_a1" });
    expect((await listed(pet)).map(({ content }) => content)).toEqual(["2", "Eats no\nchicken"]);
    for (const [content, reason] of [
      ["", "REQUIRED"],
      ["é".repeat(10_001), "TOO_LONG"],
    ] as const) {
      const refusal = await server.refused(rpc.updatePetNote, { ...pet, noteId, content });
      expect(refusal).toMatchObject(invalidField("content", reason));
    }
  });

  it("remove one note alone, once", async () => {
    const pet = await named({ notes: [{ content: "1" }, { content: "2" }] });
    const [newest] = await listed(pet);
    const gone = { ...pet, noteId: newest?.id ?? "" };
    await server.ok(rpc.deletePetNote, gone);
    expect((await listed(pet)).map(({ content }) => content)).toEqual(["1"]);
    expect((await server.ok(rpc.getPet, pet)).notes.map(({ content }) => content)).toEqual(["1"]);
    expect(await server.refused(rpc.deletePetNote, gone)).toMatchObject({
      ...notFound,
      metadata: { resource: "Note" },
    });
    expect(await server.refused(rpc.updatePetNote, { ...gone, content: "x" })).toMatchObject(notFound);
  });

  it("do not reach the note of another pet", async () => {
    const pet = await named();
    const [other] = await listed(await named({ notes: [{ content: "of another" }] }));
    const noteId = other?.id ?? "";
    expect(await server.refused(rpc.deletePetNote, { ...pet, noteId })).toMatchObject(notFound);
    expect(await server.refused(rpc.updatePetNote, { ...pet, noteId, content: "x" })).toMatchObject(notFound);
  });
});

async function named(fields: PetInit = {}): Promise<{ customerId: string; id: string }> {
  const { customerId, id } = await createPet(server, fields);
  return { customerId, id };
}

async function listed(pet: { customerId: string; id: string }) {
  return (await server.ok(rpc.listPetNotes, { ...pet, pagination: { pageSize: 500 } })).notes;
}
