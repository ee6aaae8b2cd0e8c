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
  [3, 1_000],
])("of %i items, each of %i, is what protobuf-es encodes", async (fields, options) => {
  const response = responseOf(fields, options);
  const message = create(schema, response);
  expect(Buffer.from(toBinary(schema, message)).equals(await binaryAnswer(schema, response))).toBe(true);
  const json = toJson(schema, message, { alwaysEmitImplicit: true });
  expect(String(await jsonTextAnswer(schema, response))).toBe(JSON.stringify(json));
});

it.each([
  [binaryAnswer, 100, 60],
  [binaryAnswer, 3, 3_000],
  [jsonTextAnswer, 100, 60],
  [jsonTextAnswer, 6, 3_000],
])(
  "%o lets other requests run between %i items, each of %i, and only one of several large responses in each turn",
  async (encode, fields, options) => {
    let turns = 0;
    let isRunning = true;
    const count = () => {
      turns += 1;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all([1, 2, 3].map(() => encode(schema, responseOf(fields, options))));
    isRunning = false;
    expect(turns).toBeGreaterThan(3);
  },
);
