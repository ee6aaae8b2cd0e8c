import type { JsonObject } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { archiveCustomer, removeTags, restoreCustomer, updateAppointments } from "../model/archive-commands.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { messageJson } from "../support/message-json.js";
import { newCustomer } from "../support/new-customer.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { customerWithTexts, newTag, readCustomer } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
import type { MaskTraits, PathFixture } from "./mask.js";
import { onWhole } from "./repeat.js";
import { bringsAuthors, bringsIds } from "./tenancy.js";

const admin = CustomerAdminService.method;
const companyId = "cmp_a";
const foreignIds = { id: "cus_c1" };

const relation = (value: JsonObject) => ({ customer: { customFields: { field_relation: { relation: value } } } });

async function archived(server: TestServer) {
  const named = await madeCustomer(server);
  await server.ok(admin.archiveCustomer, named);
  return named;
}

const moment = (text: string) => timestampFromDate(new Date(text));

/** UpdateCustomerAppointments. */
const appointmentsMask: MaskTraits = {
  naming: ["company_id", "id", "etag", "update_mask"],
  moving: ["etag", "lastUpdatedTime", "lastUpdatedBy"],
  other: { path: "next_appointment_date", set: { nextAppointmentDate: "2032-05-01T10:00:00Z" } },
  closedPaths: [],
  async make(server) {
    const named = await madeCustomer(server);
    const [lastAppointmentDate, nextAppointmentDate] = [moment("2020-05-01T10:00:00Z"), moment("2031-05-01T10:00:00Z")];
    await server.ok(admin.updateCustomerAppointments, { ...named, lastAppointmentDate, nextAppointmentDate });
    return named;
  },
  async read(server, named) {
    const stored = await server.ok(CustomerService.method.getCustomer, { id: String(named["id"]) });
    return messageJson(CustomerSchema, stored);
  },
  paths: {
    last_appointment_date: timePath("lastAppointmentDate", "2021-05-01T10:00:00Z"),
    next_appointment_date: timePath("nextAppointmentDate", "2030-05-01T10:00:00Z"),
  },
};

function timePath(member: string, time: string): PathFixture {
  return { set: { [member]: time }, after: () => ({ [member]: time }), cleared: () => ({ [member]: undefined }) };
}

export const customerAdmin: readonly RpcEntry[] = [
  entry(admin.archiveCustomer, {
    request: madeCustomer,
    foreignIds,
    tenancy: { calls: [{ name: "a customer with a lead", ids: { id: "cus_a1" } }] },
    repeat: onWhole(madeCustomer),
    model: { command: archiveCustomer, weights: { customers: 2, leads: 1, packages: 1 } },
  }),
  entry(admin.restoreCustomer, {
    request: madeCustomer,
    foreignIds,
    repeat: onWhole(archived),
    model: { command: restoreCustomer, weights: { customers: 1 } },
  }),
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
      request: async () => ({ companyId, id: freshId(), customer: newCustomer(customerWithTexts) }),
      reading: ({ customer: imported }) => readCustomer(imported?.id ?? ""),
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
        { name: "an id that was merged elsewhere", ids: { id: "zq.later" } },
        { name: "a note of the neighbour's lead", ids: { "customer.notes.id": planted.note } },
        { name: "a relation by id", json: relation({ entity: "LEAD", refId: foreignId("lcus_a1") }) },
        { name: "a relation by number", json: relation({ entity: "CUSTOMER", id: String(planted.rawId) }) },
        { name: "a relation by number of a lead", json: relation({ entity: "LEAD", id: String(planted.rawId) }) },
      ],
    },
  }),
  entry(admin.updateCustomerAppointments, {
    request: async (server) => ({
      ...(await madeCustomer(server)),
      nextAppointmentDate: moment("2031-05-01T10:00:00Z"),
    }),
    foreignIds,
    async repeat(server) {
      const named = await madeCustomer(server);
      return {
        good: { ...named, nextAppointmentDate: moment("2031-05-01T10:00:00Z") },
        other: { ...named, nextAppointmentDate: moment("2031-06-01T10:00:00Z") },
        bad: { companyId, id: "cus_a9", nextAppointmentDate: moment("2031-05-01T10:00:00Z") },
      };
    },
    mask: appointmentsMask,
    model: { command: updateAppointments, weights: { customers: 1 } },
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
    model: { command: removeTags, weights: { customers: 1 } },
  }),
];
