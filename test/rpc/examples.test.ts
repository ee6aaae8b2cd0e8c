import { readFileSync } from "node:fs";
import type { DescMethodUnary, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { demoData } from "../../src/demo/demo-data.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { decodeJson } from "../../src/server/transport/json-input.js";
import { allRpcs } from "../resources/all-rpcs.js";
import { nameOf } from "../resources/method.js";
import { messageJson } from "../support/message-json.js";
import { type JsonTransport, jsonTransports, startServer, succeeded } from "../support/server.js";

/** An example as a document prints it. */
interface Example {
  readonly seed: string;
  readonly example: string;
  readonly method: string;
  readonly http: string;
  readonly request: JsonObject;
  readonly response: JsonObject | null;
}

const secrets = {
  first: "demo-key-of-the-first-company-0123456789",
  second: "demo-key-of-the-second-company-012345678",
};
const key = { secret: secrets.first };
const server = await startServer({ tables: demoData(secrets).tables });
afterAll(() => server.stop());

const examples: readonly Example[] = JSON.parse(readFileSync(new URL("../examples.json", import.meta.url), "utf8"));
const printed = examples.filter(({ seed }) => seed === "000" || seed === "001");
const named = (list: readonly Example[]) => list.map((one) => [`${one.seed}: ${one.example}`, one] as const);
const { createCustomer, getCustomer, listCustomers, updateCustomer } = CustomerService.method;

it("finds the examples of documents 000 and 001", () => {
  expect(printed.map(({ method }) => method.split("/")[1])).toEqual([
    ...["ListCustomerTags", "ListCustomerReferralSources"],
    ...["CreateCustomer", "CreateCustomer", "UpdateCustomer", "ListCustomers"],
  ]);
});

// First, while the demo data is as it was written.
describe.each(named(printed.filter(({ response }) => response !== null)))("the printed answer of %s", (_, example) => {
  it.each([...jsonTransports, "grpc"] as const)("is what %s answers", async (transport) => {
    const answer = await run(example, transport);
    expect(withoutExtensions(answer)).toEqual(example.response);
  });
});

describe.each([...jsonTransports, "grpc"] as const)("on %s", (transport) => {
  it.each(named(printed.filter(({ method }) => method === nameOf(createCustomer))))(
    "%s stores what it prints",
    async (_, example) => {
      const answer = await run(example, transport);
      expect(await stored(answer["id"])).toEqual({ ...answer, possibleDuplicates: undefined });
      expectPrinted(answer, example.request);
      expect(answer).toMatchObject({ status: "ACTIVE", createdBy: "staff_001", deleted: false, etag: "1" });
      expect(answer["notes"]).toHaveLength(1);
      expect(answer["address"]).toHaveLength(1);
    },
  );

  it.each(named(printed.filter(({ method }) => method === nameOf(updateCustomer))))(
    "%s changes what it prints and nothing else",
    async (_, example) => {
      const before = await stored(example.request["id"]);
      const answer = await run(example, transport);
      expect(await stored(example.request["id"])).toEqual(answer);
      expectPrinted(answer, example.request);
      // Not in the request: kept, but for what a withdrawn channel ends.
      expect(answer["preference"]).toEqual({ ...memberOf(before, "preference"), receiveAutoEmail: false });
      for (const member of ["customFields", "referralSource", "createdTime", "rawId", "status"]) {
        expect(answer[member]).toEqual(before[member]);
      }
      expect(answer["complianceConfig"]).toMatchObject({
        brandedAppEnabled: memberOf(before, "complianceConfig")["brandedAppEnabled"] ?? null,
      });
      expect(listOf(answer, "notes").slice(1)).toEqual(listOf(before, "notes"));
      expect(listOf(answer, "address").slice(1)).toEqual(listOf(before, "address").slice(1));
    },
  );

  it.each(named(printed.filter(({ method }) => method === nameOf(listCustomers))))(
    "%s lists the customers that changed on that day, the earliest change first",
    async (_, example) => {
      const answer = await run(example, transport);
      expect(answer["nextPageToken"]).toBe("");
      const changes = listOf(answer, "customers").map(({ id, lastUpdatedTime }) => [id, lastUpdatedTime]);
      expect(changes).toEqual([
        ["cus_123", "2024-08-01T09:15:00Z"],
        ["cus_201", "2024-08-01T18:05:00Z"],
      ]);
      for (const customer of listOf(answer, "customers")) expect(await stored(customer["id"])).toEqual(customer);
    },
  );
});

/** Runs an example as printed; on gRPC with the message that the tolerant reader builds of it. */
async function run({ method: name, http, request }: Example, transport: JsonTransport | "grpc"): Promise<JsonObject> {
  const method = methodOf(name);
  if (transport !== "grpc") {
    expect(http).toMatch(/^(POST|PUT) \/v1\//);
    return succeeded(method, await server.callJson(method, request, { transport, key })).message;
  }
  const message = decodeJson(method.input, Buffer.from(JSON.stringify(request)));
  return messageJson(method.output, succeeded(method, await server.call(method, message, { key })).message);
}

function methodOf(name: string): DescMethodUnary {
  const method = allRpcs.find((known) => nameOf(known) === name);
  if (!method) throw new Error(`${name} is no rpc of the contract`);
  return method;
}

async function stored(id: JsonValue | undefined): Promise<JsonObject> {
  return messageJson(CustomerSchema, await server.ok(getCustomer, { id: String(id) }, { key }));
}

/** Every printed value, field by field, in the shape in which a customer is read. */
function expectPrinted(customer: JsonObject, request: JsonObject): void {
  const { address, tags: _tags, notes: _notes, complianceConfig: _consent, ...same } = request;
  expect(customer).toMatchObject(same);
  const { street, zip, ...lines } = memberOf({ address: address ?? null }, "address");
  expect(listOf(customer, "address")[0]).toMatchObject({
    ...lines,
    address1: street,
    postalCode: zip,
    type: "PRIMARY",
  });
  expect(listOf(customer, "tags").map(({ name }) => name)).toEqual(listOf(request, "tags").map(({ name }) => name));
  const texts = listOf(request, "notes").map(({ note }) => note);
  expect(
    listOf(customer, "notes")
      .slice(0, texts.length)
      .map(({ note }) => note),
  ).toEqual(texts.toReversed());
  const consent = Object.entries(memberOf(request, "complianceConfig"));
  expect(consent.length).toBeGreaterThan(0);
  expect(customer["complianceConfig"]).toMatchObject(
    Object.fromEntries(consent.map(([name, value]) => [name, bareChannels(value)])),
  );
}

/** The write shape of a list of channels, printed either way, as it is read. */
function bareChannels(value: JsonValue): JsonValue {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value["channels"] ?? []) : value;
}

/** Our own fields, which no document prints. */
const extensions: ReadonlySet<string> = new Set(["group", "archived", "nextPageToken"]);

function withoutExtensions(answer: JsonObject): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => (extensions.has(name) ? undefined : value)));
}

function memberOf(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value;
}

function listOf(holder: JsonObject, name: string): JsonObject[] {
  const value = holder[name];
  if (!Array.isArray(value)) throw new Error(`${name} is no list`);
  return value.map((item) => memberOf({ item }, "item"));
}
