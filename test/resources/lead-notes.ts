import type { Row } from "../../src/demo/demo-directory.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { planted } from "../reliability/tenancy/planted.js";
import { madeLead } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { pagination, reading, times } from "./texts.js";
import { company, descending, minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = LeadAdminService.method;
const companyId = "cmp_a";
const foreignIds = { id: "lcus_c1" };
const ofNoteC = { lead_id: "lcus_c1", note_id: "cxn_c1" };

const noteOfNeighbour = {
  calls: [{ name: "a note of the neighbour's lead", ids: { lead_id: "lcus_a1", note_id: planted.note } }],
};

const readNotes = (id: string) => reading(rpc.listLeadNotes, { companyId, id, pagination });

/** A new lead with two notes. */
async function noted(server: TestServer) {
  const named = await madeLead(server);
  const { notes } = await server.ok(rpc.appendLeadNotes, { ...named, notes: [{ note: "One" }, { note: "Two" }] });
  const target = { companyId, leadId: named.id };
  return { target: { ...target, noteId: notes[0]?.id ?? "" }, other: { ...target, noteId: notes[1]?.id ?? "" } };
}

const noteRow = (id: string, place: number): Row => ({
  ...{ company_id: company, id, lead_id: rowId(0), note: "Listed", created_time: minute(place) },
  ...{ last_updated_by: "", last_updated_time: minute(place) },
});

/** Of the rows of `leads`. */
export const leadNotes: readonly RpcEntry[] = [
  entry(rpc.appendLeadNotes, {
    request: { companyId, id: "lcus_a1", notes: [{ note: "Asked for a price" }] },
    foreignIds,
    async repeat(server) {
      const named = await madeLead(server);
      return {
        good: { ...named, notes: [{ note: "A" }] },
        other: { ...named, notes: [{ note: "B" }] },
        bad: { companyId, id: "lcus_z", notes: [{ note: "x" }] },
      };
    },
    texts: {
      request: async (server) => ({ ...(await madeLead(server)), notes: times(50, {}) }),
      reading: (_, { id }) => readNotes(id),
    },
  }),
  entry(rpc.listLeadNotes, {
    request: { companyId, id: "lcus_a1", pagination: {} },
    foreignIds,
    rows: [["lead_note", numbers.map((n) => noteRow(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, id: rowId(0) },
        otherRequest: { companyId: company, id: rowId(1) },
        ids: descending,
        table: "lead_note",
        stranger: noteRow,
      },
    ],
  }),
  entry(rpc.updateLeadNote, {
    request: async (server) => ({ ...(await noted(server)).target, note: "Changed" }),
    foreignIds: ofNoteC,
    async repeat(server) {
      const { target } = await noted(server);
      return {
        good: { ...target, note: "A" },
        other: { ...target, note: "B" },
        bad: { ...target, noteId: "cxn_z", note: "x" },
      };
    },
    texts: {
      request: async (server) => (await noted(server)).target,
      reading: (_, { leadId }) => readNotes(leadId),
    },
    tenancy: noteOfNeighbour,
  }),
  entry(rpc.deleteLeadNote, {
    request: async (server) => (await noted(server)).target,
    foreignIds: ofNoteC,
    async repeat(server) {
      const { target, other } = await noted(server);
      return { good: target, other, bad: { ...target, noteId: "cxn_z" } };
    },
    tenancy: noteOfNeighbour,
  }),
  entry(rpc.appendLeadTags, {
    request: { companyId, id: "lcus_a1", tags: [{ id: "tag_a2" }] },
    foreignIds,
    async repeat(server) {
      const named = await madeLead(server);
      return {
        good: { ...named, tags: [{ id: "tag_a1" }] },
        other: { ...named, tags: [{ id: "tag_a2" }] },
        bad: { ...named, tags: [{ id: "tag_z" }] },
      };
    },
    texts: {
      request: async (server) => ({ ...(await madeLead(server)), tags: times(5, {}) }),
      reading: (_, { id }) => reading(rpc.listLeadTags, { companyId, id }),
    },
  }),
  entry(rpc.listLeadTags, { request: { companyId, id: "lcus_a1" }, foreignIds }),
  entry(rpc.removeLeadTags, {
    request: async (server) => ({ ...(await madeLead(server)), tagIds: ["tag_a1"] }),
    foreignIds,
    async repeat(server) {
      const named = await madeLead(server);
      await server.ok(rpc.appendLeadTags, { ...named, tags: [{ id: "tag_a1" }, { id: "tag_a2" }] });
      return {
        good: { ...named, tagIds: ["tag_a2"] },
        other: { ...named, tagIds: ["tag_a1"] },
        bad: { companyId, id: "lcus_z", tagIds: ["tag_a1"] },
      };
    },
    tenancy: {
      idFields: { tag_ids: { expectation: "ignored", why: "a tag that the lead lacks is removed already" } },
    },
  }),
];
