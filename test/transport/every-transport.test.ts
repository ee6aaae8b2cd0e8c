import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CreateCustomerRequestSchema,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  callConnect,
  callGrpc,
  callGrpcWeb,
  callGrpcWebText,
  callRest,
  type Outcome,
  type RawCall,
} from "./clients.js";
import { authorization, distantSecret, scopelessSecret, secret, startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld({ maxDurationMs: 2_000 });
});
afterAll(() => world[Symbol.asyncDispose]());

const limit = 4 * 1024 * 1024;

type Options = Omit<RawCall, "rpc" | "body">;

interface Dialect {
  readonly name: string;
  get(id: string, options?: Options): Promise<Outcome>;
  create(companyId: string, options?: Options): Promise<Outcome>;
  /** CreateCustomer with these bytes in place of a message. */
  createRaw(body: Uint8Array | string, options?: Options): Promise<Outcome>;
  readonly malformed: Uint8Array | string;
  readonly isJson: boolean;
}

const getRpc = "CustomerService/GetCustomer";
const createRpc = "CustomerService/CreateCustomer";
const getBytes = (id: string) => toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id }));
const createBytes = (companyId: string) =>
  toBinary(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, { companyId, firstName: "Ann" }));
const createJson = (companyId: string) => JSON.stringify({ companyId, firstName: "Ann" });
/** Field 1, length 100, and then only two bytes. */
const truncated = Uint8Array.from([0x0a, 100, 65, 66]);

const dialects: Dialect[] = [
  {
    name: "gRPC",
    get: (id, options) => callGrpc(world, { rpc: getRpc, body: getBytes(id), ...options }),
    create: (companyId, options) => callGrpc(world, { rpc: createRpc, body: createBytes(companyId), ...options }),
    createRaw: (body, options) => callGrpc(world, { rpc: createRpc, body, ...options }),
    malformed: truncated,
    isJson: false,
  },
  {
    name: "gRPC-Web",
    get: (id, options) => callGrpcWeb(world, { rpc: getRpc, body: getBytes(id), ...options }),
    create: (companyId, options) => callGrpcWeb(world, { rpc: createRpc, body: createBytes(companyId), ...options }),
    createRaw: (body, options) => callGrpcWeb(world, { rpc: createRpc, body, ...options }),
    malformed: truncated,
    isJson: false,
  },
  {
    name: "gRPC-Web in base64",
    get: (id, options) => callGrpcWebText(world, { rpc: getRpc, body: getBytes(id), ...options }),
    create: (companyId, options) =>
      callGrpcWebText(world, { rpc: createRpc, body: createBytes(companyId), chunkBytes: 4, ...options }),
    createRaw: (body, options) => callGrpcWebText(world, { rpc: createRpc, body, ...options }),
    malformed: truncated,
    isJson: false,
  },
  {
    name: "Connect with protobuf",
    get: (id, options) => callConnect(world, "proto", { rpc: getRpc, body: getBytes(id), ...options }),
    create: (companyId, options) =>
      callConnect(world, "proto", { rpc: createRpc, body: createBytes(companyId), ...options }),
    createRaw: (body, options) => callConnect(world, "proto", { rpc: createRpc, body, ...options }),
    malformed: truncated,
    isJson: false,
  },
  {
    name: "Connect with JSON",
    get: (id, options) => callConnect(world, "json", { rpc: getRpc, body: JSON.stringify({ id }), ...options }),
    create: (companyId, options) =>
      callConnect(world, "json", { rpc: createRpc, body: createJson(companyId), ...options }),
    createRaw: (body, options) => callConnect(world, "json", { rpc: createRpc, body, ...options }),
    malformed: '{"companyId": "cmp_001"',
    isJson: true,
  },
  {
    name: "REST",
    get: (id, options) => callRest(world, `/v1/customers/${id}`, options),
    create: (companyId, options) => callRest(world, "/v1/customers", { body: createJson(companyId), ...options }),
    createRaw: (body, options) => callRest(world, "/v1/customers", { body, ...options }),
    malformed: '{"companyId": "cmp_001"',
    isJson: true,
  },
];

const basic = (secret: string) => `Basic ${Buffer.from(secret).toString("base64")}`;

describe.each(dialects)("$name", (dialect) => {
  it("answers a good call and returns the caller's request id", async () => {
    const outcome = await dialect.get("cus_1", { headers: { "x-request-id": "abc.123" } });
    expect(outcome.refusal).toBeUndefined();
    expect(outcome.body.toString()).toContain("cus_1");
    expect(outcome.headers["x-request-id"]).toBe("abc.123");
  });

  it("makes a request id of its own in place of one that is unfit", async () => {
    const outcome = await dialect.get("cus_1", { headers: { "x-request-id": "a b" } });
    expect(outcome.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("refuses a call without a key before it says anything about a malformed body", async () => {
    const { refusal, httpStatus, headers } = await dialect.createRaw(dialect.malformed, { authorization: null });
    expect(refusal).toMatchObject({ code: "UNAUTHENTICATED", reason: "KEY_MISSING", domain: "moego.api" });
    if (httpStatus === 401) expect(headers["www-authenticate"]).toBe("Bearer");
  });

  it("refuses an unknown key", async () => {
    const { refusal } = await dialect.get("cus_1", { authorization: basic("nobody's") });
    expect(refusal).toMatchObject({ code: "UNAUTHENTICATED", reason: "KEY_UNKNOWN" });
  });

  it("refuses a key without the scope before it says anything about a malformed body", async () => {
    const { refusal } = await dialect.createRaw(dialect.malformed, { authorization: basic(scopelessSecret) });
    expect(refusal).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "SCOPE_REQUIRED",
      metadata: { scope: "customer:write" },
    });
  });

  it("refuses a key at an address that it is not for", async () => {
    const { refusal } = await dialect.get("cus_1", { authorization: basic(distantSecret) });
    expect(refusal).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "IP_NOT_ALLOWED",
      metadata: { address: "127.0.0.1" },
    });
  });

  it("refuses a company outside the key, named in the request or in the header", async () => {
    const inRequest = await dialect.create("cmp_777");
    const inHeader = await dialect.create("cmp_001", { headers: { "moego-company": "cmp_777" } });
    const narrowed = await dialect.create("cmp_001", { headers: { "moego-company": "cmp_002" } });
    expect(inRequest.refusal).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "COMPANY_NOT_ALLOWED",
      metadata: { companyId: "cmp_777" },
    });
    expect(inHeader.refusal).toMatchObject({ reason: "COMPANY_NOT_ALLOWED", metadata: { companyId: "cmp_777" } });
    expect(narrowed.refusal).toMatchObject({ reason: "COMPANY_NOT_ALLOWED", metadata: { companyId: "cmp_001" } });
  });

  it("tells a malformed message as INVALID_ARGUMENT", async () => {
    const { refusal } = await dialect.createRaw(dialect.malformed);
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
  });

  it("takes a message of exactly 4 MiB and refuses one of a byte more", async () => {
    const padded = (length: number) => {
      if (dialect.isJson) return `{"companyId":"cmp_001"}`.padEnd(length, " ");
      // Field 999 is unknown and bytes; its tag takes two bytes and its length four.
      const bytes = Buffer.alloc(length);
      bytes.set([0xba, 0x3e, ...varint(length - 6)], 0);
      return bytes;
    };
    const fits = await dialect.createRaw(padded(limit));
    const over = await dialect.createRaw(padded(limit + 1));
    expect(fits.refusal).toBeUndefined();
    expect(over.refusal).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "MESSAGE_TOO_LARGE",
      metadata: { limitBytes: String(limit) },
    });
  });

  it("carries the details of an error of a handler", async () => {
    const { refusal, headers } = await dialect.get("absent");
    expect(refusal).toMatchObject({
      code: "NOT_FOUND",
      message: "Customer not found.",
      reason: "RESOURCE_NOT_FOUND",
      metadata: { resource: "Customer", id: "absent", requestId: headers["x-request-id"] },
      detailTypes: ["google.rpc.ErrorInfo"],
    });
  });

  it("says when a refused call may be tried again", async () => {
    const { refusal } = await dialect.get("busy");
    expect(refusal).toMatchObject({ code: "UNAVAILABLE", reason: "OVERLOADED" });
    expect(refusal?.detailTypes).toContain("google.rpc.RetryInfo");
  });

  it("tells nothing of a defect but the request id, and logs it whole under that id", async () => {
    const { refusal } = await dialect.get("broken");
    expect(refusal).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
    expect(JSON.stringify(refusal)).not.toContain("secret internals");
    const logged = world.logs.find(({ requestId }) => requestId === refusal?.metadata["requestId"]);
    expect(JSON.stringify(logged)).toContain("secret internals");
    expect(JSON.stringify(logged)).toContain("world.ts");
  });

  it("tells an answer that cannot be written as a defect, and logs why", async () => {
    const { refusal } = await dialect.get("unwritable");
    expect(refusal).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
    const logged = world.logs.find(({ requestId }) => requestId === refusal?.metadata["requestId"]);
    expect(JSON.stringify(logged)).toContain("Customer");
  });

  it("answers an rpc that has no handler as unimplemented", async () => {
    const lead = { rpc: "LeadService/GetLead", body: dialect.isJson ? '{"id":"x"}' : getBytes("x") };
    const calls: Record<string, () => Promise<Outcome>> = {
      gRPC: () => callGrpc(world, lead),
      "gRPC-Web": () => callGrpcWeb(world, lead),
      "gRPC-Web in base64": () => callGrpcWebText(world, lead),
      "Connect with protobuf": () => callConnect(world, "proto", lead),
      "Connect with JSON": () => callConnect(world, "json", lead),
      REST: () => callRest(world, "/v1/leads/x"),
    };
    const outcome = await calls[dialect.name]?.();
    expect(outcome?.refusal).toMatchObject({
      code: "UNIMPLEMENTED",
      reason: "METHOD_NOT_IMPLEMENTED",
      metadata: { rpc: "moego.business.customer.v1.LeadService/GetLead" },
    });
  });

  it("stops waiting for a handler at the server's own limit", async () => {
    const { refusal } = await dialect.get("slow");
    expect(refusal).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" });
  });

  it("aborts the handler when the caller goes away", async () => {
    const before = world.seen.aborts.length;
    if (dialect.name === "gRPC") {
      const { refusal } = await callGrpc(world, { rpc: getRpc, body: getBytes("slow"), cancelAfterMs: 100 });
      expect(refusal?.code).toBe("CANCELLED");
    } else await expect(dialect.get("slow", { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    await expect.poll(() => world.seen.aborts.length).toBe(before + 1);
    expect(world.seen.aborts.at(-1)).toMatchObject({ reason: "CALL_CANCELLED" });
  });

  it("claims an idempotency key, refuses an unfit one, and tells a replay", async () => {
    const first = await dialect.create("cmp_001", { headers: { "idempotency-key": "once" } });
    const context = world.seen.contexts.at(-1);
    const replay = await dialect.create("cmp_001", { headers: { "idempotency-key": "again" } });
    const unfit = await dialect.create("cmp_001", { headers: { "idempotency-key": "k".repeat(256) } });
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    expect(context?.write).toMatchObject({
      rpc: `moego.business.customer.v1.${createRpc}`,
      keyId: "key_test",
      ip: "127.0.0.1",
    });
    expect(context?.write.claim?.key).toBe("once");
    expect(context?.write.claim?.fingerprint).toHaveLength(32);
    expect(replay.headers["idempotency-replayed"]).toBe("true");
    expect(unfit.refusal).toMatchObject({ reason: "INVALID_REQUEST", violations: [{ field: "idempotency-key" }] });
  });

  it("logs one line per call, without body, key or name", async () => {
    const before = world.logs.length;
    const { headers } = await dialect.create("cmp_001");
    const lines = world.logs.slice(before);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      code: "OK",
      requestId: headers["x-request-id"],
      keyId: "key_test",
      clientAddress: "127.0.0.1",
    });
    expect(JSON.stringify(lines)).not.toContain("Ann");
    expect(world.observed.at(-1)).toMatchObject({ rpc: `moego.business.customer.v1.${createRpc}`, code: "OK" });
  });
});

it("logs no credential, in any form in which it was sent", async () => {
  const credentials = [
    authorization,
    `Bearer ${secret}`,
    basic(scopelessSecret),
    basic(distantSecret),
    basic("nobody's"),
  ];
  const before = world.logs.length;
  for (const dialect of dialects) {
    for (const credential of credentials) await dialect.get("cus_1", { authorization: credential });
    await dialect.createRaw(dialect.malformed);
    await dialect.get("broken");
  }
  for (const path of ["/v1/nothing", `/v1/customers/cus_1?access_token=${secret}`]) await callRest(world, path);
  const written = JSON.stringify(world.logs.slice(before));
  expect(world.logs.length - before).toBeGreaterThan(dialects.length * 7);
  for (const sent of [
    secret,
    scopelessSecret,
    distantSecret,
    ...credentials.map((text) => text.replace(/^\w+ /, "")),
    "nobody's",
  ])
    expect(written).not.toContain(sent);
});

it("binds the fingerprint to the request, not to its spelling or transport", async () => {
  const fingerprints: string[] = [];
  for (const dialect of dialects) {
    await dialect.create("cmp_001", { headers: { "idempotency-key": "same" } });
    fingerprints.push(Buffer.from(world.seen.contexts.at(-1)?.write.claim?.fingerprint ?? []).toString("hex"));
  }
  expect(new Set(fingerprints).size).toBe(1);
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (let index = 0; index < 4; index++) {
    bytes.push((rest & 0x7f) | (index < 3 ? 0x80 : 0));
    rest >>>= 7;
  }
  return bytes;
}
