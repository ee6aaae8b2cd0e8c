import { create, fromBinary, type JsonObject } from "@bufbuild/protobuf";
import { assert, dictionary, jsonValue, property, record, string } from "fast-check";
import { expect, it } from "vitest";
import { QueryCustomerResponseSchema } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { toBinaryWithTexts } from "../../src/server/transport/grpc-codec.js";

const schema = QueryCustomerResponseSchema;

/** What a client reads of an answer. */
function read(answer?: JsonObject) {
  const message = create(schema, { ...(answer ? { answer } : {}), customer: { id: "cus_1" }, matchCount: 3 });
  const { $typeName: _, ...told } = fromBinary(schema, toBinaryWithTexts(schema, message));
  expect(message.answer).toEqual(answer);
  return { answer: told.answer, id: told.customer?.id, matchCount: told.matchCount };
}

const long = string({ unit: "grapheme", maxLength: 300 });

it("an answer of texts is read as it was written", () => {
  assert(
    property(dictionary(long, long, { noNullPrototype: true }), (answer) => {
      expect(read(answer)).toEqual({ answer, id: "cus_1", matchCount: 3 });
    }),
  );
});

it("lengths of one, two and three bytes are written alike", () => {
  for (const length of [0, 1, 117, 118, 119, 120, 126, 127, 128, 129, 16_370, 16_383, 16_384, 70_000]) {
    const answer = { [`k${"ä".repeat(length)}`]: "é".repeat(length), short: "" };
    expect(read(answer).answer).toEqual(answer);
  }
});

it("an answer that holds more than texts is read as it was written, and so is none", () => {
  expect(read().answer).toBeUndefined();
  expect(read({}).answer).toEqual({});
  assert(
    property(record({ text: string({ unit: "grapheme" }), other: jsonValue({ noUnicodeString: false }) }), (drawn) => {
      const answer: JsonObject = JSON.parse(JSON.stringify(drawn));
      expect(read(answer).answer).toEqual(answer);
    }),
  );
});
