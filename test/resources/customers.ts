import type { JsonObject } from "@bufbuild/protobuf";
import type { Row } from "../../src/demo/demo-rows.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { keys } from "../support/fixture-keys.js";
import { customer, note } from "../support/fixtures.js";
import { newCustomer } from "../support/new-customer.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { customerMask } from "./customer-mask.js";
import { entry, type RpcEntry } from "./entry.js";
import { onWhole } from "./repeat.js";
import { bringsAuthors, bringsIds } from "./tenancy.js";
import { pagination, reading, times } from "./texts.js";
import { byUpdate, company, descending, everything, minute, numbers, placeOf, rowId, updateOf } from "./walk.js";

const rpc = CustomerService.method;
const admin = CustomerAdminService.method;
const companyId = "cmp_a";
const foreignIds = { id: "cus_c1" };
const ofNoteC = { customer_id: "cus_c1", note_id: "cxn_c1" };

/** Places for texts. */
const someText = { value: { case: "string", value: "x" } } as const;
const withTexts = {
  address: {},
  tags: times(5, {}),
  notes: times(10, {}),
  customFields: { field_short: someText, field_long: someText },
};
const read = (id: string) => reading(rpc.getCustomer, { id });
const readNotes = (id: string) => reading(rpc.listCustomerNotes, { id, pagination });

const noteOfNeighbour = { calls: [{ name: "a note of the neighbour", ids: { note_id: planted.note } }] };
const newTag = [{ name: planted.tagName }];
const relation = (value: JsonObject) => ({ customer: { customFields: { field_relation: { relation: value } } } });

/** A customer with two notes. */
async function noted(server: TestServer) {
  const { id, notes } = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "1" }, { note: "2" }] }));
  return { id, noteId: notes[0]?.id ?? "", otherNoteId: notes[1]?.id ?? "" };
}

async function archived(server: TestServer) {
  const named = await madeCustomer(server);
  await server.ok(admin.archiveCustomer, named);
  return named;
}

const row = (id: string, created: number, updated: number): Row =>
  customer(company, id, "biz_l", minute(created), { last_updated_time: minute(updated) });
const noteRow = (id: string, place: number): Row => note(company, id, rowId(0), minute(place));
const newestFirst = { ids: descending, table: "customer", stranger: (id: string, place: number) => row(id, place, 0) };

export const customers: readonly RpcEntry[] = [
  entry(rpc.createCustomer, {
    request: newCustomer(),
    repeat: async () => ({
      good: newCustomer({ lastName: "A" }),
      other: newCustomer({ lastName: "B" }),
      bad: newCustomer({ assignedStaffId: "staff_z" }),
    }),
    texts: { request: newCustomer(withTexts), reading: ({ id }) => read(id) },
    tenancy: {
      calls: [
        { name: "a referral source of both", ids: { "referral_source.id": "ref_a1" } },
        { name: "a new tag", json: { tags: newTag } },
        {
          name: "first of its company",
          ids: { company_id: "cmp_quota", preferred_business_id: "biz_q1" },
          key: keys.quota,
        },
      ],
    },
  }),
  entry(rpc.updateCustomer, {
    request: { id: "cus_a1", companyId, source: "A friend" },
    foreignIds,
    async repeat(server) {
      const update = { id: (await noted(server)).id, companyId };
      return { good: { ...update, source: "A" }, other: { ...update, source: "B" }, bad: { ...update, etag: "old" } };
    },
    mask: customerMask,
    texts: {
      request: async (server) => ({ ...(await madeCustomer(server, { address: { city: "Utica" } })), ...withTexts }),
      reading: ({ id }) => read(id),
    },
    tenancy: { calls: [{ name: "a new tag", json: { tags: newTag } }] },
  }),
  entry(rpc.getCustomer, { request: { id: "cus_a1" }, foreignIds }),
  entry(rpc.listCustomers, {
    request: { companyId, pagination: {} },
    rows: [["customer", numbers.map((n) => row(rowId(n), placeOf(n), updateOf(n)))]],
    walks: [
      {
        ...newestFirst,
        order: "newest first",
        request: { companyId: company },
        otherRequest: { companyId: company, filter: { email: "other@example.com" } },
      },
      {
        order: "in the order of change under a last_updated_time filter",
        request: { companyId: company, filter: { lastUpdatedTime: { startTime: everything } } },
        otherRequest: { companyId: company },
        ids: byUpdate,
        table: "customer",
        stranger: (id, place) => row(id, 0, place),
      },
      {
        ...newestFirst,
        order: "newest first under a filter by location",
        request: { companyId: company, filter: { preferredBusinessIds: ["biz_l"] } },
        otherRequest: { companyId: company, filter: { preferredBusinessIds: ["biz_l", "biz_x"] } },
      },
    ],
  }),
  entry(rpc.genCustomerCofLink, {
    request: { id: "cus_a1" },
    foreignIds,
    repeat: async (server) => ({
      good: { id: (await noted(server)).id },
      other: { id: "cus_a1" },
      bad: { id: "cus_a9" },
    }),
  }),
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
  }),
  entry(rpc.appendCustomerTags, {
    request: { id: "cus_a1", tags: [{ id: "tag_a2" }] },
    foreignIds,
    async repeat(server) {
      const { id } = await noted(server);
      return {
        good: { id, tags: [{ name: "A" }] },
        other: { id, tags: [{ name: "B" }] },
        bad: { id, tags: [{ id: "tag_z" }] },
      };
    },
    texts: {
      request: async (server) => ({ id: (await noted(server)).id, tags: times(5, {}) }),
      reading: (_, { id }) => reading(rpc.listCustomerTags, { id }),
    },
  }),
  entry(rpc.listCustomerTags, { request: { id: "cus_a1" }, foreignIds }),
  entry(admin.archiveCustomer, { request: madeCustomer, foreignIds, repeat: onWhole(madeCustomer) }),
  entry(admin.restoreCustomer, { request: madeCustomer, foreignIds, repeat: onWhole(archived) }),
  entry(admin.eraseCustomer, {
    request: madeCustomer,
    foreignIds,
    repeat: onWhole(madeCustomer),
    tenancy: { calls: [{ name: "a customer of both", ids: { id: "cus_a1" } }] },
  }),
  entry(admin.importCustomer, {
    request: async () => {
      const within = { address: { id: freshId(), city: "Boston" }, notes: [{ id: freshId(), note: "Shy" }] };
      return { companyId, id: freshId(), customer: newCustomer(within) };
    },
    repeat: async () => ({
      good: { companyId, id: freshId(), customer: newCustomer() },
      other: { companyId, id: freshId(), customer: newCustomer() },
      bad: { companyId, id: "cus_a1", customer: newCustomer() },
    }),
    texts: {
      request: async () => ({ companyId, id: freshId(), customer: newCustomer(withTexts) }),
      reading: ({ customer: imported }) => read(imported?.id ?? ""),
    },
    tenancy: {
      idFields: {
        "customer.company_id": { expectation: "reference", why: "must be the company of the path" },
        "customer.address.id": bringsIds,
        "customer.notes.id": bringsIds,
        "customer.notes.last_updated_by": bringsAuthors,
      },
      calls: [
        { name: "a new tag", json: { customer: { tags: newTag } } },
        { name: "a relation by id", json: relation({ entity: "LEAD", refId: foreignId("lcus_a1") }) },
        { name: "a relation by number", json: relation({ entity: "CUSTOMER", id: String(planted.rawId) }) },
        { name: "a relation by number of a lead", json: relation({ entity: "LEAD", id: String(planted.rawId) }) },
      ],
    },
  }),
  entry(admin.removeCustomerTags, {
    request: async (server) => ({ ...(await madeCustomer(server)), tagIds: ["tag_a1"] }),
    foreignIds,
    async repeat(server) {
      const named = await madeCustomer(server, { tags: [{ id: "tag_a1" }, { id: "tag_a2" }] });
      return {
        good: { ...named, tagIds: ["tag_a2"] },
        other: { ...named, tagIds: ["tag_a1"] },
        bad: { companyId, id: "cus_a9", tagIds: ["tag_a1"] },
      };
    },
    tenancy: {
      idFields: {
        tag_ids: { expectation: "ignored", why: "a tag that the customer lacks is removed already" },
      },
    },
  }),
];
