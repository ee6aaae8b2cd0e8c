import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { DestinationStream } from "pino";
import { scopes } from "../../../src/core/principal.js";
import type { Tables } from "../../../src/demo/demo-directory.js";
import { idempotencyKeyHeader } from "../../../src/server/pipeline/idempotency-key.js";
import { entryOf } from "../../resources/all-entries.js";
import { allRpcs } from "../../resources/all-rpcs.js";
import { nameOf, withTexts } from "../../resources/method.js";
import { ableKey, isPlatformRpc } from "../../support/able-key.js";
import { externalApiRow } from "../../support/external-api-rows.js";
import { type FixtureKey, fixtureKey, keys } from "../../support/fixture-keys.js";
import { note } from "../../support/fixtures.js";
import { petNote } from "../../support/pet-rows.js";
import { startServer, type TestServer } from "../../support/server.js";
import { offeredService } from "../../support/setting-rows.js";
import { locationKey } from "./location-key.js";
import { copyToNeighbour, guardNeighbour, neighbour, putNeighbourFirst, tenant } from "./neighbour.js";

/** All of the tenant, all of the neighbour, one other location of the tenant, and keys that lack one scope each. */
export const worldKeys = {
  tenant: keys.a,
  neighbour: fixtureKey("key_t", [{ type: "COMPANY", id: neighbour }]),
  location: locationKey,
} as const;

const lacking = new Map(
  scopes.map((scope) => [
    scope,
    fixtureKey(`no-${scope.replace(":", "-")}`, [{ type: "COMPANY", id: tenant }], {
      scopes: scopes.filter((one) => one !== scope),
    }),
  ]),
);

export function keyLacking(scope: (typeof scopes)[number]): FixtureKey {
  const key = lacking.get(scope);
  if (!key) throw new Error(`no key for ${scope}`);
  return key;
}

export interface World {
  readonly server: TestServer;
  readonly rpcs: readonly Rpc[];
}

/** An rpc with what the neighbour has done by it already. */
export interface Rpc {
  readonly method: DescMethodUnary;
  readonly name: string;
  /** The key that may call it: platform rpcs have one of their own. */
  readonly key: FixtureKey;
  /** A request that succeeds; what it names exists at the neighbour as well, under the same id. */
  readonly request: Message;
  /** What the tenant has sent already, under `keyOfTenantsCalls`. */
  readonly done: Message;
  /** Makes another one, which the neighbour knows nothing of. */
  fresh(): Promise<Message>;
}

export interface WorldOptions {
  /** Where log lines of every level go. */
  readonly log?: DestinationStream;
}

/** Statements in the background would be traced as those of whichever call is under way. */
const withoutKeyUse = { KEY_USE_RETENTION_DAYS: "0" };

/** The tenant and its neighbour with the same ids, the neighbour full of canaries and guarded. */
export async function openWorld({ log }: WorldOptions = {}): Promise<World> {
  const environment = { LOG_LEVEL: log ? "trace" : "silent", DATABASE_POOL_SIZE: "20", ...withoutKeyUse };
  const server = await startServer({ environment, ...(log ? { log } : {}) });
  await server.insert(moreTables);
  await server.insertKeys([worldKeys.neighbour, worldKeys.location, ...lacking.values()]);
  // Once each, so that every table has a row of the tenant.
  const done = new Map<DescMethodUnary, Message>();
  for (const method of allRpcs) done.set(method, await callOnce(server, method));
  const rpcs: Rpc[] = [];
  // An order names every entry, and other requests make some.
  const orders = (method: DescMethodUnary) => Number(method.name.startsWith("Reorder"));
  for (const method of allRpcs.toSorted((a, b) => orders(a) - orders(b))) {
    const entry = entryOf(method);
    const request = entry.tenancy?.request ?? (await entry.request(server));
    const fresh = () => entry.request(server);
    rpcs.push({
      method,
      name: nameOf(method),
      key: ableKey(method),
      request,
      done: done.get(method) ?? request,
      fresh,
    });
  }
  await copyToNeighbour(server.database.owner);
  for (const rpc of rpcs) await actAsNeighbour(server, rpc);
  await putNeighbourFirst(server.database.owner);
  await guardNeighbour(server.database.owner);
  return { server, rpcs };
}

/** The idempotency key of what the tenant has done. */
export const keyOfTenantsCalls = "of-the-tenant";

async function callOnce(server: TestServer, method: DescMethodUnary): Promise<Message> {
  const headers = { [idempotencyKeyHeader]: keyOfTenantsCalls };
  const request = await entryOf(method).request(server);
  await server.call(method, request, { key: ableKey(method), headers });
  return request;
}

/** Enough for a second page, of what startServer() inserts once. */
function consentGiven(time: string) {
  return {
    ...{ company_id: tenant, subject_kind: "customer", subject_id: "cus_a1", occurred_time: time, rpc: "a.B/C" },
    ...{ key_id: "key_a", staff_id: "staff_a1", ip: "127.0.0.1", request_id: "request" },
    after: {
      ...{ serviceRelatedChannels: ["SMS"], marketingCampaignsChannels: [] },
      ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
    },
  };
}

/** Enough for a second page. */
function changed(version: number) {
  return {
    ...{ company_id: tenant, kind: "customer", resource_id: "cus_a1", version, rpc: "a.B/C", key_id: "key_a" },
    ...{ staff_id: "staff_a1", request_id: "request", changed_time: `2024-03-0${version}T10:00:00Z` },
    ...{ changed_fields: ["first_name"], location_before: "biz_a1", location_after: "biz_a1" },
    ...{ client_address: "127.0.0.0", related_kind: "lead", related_id: "lcus_a1" },
  };
}

function used(id: string, keyId = "key_a") {
  return {
    ...{ company_id: tenant, id, key_id: keyId, rpc: "a.B/C", records: ["customer/cus_a1"], request_id: "request" },
    ...{ client_address: "127.0.0.0", used_time: "2024-03-01T10:00:00Z" },
  };
}

const parts = {
  headers: [{ name: "x", value: "y", isSecret: false }],
  request_params: [{ name: "x", location: "QUERY", type: "STRING", required: false, description: "y" }],
  output_params: [{ name: "x", path: "$.x", type: "STRING" }],
};
const importJob = {
  ...{ company_id: tenant, id: "imp_a1", name: "customers.csv", kind: "customers", file_digest: "digest" },
  ...{ state: "DONE", created: 1, author: "Ada", started_time: "2024-03-01T10:00:00Z" },
  ended_time: "2024-03-01T10:01:00Z",
};
const importedCustomer = {
  ...{ company_id: tenant, job_id: "imp_a1", kind: "customer", key: "key", record_id: "cus_a1", content_hash: "hash" },
  ...{ row_number: 2, state: "CREATED", recorded_time: "2024-03-01T10:00:00Z" },
  undo_request: { firstName: "Ada" },
};
const otherPhone = { position: 1, number: "+12125550187", extension: "1", person_name: "Bea" };
const moreTables: Tables = [
  ["customer_note", [note(tenant, "cxn_a5", "cus_a1", "2024-03-01T13:00:00Z")]],
  ["customer_phone", [{ company_id: tenant, customer_id: "cus_a1", ...otherPhone }]],
  ["lead_phone", [{ company_id: tenant, lead_id: "lcus_a1", ...otherPhone }]],
  ["pet_note", [petNote(tenant, "pxn_a5", "pet_a1", "2024-05-01T12:00:00Z")]],
  ["pet_note", [petNote(tenant, "pxn_l1", "pet_l1", "2024-05-01T12:00:00Z")]],
  ["pet_pet_code", [{ company_id: tenant, pet_id: "pet_l1", pet_code_id: "pc_a1" }]],
  [
    "pet_vaccination",
    [{ company_id: tenant, pet_id: "pet_l1", position: 0, name: "Rabies", expired_time: "2027-01-01T00:00:00Z" }],
  ],
  ["consent_event", [consentGiven("2024-03-01T10:00:00Z"), consentGiven("2024-03-02T10:00:00Z")]],
  ["change", [changed(1), changed(2)]],
  ["key_use", [used("use_1"), used("use_2", "key_of_both"), used("use_3", "key_of_both")]],
  ["dismissed_duplicate", [{ company_id: tenant, customer_id: "cus_a2", other_customer_id: "cus_a9" }]],
  ["import_job", [importJob]],
  ["import_record", [importedCustomer]],
  ["service", [offeredService(tenant, "srv_a5", "Offered there", { business_ids: ["biz_a1"] })]],
  [
    "custom_field",
    [
      {
        ...{ company_id: tenant, id: "cf_a5", association_type: 1, code: "field_a5", label: "Has a default", type: 1 },
        ...{ default_value: { string: "default" }, options: [], created_time: "2023-01-01T00:00:00Z" },
        last_updated_time: "2023-01-01T00:00:00Z",
      },
    ],
  ],
  ["external_api", [externalApiRow(tenant, "xapi_a5", parts)]],
  [
    "external_api_secret",
    [{ company_id: tenant, external_api_id: "xapi_a5", name: "x", sealed: "\\x0102030405060708090a" }],
  ],
];

/** Before the transport's name: the idempotency keys that the neighbour has used for every rpc. */
export const usedKey = "used-by-the-neighbour";

/** The transports of the matrix. */
export const matrixTransports = ["grpc", "connect-json", "rest"] as const;

const claims = new Set<string>();

/** Whether the neighbour's call under the key of the transport was answered, so that the service remembers it. */
export function claimsOfNeighbour({ name }: Rpc, transport: string): boolean {
  return claims.has(`${name} ${transport}`);
}

/** The neighbour sends what the tenant would send, so that its keys are known to the service. */
async function actAsNeighbour(server: TestServer, { method, name, request }: Rpc): Promise<void> {
  for (const transport of matrixTransports) {
    const headers = { [idempotencyKeyHeader]: `${usedKey}-${transport}` };
    const key = isPlatformRpc(method) ? keys.platformOther : worldKeys.neighbour;
    const answer = await server.call(method, asNeighbour(method, request), { key, headers });
    if (answer.ok) claims.add(`${name} ${transport}`);
  }
}

/** The same request in the neighbour's company. */
export function asNeighbour(method: DescMethodUnary, request: Message): Message {
  const named = method.input.fields.some(({ name }) => name === "company_id");
  if (method.name === "GetCompany") return withTexts(method.input, request, { id: neighbour });
  return named ? withTexts(method.input, request, { company_id: neighbour }) : request;
}
