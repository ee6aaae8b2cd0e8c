import { createServer as createTlsServer } from "node:https";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOutbound, type Outbound, type OutboundOutcome } from "../../src/outbound/outbound-calls.js";
import { type ExternalSystem, startExternalSystem } from "../support/external-system.js";
import { selfSigned } from "../transport/certificate.js";
import { listening, never, requestTo } from "./request.js";

let system: ExternalSystem;
let outbound: Outbound;
const outcomes: OutboundOutcome[] = [];

beforeAll(async () => {
  system = await startExternalSystem();
  outbound = createOutbound({ allow: new Set([system.hostPort]), observe: (outcome) => outcomes.push(outcome) });
});
afterAll(async () => {
  await outbound[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

describe("an answer", () => {
  it("comes with status, headers, body and duration", async () => {
    const answer = await call("normal");
    expect(answer).toMatchObject({ kind: "answered", status: 200, durationMs: expect.any(Number) });
    expect(answer).toHaveProperty("headers", expect.arrayContaining([["content-type", "application/json"]]));
    expect(JSON.parse(bodyOf(answer))).toEqual({ customer: { name: "Ada", level: 3 }, tags: ["a", "b"] });
    expect(outcomes.at(-1)).toBe("ANSWERED");
  });

  it("is to the request as it was built, over a connection of its own", async () => {
    const request = requestTo(`${system.origin}/echo?phone=%2B1212`, {
      method: "POST",
      headers: [
        ["content-type", "application/json"],
        ["x-key", "secret"],
      ],
      body: '{"name":"Zoë"}',
    });
    const echoed = JSON.parse(bodyOf(await outbound.call(request, never)));
    expect(echoed).toMatchObject({
      method: "POST",
      url: "/echo?phone=%2B1212",
      body: '{"name":"Zoë"}',
      headers: { "x-key": "secret", "accept-encoding": "gzip, deflate, br", connection: "close" },
    });
  });

  it.each(["coded/gzip", "coded/deflate", "coded/raw-deflate"])("is decompressed: %s", async (path) => {
    expect(JSON.parse(bodyOf(await call(path)))).toMatchObject({ customer: { name: "Ada" } });
  });

  it.each([
    ["status/500", 500, '{"error":"internal"}'],
    ["status/404", 404, "not found"],
    ["text", 200, "<p>Not JSON</p>"],
    ["empty", 204, ""],
    ["coded/empty", 200, ""],
    ["until-close", 200, '{"whole":true}'],
    ["not-utf8", 200, "a\u{fffd}b"],
    ["limit", 200, "x".repeat(65_536)],
  ])("is given as it is: %s", async (path, status, body) => {
    expect(await call(path)).toMatchObject({ kind: "answered", status, body });
  });

  it("that redirects is the answer: nobody goes where it points to", async () => {
    const before = system.requests.length;
    const answer = await call("redirect");
    expect(answer).toMatchObject({ kind: "answered", status: 302 });
    expect(answer).toHaveProperty("headers", expect.arrayContaining([["location", expect.stringContaining("normal")]]));
    expect(system.requests.slice(before).map(({ url }) => url)).toEqual(["/redirect"]);
  });
});

describe("a failure has a name", () => {
  it.each([
    ["slow", "TIMEOUT"],
    ["drip", "TIMEOUT"],
    ["huge", "ANSWER_TOO_LARGE"],
    ["over-limit", "ANSWER_TOO_LARGE"],
    ["bomb/gzip", "ANSWER_TOO_LARGE"],
    ["bomb/deflate", "ANSWER_TOO_LARGE"],
    ["bomb/br", "ANSWER_TOO_LARGE"],
    ["many-headers", "ANSWER_TOO_LARGE"],
    ["reset", "CONNECTION_LOST"],
    ["close", "CONNECTION_LOST"],
    ["half-headers", "CONNECTION_LOST"],
    ["half-body", "CONNECTION_LOST"],
    ["half-chunks", "CONNECTION_LOST"],
    ["bad-chunks", "ANSWER_MALFORMED"],
    ["garbage", "ANSWER_MALFORMED"],
    ["two-lengths", "ANSWER_MALFORMED"],
    ["coded/unknown", "ANSWER_MALFORMED"],
    ["coded/twice", "ANSWER_MALFORMED"],
    ["coded/lie", "ANSWER_MALFORMED"],
    ["coded/cut", "ANSWER_MALFORMED"],
  ])("%s: %s", async (path, failure) => {
    const before = outcomes.length;
    const timeoutMs = failure === "TIMEOUT" ? 250 : 5_000;
    const request = requestTo(`${system.origin}/${path}`, { timeoutMs, externalApiId: path });
    expect(await outbound.call(request, never)).toEqual({ kind: "failed", failure, durationMs: expect.any(Number) });
    expect(outcomes.slice(before)).toEqual([failure]);
  });

  it("nobody listens: CONNECTION_FAILED", async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((closed) => server.close(closed));
    await using calls = createOutbound({ allow: new Set([`127.0.0.1:${port}`]) });
    expect(await calls.call(requestTo(`http://127.0.0.1:${port}/`), never)).toMatchObject({
      failure: "CONNECTION_FAILED",
    });
  });

  it("no such name: NAME_NOT_RESOLVED", async () => {
    await using calls = createOutbound({ allow: new Set(), resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    const request = requestTo("https://gone.example.com/");
    expect(await calls.call(request, never)).toMatchObject({ failure: "NAME_NOT_RESOLVED" });
  });

  it("no TLS on the other side: TLS_FAILED", async () => {
    const request = requestTo(`https://127.0.0.1:${system.port}/`, { externalApiId: "tls" });
    expect(await outbound.call(request, never)).toMatchObject({ failure: "TLS_FAILED" });
  });

  it("leaves no connection open", async () => {
    await expect.poll(() => system.openConnections()).toBe(0);
  });
});

describe("a certificate", () => {
  it("must be one that is trusted, for the name that was asked for", async () => {
    const { certificate, key } = selfSigned();
    const seen: (string | false | null | undefined)[] = [];
    const server = createTlsServer({ cert: certificate, key }, (_, response) => void response.end("over TLS"));
    server.on("secureConnection", (socket) => void seen.push(socket.servername));
    const port = await listening(server, "0.0.0.0");
    const allow = new Set([`localhost:${port}`, `127.0.0.1:${port}`, `127.0.0.2:${port}`]);
    await using strict = createOutbound({ allow });
    await using trusting = createOutbound({ allow, ca: certificate });
    const url = `https://localhost:${port}/`;
    expect(await strict.call(requestTo(url), never)).toMatchObject({ failure: "TLS_FAILED" });
    expect(await trusting.call(requestTo(url), never)).toMatchObject({ status: 200, body: "over TLS" });
    expect(seen.at(-1)).toBe("localhost");
    expect(await trusting.call(requestTo(`https://127.0.0.1:${port}/`), never)).toMatchObject({ status: 200 });
    // The certificate does not name this one.
    expect(await trusting.call(requestTo(`https://127.0.0.2:${port}/`), never)).toMatchObject({
      failure: "TLS_FAILED",
    });
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
});

function call(path: string) {
  return outbound.call(requestTo(`${system.origin}/${path}`, { externalApiId: path }), never);
}

function bodyOf(answer: Awaited<ReturnType<Outbound["call"]>>): string {
  if (answer.kind === "failed") throw new Error(`the call failed: ${answer.failure}`);
  return answer.body;
}
