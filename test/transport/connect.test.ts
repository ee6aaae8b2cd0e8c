import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import {
  CustomerService,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { callConnect, callGrpcWeb, callGrpcWebText, connectOutcome, enveloped } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const service = "moego.business.customer.v1.CustomerService";
const headers = { authorization };

const clients: [string, (url: string) => Transport][] = [
  ["Connect, protobuf", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true })],
  ["Connect, JSON", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false })],
  ["Connect, GET", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true })],
  ["gRPC-Web", (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
];

describe.each(clients)("the client of Connect by %s", (_name, transportTo) => {
  const client = () => createClient(CustomerService, transportTo(world.url));

  it("reads answers", async () => {
    const customer = await client().getCustomer({ id: "cus_1" }, { headers });
    expect(customer.firstName).toBe("John");
    expect((await client().createCustomer({ companyId: "cmp_001", firstName: "Zoë" }, { headers })).firstName).toBe(
      "Zoë",
    );
  });

  it("reads long answers, compressed or not", async () => {
    const customer = await client().getCustomer({ id: "large" }, { headers });
    expect(customer.notes[0]?.note).toHaveLength(5_000);
  });

  it("finds the typed details of an error", async () => {
    const error = ConnectError.from(
      await client()
        .getCustomer({ id: "absent" }, { headers })
        .catch((thrown) => thrown),
    );
    expect(error.code).toBe(Code.NotFound);
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("RESOURCE_NOT_FOUND");
    expect(error.metadata.get("x-request-id")).toBe(error.findDetails(ErrorInfoSchema)[0]?.metadata["requestId"]);
  });

  it("is refused without a key", async () => {
    await expect(client().getCustomer({ id: "cus_1" })).rejects.toMatchObject({ code: Code.Unauthenticated });
  });

  it("has its timeout honoured, and the handler is told why", async () => {
    const before = world.seen.aborts.length;
    const call = client().getCustomer({ id: "slow" }, { headers, timeoutMs: 150 });
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    await expect.poll(() => world.seen.aborts.length).toBe(before + 1);
    expect(world.seen.aborts.at(-1)).toMatchObject({
      reason: expect.stringMatching(/DEADLINE_EXCEEDED|CALL_CANCELLED/),
    });
  });
});

it("answers in time when the caller's timeout passes, in each protocol", async () => {
  const body = toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "slow" }));
  const rpc = "CustomerService/GetCustomer";
  const connect = await callConnect(world, "proto", { rpc, body, headers: { "connect-timeout-ms": "100" } });
  const web = await callGrpcWeb(world, { rpc, body, headers: { "grpc-timeout": "100m" } });
  for (const { refusal } of [connect, web]) {
    expect(refusal).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" });
  }
  expect(connect.httpStatus).toBe(504);
});

it("refuses a timeout that the protocol does not know", async () => {
  const rpc = "CustomerService/GetCustomer";
  const connect = await callConnect(world, "json", {
    rpc,
    body: '{"id":"x"}',
    headers: { "connect-timeout-ms": "soon" },
  });
  const web = await callGrpcWeb(world, { rpc, body: "", headers: { "grpc-timeout": "1x" } });
  expect(connect.refusal).toMatchObject({ reason: "INVALID_REQUEST", violations: [{ field: "connect-timeout-ms" }] });
  expect(web.refusal).toMatchObject({ reason: "INVALID_REQUEST", violations: [{ field: "grpc-timeout" }] });
});

it("reads JSON by the rules of REST: every fault at once, and the documents' spellings", async () => {
  const rpc = "CustomerService/CreateCustomer";
  const bad = await callConnect(world, "json", { rpc, body: '{"foo":1,"bar":2,"companyId":3}' });
  const good = await callConnect(world, "json", { rpc, body: '{"companyId":"cmp_001","address":{"street":"1 Main"}}' });
  expect(bad.refusal?.violations.map(({ field }) => field)).toEqual(["foo", "bar", "company_id"]);
  expect(good.refusal).toBeUndefined();
  expect(world.seen.creates.at(-1)?.address?.address1).toBe("1 Main");
});

it.each(["text/plain", "application/x-www-form-urlencoded"])("reads JSON sent as %s", async (contentType) => {
  const rpc = "CustomerService/GetCustomer";
  const plain = await callConnect(world, "json", {
    rpc,
    body: '{"id":"cus_1"}',
    headers: { "content-type": contentType },
  });
  expect(plain.refusal).toBeUndefined();
  expect(plain.headers["content-type"]).toBe("application/json");
});

it("shows error details in JSON in readable form as well", async () => {
  const { body } = await callConnect(world, "json", { rpc: "CustomerService/CreateCustomer", body: '{"foo":1}' });
  const details: { type: string; debug: unknown }[] = JSON.parse(body.toString()).details;
  const badRequest = details.find(({ type }) => type === BadRequestSchema.typeName);
  expect(badRequest?.debug).toMatchObject({ fieldViolations: [{ field: "foo", reason: "UNKNOWN_FIELD" }] });
});

describe("what reaches no handler", () => {
  it("is told in the dialect of Connect", async () => {
    const post = (path: string, contentType: string, method = "POST") =>
      fetch(`${world.url}/${path}`, {
        method,
        headers: { "content-type": contentType },
        ...(method === "POST" ? { body: "{}" } : {}),
      }).then(connectOutcome);
    const unknown = await post(`${service}/Nope`, "application/json");
    const foreign = await post("other.v1.Service/Get", "application/json");
    const type = await post(`${service}/GetCustomer`, "application/xml");
    const grpc = await post(`${service}/GetCustomer`, "application/grpc");
    const verb = await post(`${service}/CreateCustomer`, "application/json", "GET");
    expect(unknown).toMatchObject({
      httpStatus: 404,
      refusal: { code: "UNIMPLEMENTED", reason: "METHOD_NOT_IMPLEMENTED", metadata: { rpc: `${service}/Nope` } },
    });
    expect(foreign.refusal?.reason).toBe("METHOD_NOT_IMPLEMENTED");
    expect(type).toMatchObject({
      httpStatus: 415,
      refusal: { code: "INVALID_ARGUMENT", reason: "UNSUPPORTED_MEDIA_TYPE" },
    });
    expect(grpc.httpStatus).toBe(415);
    expect(verb).toMatchObject({
      httpStatus: 405,
      headers: { allow: "POST" },
      refusal: { reason: "METHOD_NOT_ALLOWED" },
    });
  });

  it("is told in the dialect of gRPC-Web", async () => {
    const { refusal, httpStatus } = await callGrpcWeb(world, { rpc: "CustomerService/Nope", body: "" });
    expect(httpStatus).toBe(200);
    expect(refusal).toMatchObject({ code: "UNIMPLEMENTED", reason: "METHOD_NOT_IMPLEMENTED" });
  });
});

describe("GET", () => {
  const get = (query: string, method = "GetCustomer") =>
    fetch(`${world.url}/${service}/${method}?${query}`, { headers }).then(connectOutcome);

  it("reads the message from the query in every form", async () => {
    const bytes = Buffer.from(toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "cus_9" })));
    const json = encodeURIComponent('{"id":"cus_9"}');
    for (const query of [
      `connect=v1&encoding=json&message=${json}`,
      `encoding=json&base64=1&message=${Buffer.from('{"id":"cus_9"}').toString("base64url")}`,
      `encoding=proto&base64=1&message=${bytes.toString("base64url")}`,
      `encoding=proto&base64=1&compression=gzip&message=${gzipSync(bytes).toString("base64url")}`,
    ]) {
      const outcome = await get(query);
      expect(outcome.refusal).toBeUndefined();
      expect(outcome.body.toString()).toContain("cus_9");
    }
  });

  it("refuses an unknown encoding and a malformed message", async () => {
    expect((await get("message=x")).httpStatus).toBe(415);
    expect((await get("encoding=json&message=x")).refusal?.reason).toBe("MALFORMED_REQUEST");
  });
});

describe("gRPC-Web envelopes", () => {
  const rpc = "CustomerService/GetCustomer";
  const message = toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "cus_1" }));

  it("may be compressed", async () => {
    const body = enveloped(gzipSync(message), 1);
    const outcome = await callGrpcWeb(world, { rpc, body, enveloped: false, headers: { "grpc-encoding": "gzip" } });
    expect(outcome.refusal).toBeUndefined();
  });

  it.each([
    ["no envelope", Buffer.alloc(0)],
    ["half an envelope", enveloped(Buffer.alloc(10)).subarray(0, 9)],
    ["two envelopes", Buffer.concat([enveloped(message), enveloped(message)])],
  ])("are refused as malformed: %s", async (_what, body) => {
    const { refusal } = await callGrpcWeb(world, { rpc, body, enveloped: false });
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
  });
});

describe("what the protocol of Connect says", () => {
  const rpc = "CustomerService/GetCustomer";
  const body = '{"id":"cus_1"}';
  const get = (query: string) =>
    fetch(`${world.url}/${service}/GetCustomer?${query}`, { headers }).then(connectOutcome);
  const message = `encoding=json&message=${encodeURIComponent(body)}`;

  it("of an unknown compression: unimplemented, with those that are known", async () => {
    const posted = await callConnect(world, "json", { rpc, body, headers: { "content-encoding": "zstd" } });
    const asked = await get(`${message}&compression=zstd`);
    for (const { httpStatus, headers: answered, refusal } of [posted, asked]) {
      expect([httpStatus, answered["accept-encoding"]]).toEqual([501, "gzip, deflate, br"]);
      expect(refusal).toMatchObject({ code: "UNIMPLEMENTED", reason: "UNSUPPORTED_ENCODING" });
    }
    const web = await callGrpcWeb(world, {
      rpc,
      body: enveloped(Buffer.from("x"), 1),
      enveloped: false,
      headers: { "grpc-encoding": "zstd" },
    });
    expect(web.headers["grpc-accept-encoding"]).toBe("gzip, deflate, br");
    expect(web.refusal).toMatchObject({ code: "UNIMPLEMENTED", reason: "UNSUPPORTED_ENCODING" });
  });

  it.each([
    ["2", 400],
    ["1.0", 400],
    ["", 400],
    ["1", 200],
  ])("of the version %j in a header: %i", async (version, status) => {
    const outcome = await callConnect(world, "json", { rpc, body, headers: { "connect-protocol-version": version } });
    expect(outcome.httpStatus).toBe(status);
    if (status === 400)
      expect(outcome.refusal).toMatchObject({
        code: "INVALID_ARGUMENT",
        violations: [{ field: "connect-protocol-version" }],
      });
  });

  it.each([
    ["connect=v2", 400],
    ["connect=1", 400],
    ["connect=v1", 200],
  ])("of the version in a query, %s: %i", async (version, status) => {
    const outcome = await get(`${version}&${message}`);
    expect(outcome.httpStatus).toBe(status);
    if (status === 400)
      expect(outcome.refusal).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "connect" }] });
  });
});

describe("gRPC-Web in base64", () => {
  const rpc = "CustomerService/GetCustomer";
  const body = toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "cus_1" }));

  it.each([1, 2, 3, 4, 5, 7])("reads a request in chunks of %i bytes, each padded", async (chunkBytes) => {
    const outcome = await callGrpcWebText(world, { rpc, body, chunkBytes });
    expect(outcome.refusal).toBeUndefined();
    expect(outcome.headers["content-type"]).toBe("application/grpc-web-text+proto");
    expect(outcome.body.toString()).toContain("cus_1");
  });

  it("reads the longer content type, and answers an unknown rpc in base64", async () => {
    const contentType = "application/grpc-web-text+proto; charset=utf-8";
    expect((await callGrpcWebText(world, { rpc, body, contentType })).refusal).toBeUndefined();
    const unknown = await callGrpcWebText(world, { rpc: "CustomerService/Nope", body });
    expect(unknown.headers["content-type"]).toBe("application/grpc-web-text+proto");
    expect(unknown.refusal).toMatchObject({ code: "UNIMPLEMENTED", reason: "METHOD_NOT_IMPLEMENTED" });
  });

  it.each(["A", "AAAAA", "=AAA", "AAAA===", "A?==", "AAA-", " "])("refuses %j, which is not base64", async (text) => {
    const { refusal } = await callGrpcWebText(world, { rpc, body: text, asIs: true });
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
  });

  it("has the timeout of the header", async () => {
    const slow = toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "slow" }));
    const outcome = await callGrpcWebText(world, { rpc, body: slow, headers: { "grpc-timeout": "100m" } });
    expect(outcome.refusal).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });
});
