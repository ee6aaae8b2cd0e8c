import { create, toBinary, toJson } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ListCustomFieldsResponseSchema } from "../../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { binaryAnswer, jsonTextAnswer } from "../../../src/server/transport/codec/answer.js";

const schema = ListCustomFieldsResponseSchema;
const values = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ label: `Option ${n}`, sortOrder: n },
    value: { value: { case: "string" as const, value: "é".repeat(n % 200) } },
  }));
const responseOf = (fields: number, options: number) => ({
  customFields: Array.from({ length: fields }, (_, n) => ({ id: `f${n}`, options: values(options) })),
  nextPageToken: "next",
});

it.each([
  [0, 0],
  [31, 1],
  [32, 0],
  [33, 3],
  [34, 20],
])("of %i items, each of %i, is what protobuf-es encodes", async (fields, options) => {
  const response = responseOf(fields, options);
  const message = create(schema, response);
  expect(await binaryAnswer(schema, response)).toEqual(Buffer.from(toBinary(schema, message)));
  const json = toJson(schema, message, { alwaysEmitImplicit: true });
  expect(await jsonTextAnswer(schema, response)).toBe(JSON.stringify(json));
});

it.each([binaryAnswer, jsonTextAnswer])(
  "%o lets other requests run in between, and only one of several large responses in each turn of the event loop",
  async (encode) => {
    let turns = 0;
    let isRunning = true;
    const count = () => {
      turns += 1;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all([1, 2, 3].map(() => encode(schema, responseOf(100, 60))));
    isRunning = false;
    expect(turns).toBeGreaterThan(3);
  },
);
