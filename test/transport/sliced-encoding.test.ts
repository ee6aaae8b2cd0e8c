import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ListCustomFieldsResponseSchema } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { encodeSliced } from "../../src/server/transport/sliced-encoding.js";

const schema = ListCustomFieldsResponseSchema;
const values = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ label: `Option ${n}`, sortOrder: n },
    value: { value: { case: "string" as const, value: "é".repeat(n % 200) } },
  }));
const responseOf = (fields: number, options: number) =>
  create(schema, {
    customFields: Array.from({ length: fields }, (_, n) => ({ id: `f${n}`, options: values(options) })),
    nextPageToken: "next",
  });

it("encodes a long list to what its message is, whatever the lengths, and leaves a short one to the usual way", async () => {
  for (const [fields, options] of [
    [32, 0],
    [33, 3],
    [40, 200],
  ] as const) {
    const message = responseOf(fields, options);
    const bytes = await encodeSliced(schema, message);
    expect(bytes && fromBinary(schema, bytes)).toEqual(message);
    expect(bytes).toHaveLength(toBinary(schema, message).length);
  }
  expect(encodeSliced(schema, responseOf(31, 1))).toBeUndefined();
});

it("lets other requests run in between, and only one of several large responses in each turn of the event loop", async () => {
  let turns = 0;
  let isRunning = true;
  const count = () => {
    turns += 1;
    if (isRunning) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([1, 2, 3].map(() => encodeSliced(schema, responseOf(150, 60))));
  isRunning = false;
  expect(turns).toBeGreaterThan(6);
});
