import type { Row } from "../../src/demo/demo-directory.js";
import {
  DuplicateConfidence as Confidence,
  DuplicateService,
  DuplicateMatch as Match,
} from "../../src/gen/proto/moego/admin/v1/duplicate_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { fixtureKey, keyTables } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
import { newCustomer } from "../support/new-customer.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { isNamed } from "./tenancy.js";
import { minute, numbers, placeOf, rowId } from "./walk.js";

const rpc = DuplicateService.method;
const companyId = "cmp_a";
const pair = { companyId, customerId: "cus_a1", otherCustomerId: "cus_a2" };
const foreignIds = { customer_id: "cus_c1", other_customer_id: "cus_c2" };
const tenancy = { idFields: { customer_id: isNamed, other_customer_id: isNamed } };

/** Two new customers, and a customer that the company does not have. */
async function pairs(server: TestServer) {
  const make = async () => (await server.ok(CustomerService.method.createCustomer, newCustomer())).id;
  const good = { companyId, customerId: await make(), otherCustomerId: await make() };
  return { good, other: { ...good, otherCustomerId: "cus_a1" }, bad: { ...good, otherCustomerId: "cus_z" } };
}

async function dismissedPairs(server: TestServer) {
  const made = await pairs(server);
  for (const named of [made.good, made.other]) await server.ok(rpc.dismissDuplicate, named);
  return made;
}

/** A company among those of the other lists, so that nothing else is in the list. */
const ofPairs = rowId(3);
const keys = {
  walker: fixtureKey("key_walker_pairs", [{ type: "COMPANY", id: ofPairs }]),
  neighbour: fixtureKey("key_neighbour_pairs", [{ type: "ENTERPRISE", id: "ent_l" }]),
};
/** As long as an id can be. Other lists ask for the customers of another company by their ids alone. */
const pairId = (number: number) => `pair_${String(number).padStart(25, "0")}`;
const person = (id: string, created: number, email: string): Row =>
  customer(ofPairs, id, "biz_pairs", minute(created), { phone: "", email, email_key: email });

export const duplicates: readonly RpcEntry[] = [
  entry(rpc.listDuplicates, {
    request: { companyId, pagination: {} },
    rows: [
      ...keyTables(Object.values(keys)),
      ["business", [{ company_id: ofPairs, id: "biz_pairs", name: "Pairs", phone: "", archived_time: null }]],
      // Each has an older duplicate, which has none itself.
      ["customer", numbers.map((n) => person(`old_${n}`, -1, `${n}@example.com`))],
      ["customer", numbers.map((n) => person(pairId(n), placeOf(n), `${n}@example.com`))],
    ],
    walks: [
      {
        order: "newest first",
        request: { companyId: ofPairs, minConfidence: Confidence.LOW },
        otherRequest: { companyId: ofPairs, matches: [Match.EMAIL] },
        ids: numbers.map(pairId).toReversed(),
        table: "customer",
        keys,
        strangersAreForeign: true,
        stranger: (id, place) => person(id, place, `${id}@example.com`),
      },
    ],
    tenancy: {
      showsNoText: "answers with ids of customers that have a contact in common, which no copies have",
      calls: [
        { name: "of every confidence", json: { minConfidence: "DUPLICATE_CONFIDENCE_LOW" } },
        { name: "since a time", json: { minConfidence: "DUPLICATE_CONFIDENCE_LOW", changedSince: minute(0) } },
      ],
    },
  }),
  entry(rpc.dismissDuplicate, { request: pair, foreignIds, repeat: pairs, tenancy }),
  entry(rpc.restoreDuplicate, { request: pair, foreignIds, repeat: dismissedPairs, tenancy }),
];
