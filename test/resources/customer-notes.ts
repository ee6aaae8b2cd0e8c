import type { Row } from "../../src/demo/demo-directory.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { appendNotes, deleteNote, updateNote } from "../model/customer-commands.js";
import { listNotes } from "../model/list-commands.js";
import { done, newId } from "../reliability/changing-list.js";
import { planted } from "../reliability/tenancy/planted.js";
import { person, post } from "../reliability/write-kind.js";
import { note } from "../support/fixtures.js";
import { noted } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
import { pagination, reading, times } from "./texts.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = CustomerService.method;
const foreignIds = { id: "cus_c1" };
const ofNoteC = { customer_id: "cus_c1", note_id: "cxn_c1" };

const readNotes = (id: string) => reading(rpc.listCustomerNotes, { id, pagination });

const noteOfNeighbour = { calls: [{ name: "a note of the neighbour", ids: { note_id: planted.note } }] };

const noteRow = (id: string, place: number): Row => note(company, id, rowId(0), minute(place));

export const customerNotes: readonly RpcEntry[] = [
  entry(rpc.appendCustomerNotes, {
    request: { id: "cus_a1", notes: [{ note: "Brings treats" }] },
    foreignIds,
    async repeat(server) {
      const { id } = await noted(server);
      return {
        good: { id, notes: [{ note: "A" }] },
        other: { id, notes: [{ note: "B" }] },
        bad: { id: "cus_a9", notes: [{ note: "x" }] },
      };
    },
    texts: {
      request: async (server) => ({ id: (await noted(server)).id, notes: times(50, {}) }),
      reading: (_, { id }) => readNotes(id),
    },
    once: {
      oneStatement: false,
      doubles: true,
      async plan(tenant, mark, send) {
        const { id } = await send(post("customers", person(tenant, "Noted")));
        const path = `customers/${id}/notes`;
        return {
          call: post(path, { notes: [{ note: mark }] }),
          other: post(path, { notes: [{ note: mark }, { note: "another" }] }),
          marks: [mark],
        };
      },
      idOf: (body) => body.notes[0].id,
      effects: `SELECT note AS mark, count(*)::int AS effects, min(id) AS id FROM customer_note
        WHERE company_id = $1 AND note = ANY($2) GROUP BY 1`,
    },
    model: { command: appendNotes, weights: { customers: 2 } },
  }),
  entry(rpc.listCustomerNotes, {
    request: { id: "cus_a1", pagination: {} },
    foreignIds,
    rows: [["customer_note", numbers.map((n) => noteRow(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "newest first",
        request: { id: rowId(0) },
        otherRequest: { id: rowId(1) },
        ids: descending,
        table: "customer_note",
        stranger: noteRow,
      },
    ],
    changing: {
      name: "notes",
      path: ({ customerId }) => `customers/${customerId}/notes:list`,
      request: () => ({}),
      rows: "notes",
      insert: async (place) =>
        (await done(place, `customers/${place.customerId}/notes`, { notes: [{ note: newId() }] })).notes[0].id,
      async update(place, id) {
        await done(place, `customers/${place.customerId}/notes/${id}`, { note: newId() }, "PUT");
      },
      async remove(place, id) {
        await done(place, `customers/${place.customerId}/notes/${id}`, undefined, "DELETE");
      },
    },
    model: { command: listNotes, weights: { customers: 1 } },
  }),
  entry(rpc.updateCustomerNote, {
    request: { customerId: "cus_a1", noteId: "cxn_a1", note: "Changed" },
    foreignIds: ofNoteC,
    async repeat(server) {
      const { id: customerId, noteId } = await noted(server);
      return {
        good: { customerId, noteId, note: "A" },
        other: { customerId, noteId, note: "B" },
        bad: { customerId, noteId: "cxn_z", note: "x" },
      };
    },
    texts: {
      async request(server) {
        const { id: customerId, noteId } = await noted(server);
        return { customerId, noteId };
      },
      reading: (_, { customerId }) => readNotes(customerId),
    },
    tenancy: noteOfNeighbour,
    model: { command: updateNote, weights: { customers: 1 } },
  }),
  entry(rpc.deleteCustomerNote, {
    async request(server) {
      const { notes } = await server.ok(rpc.appendCustomerNotes, { id: "cus_a1", notes: [{ note: "To go" }] });
      return { customerId: "cus_a1", noteId: notes[0]?.id ?? "" };
    },
    foreignIds: ofNoteC,
    async repeat(server) {
      const { id: customerId, noteId, otherNoteId } = await noted(server);
      return {
        good: { customerId, noteId },
        other: { customerId, noteId: otherNoteId },
        bad: { customerId, noteId: "cxn_z" },
      };
    },
    tenancy: noteOfNeighbour,
    model: { command: deleteNote, weights: { customers: 1 } },
  }),
];
