import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CustomerService.method;
const texts = (count: number) => Array.from({ length: count }, (_, n) => ({ note: `Note ${n}` }));

describe("AppendCustomerNotes", () => {
  it("returns only the new notes, in their order, with ids that ascend and the author of the call", async () => {
    const id = await freshId([{ note: "Old" }]);
    const { notes } = await server.ok(rpc.appendCustomerNotes, {
      id,
      notes: [{ note: "b" }, { note: "a" }, { note: "c" }],
    });
    expect(notes.map(({ note }) => note)).toEqual(["b", "a", "c"]);
    expect(notes.map((note) => note.id)).toEqual(notes.map((note) => note.id).toSorted());
    for (const note of notes)
      expect(note).toMatchObject({ id: expect.stringMatching(/^cxn_/), lastUpdatedBy: "staff_a1" });
  });

  it("ignores times and authors that are sent, and refuses an id", async () => {
    const id = await freshId();
    const sent = { note: "x", lastUpdatedBy: "staff_a2", lastUpdatedTime: { seconds: 5n } };
    const { notes } = await server.ok(rpc.appendCustomerNotes, { id, notes: [sent] });
    expect(notes[0]?.lastUpdatedBy).toBe("staff_a1");
    expect(notes[0]?.lastUpdatedTime?.seconds).toBeGreaterThan(1_000_000_000n);
    expect(await server.refused(rpc.appendCustomerNotes, { id, notes: [{ ...sent, id: "cxn_a1" }] })).toMatchObject(
      invalidField("notes[0].id", "NOT_ALLOWED"),
    );
  });

  it("takes 50 notes a call, not 51 and not none, all or nothing", async () => {
    const id = await freshId();
    expect((await server.ok(rpc.appendCustomerNotes, { id, notes: texts(50) })).notes).toHaveLength(50);
    const refusals = [
      [texts(51), invalidField("notes", "TOO_MANY")],
      [[], invalidField("notes", "REQUIRED")],
      [[{ note: "fine" }, { note: "" }], invalidField("notes[1].note", "REQUIRED")],
    ] as const;
    for (const [notes, refusal] of refusals) {
      expect(await server.refused(rpc.appendCustomerNotes, { id, notes: [...notes] })).toMatchObject(refusal);
    }
    expect(await noteCount(id)).toBe(50);
  });

  it("has no limit to the notes of a customer; the customer carries the 50 newest, newest first", async () => {
    const id = await freshId(texts(40));
    await server.ok(rpc.appendCustomerNotes, { id, notes: texts(50) });
    const { notes } = await server.ok(rpc.appendCustomerNotes, {
      id,
      notes: [{ note: "newest but one" }, { note: "newest" }],
    });
    const customer = await server.ok(rpc.getCustomer, { id });
    expect(customer.notes).toHaveLength(50);
    expect(customer.notes.slice(0, 2)).toEqual(notes.toReversed());
    const all = await server.ok(rpc.listCustomerNotes, { id, pagination: { pageSize: 500 } });
    expect(all.notes).toHaveLength(92);
    expect(all.notes.slice(0, 50)).toEqual(customer.notes);
  });
});

describe("UpdateCustomerNote", () => {
  it("replaces text, author and time, and leaves the note where it was", async () => {
    const id = await freshId([{ note: "first" }, { note: "second" }], keys.aOther);
    const [, first] = (await server.ok(rpc.getCustomer, { id })).notes;
    if (!first?.lastUpdatedTime) throw new Error("the customer has two notes");
    const { note } = await server.ok(rpc.updateCustomerNote, { customerId: id, noteId: first.id, note: " changed " });
    expect(note).toMatchObject({ id: first.id, note: "changed", lastUpdatedBy: "staff_a1" });
    const changed = note?.lastUpdatedTime ?? first.lastUpdatedTime;
    expect(timestampDate(changed).getTime()).toBeGreaterThan(timestampDate(first.lastUpdatedTime).getTime());
    expect((await server.ok(rpc.getCustomer, { id })).notes.map((one) => one.note)).toEqual(["second", "changed"]);
  });

  it("finds no note of another customer, be it of the same company", async () => {
    const update = { customerId: "cus_a1", noteId: "cxn_a3", note: "x" };
    expect(await server.refused(rpc.updateCustomerNote, update)).toMatchObject({
      ...notFound,
      metadata: { resource: "Note" },
    });
    const { rows } = await server.database.owner.query("SELECT note FROM customer_note WHERE id = 'cxn_a3'");
    expect(rows).toEqual([{ note: "Text of cxn_a3" }]);
  });
});

describe("DeleteCustomerNote", () => {
  it("removes the note for good and answers nothing", async () => {
    const id = await freshId(texts(2));
    const [note] = (await server.ok(rpc.getCustomer, { id })).notes;
    const target = { customerId: id, noteId: note?.id ?? "" };
    expect(await server.ok(rpc.deleteCustomerNote, target)).toMatchObject({});
    expect(await noteCount(id)).toBe(1);
    expect(await server.refused(rpc.deleteCustomerNote, target)).toMatchObject(notFound);
    expect(await server.refused(rpc.updateCustomerNote, { ...target, note: "x" })).toMatchObject(notFound);
  });

  it("finds no note of another customer, be it of the same company", async () => {
    const target = { customerId: "cus_a1", noteId: "cxn_a3" };
    expect(await server.refused(rpc.deleteCustomerNote, target)).toMatchObject(notFound);
    expect(await noteCount("cus_a2")).toBe(1);
  });
});

describe("ListCustomerNotes", () => {
  it("gives the newest first, of one call the last one first", async () => {
    const id = await freshId([{ note: "1" }, { note: "2" }]);
    await server.ok(rpc.appendCustomerNotes, { id, notes: [{ note: "3" }, { note: "4" }] });
    const { notes } = await server.ok(rpc.listCustomerNotes, { id, pagination: {} });
    expect(notes.map(({ note }) => note)).toEqual(["4", "3", "2", "1"]);
  });
});

async function freshId(notes: { note: string }[] = [], key = keys.a): Promise<string> {
  return (await server.ok(rpc.createCustomer, newCustomer({ notes }), { key })).id;
}

async function noteCount(customerId: string): Promise<number> {
  const { notes } = await server.ok(rpc.listCustomerNotes, { id: customerId, pagination: { pageSize: 500 } });
  return notes.length;
}
