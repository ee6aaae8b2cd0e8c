import type { Row } from "../../src/demo/demo-directory.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createCustomer } from "../faults/world.js";
import { createCustomer as createCustomerCommand } from "../model/create-customer.js";
import { appendTags, getCustomer as getCustomerCommand } from "../model/customer-commands.js";
import { listCustomers, listTags } from "../model/list-commands.js";
import { updateCustomer } from "../model/update-customer.js";
import { adminPath, done, either, newId, someTime } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { locationKey } from "../reliability/tenancy/location-key.js";
import { contactsOfBoth, planted } from "../reliability/tenancy/planted.js";
import { person, post } from "../reliability/write-kind.js";
import { keys } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
import { newCustomer } from "../support/new-customer.js";
import { madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { customerMask } from "./customer-mask.js";
import { entry, type RpcEntry } from "./entry.js";
import { fieldOfNeighbour, peopleCalls } from "./list-calls.js";
import { pagination, reading, times } from "./texts.js";
import { byUpdate, company, descending, everything, minute, numbers, placeOf, rowId, updateOf } from "./walk.js";

const rpc = CustomerService.method;
const { listConsentHistory } = ConsentService.method;
const companyId = "cmp_a";
const foreignIds = { id: "cus_c1" };

/** Places for texts. */
const someText = { value: { case: "string", value: "x" } } as const;
export const customerWithTexts = {
  address: {},
  phones: [{ number: "+12125550111" }, { number: "+12125550112" }],
  tags: times(5, {}),
  notes: times(10, {}),
  externalIds: [{ system: "texts" }],
  customFields: { field_short: someText, field_long: someText },
};
export const readCustomer = (id: string) => reading(rpc.getCustomer, { id });

export const newTag = [{ name: planted.tagName }];
export const noteOfNeighbour = [{ id: planted.note, note: "Changed" }];

/** Replaces parts of which the neighbour's namesake has the same. */
const otherParts = {
  ...{ updateMask: "source,address,notes,tags", address: { city: "Utica" }, tags: newTag },
  notes: [{ id: "cxn_a5", note: "Changed" }],
};

/** A customer with two notes. */
export async function noted(server: TestServer) {
  const { id, notes } = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "1" }, { note: "2" }] }));
  return { id, noteId: notes[0]?.id ?? "", otherNoteId: notes[1]?.id ?? "" };
}

const listed = { firstName: "Ada", lastName: "Listed", phone: "+12125550123" };

const row = (id: string, created: number, updated: number): Row =>
  customer(company, id, "biz_l", minute(created), { last_updated_time: minute(updated) });
const newestFirst = { ids: descending, table: "customer", stranger: (id: string, place: number) => row(id, place, 0) };

export const customers: readonly RpcEntry[] = [
  entry(rpc.createCustomer, {
    request: newCustomer(),
    repeat: async () => ({
      good: newCustomer({ lastName: "A" }),
      other: newCustomer({ lastName: "B" }),
      bad: newCustomer({ assignedStaffId: "staff_z" }),
    }),
    texts: {
      request: newCustomer({ ...customerWithTexts, consentProvenance: { evidence: {} } }),
      reading: ({ id }) => [
        readCustomer(id),
        reading(listConsentHistory, { companyId, subject: { case: "customerId", value: id }, pagination }),
      ],
    },
    tenancy: {
      calls: [
        { name: "a referral source of both", ids: { "referral_source.id": "ref_a1" } },
        { name: "a new tag", json: { tags: newTag } },
        { name: "contacts of both", json: contactsOfBoth },
        {
          name: "first of its company",
          ids: { company_id: "cmp_quota", preferred_business_id: "biz_q1" },
          key: keys.quota,
        },
      ],
    },
    once: {
      oneStatement: true,
      doubles: true,
      plan: async (tenant, mark) => ({
        call: post("customers", person(tenant, mark)),
        other: post("customers", { ...person(tenant, mark), firstName: "Eva" }),
        marks: [mark],
      }),
      idOf: (body) => body.id,
      effects: `SELECT last_name AS mark, count(*)::int AS effects, min(id) AS id FROM customer
        WHERE company_id = $1 AND last_name = ANY($2) GROUP BY 1`,
    },
    model: { command: createCustomerCommand, weights: { customers: 5, lists: 1 } },
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
      request: async (server) => ({
        ...(await madeCustomer(server, { address: { city: "Utica" } })),
        ...customerWithTexts,
      }),
      reading: ({ id }) => readCustomer(id),
    },
    tenancy: {
      calls: [
        { name: "a new tag", json: { tags: newTag } },
        { name: "other parts", json: otherParts },
        { name: "a note of the neighbour's namesake", json: { notes: noteOfNeighbour } },
        { name: "no external ids", json: { updateMask: "externalIds,source" } },
        { name: "a field of the neighbour", json: { customFields: { [planted.field]: { string: "x" } } } },
      ],
    },
    once: {
      oneStatement: false,
      doubles: true,
      async plan(tenant, mark, send) {
        const { id } = await send(post("customers", person(tenant, "Changing")));
        const to = (color: string) => ({ companyId: tenant.companyId, lastName: mark, email: `${color}@example.com` });
        const path = `customers/${id}`;
        return {
          call: { method: "PUT", path, body: { ...to("one"), notes: [{ note: "changed" }] } },
          other: { method: "PUT", path, body: { ...to("two"), notes: [{ note: "changed" }] } },
          marks: [id],
        };
      },
      idOf: (body) => body.id,
      effects: `SELECT id AS mark, version::int - 1 AS effects, id FROM customer
        WHERE company_id = $1 AND id = ANY($2)`,
    },
    model: { command: updateCustomer, weights: { customers: 5, leads: 2, lists: 1 } },
  }),
  entry(rpc.getCustomer, {
    request: { id: "cus_a1" },
    foreignIds,
    model: { command: getCustomerCommand, weights: { customers: 1 } },
    tenancy: {
      calls: [
        { name: "by a merged id", ids: { id: planted.merging.undoFrom } },
        {
          name: "by a merged id, by a key of another location",
          ids: { id: planted.merging.undoFrom },
          key: locationKey,
        },
      ],
    },
  }),
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
    changing: {
      name: "customers",
      path: () => "customers:list",
      request: ({ companyId }) => ({ companyId }),
      rows: "customers",
      async insert(place) {
        if (either([true, false])) return (await createCustomer(place)).body.id;
        const customer = { ...listed, companyId: place.companyId, preferredBusinessId: place.businessId };
        const imported = { id: newId(), customer, createdTime: someTime() };
        return (await done(place, `${adminPath(place)}/customers:import`, imported)).customer.id;
      },
      async update(place, id) {
        await done(place, `customers/${id}`, { companyId: place.companyId, lastName: `Listed ${newId()}` }, "PUT");
      },
      async remove(place, id) {
        await done(place, `${adminPath(place)}/customers/${id}:${either(["archive", "erase"])}`, {});
      },
    },
    tenancy: {
      calls: [
        { name: "a customer", json: { filter: { ids: ["cus_a1"] } } },
        ...["+12125550101", planted.phone, planted.phoneOfBoth].map((mainPhoneNumber) => ({
          ...{ name: "a number", json: { filter: { mainPhoneNumber } } },
        })),
        ...peopleCalls({
          ...{ statuses: ["ACTIVE"], assignedStaffIds: ["staff_a1"] },
          customFields: [{ field: "field_short", values: ["Kept"] }],
        }),
        fieldOfNeighbour,
        {
          name: "an external id of the neighbour",
          json: { filter: { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] } },
        },
      ],
    },
    model: { command: listCustomers, weights: { customers: 2, leads: 1, lists: 3 } },
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
    model: { command: appendTags, weights: { customers: 2 } },
  }),
  entry(rpc.listCustomerTags, {
    request: { id: "cus_a1" },
    foreignIds,
    model: { command: listTags, weights: { customers: 1 } },
  }),
];
