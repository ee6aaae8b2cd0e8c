import type { DescMethodUnary, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { type CallOptions, succeeded, type TestServer } from "../support/server.js";
import type { Company } from "./companies.js";
import { differences } from "./learned.js";
import { detailView, latestFirst } from "./package-rules.js";
import { byChange, customerView, leadView, listedCustomerView, newestFirst } from "./views.js";
import type { World } from "./world.js";

export interface Stored {
  readonly server: TestServer;
  readonly company: Company;
  readonly world: World;
}

/** Compares all that is stored with the model: what the lists show, and what only the tables tell. */
export async function storedDifferences(stored: Stored): Promise<string[]> {
  const found = await Promise.all([customers(stored), leads(stored), packages(stored), tables(stored)]);
  return found.flat();
}

async function customers(stored: Stored): Promise<string[]> {
  const { server, company, world } = stored;
  const inUse = world.customers.filter((one) => !one.archived).toSorted(newestFirst);
  const request = { companyId: world.companyId, pagination: { pageSize: 500 } };
  const seen = await read(server, CustomerService.method.listCustomers, request, company);
  const expected = { customers: inUse.map((one) => listedCustomerView(world, one)), nextPageToken: "" };
  const found = [...differences(expected, seen, "stored"), ...(await synchronised(stored))];
  for (const one of world.customers.filter(({ archived }) => archived)) {
    const shown = await read(server, CustomerService.method.getCustomer, { id: one.id.value }, company);
    found.push(...differences(customerView(world, one), shown, "stored"));
  }
  return found;
}

/**
 * What a synchronising client gets: archived ones too, by the time of change, each in its latest state. While earlier
 * transactions run the last ones are held back, so it is the beginning of the list at any time.
 */
async function synchronised({ server, company, world }: Stored): Promise<string[]> {
  const request = { companyId: world.companyId, pagination: { pageSize: 500 }, filter: { lastUpdatedTime: {} } };
  const seen = await read(server, CustomerService.method.listCustomers, request, company);
  const shown = Array.isArray(seen["customers"]) ? seen["customers"].length : 0;
  const expected = world.customers.toSorted(byChange).slice(0, shown);
  return differences(
    { customers: expected.map((one) => listedCustomerView(world, one)), nextPageToken: "" },
    seen,
    "synchronised",
  );
}

async function leads({ server, company, world }: Stored): Promise<string[]> {
  const open = world.leads.filter((one) => !one.archived && !one.customerId).toSorted(newestFirst);
  const request = { companyId: world.companyId, pagination: { pageSize: 500 } };
  const seen = await read(server, LeadService.method.listLeads, request, company);
  return differences({ leads: open.map((one) => leadView(world, one)), nextPageToken: "" }, seen, "stored");
}

async function packages({ server, company, world }: Stored): Promise<string[]> {
  if (world.packages.length === 0) return [];
  const packageIds = world.packages.map(({ id }) => id.value);
  const request = { companyId: world.companyId, packageIds, pagination: { pageSize: 500 } };
  const seen = await read(server, PackageService.method.listPackageDetails, request, company);
  return differences(
    { packageDetails: world.packages.toSorted(latestFirst).map(detailView), nextPageToken: "" },
    seen,
    "stored",
  );
}

async function read(
  server: TestServer,
  method: DescMethodUnary,
  request: JsonObject,
  { keys }: Company,
): Promise<JsonObject> {
  const options: CallOptions = { key: keys.company };
  const { message } = succeeded(method, await server.call(method, fromJson(method.input, request), options));
  return objectOf(toJson(method.output, message, { alwaysEmitImplicit: true }));
}

function objectOf(json: JsonValue): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("an answer is an object");
  return json;
}

/** Versions and counters, and ledgers that add up. */
async function tables({ server, world }: Stored): Promise<string[]> {
  const { rows } = await server.database.owner.query(storedState, [world.companyId]);
  const inUse = world.customers.filter((one) => !one.archived).length;
  return differences(
    {
      versions: Object.fromEntries([...world.customers, ...world.leads].map(({ id, version }) => [id.value, version])),
      changes: Object.fromEntries([...world.customers, ...world.leads].map(({ id, version }) => [id.value, version])),
      counter: world.limit === undefined ? null : inUse,
      consent_events: world.consentEvents,
      tags: world.tags.length,
      uneven: 0,
    },
    rows[0],
    "tables",
  );
}

const storedState = `WITH c AS (SELECT id, version FROM customer WHERE company_id = $1 UNION ALL SELECT id, version FROM lead WHERE company_id = $1)
SELECT coalesce((SELECT jsonb_object_agg(id, version) FROM c), '{}') AS versions,
  coalesce((SELECT jsonb_object_agg(id, changes) FROM (
    SELECT resource_id AS id, count(*) AS changes FROM change
    WHERE company_id = $1 AND kind IN ('customer', 'lead') GROUP BY resource_id) one), '{}') AS changes,
  (SELECT customers FROM company_customer_count WHERE company_id = $1) AS counter,
  (SELECT count(*)::int FROM consent_event WHERE company_id = $1) AS consent_events,
  (SELECT count(*)::int FROM tag WHERE company_id = $1) AS tags,
  (SELECT count(*)::int FROM package_service s WHERE s.company_id = $1 AND (
    SELECT coalesce(sum(quantity), 0) FROM package_ledger l WHERE l.company_id = $1 AND l.package_service_id = s.id
  ) NOT BETWEEN 0 AND s.total_quantity) AS uneven`;
