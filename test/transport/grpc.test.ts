import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { create, createFileRegistry, fromBinary, hasOption, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Client, status as codes, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { http } from "../../src/gen/proto/google/api/annotations_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../src/gen/proto/grpc_health/v1/health_pb.js";
import {
  ExtensionRequestSchema,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../src/gen/proto/grpc_reflection/v1/reflection_pb.js";
import {
  CustomerService,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { timed } from "../support/timed.js";
import { selfSigned } from "./certificate.js";
import { callGrpc, refusalOf } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const raw = (bytes: Buffer) => bytes;
const clientOf = (port: number, channel = credentials.createInsecure()) => new Client(`localhost:${port}`, channel);
const getBytes = (id: string) => toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id }));
const rpc = "CustomerService/GetCustomer";

/** What a call of frames alone is refused with, in the headers of its answer. */
async function refusedByHand({ message, headers }: { message?: Uint8Array; headers?: IncomingHttpHeaders }) {
  const session = connect(`http://localhost:${world.grpcPort}`);
  const stream = session.request({
    ":method": "POST",
    ":path": `/moego.business.customer.v1.${rpc}`,
    "content-type": "application/grpc",
    te: "trailers",
    authorization,
    ...headers,
  });
  const answered = new Promise<IncomingHttpHeaders>((resolve) => stream.once("response", resolve));
  stream.end(message && Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  const status = await answered;
  session.close();
  const refusal = refusalOf(fromBinary(StatusSchema, Buffer.from(String(status["grpc-status-details-bin"]), "base64")));
  expect(codes[Number(status["grpc-status"])]).toBe(refusal.code);
  return refusal;
}

describe("calls", () => {
  it("have their deadline honoured, with details, and the handler is told", timed, async () => {
    const before = world.seen.aborts.length;
    const startedMs = Date.now();
    // Sent by hand: a client ends the call itself at its deadline, at times before the service does.
    const refusal = await refusedByHand({ message: getBytes("slow"), headers: { "grpc-timeout": "200m" } });
    expect(refusal.code).toBe("DEADLINE_EXCEEDED");
    expect(Date.now() - startedMs).toBeLessThan(1_000);
    await expect.poll(() => world.seen.aborts.length).toBe(before + 1);
    expect(world.seen.aborts.at(-1)).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  });

  it("of an unknown method are answered as unimplemented", async () => {
    expect((await callGrpc(world, { rpc: "CustomerService/Nope", body: "" })).refusal?.code).toBe("UNIMPLEMENTED");
  });

  it("without a message are told as malformed", async () => {
    expect(await refusedByHand({})).toMatchObject({ code: "INVALID_ARGUMENT", reason: "MALFORMED_REQUEST" });
  });

  it("take every way of writing the key", async () => {
    const secret = Buffer.from(authorization.slice("Basic ".length), "base64").toString();
    for (const written of [
      `Basic ${Buffer.from(`${secret}:`).toString("base64")}`,
      `Basic ${secret}`,
      `Bearer ${secret}`,
      authorization.toLowerCase().slice(0, 5) + authorization.slice(5),
    ]) {
      expect((await callGrpc(world, { rpc, body: getBytes("cus_1"), authorization: written })).refusal).toBeUndefined();
    }
  });
});

describe("health", () => {
  const check = (port: number, service: string) =>
    new Promise<Serving | number>((resolve) => {
      const client = clientOf(port);
      const request = Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })));
      client.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        raw,
        raw,
        request,
        (error: ServiceError | null, bytes?: Buffer) => {
          client.close();
          resolve(error ? -error.code : fromBinary(HealthCheckResponseSchema, bytes ?? Buffer.alloc(0)).status);
        },
      );
    });

  it("is told without a key, for the whole and for each service", async () => {
    expect(await check(world.grpcPort, "")).toBe(Serving.SERVING);
    expect(await check(world.grpcPort, CustomerService.typeName)).toBe(Serving.SERVING);
    expect(await check(world.grpcPort, "nope")).toBe(-5);
  });

  it("tells watchers of a stop, and lets them go", timed, async () => {
    const own = await startWorld();
    const client = clientOf(own.grpcPort);
    const watch = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", raw, raw, Buffer.alloc(0));
    const told: Serving[] = [];
    watch.on("data", (bytes: Buffer) => told.push(fromBinary(HealthCheckResponseSchema, bytes).status));
    const ended = new Promise((resolve) => watch.once("end", resolve));
    await expect.poll(() => told.length).toBe(1);
    const startedMs = Date.now();
    await own.grpc.stop({ timeoutMs: 5_000 });
    await ended;
    client.close();
    expect(Date.now() - startedMs).toBeLessThan(2_000);
    expect(told).toEqual([Serving.SERVING, Serving.NOT_SERVING]);
    await own.http.stop({ timeoutMs: 0 });
  });
});

describe("stop", () => {
  it("lets a call under way finish and takes no new one", async () => {
    await using own = await startWorld();
    const underWay = callGrpc(own, { rpc, body: getBytes("short") });
    await expect.poll(() => own.seen.gets).toEqual(["short"]);
    const stopped = own.grpc.stop({ timeoutMs: 5_000 });
    expect((await underWay).refusal).toBeUndefined();
    await stopped;
    expect((await callGrpc(own, { rpc, body: getBytes("cus_1"), deadlineMs: 500 })).refusal?.code).toMatch(
      /UNAVAILABLE|DEADLINE/,
    );
  });

  it("cuts off what outlasts the timeout", timed, async () => {
    await using own = await startWorld();
    const underWay = callGrpc(own, { rpc, body: getBytes("slow") });
    await expect.poll(() => own.seen.gets).toEqual(["slow"]);
    const startedMs = Date.now();
    await own.grpc.stop({ timeoutMs: 200 });
    expect(Date.now() - startedMs).toBeLessThan(1_000);
    expect((await underWay).refusal?.code).toMatch(/UNAVAILABLE|CANCELLED/);
  });
});

it("stops within its time beside a TLS connection that never finishes its handshake", timed, async () => {
  await using own = await startWorld({ tls: selfSigned() });
  const bare = connectTcp(own.grpcPort, "localhost");
  bare.on("error", () => {});
  await once(bare, "connect");
  const startedMs = Date.now();
  await own.grpc.stop({ timeoutMs: 1_000 });
  expect(Date.now() - startedMs).toBeLessThan(2_000);
  bare.destroy();
});

it("serves TLS", async () => {
  const tls = selfSigned();
  await using own = await startWorld({ tls });
  const client = clientOf(own.grpcPort, credentials.createSsl(Buffer.from(tls.certificate)));
  const code = await new Promise((resolve) => {
    client.makeUnaryRequest(
      `/${CustomerService.typeName}/GetCustomer`,
      raw,
      raw,
      Buffer.alloc(0),
      (error: ServiceError | null) => resolve(error?.code),
    );
  });
  client.close();
  expect(code).toBe(16);
});

describe.each(["v1", "v1alpha"])("reflection %s", (version) => {
  const ask = (messageRequest: ServerReflectionRequest["messageRequest"]) =>
    new Promise<ServerReflectionResponse["messageResponse"]>((resolve, reject) => {
      const client = clientOf(world.grpcPort);
      const stream = client.makeBidiStreamRequest(
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        raw,
        raw,
      );
      stream.on("data", (bytes: Buffer) => resolve(fromBinary(ServerReflectionResponseSchema, bytes).messageResponse));
      stream.on("error", reject);
      stream.on("end", () => client.close());
      stream.write(
        Buffer.from(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest }))),
      );
      stream.end();
    });

  it("lists every service without a key", async () => {
    const answer = await ask({ case: "listServices", value: "" });
    expect(answer.case === "listServicesResponse" && answer.value.service.map(({ name }) => name)).toEqual([
      "moego.business.customer.v1.CustomerService",
      "moego.business.customer.v1.LeadService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  it.each([
    ["a service", "moego.business.customer.v1.CustomerService"],
    ["a method", "moego.business.customer.v1.CustomerService.GetCustomer"],
    ["a message within another", "moego.business.customer.v1.Customer.Note"],
    ["a field", "moego.business.customer.v1.GetCustomerRequest.id"],
    ["the health service", "grpc.health.v1.Health"],
  ])("gives the file of %s with everything it imports", async (_what, symbol) => {
    const answer = await ask({ case: "fileContainingSymbol", value: symbol });
    if (answer.case !== "fileDescriptorResponse") throw new Error(`answered ${answer.case}`);
    const file = answer.value.fileDescriptorProto
      .map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
      .reverse();
    const names = new Set(file.map(({ name }) => name));
    for (const { dependency } of file) for (const name of dependency) expect(names).toContain(name);
  });

  it("keeps the options of the contract", async () => {
    const answer = await ask({ case: "fileByFilename", value: "moego/business/customer/v1/customer_service.proto" });
    if (answer.case !== "fileDescriptorResponse") throw new Error(`answered ${answer.case}`);
    const types = createFileRegistry(
      create(FileDescriptorSetSchema, { file: importsFirst(answer.value.fileDescriptorProto) }),
    );
    const method = types.getService("moego.business.customer.v1.CustomerService")?.method["getCustomer"];
    expect(method && hasOption(method, http)).toBe(true);
  });

  it("knows extensions", async () => {
    const options = "google.protobuf.MethodOptions";
    const extension = create(ExtensionRequestSchema, { containingType: options, extensionNumber: 50_100 });
    const numbers = await ask({ case: "allExtensionNumbersOfType", value: options });
    const file = await ask({ case: "fileContainingExtension", value: extension });
    expect(numbers.case === "allExtensionNumbersResponse" && numbers.value.extensionNumber.toSorted()).toEqual([
      50_100, 50_101, 50_103, 50_104, 50_106, 50_120, 72_295_728,
    ]);
    expect(file.case).toBe("fileDescriptorResponse");
  });

  it("tells what it does not know", async () => {
    const answer = await ask({ case: "fileContainingSymbol", value: "nope.Nope" });
    expect(answer.case === "errorResponse" && answer.value.errorCode).toBe(5);
  });
});

/** The files in the order in which a registry can read them. */
function importsFirst(encoded: readonly Uint8Array[]): FileDescriptorProto[] {
  const given = encoded.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto | undefined): void => {
    if (!file || ordered.has(file)) return;
    for (const name of file.dependency) add(given.find((other) => other.name === name));
    ordered.add(file);
  };
  for (const file of given) add(file);
  return [...ordered];
}
