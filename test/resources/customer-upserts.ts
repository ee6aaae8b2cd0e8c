import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { CustomerUpsertService } from "../../src/gen/proto/moego/admin/v1/customer_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { adminPath } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { person, post } from "../reliability/write-kind.js";
import { newCustomer } from "../support/new-customer.js";
import { customerWithTexts, readCustomer } from "./customers.js";
import { entry, type RpcEntry } from "./entry.js";
import type { IdFieldException } from "./tenancy.js";

const rpc = CustomerUpsertService.method;
const companyId = "cmp_a";
const system = "upserts";
const keyed = (id: string, lastName: string) => ({
  match: { externalId: { system, id } },
  customer: newCustomer({ lastName }),
});
let made = 0;

/** A key that no customer has. */
function freshId(): string {
  made += 1;
  return `fresh ${made}`;
}

const isOnlyKey: IdFieldException = {
  expectation: "reference",
  why: "an id beside another key is refused; test/rpc/customer-upsert.test.ts sends one of another tenant alone",
};

const isOfRequest: IdFieldException = { expectation: "reference", why: "must be the company of the request" };

const external = (id: string, ofSystem: string = plantedIds.system) => ({ externalId: { system: ofSystem, id } });

/** What the neighbour's namesakes would alter (external-id-rows.ts). */
const neighbourCalls = [
  { name: "an external id of the neighbour", match: external(plantedIds.foreign), customer: newCustomer() },
  { name: "an id of the neighbour", match: { id: foreignId("cus_a1") }, customer: newCustomer() },
  { name: "an id that the neighbour merged", match: { id: plantedIds.merged }, customer: newCustomer() },
  {
    name: "a phone of both, with an id in a system of the neighbour",
    match: { phone: planted.phoneOfBoth, ...external("1", plantedIds.otherSystem) },
    customer: newCustomer({ phone: planted.phoneOfBoth }),
  },
  {
    name: "everything of a customer of both",
    match: external(plantedIds.both),
    customer: newCustomer({
      ...{ lastName: "Changed", phones: [{ number: "+12125550199" }], address: { address1: "9 Ninth St" } },
      ...{ tags: [{ id: "tag_a3" }], customFields: { field_number: { value: { case: "int64", value: 5n } } } },
      complianceConfig: { isConsented: false, serviceRelatedChannels: { channels: [] } },
    }),
  },
].map(({ name, match, customer }) => ({ name, request: { companyId, match, customer } }));

const filling = {
  name: "what a customer of both lacks",
  request: {
    ...{ companyId, match: { id: plantedIds.bare }, onMatch: OnMatch.FILL_EMPTY },
    customer: newCustomer({ address: { address1: "9 Ninth St" }, tags: [{ id: "tag_a3" }] }),
  },
};

export const customerUpserts: readonly RpcEntry[] = [
  entry(rpc.upsertCustomer, {
    request: { companyId, ...keyed("1", "A") },
    repeat: async () => {
      const id = freshId();
      return {
        good: { companyId, ...keyed(id, "A") },
        other: { companyId, ...keyed(id, "B") },
        bad: { companyId, ...keyed(id, "A"), customer: newCustomer({ assignedStaffId: "staff_z" }) },
      };
    },
    texts: {
      request: async () => ({ companyId, ...keyed("1", "A"), customer: newCustomer(customerWithTexts) }),
      reading: ({ customer }) => readCustomer(customer?.id ?? ""),
    },
    tenancy: {
      idFields: { "match.id": isOnlyKey, "customer.company_id": isOfRequest },
      calls: [...neighbourCalls, filling],
    },
    once: {
      oneStatement: false,
      doubles: false,
      plan: async (tenant, mark) => {
        const { companyId: _, ...customer } = person(tenant, mark);
        const upserted = (firstName: string) => ({
          match: { externalId: { system, id: mark } },
          customer: { ...customer, firstName },
        });
        const path = `${adminPath(tenant)}/customers:upsert`;
        return { call: post(path, upserted("Ada")), other: post(path, upserted("Eva")), marks: [mark] };
      },
      idOf: (body) => body.customer.id,
      effects: `SELECT last_name AS mark, count(*)::int AS effects, min(id) AS id FROM customer
        WHERE company_id = $1 AND last_name = ANY($2) GROUP BY 1`,
    },
  }),
  entry(rpc.batchUpsertCustomers, {
    request: { companyId, items: [keyed("2", "A"), keyed("3", "B")] },
    repeat: async () => {
      const [one, two] = [freshId(), freshId()];
      return {
        good: { companyId, items: [keyed(one, "A"), keyed(two, "B")] },
        other: { companyId, items: [keyed(one, "A"), keyed(two, "C")] },
        bad: { companyId, items: [keyed(one, "A"), { ...keyed(two, "B"), customer: newCustomer({ phone: "12" }) }] },
      };
    },
    withoutSecret: ({ results }) => {
      for (const result of results) result.replayed = false;
    },
    texts: {
      request: {
        companyId,
        mode: BatchMode.EACH,
        items: [{ ...keyed("2", "A"), customer: newCustomer(customerWithTexts) }],
      },
      reading: ({ results }) => results.map(({ id }) => readCustomer(id)),
    },
    tenancy: {
      idFields: {
        "items.match.id": isOnlyKey,
        "items.customer.company_id": isOfRequest,
      },
    },
  }),
];
