import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DomainError } from "../../src/core/errors.js";
import { ReorderTagsRequestSchema } from "../../src/gen/proto/moego/admin/v1/customer_tag_pb.js";
import {
  CreateCustomerRequestSchema,
  ListCustomersRequestSchema,
  UpdateCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { CreateLeadRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { decodeBinary } from "../../src/server/transport/binary-input.js";
import { decodeJson } from "../../src/server/transport/json-input.js";
import { leastCost, timed } from "../support/timed.js";
import { callConnect, callGrpc, callGrpcWeb, callRest, type RawCall } from "./clients.js";
import { startWorld, type World } from "./world.js";

const fourMiB = 4 * 1024 * 1024;

/** `field REASON` of every violation, or `MALFORMED_REQUEST`. */
function faults(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return (error.details.violations ?? [])
      .map(({ field, reason }) => `${field} ${reason}`)
      .concat(error.reason === "INVALID_REQUEST" ? [] : [error.reason]);
  }
  return [];
}

const inJson = (schema: DescMessage, text: string) => faults(() => decodeJson(schema, Buffer.from(text)));
const inBinary = (schema: DescMessage, bytes: Uint8Array) => faults(() => decodeBinary(schema, bytes));

const numberOf = (schema: DescMessage, name: string) => schema.fields.find((field) => field.name === name)?.number ?? 0;

/** A message whose field is given this often, empty each time: two or three bytes an item. */
function emptyItems(schema: DescMessage, name: string, count: number): Uint8Array {
  const one = new BinaryWriter().tag(numberOf(schema, name), WireType.LengthDelimited).bytes(new Uint8Array()).finish();
  const all = Buffer.alloc(one.length * count);
  for (let item = 0; item < count; item += 1) all.set(one, item * one.length);
  return all;
}

/** The message of one length-delimited field. */
const within = (field: number, bytes: Uint8Array) =>
  new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();

const repeated = (item: string, count: number) => Array.from({ length: count }, () => item).join(",");
const ids = (count: number) => Array.from({ length: count }, (_, index) => `id_${index}`);

describe("a list", () => {
  it("of messages holds 1,000 in JSON and in binary", () => {
    expect(inJson(CreateCustomerRequestSchema, `{"tags":[${repeated("{}", 1_000)}]}`)).toEqual([]);
    expect(inJson(CreateCustomerRequestSchema, `{"tags":[${repeated("{}", 1_001)}]}`)).toEqual(["tags TOO_MANY"]);
    expect(inBinary(CreateCustomerRequestSchema, emptyItems(CreateCustomerRequestSchema, "tags", 1_000))).toEqual([]);
    expect(inBinary(CreateCustomerRequestSchema, emptyItems(CreateCustomerRequestSchema, "tags", 1_001))).toEqual([
      "tags TOO_MANY",
    ]);
  });

  it("of ids holds the 5,000 that a company's settings may have", () => {
    for (const [count, expected] of [
      [5_000, []],
      [5_001, ["ids TOO_MANY"]],
    ] as const) {
      const message = { companyId: "cmp_001", ids: ids(count) };
      const bytes = toBinary(ReorderTagsRequestSchema, create(ReorderTagsRequestSchema, message));
      expect(inJson(ReorderTagsRequestSchema, JSON.stringify(message))).toEqual(expected);
      expect(inBinary(ReorderTagsRequestSchema, bytes)).toEqual(expected);
    }
  });

  it("of enum numbers holds 100, packed or not", () => {
    const config = numberOf(CreateCustomerRequestSchema, "compliance_config");
    const path = "compliance_config.service_related_channels.channels TOO_MANY";
    const withList = (list: Uint8Array) => within(config, within(2, list));
    const packed = (count: number) => withList(within(1, new Uint8Array(count).fill(1)));
    const loose = (count: number) =>
      withList(Buffer.concat(Array.from({ length: count }, () => Uint8Array.from([8, 1]))));
    for (const bytes of [packed, loose]) {
      expect(inBinary(CreateCustomerRequestSchema, bytes(100))).toEqual([]);
      expect(inBinary(CreateCustomerRequestSchema, bytes(101))).toEqual([path]);
    }
    const json = (count: number) => `{"complianceConfig":{"serviceRelatedChannels":[${repeated("1", count)}]}}`;
    expect(inJson(CreateCustomerRequestSchema, json(100))).toEqual([]);
    expect(inJson(CreateCustomerRequestSchema, json(101))).toEqual([path]);
  });

  it("is counted where it stands", () => {
    const pets = create(CreateLeadRequestSchema, { lead: { pets: Array.from({ length: 1_001 }, () => ({})) } });
    const filter = create(ListCustomersRequestSchema, { filter: { tagIds: ids(5_001) } });
    expect(inBinary(CreateLeadRequestSchema, toBinary(CreateLeadRequestSchema, pets))).toEqual(["lead.pets TOO_MANY"]);
    expect(inBinary(ListCustomersRequestSchema, toBinary(ListCustomersRequestSchema, filter))).toEqual([
      "filter.tag_ids TOO_MANY",
    ]);
  });
});

it("an update mask holds 100 paths", () => {
  const mask = (count: number) => ({ updateMask: { paths: Array.from({ length: count }, () => "first_name") } });
  const bytes = (count: number) =>
    toBinary(UpdateCustomerRequestSchema, create(UpdateCustomerRequestSchema, mask(count)));
  const json = (count: number) => `{"updateMask":"${repeated("firstName", count)}"}`;
  expect(inBinary(UpdateCustomerRequestSchema, bytes(100))).toEqual([]);
  expect(inBinary(UpdateCustomerRequestSchema, bytes(101))).toEqual(["update_mask.paths TOO_MANY"]);
  expect(inJson(UpdateCustomerRequestSchema, json(100))).toEqual([]);
  expect(inJson(UpdateCustomerRequestSchema, json(101))).toEqual(["update_mask.paths TOO_MANY"]);
});

it("a map holds 1,000 entries", () => {
  const fields = (count: number) => Object.fromEntries(ids(count).map((code) => [code, {}]));
  const bytes = (count: number) =>
    toBinary(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, { customFields: fields(count) }));
  const json = (count: number) => JSON.stringify({ customFields: fields(count) });
  expect(inBinary(CreateCustomerRequestSchema, bytes(1_000))).toEqual([]);
  expect(inBinary(CreateCustomerRequestSchema, bytes(1_001))).toEqual(["custom_fields TOO_MANY"]);
  expect(inJson(CreateCustomerRequestSchema, json(1_000))).toEqual([]);
  expect(inJson(CreateCustomerRequestSchema, json(1_001))).toEqual(["custom_fields TOO_MANY"]);
});

describe("a request of more than 20,000 values", () => {
  it("is refused where most of them are", () => {
    const note = JSON.stringify({ note: "", id: "" });
    expect(inJson(CreateCustomerRequestSchema, `{"notes":[${repeated(note, 10_000)}]}`)).toEqual(["notes TOO_MANY"]);
    expect(inJson(CreateCustomerRequestSchema, `{"custom_fields":{"a":{"list":[${repeated("1", 30_000)}]}}}`)).toEqual([
      'custom_fields["a"].list TOO_MANY',
    ]);
    expect(inJson(CreateLeadRequestSchema, `{"lead":{"pets":[{"a":[${repeated("1", 30_000)}]}]}}`)).toEqual([
      "lead.pets[0].a TOO_MANY",
    ]);
  });

  it("is refused even when each field is one value: repeated, unknown, or within a group", () => {
    const bytes = (...head: number[]) => Buffer.concat(Array.from({ length: 20_001 }, () => Uint8Array.from(head)));
    const name = numberOf(CreateCustomerRequestSchema, "first_name");
    const group = Buffer.concat([Uint8Array.from([0xfb, 0x3e]), bytes(8, 1), Uint8Array.from([0xfc, 0x3e])]);
    for (const message of [bytes((name << 3) | 2, 0), bytes(0xf8, 0x3e, 1), group]) {
      expect(inBinary(CreateCustomerRequestSchema, message)).toEqual([" TOO_MANY"]);
    }
  });
});

describe("a binary message", () => {
  const customFields = numberOf(CreateCustomerRequestSchema, "custom_fields");
  const entry = (key: string) => within(customFields, within(1, Buffer.from(key)));

  it("with the map key __proto__, which JavaScript would lose, is refused", () => {
    expect(inBinary(CreateCustomerRequestSchema, entry("__proto__"))).toEqual([
      'custom_fields["__proto__"] NOT_ALLOWED',
    ]);
    expect(inBinary(CreateCustomerRequestSchema, entry("__proto_"))).toEqual([]);
  });

  it.each([
    ["a field of another wire type", Uint8Array.from([0x08, 1])],
    [
      "a list item of another wire type",
      Uint8Array.from([(numberOf(CreateCustomerRequestSchema, "tags") << 3) | 0, 1]),
    ],
    ["an entry with a third field", within(customFields, Uint8Array.from([0x18, 1]))],
    ["a field that ends behind its message", within(customFields, Uint8Array.from([0x0a, 5]))],
    ["a group that does not end", Uint8Array.from([0xfb, 0x3e])],
  ])("of %s is malformed", (_what, bytes) => {
    expect(inBinary(CreateCustomerRequestSchema, bytes)).toEqual(["MALFORMED_REQUEST"]);
  });

  it("may hold fields of a newer contract", () => {
    expect(
      inBinary(CreateCustomerRequestSchema, Uint8Array.from([0xf8, 0x3e, 1, 0xfb, 0x3e, 8, 1, 0xfc, 0x3e])),
    ).toEqual([]);
  });
});

describe("a request of 4 MiB", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const filled = (head: string, item: string, tail: string) => {
    const count = Math.floor((fourMiB - head.length - tail.length - item.length) / (item.length + 1));
    return `${head}${`${item},`.repeat(count)}${item}${tail}`;
  };
  const create = "CustomerService/CreateCustomer";
  const update = "CustomerService/UpdateCustomer";
  const json: [string, string, string][] = [
    ["empty tags", create, filled('{"tags":[', "{}", "]}")],
    ["notes that are wrong", create, filled('{"notes":[', '{"x":1}', "]}")],
    ["numbers for channels", create, filled('{"complianceConfig":{"serviceRelatedChannels":[', "9", "]}}")],
    ["nested arrays", create, filled('{"tags":[', `${"[".repeat(90)}${"]".repeat(90)}`, "]}")],
    ["unknown fields", create, filled("{", '"a":1', "}")],
    ["entries", create, filled('{"customFields":{', '"a":{}', "}}")],
    ["paths", update, filled('{"updateMask":"', "a", '"}')],
    ["one path of many parts", update, `{"updateMask":"${"a.".repeat(fourMiB / 2 - 20)}"}`],
    ["escapes", create, `{"firstName":"${"\\n".repeat(fourMiB / 2 - 20)}"}`],
    ["blanks", create, `{"firstName":"a"${" ".repeat(fourMiB - 20)}}`],
  ];
  const tags = emptyItems(CreateCustomerRequestSchema, "tags", fourMiB / 2);
  const notes = emptyItems(CreateCustomerRequestSchema, "notes", fourMiB / 2);
  const mask = within(
    numberOf(UpdateCustomerRequestSchema, "update_mask"),
    emptyItems(UpdateCustomerRequestSchema, "id", 2_000_000),
  );
  const binary: [string, string, Uint8Array][] = [
    ["empty tags", create, tags],
    ["empty notes", create, notes],
    ["empty paths", update, mask],
    ["one text over and over", create, emptyItems(CreateCustomerRequestSchema, "first_name", fourMiB / 2)],
    ["entries", create, emptyItems(CreateCustomerRequestSchema, "custom_fields", 1_300_000)],
  ];

  /** Few values, each long: nothing to refuse here. */
  const allowed = ["one path of many parts", "escapes", "blanks"];

  // Measured: 10 to 90 ms and 35 MB, for escapes 350 ms and 70 MB; without limits 30 s and 2 GB.
  it.each([...json, ...binary])(
    "of %s costs less than a second and 300 MB by every transport",
    timed,
    async (what, rpc, body) => {
      const refused = !allowed.includes(what);
      const isJson = typeof body === "string";
      const call: RawCall = { rpc, body };
      const ways = isJson
        ? [
            () => callConnect(world, "json", call),
            () =>
              rpc === create
                ? callRest(world, "/v1/customers", { body })
                : callRest(world, "/v1/customers/cus_1", { body, method: "PUT" }),
          ]
        : [() => callGrpc(world, call), () => callConnect(world, "proto", call), () => callGrpcWeb(world, call)];
      for (const way of ways) {
        const { answer, cpuMs, grownBytes } = await leastCost(way);
        if (refused)
          expect(answer.refusal).toMatchObject({ reason: "INVALID_REQUEST", violations: [{ reason: "TOO_MANY" }] });
        expect(cpuMs).toBeLessThan(1_000);
        expect(grownBytes / 1e6).toBeLessThan(300);
      }
    },
  );
});
