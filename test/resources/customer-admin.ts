import type { JsonObject } from "@bufbuild/protobuf";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { archiveCustomer, removeTags, restoreCustomer } from "../model/archive-commands.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { newCustomer } from "../support/new-customer.js";
import { freshId, madeCustomer } from "../support/records.js";
import type { TestServer } from "../support/server.js";
import { customerWithTexts, newTag, readCustomer } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
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

export const customerAdmin: readonly RpcEntry[] = [
  entry(admin.archiveCustomer, {
    request: madeCustomer,
    foreignIds,
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
    model: { command: removeTags, weights: { customers: 1 } },
  }),
];
