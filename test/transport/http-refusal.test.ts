import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { fromJson } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../src/gen/proto/google/rpc/status_pb.js";
import { detailTypes } from "../../src/server/transport/http-message.js";
import { selfSigned } from "./certificate.js";
import { callConnect, callRest } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let plain: World;
let secure: World;
beforeAll(async () => {
  plain = await startWorld();
  secure = await startWorld({ tls: await selfSigned() });
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

const worlds = { "HTTP/1": () => plain, "HTTP/1 over TLS": () => secure };

/** Writes bytes to the port and reads until the server closes. */
function exchange(world: World, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket =
      world === plain
        ? connectTcp(world.httpPort, "127.0.0.1")
        : connectTls({
            port: world.httpPort,
            host: "127.0.0.1",
            rejectUnauthorized: false,
            ALPNProtocols: ["http/1.1"],
          });
    socket.write(text);
    let answer = "";
    socket.setTimeout(5_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

const post = "POST /v1/customers HTTP/1.1\r\nhost: x\r\n";
const cases: [string, number, string, string][] = [
  ["garbage", 400, "MALFORMED_REQUEST", "NONSENSE\r\n\r\n"],
  ["the preface of HTTP/2", 400, "MALFORMED_REQUEST", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a bad chunk", 400, "MALFORMED_REQUEST", `${post}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
  ["two lengths", 400, "MALFORMED_REQUEST", `${post}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n{}`],
  ["20 KB of headers", 431, "MESSAGE_TOO_LARGE", `GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(20_000)}\r\n\r\n`],
  ["no host", 400, "MALFORMED_REQUEST", "GET /v1/customers/cus_1 HTTP/1.1\r\n\r\n"],
  ["an expectation", 417, "MALFORMED_REQUEST", `${post}expect: wonders\r\ncontent-length: 0\r\n\r\n`],
  ["CONNECT", 405, "METHOD_NOT_ALLOWED", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n"],
];

describe.each(Object.entries(worlds))("%s", (_name, world) => {
  it.each(cases)("answers %s with %i and a reason, closes, counts and logs it", async (_what, status, reason, text) => {
    const { observed, logs } = world();
    observed.length = 0;
    const [head = "", body = "", ...others] = (await exchange(world(), text)).split("\r\n\r\n");
    expect(others).toEqual([]);
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const info = fromJson(StatusSchema, JSON.parse(body), { registry: detailTypes }).details.flatMap(
      (detail) => anyUnpack(detail, ErrorInfoSchema) ?? [],
    );
    const requestId = /x-request-id: (\S+)/i.exec(head)?.[1];
    expect(info).toMatchObject([{ reason, metadata: { requestId } }]);
    expect(observed.filter(({ rpc }) => rpc === "unknown")).toMatchObject([{ transport: "rest" }]);
    expect(logs.find((line) => line["requestId"] === requestId)).toMatchObject({ rpc: "unknown", reason });
  });

  it("loses no header, however many there are", async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => `${(index % 36).toString(36)}:\r\n`).join("");
    const answer = await exchange(
      world(),
      `GET /v1/customers/cus_1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${many}authorization: ${authorization}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe.each(Object.entries(worlds))("%s: a client that waits for 100 Continue", (_name, world) => {
  const create = "POST /v1/customers HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n";
  const body = '{"companyId":"cmp_001"}';

  it.each([
    ["without a key", 401, "KEY_MISSING", "content-length: 20\r\n"],
    [
      "with too long a body",
      413,
      "MESSAGE_TOO_LARGE",
      `content-length: 5000000\r\nauthorization: ${authorization}\r\n`,
    ],
    ["without a key and with too long a body", 401, "KEY_MISSING", "content-length: 5000000\r\n"],
  ])("is refused before its body: %s", async (_what, status, reason, headers) => {
    const answer = await exchange(world(), `${create}${headers}\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(reason);
  });

  it("is asked for its body otherwise", async () => {
    const headers = `content-length: ${body.length}\r\nconnection: close\r\nauthorization: ${authorization}\r\n`;
    const answer = await exchange(world(), `${create}${headers}\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });
});

it("tells a gRPC caller at the wrong port where gRPC is", async () => {
  expect(await exchange(plain, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toContain("GRPC_PORT");
});

it("counts and logs what reaches no rpc as one of few labels", async () => {
  plain.observed.length = 0;
  const from = plain.logs.length;
  await callRest(plain, "/v1/nothing");
  await callRest(plain, "/v1/customers/cus_1", { method: "PATCH" });
  await callConnect(plain, "json", { rpc: "CustomerService/Nope", body: "{}" });
  await callConnect(plain, "json", {
    rpc: "CustomerService/GetCustomer",
    body: "",
    headers: { "content-type": "a/b" },
  });
  const reasons = ["ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "METHOD_NOT_IMPLEMENTED", "UNSUPPORTED_MEDIA_TYPE"];
  expect(plain.observed.map(({ rpc, transport }) => `${rpc} ${transport}`)).toEqual([
    "unknown rest",
    "unknown rest",
    "unknown connect",
    "unknown connect",
  ]);
  expect(plain.logs.slice(from)).toMatchObject(
    reasons.map((reason) => ({ rpc: "unknown", reason, clientAddress: "127.0.0.1" })),
  );
});
