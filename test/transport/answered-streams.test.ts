import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GetCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { selfSigned } from "./certificate.js";
import { enveloped } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let world: World;
beforeAll(async () => {
  world = await startWorld({ tls: selfSigned() });
});
afterAll(() => world[Symbol.asyncDispose]());

const getCustomer = "/moego.business.customer.v1.CustomerService/GetCustomer";
const message = enveloped(toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id: "cus_1" })));
/** What announces a message of 5 MB. */
const tooLarge = Buffer.concat([Buffer.from([0]), Buffer.from("004c4b40", "hex"), Buffer.alloc(20_000)]);

interface Sent {
  readonly path?: string;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: Uint8Array;
  /** Whether the request arrives whole. */
  readonly isWhole?: boolean;
}

interface Told {
  readonly status: string;
  /** From the response to the end of the stream. */
  readonly closedAfterMs: number;
  readonly resetCode: number;
}

function open(port: number, scheme = "https"): ClientHttp2Session & Disposable {
  // A client of Node would otherwise refuse to hold that many bodies.
  const session = connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false, maxSessionMemory: 100 });
  return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

/** Sends a request, of which nothing more comes than its body so far, and waits until its stream is closed. */
function send(session: ClientHttp2Session, { path = getCustomer, headers, body, isWhole = false }: Sent) {
  const usual = { "content-type": "application/grpc", te: "trailers", authorization };
  const stream = session.request({ ":method": "POST", ":path": path, ...usual, ...headers }, { endStream: false });
  return new Promise<Told>((resolve, reject) => {
    let status = "";
    let answeredMs = 0;
    const read = (given: IncomingHttpHeaders) => {
      status = String(given["grpc-status"] ?? given[":status"] ?? status);
      answeredMs = performance.now();
    };
    stream.on("response", read).on("trailers", read).on("error", reject).resume();
    stream.on("close", () =>
      resolve({ status, closedAfterMs: performance.now() - answeredMs, resetCode: stream.rstCode }),
    );
    if (isWhole) stream.end(body);
    else if (body) stream.write(body);
  });
}

function statuses(told: readonly Told[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of told) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const early: readonly (readonly [what: string, port: "grpcPort" | "httpPort", sent: Sent, status: string])[] = [
  ["is too large", "grpcPort", { body: tooLarge }, "8"],
  ["calls an unknown method", "grpcPort", { path: "/moego.Nope/Nope", body: tooLarge }, "12"],
  ["is no gRPC", "grpcPort", { headers: { "content-type": "text/plain" }, body: tooLarge }, "415"],
  ["exceeds its deadline", "grpcPort", { headers: { "grpc-timeout": "30m" }, body: message.subarray(0, 4) }, "4"],
  ["has an invalid deadline", "grpcPort", { headers: { "grpc-timeout": "soon" } }, "3"],
  ["has two messages", "grpcPort", { body: Buffer.concat([message, message]) }, "3"],
  ["cannot be decompressed", "grpcPort", { headers: { "grpc-encoding": "gzip" }, body: enveloped(message, 1) }, "3"],
  ["has an unknown compression", "grpcPort", { headers: { "grpc-encoding": "br" }, body: enveloped(message, 1) }, "12"],
  ["has no route", "httpPort", { path: "/v1/nope", body: tooLarge }, "404"],
  ["has the wrong method", "httpPort", { path: "/v1/customers:list", headers: { ":method": "PUT" } }, "405"],
  ["asks for health", "httpPort", { path: "/healthz", headers: { ":method": "GET" }, body: tooLarge }, "200"],
  ["has the wrong type", "httpPort", { headers: { "content-type": "text/html" }, body: tooLarge }, "415"],
  ["exceeds 20 MiB", "httpPort", { path: "/v1/customers", body: Buffer.alloc(21 * 1024 * 1024) }, "413"],
];

describe("a stream answered before its request has arrived is closed without an error", () => {
  it.each(early)("%s (%s)", async (_what, port, sent, status) => {
    using session = open(world[port]);
    const told = await send(session, sent);
    expect(told).toMatchObject({ status, resetCode: 0 });
    expect(told.closedAfterMs).toBeLessThan(1_000);
  });

  it("but not before clients had time to send the rest", async () => {
    using session = open(world.grpcPort);
    const whole = await send(session, { body: Buffer.concat([tooLarge, Buffer.alloc(100_000)]), isWhole: true });
    const held = await send(session, { body: tooLarge });
    expect(whole.closedAfterMs).toBeLessThan(150);
    expect(held.closedAfterMs).toBeGreaterThan(150);
  });
});

it("150 refused calls on a connection let 600 others through", async () => {
  using session = open(world.grpcPort);
  const sent = Array.from({ length: 150 }, async () => {
    const honest = Array.from({ length: 4 }, () => send(session, { body: message, isWhole: true }));
    return { refused: await send(session, { body: tooLarge }), honest: await Promise.all(honest) };
  });
  const told = await Promise.all(sent);
  expect(statuses(told.map(({ refused }) => refused))).toEqual({ 8: 150 });
  expect(statuses(told.flatMap(({ honest }) => honest))).toEqual({ 0: 600 });
  expect(session.closed).toBe(false);
});

it("a server that does not close them lets no other call through once they use up the connection", async () => {
  const server = createServer({ settings: { maxConcurrentStreams: 10 } }, (request, response) => {
    request.once("data", () => {
      request.pause();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  using session = open(typeof address === "object" ? (address?.port ?? 0) : 0, "http");
  for (let calls = 0; calls < 10; calls += 1) send(session, { body: tooLarge }).catch(() => {});
  const other = send(session, { body: message, isWhole: true }).then(
    () => "answered",
    () => "refused",
  );
  const late = new Promise((resolve) => setTimeout(() => resolve("late"), 500));
  expect(await Promise.race([other, late])).not.toBe("answered");
  server.close();
});
