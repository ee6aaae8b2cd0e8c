import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CreateCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  connectTimeoutHeader,
  grpcTimeoutHeader,
  type HttpRequest,
  timeoutMsOf,
} from "../../src/server/transport/http-message.js";
import { callConnect, callGrpc, callGrpcWeb, callGrpcWebText, callRest, type Outcome } from "./clients.js";
import { startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld({ maxDurationMs: 100 * 3_600_000 });
});
afterAll(() => world[Symbol.asyncDispose]());

const rpc = "CustomerService/CreateCustomer";
const json = { rpc, body: '{"companyId":"cmp_001"}' };
const binary = {
  rpc,
  body: toBinary(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, { companyId: "cmp_001" })),
};

type Headers = Readonly<Record<string, string>>;

/** The transports that take the timeout of gRPC in a header that the test writes. */
const ofGrpc: readonly ((headers: Headers) => Promise<Outcome>)[] = [
  (headers) => callGrpcWeb(world, { ...binary, headers }),
  (headers) => callGrpcWebText(world, { ...binary, headers }),
  (headers) => callRest(world, "/v1/customers", { body: json.body, headers }),
];
const ofConnect: typeof ofGrpc = [
  (headers) => callConnect(world, "proto", { ...binary, headers }),
  (headers) => callConnect(world, "json", { ...json, headers }),
];

/** The deadline that the handler was told is the caller's time after the arrival, which was during the call. */
async function expectTime(call: () => Promise<Outcome>, timeoutMs: number, roundedMs = 5): Promise<void> {
  const sentMs = performance.now();
  expect((await call()).refusal).toBeUndefined();
  const answeredMs = performance.now();
  const deadlineMs = world.seen.contexts.at(-1)?.deadlineMs ?? 0;
  expect(deadlineMs).toBeGreaterThan(sentMs + timeoutMs - roundedMs);
  expect(deadlineMs).toBeLessThan(answeredMs + timeoutMs + roundedMs);
}

describe("the time that a caller gives reaches the handler", () => {
  it.each([
    ["9S", 9_000],
    ["9000m", 9_000],
    ["9000000u", 9_000],
    ["3M", 180_000],
    ["2H", 7_200_000],
  ])("as grpc-timeout %s", async (value, timeoutMs) => {
    for (const send of ofGrpc) await expectTime(() => send({ [grpcTimeoutHeader]: value }), timeoutMs);
  });

  it("as connect-timeout-ms", async () => {
    for (const send of ofConnect) await expectTime(() => send({ [connectTimeoutHeader]: "9000" }), 9_000);
  });

  it.each([9_000, 180_000, 7_200_000])("as the deadline of a gRPC client, in %i ms", async (deadlineMs) => {
    // The client may round it to the unit that its header takes.
    await expectTime(() => callGrpc(world, { ...binary, deadlineMs }), deadlineMs, Math.max(100, deadlineMs / 100));
  });
});

it.each([
  ["1H", 3_600_000],
  ["1M", 60_000],
  ["1S", 1_000],
  ["1m", 1],
  ["1u", 0.001],
  ["1n", 0.000_001],
])("reads %s as the time it is", (value, timeoutMs) => {
  const request: HttpRequest = {
    ...{ method: "GET", path: "/", query: "", headers: { [grpcTimeoutHeader]: value }, peerAddress: "127.0.0.1" },
    ...{ isCrossSite: false, signal: new AbortController().signal, readBody: async () => new Uint8Array() },
  };
  expect(timeoutMsOf(request, grpcTimeoutHeader)).toBeCloseTo(timeoutMs, 9);
});
