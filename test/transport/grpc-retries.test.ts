import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HandlerRegistry } from "../../src/api/rpc.js";
import { DomainError, type Reason } from "../../src/core/errors.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import {
  CustomerService,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { refusalOf } from "./clients.js";
import { secret, startWorld, type World } from "./world.js";

const { typeName } = CustomerService;

/** By id: why it is refused, and how often before it is answered. */
const refusals: Readonly<Record<string, { reason: Reason; times: number; retryDelayMs?: number }>> = {
  rated: { reason: "RATE_LIMITED", times: 2, retryDelayMs: 30 },
  busy: { reason: "OVERLOADED", times: 2, retryDelayMs: 30 },
  conflict: { reason: "CONCURRENT_WRITE", times: 2, retryDelayMs: 30 },
  full: { reason: "CUSTOMER_QUOTA_EXCEEDED", times: 2 },
  unknown: { reason: "OUTCOME_UNKNOWN", times: 2 },
  stale: { reason: "ETAG_MISMATCH", times: 2 },
  absent: { reason: "RESOURCE_NOT_FOUND", times: 2 },
};
const asked = new Map<string, number>();

const handlers: HandlerRegistry = new Map([
  [
    `${typeName}/GetCustomer`,
    async (request: Message) => {
      const id = "id" in request ? String(request.id) : "";
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      const refusal = refusals[id];
      if (!refusal || times > refusal.times) return { id };
      const { reason, retryDelayMs } = refusal;
      throw new DomainError(reason, "Not now.", retryDelayMs === undefined ? {} : { retryDelayMs });
    },
  ],
]);

let world: World;
beforeAll(async () => {
  world = await startWorld({ handlers });
});
afterAll(() => world[Symbol.asyncDispose]());

const retryPolicy = {
  maxAttempts: 5,
  initialBackoff: "0.005s",
  maxBackoff: "0.005s",
  backoffMultiplier: 1,
  retryableStatusCodes: ["RESOURCE_EXHAUSTED", "UNAVAILABLE", "ABORTED"],
};

interface Told {
  readonly error: ServiceError | null;
  /** Headers before the answer; undefined if the error was all of it. */
  readonly leading: Metadata | undefined;
}

/** A client with a retry policy, or without retries. */
function clientOf(grpcPort: number, retries: boolean) {
  const policy = JSON.stringify({ methodConfig: [{ name: [{ service: typeName }], retryPolicy }] });
  const options = retries ? { "grpc.service_config": policy } : { "grpc.enable_retries": 0 };
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure(), options);
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${secret}`);
  const bytes = (message: Buffer) => message;
  return {
    [Symbol.dispose]: () => client.close(),
    get: (id: string) =>
      new Promise<Told>((resolve) => {
        let leading: Metadata | undefined;
        const request = Buffer.from(toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id })));
        client
          .makeUnaryRequest(`/${typeName}/GetCustomer`, bytes, bytes, request, metadata, (error) =>
            resolve({ error, leading }),
          )
          .on("metadata", (given: Metadata) => {
            leading = given;
          });
      }),
  };
}

describe("a client with a retry policy", () => {
  it.each(["rated", "busy", "conflict"])("retries what is %s when the refusal says", async (id) => {
    asked.delete(id);
    using client = clientOf(world.grpcPort, true);
    const startedMs = performance.now();
    expect((await client.get(id)).error).toBeNull();
    expect(asked.get(id)).toBe(3);
    // Twice the delay of the refusal, not that of the policy.
    expect(performance.now() - startedMs).toBeGreaterThan(55);
  });

  it.each(["full", "unknown", "stale", "absent"])("does not retry what is %s", async (id) => {
    asked.delete(id);
    using client = clientOf(world.grpcPort, true);
    expect((await client.get(id)).error?.metadata.get("x-request-id")).toHaveLength(1);
    expect(asked.get(id)).toBe(1);
  });

  it("is served more of what exceeds its rate limit than one without", async () => {
    const served = await Promise.all(
      [true, false].map(async (retries) => {
        await using own = await startWorld({
          handlers,
          rateLimits: { perKey: { calls: 20, seconds: 1, burst: 3 } },
        });
        using client = clientOf(own.grpcPort, retries);
        const told = await Promise.all(Array.from({ length: 12 }, () => client.get("any")));
        return told.filter(({ error }) => !error).length;
      }),
    );
    // The burst, and one for each of four retries.
    expect(served[0]).toBeGreaterThanOrEqual(7);
    expect(served[1]).toBeLessThan(7);
  });
});

describe("a refused call", () => {
  it.each([
    ["rated", "30"],
    ["busy", "30"],
    ["conflict", "30"],
    ["full", "-1"],
    ["unknown", "-1"],
    ["stale", "-1"],
    ["absent", undefined],
  ])("has all of its metadata in the trailers: %s, retry after %s ms", async (id, pushback) => {
    asked.delete(id);
    using client = clientOf(world.grpcPort, false);
    const { error, leading } = await client.get(id);
    expect(leading).toBeUndefined();
    const [details] = error?.metadata.get("grpc-status-details-bin") ?? [];
    const refusal = details instanceof Buffer ? refusalOf(fromBinary(StatusSchema, details)) : undefined;
    expect(refusal?.reason).toBe(refusals[id]?.reason);
    expect(error?.metadata.get("x-request-id")).toEqual([refusal?.metadata["requestId"]]);
    expect(error?.metadata.get("grpc-retry-pushback-ms")).toEqual(pushback === undefined ? [] : [pushback]);
  });

  it("is no other than a successful one, whose headers come first", async () => {
    using client = clientOf(world.grpcPort, false);
    const { error, leading } = await client.get("any");
    expect(error).toBeNull();
    expect(leading?.get("x-request-id")).toHaveLength(1);
  });
});
