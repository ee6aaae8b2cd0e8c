import { create, type DescMessage, fromJson, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DomainError } from "../../../src/core/errors.js";
import {
  CreateCustomerRequestSchema,
  ListCustomersRequestSchema,
  UpdateCustomerRequestSchema,
} from "../../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { decodeAnyBinary } from "../../../src/server/transport/binary-input.js";
import { readValidBinary } from "../../../src/server/transport/codec/binary-reader.js";
import { readValidJson } from "../../../src/server/transport/codec/json-reader.js";
import { nothingBeside } from "../../../src/server/transport/json-beside.js";
import { readEveryMember } from "../../../src/server/transport/json-message.js";
import { parseJson } from "../../../src/server/transport/json-parse.js";
import { valueLimit } from "../../../src/server/transport/limits.js";
import { services } from "../../../src/services.js";
import { malformedFields, mutated } from "../../reliability/malformed-bytes.js";
import { malformedJson } from "../../reliability/malformed-json.js";
import { randomOf } from "../../reliability/run.js";
import { jsonOf } from "../../support/clients.js";
import { seed } from "../../support/seed.js";
import { drawnMessage, randomFrom } from "./drawn-message.js";
import { everyKind } from "./every-kind.js";

const draws = 2;
const mutations = 8;
const every = everyKind();
const requests = new Set(services.flatMap(({ methods }) => methods.map(({ input }) => input)));
const schemas: readonly DescMessage[] = [every, ...requests];
const random = randomOf("decode");

function messagesOf(schema: DescMessage) {
  const drawn = randomFrom(seed);
  return [{}, ...Array.from({ length: draws }, () => drawnMessage(schema, drawn))].map((from) => create(schema, from));
}

/** What is refused is undefined. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Whether the text was read by the shortcut. */
function isShortJson(schema: DescMessage, text: string): boolean {
  const root = unlessRefused(() => parseJson(Buffer.from(text), valueLimit(schema)));
  const short = root === undefined ? undefined : readValidJson(schema, root);
  if (root === undefined || !short) return false;
  const beside = nothingBeside();
  const message = unlessRefused(() => readEveryMember(schema, root, { beside }));
  expect(short).toStrictEqual({ message, emptyMembers: beside.emptyMembers });
  return true;
}

function isShortBinary(schema: DescMessage, bytes: Uint8Array): boolean {
  const short = readValidBinary(schema, bytes);
  if (short) expect(short).toStrictEqual(unlessRefused(() => decodeAnyBinary(schema, bytes)));
  return short !== undefined;
}

it("covers the requests of all rpcs", () => {
  expect(requests.size).toBeGreaterThan(100);
});

const customer = {
  ...{
    companyId: "cmp_a",
    preferredBusinessId: "biz_a1",
    firstName: "Ada",
    lastName: "Lovelace",
    phone: "+12125550101",
  },
  address: { address1: "1 Main Street", city: "Troy", coordinate: { latitude: 1.5, longitude: -2 }, type: "PRIMARY" },
  ...{ tags: [{ id: "tag_a1" }, { name: "é" }], notes: [{ note: "" }], preference: { receiveAutoEmail: false } },
  complianceConfig: { serviceRelatedChannels: { channels: ["COMPLIANCE_CHANNEL_SMS"] }, isConsented: true },
  customFields: { color: { string: "red" }, count: { int64: "5" }, flag: { bool: true } },
};

const common: readonly (readonly [DescMessage, JsonObject])[] = [
  [CreateCustomerRequestSchema, customer],
  [UpdateCustomerRequestSchema, { id: "cus_1", lastName: "", status: "INACTIVE", updateMask: "lastName,status" }],
  [ListCustomersRequestSchema, { pagination: { pageSize: 5 }, filter: { ids: ["cus_1"], statuses: ["ACTIVE"] } }],
  [ListCustomersRequestSchema, { filter: { lastUpdatedTime: { startTime: "2023-01-01T00:00:00Z" } } }],
];

it.each(common)("%s takes the shortcut", (schema, json) => {
  expect(isShortJson(schema, JSON.stringify(json))).toBe(true);
  expect(isShortBinary(schema, toBinary(schema, fromJson(schema, json)))).toBe(true);
});

describe.each(schemas.map((schema) => [schema.typeName, schema] as const))("%s", (_name, schema) => {
  it("is read from JSON the same way with and without the shortcut", () => {
    for (const message of messagesOf(schema)) {
      for (const alwaysEmitImplicit of [true, false])
        isShortJson(schema, JSON.stringify(toJson(schema, message, { alwaysEmitImplicit })));
    }
    const malformed = malformedJson(schema, jsonOf(schema, drawnMessage(schema, randomFrom(seed))));
    for (const text of fc.sample(malformed, { numRuns: mutations, seed })) isShortJson(schema, text);
  });

  it("is read from bytes the same way with and without the shortcut", () => {
    for (const message of messagesOf(schema)) {
      const bytes = toBinary(schema, message);
      isShortBinary(schema, bytes);
      for (let count = 0; count < mutations / draws; count += 1) isShortBinary(schema, mutated(bytes, random));
    }
    for (let count = 0; count < mutations; count += 1) isShortBinary(schema, malformedFields(schema, random));
  });
});
