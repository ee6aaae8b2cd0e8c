import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GetCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { closeDeadSessions } from "../../src/server/transport/dead-sessions.js";
import { callFields, endHeaders, fields, frame, preface, settings } from "../reliability/http2-frames.js";
import { timed } from "../support/timed.js";
import { selfSigned } from "./certificate.js";
import { enveloped } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

const worlds: Partial<Record<"http" | "https", World>> = {};
beforeAll(async () => {
  worlds.http = await startWorld();
  worlds.https = await startWorld({ tls: selfSigned() });
});
afterAll(async () => {
  for (const world of Object.values(worlds)) await world[Symbol.asyncDispose]();
});

const getCustomer = "/moego.business.customer.v1.CustomerService/GetCustomer";
const ports = [
  ["http", "grpcPort", "application/grpc"],
  ["https", "grpcPort", "application/grpc"],
  ["https", "httpPort", "application/grpc-web"],
] as const;

/** No Huffman code makes it shorter. */
const incompressible = (length: number) => "~".repeat(length);
/** More than 64 KiB in one header, which HTTP/2 cannot read. */
const oneHeader = { "x-large": incompressible(70_000) };
/** More than 64 KiB in headers that it can read. */
const manyHeaders = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`x-${at}`, incompressible(1_000)]));

function open(scheme: string, port: number | undefined): ClientHttp2Session & Disposable {
  const options = { rejectUnauthorized: false, maxSendHeaderBlockLength: 200_000 };
  const session = connect(`${scheme}://127.0.0.1:${port}`, options);
  return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

/** The status of a call, or how its stream ended. */
function call(session: ClientHttp2Session, id: string, headers: IncomingHttpHeaders): Promise<string> {
  const stream = session.request({
    ":method": "POST",
    ":path": getCustomer,
    authorization,
    te: "trailers",
    ...headers,
  });
  return new Promise((resolve) => {
    let status: string | undefined;
    const read = (given: IncomingHttpHeaders) => {
      status = String(given["grpc-status"] ?? given[":status"] ?? status);
    };
    stream
      .on("response", read)
      .on("trailers", read)
      .on("error", () => {})
      .resume();
    stream.on("close", () => resolve(status ?? `reset ${stream.rstCode}`));
    stream.end(enveloped(toBinary(GetCustomerRequestSchema, create(GetCustomerRequestSchema, { id }))));
  });
}

describe.each(ports)("headers of more than 64 KiB by %s to %s", (scheme, port, type) => {
  const served = port === "grpcPort" ? "0" : "200";

  it("reset their own call if they are many, and no other", async () => {
    using session = open(scheme, worlds[scheme]?.[port]);
    // Until the client knows the limit, it does not hold.
    await call(session, "cus_1", { "content-type": type });
    const neighbor = call(session, "short", { "content-type": type });
    expect(await call(session, "cus_1", { "content-type": type, ...manyHeaders })).toBe("reset 11");
    expect(await neighbor).toBe(served);
    expect(await call(session, "cus_1", { "content-type": type })).toBe(served);
  });

  it("close the connection within a second if they are one", timed, async () => {
    const listening = worlds[scheme]?.[port] ?? 0;
    const startedMs = performance.now();
    await deafened(scheme, listening);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

it("without this, a connection with one header of that size stays open and dead", timed, async () => {
  const ended = await Promise.all(
    [true, false].map(async (isWatched) => {
      const server = createServer((_request, response) => void response.end());
      if (isWatched) closeDeadSessions(server);
      const opened = once(server, "session");
      await new Promise<void>((resolve) => server.listen(0, resolve));
      const address = server.address();
      const late = new Promise((resolve) => setTimeout(() => resolve("open"), 800));
      const outcome = await Promise.race([
        deafened("http", typeof address === "object" ? (address?.port ?? 0) : 0).then(() => "closed"),
        late,
      ]);
      const [session] = await opened;
      session.destroy();
      server.close();
      return outcome;
    }),
  );
  // Node 24 and later close it by themselves.
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  expect(ended).toEqual(["closed", nodeMajor < 24 ? "open" : "closed"]);
});

/** Sends a call with one header of more than 64 KiB, frame by frame, and waits until the server ends the connection. */
async function deafened(scheme: "http" | "https", port: number): Promise<void> {
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] };
  const socket = scheme === "https" ? connectTls(options) : connectTcp(options);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}).resume();
  const block = Buffer.concat([callFields(getCustomer, authorization), fields(Object.entries(oneHeader))]);
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_384) {
    const flags = at + 16_384 >= block.length ? endHeaders : 0;
    const payload = block.subarray(at, at + 16_384);
    frames.push(frame({ type: at === 0 ? "headers" : "continuation", flags, stream: 1, payload }));
  }
  socket.write(Buffer.concat([preface, settings(), ...frames]));
  await ended;
}
