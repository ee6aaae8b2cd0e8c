import { create, type DescMessage, toBinary, toJson } from "@bufbuild/protobuf";
import { DurationSchema, ListValueSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { encodeBinary } from "../../../src/server/transport/codec/binary.js";
import { encodeJson } from "../../../src/server/transport/codec/json.js";
import { services } from "../../../src/services.js";
import { seed } from "../../support/seed.js";
import { drawnMessage, randomFrom } from "./drawn-message.js";
import { everyKind } from "./every-kind.js";

const draws = 4;
const drawsOfEveryKind = 40;
const answers = new Set(services.flatMap(({ methods }) => methods.map(({ output }) => output)));
const every = everyKind();
const schemas: readonly DescMessage[] = [every, ...answers];

/** Values of every field, none, and each field alone by its zero. */
function messagesOf(schema: DescMessage) {
  const random = randomFrom(seed);
  const length = schema === every ? drawsOfEveryKind : draws;
  return [{}, ...Array.from({ length }, () => drawnMessage(schema, random))];
}

it("covers the responses of all rpcs", () => {
  expect(answers.size).toBeGreaterThan(60);
});

describe.each(schemas.map((schema) => [schema.typeName, schema] as const))("%s", (_name, schema) => {
  it("has the bytes and the JSON of protobuf-es", () => {
    for (const from of messagesOf(schema)) {
      const message = create(schema, from);
      const json = JSON.stringify(toJson(schema, message, { alwaysEmitImplicit: true }));
      const bytes = Buffer.from(toBinary(schema, message)).toString("base64");
      for (const either of [from, message]) {
        expect(encodeBinary(schema, either).toString("base64")).toBe(bytes);
        expect(encodeJson(schema, either)).toBe(json);
      }
    }
  });
});

it.each([StructSchema, ValueSchema, ListValueSchema, DurationSchema])(
  "$typeName by itself has the bytes of protobuf-es",
  (schema: DescMessage) => {
    const random = randomFrom(seed);
    for (let draw = 0; draw < draws; draw += 1) {
      const message = create(schema, drawnMessage(schema, random));
      expect(encodeBinary(schema, message)).toEqual(Buffer.from(toBinary(schema, message)));
    }
  },
);

it.each([
  ["a text that is a number", { string: 1 }],
  ["a number that is a text", { int32: "1" }],
  ["a fraction", { int32: 1.5 }],
  ["more than 32 bits", { uint32: 2 ** 32 }],
  ["less than zero", { uint32: -1 }],
  ["more than 64 bits", { int64: 2n ** 63n }],
  ["a list that is none", { liststring: "a" }],
  ["a message that is none", { self: 1 }],
])("rejects %s", (_what, message) => {
  expect(() => encodeBinary(every, message)).toThrow(TypeError);
});

it.each([
  ["a text that is a number", { string: 1 }],
  ["a number that is a text", { int32: "1" }],
  ["a fraction", { int32: 1.5 }],
  ["no number", { int32: Number.NaN }],
  ["a list that is none", { liststring: "a" }],
  ["a message that is none", { self: 1 }],
])("rejects %s in JSON", (_what, message) => {
  expect(() => encodeJson(every, message)).toThrow(TypeError);
});
