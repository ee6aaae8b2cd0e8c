import { connect as connectH2, type IncomingHttpHeaders } from "node:http2";
import { Agent, request as httpsRequest } from "node:https";
import { connect as connectTcp } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProbeHandler } from "../../src/server/transport/health.js";
import { rememberedCheck } from "../../src/server/transport/remembered.js";
import { timed } from "../support/timed.js";
import { selfSigned } from "./certificate.js";
import { callRest } from "./clients.js";
import { authorization, startWorld, type World } from "./world.js";

let world: World;
let measured: World;
beforeAll(async () => {
  world = await startWorld({ corsOrigins: ["https://app.example.com"] });
  const metrics = async () => ({ contentType: "text/plain", text: "calls 1\n" });
  measured = await startWorld({ probes: { checks: {}, metrics } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await measured[Symbol.asyncDispose]();
});

/** Writes bytes to the port and reads until the server closes. */
function exchangeRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setTimeout(5_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("HTTP itself", () => {
  it("is spoken in version 1.0, without a host", async () => {
    const answer = await exchangeRaw(
      world.httpPort,
      `GET /v1/customers/cus_1 HTTP/1.0\r\nauthorization: ${authorization}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"id":"cus_1"');
  });

  it("is spoken in version 1.0 to Connect as well", async () => {
    const path = "/moego.business.customer.v1.CustomerService/GetCustomer";
    const body = '{"id":"cus_1"}';
    const answer = await exchangeRaw(
      world.httpPort,
      `POST ${path} HTTP/1.0\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"id":"cus_1"');
  });

  it("answers what is no HTTP with 400", async () => {
    expect(await exchangeRaw(world.httpPort, "NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchangeRaw(world.httpPort, "GET / HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("answers a header that is too long with 431", async () => {
    const answer = await exchangeRaw(
      world.httpPort,
      `GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("cuts off a caller that goes on sending, once it was answered", async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connectTcp(world.httpPort, "127.0.0.1");
      let text = "";
      const chunk = Buffer.alloc(1024 * 1024, " ");
      socket.write(
        `POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: 9000000000\r\n\r\n`,
      );
      const send = (): void => {
        if (socket.writable) socket.write(chunk, () => setTimeout(send, 1));
      };
      send();
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("MESSAGE_TOO_LARGE");
  });

  it("survives a caller that leaves in the middle of its body", async () => {
    const socket = connectTcp(world.httpPort, "127.0.0.1");
    socket.write(
      `POST /v1/customers HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: 1000\r\n\r\n{"a"`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => world.logs.at(-1)?.["reason"]).toBe("CALL_CANCELLED");
    expect((await callRest(world, "/v1/customers/cus_1")).httpStatus).toBe(200);
  });
});

describe("probes", () => {
  it("need no key and tell which check fails", async () => {
    await using own = await startWorld({
      probes: {
        checks: {
          database: async () => false,
          cache: async () => Promise.reject(new Error("down")),
          disk: async () => true,
        },
      },
    });
    const ready = await fetch(`${own.url}/readyz`);
    expect((await fetch(`${own.url}/healthz`)).status).toBe(200);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: "unavailable",
      checks: { server: "ok", database: "failed", cache: "failed", disk: "ok" },
    });
    expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  });

  it.each([
    [false, 200, "ok"],
    [true, 503, "draining"],
  ])("tell whether the server is draining: %s", async (isDraining, status, server) => {
    const probe = createProbeHandler({ checks: {}, host: "127.0.0.1", isDraining: () => isDraining });
    const answer = await probe({
      ...{ method: "GET", path: "/readyz", query: "", headers: {}, peerAddress: "127.0.0.1" },
      ...{ signal: new AbortController().signal, readBody: async () => new Uint8Array() },
    });
    expect(answer?.status).toBe(status);
    expect(JSON.parse(Buffer.from(answer && "body" in answer ? answer.body : []).toString())).toMatchObject({
      checks: { server },
    });
  });

  it("ask the database once a second, however many ask at once", async () => {
    let probes = 0;
    const database = async () => {
      probes += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return true;
    };
    await using own = await startWorld({ probes: { checks: { database } } });
    const startedMs = performance.now();
    const asked = Array.from({ length: 100 }, () => fetch(`${own.url}/readyz`));
    const honest = await callRest(own, "/v1/customers/cus_1");
    const answers = await Promise.all(asked);
    expect(honest.httpStatus).toBe(200);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(probes).toBeLessThanOrEqual(1 + (performance.now() - startedMs) / 1_000);
  });

  it("remember a check for one second from its end, whatever its result", async () => {
    let clockMs = 0;
    const results = [true, false, true];
    const check = rememberedCheck(
      async () => results.shift() ?? Promise.reject(new Error("down")),
      () => clockMs,
    );
    const seen: boolean[] = [];
    for (const nextMs of [0, 999, 1_000, 1_999, 2_000, 3_000]) {
      clockMs = nextMs;
      seen.push(await check());
    }
    expect(seen).toEqual([true, true, false, false, true, false]);
  });

  it.each([
    ["Forwarded", { forwarded: "for=203.0.113.9" }],
    ["X-Forwarded-For", { "x-forwarded-for": "127.0.0.1" }],
    ["X-Real-IP", { "x-real-ip": "203.0.113.9" }],
    ["Via", { via: "1.1 proxy" }],
  ])("give metrics through a proxy on this machine for the token only: %s", async (_what, headers) => {
    const answer = await fetch(`${measured.url}/metrics`, { headers });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await fetch(`${measured.url}/metrics`)).status).toBe(200);
  });

  it("give metrics to a trusted proxy for the token only, even without a header of proxies", async () => {
    const metrics = async () => ({ contentType: "text/plain", text: "calls 1\n" });
    await using own = await startWorld({ probes: { checks: {}, metrics, trustedProxies: ["127.0.0.0/8"] } });
    expect((await fetch(`${own.url}/metrics`)).status).toBe(401);
  });

  it("give metrics freely on loopback only, else for the token", async () => {
    const metrics = async () => ({ contentType: "text/plain", text: "calls 1\n" });
    const get = (own: World, credential?: string) =>
      fetch(`http://127.0.0.1:${own.httpPort}/metrics`, credential ? { headers: { authorization: credential } } : {});
    await using local = await startWorld({ probes: { checks: {}, metrics } });
    await using open = await startWorld({ host: "0.0.0.0", probes: { checks: {}, metrics } });
    await using guarded = await startWorld({ host: "0.0.0.0", probes: { checks: {}, metrics, metricsToken: "t0ken" } });
    expect(await (await get(local)).text()).toBe("calls 1\n");
    expect((await get(open)).status).toBe(401);
    expect((await get(open, "Bearer undefined")).status).toBe(401);
    expect((await get(guarded)).status).toBe(401);
    expect((await get(guarded, "Bearer wrong")).status).toBe(401);
    expect((await get(guarded, "Bearer t0ken")).status).toBe(200);
    expect((await callRest(world, "/metrics")).refusal?.reason).toBe("ROUTE_NOT_FOUND");
  });
});

describe("CORS", () => {
  const preflight = (origin: string) =>
    fetch(`${world.url}/v1/customers`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,idempotency-key",
      },
    });

  it("lets pages of a configured origin call and read", async () => {
    const before = await preflight("https://app.example.com");
    expect(before.status).toBe(204);
    expect(before.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(before.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("idempotency-key");
    expect(before.headers.get("access-control-allow-methods")).toContain("DELETE");
    const answer = await fetch(`${world.url}/v1/customers/absent`, {
      headers: { authorization, origin: "https://app.example.com" },
    });
    expect(answer.headers.get("access-control-expose-headers")).toMatch(/x-request-id/i);
    expect(answer.headers.get("access-control-expose-headers")).toMatch(/grpc-status-details-bin/i);
    expect(answer.headers.get("access-control-expose-headers")).toContain("moego-match-count");
    expect(answer.headers.get("access-control-expose-headers")).toMatch(/\bratelimit, ratelimit-policy\b/);
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  it("tells other origins nothing", async () => {
    const answer = await preflight("https://evil.example.com");
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    // Else a cache gives this answer to an allowed origin.
    expect(answer.headers.get("vary")).toContain("Origin");
  });
});

describe("stop", () => {
  it("lets a call under way finish, tells readiness, and closes what is idle", async () => {
    await using own = await startWorld();
    const idle = connectTcp(own.httpPort, "127.0.0.1");
    const idleClosed = new Promise((resolve) => idle.once("close", resolve));
    const underWay = fetch(`${own.url}/v1/customers/short`, { headers: { authorization } });
    await expect.poll(() => own.seen.gets).toEqual(["short"]);
    const stopped = own.http.stop({ timeoutMs: 5_000 });
    const answer = await underWay;
    expect(answer.status).toBe(200);
    expect(answer.headers.get("connection")).toBe("close");
    await Promise.all([stopped, idleClosed]);
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow();
  });

  it("cuts off what outlasts the timeout", timed, async () => {
    await using own = await startWorld();
    const underWay = fetch(`${own.url}/v1/customers/slow`, { headers: { authorization } });
    underWay.catch(() => {});
    await expect.poll(() => own.seen.gets).toEqual(["slow"]);
    const startedMs = Date.now();
    await own.http.stop({ timeoutMs: 200 });
    expect(Date.now() - startedMs).toBeLessThan(1_000);
    await expect(underWay).rejects.toThrow();
  });
});

describe("TLS", () => {
  const tls = selfSigned();

  it("serves HTTP/1.1 and HTTP/2 on one port", async () => {
    await using own = await startWorld({ tls });
    expect(await overHttp1(own.httpPort, tls.certificate)).toBe(200);
    const session = connectH2(`https://localhost:${own.httpPort}`, { ca: tls.certificate });
    const rest = await overHttp2(session, { ":path": "/v1/customers/cus_1", authorization });
    const large = await overHttp2(
      session,
      { ":path": "/v1/customers", ":method": "POST", authorization },
      Buffer.alloc(4 * 1024 * 1024 + 1, " "),
    );
    const connect = await overHttp2(
      session,
      {
        ":path": "/moego.business.customer.v1.CustomerService/GetCustomer",
        ":method": "POST",
        "content-type": "application/json",
        authorization,
      },
      Buffer.from('{"id":"cus_1"}'),
    );
    session.close();
    expect([rest.status, large.status, connect.status]).toEqual([200, 413, 200]);
    expect(connect.body).toContain("cus_1");
    expect(large.body).toContain("MESSAGE_TOO_LARGE");
  });

  it("survives an HTTP/2 caller that gives up", async () => {
    await using own = await startWorld({ tls });
    const session = connectH2(`https://localhost:${own.httpPort}`, { ca: tls.certificate });
    const stream = session.request({ ":path": "/v1/customers/slow", authorization });
    stream.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    stream.close(8);
    await expect.poll(() => own.logs.at(-1)?.["reason"]).toBe("CALL_CANCELLED");
    expect((await overHttp2(session, { ":path": "/v1/customers/cus_1", authorization })).status).toBe(200);
    session.close();
    expect(own.logs.filter(({ level }) => level === 50)).toEqual([]);
  });

  it("drains HTTP/2 sessions and idle HTTP/1 connections", timed, async () => {
    await using own = await startWorld({ tls });
    const agent = new Agent({ keepAlive: true, ca: tls.certificate });
    await overHttp1(own.httpPort, tls.certificate, { agent });
    const session = connectH2(`https://localhost:${own.httpPort}`, { ca: tls.certificate });
    const underWay = overHttp2(session, { ":path": "/v1/customers/short", authorization });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedMs = Date.now();
    await own.http.stop({ timeoutMs: 5_000 });
    expect((await underWay).status).toBe(200);
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  it("stops at once beside a connection that never finishes its handshake", timed, async () => {
    await using own = await startWorld({ tls });
    const bare = connectTcp(own.httpPort, "localhost");
    bare.on("error", () => {});
    const cut = new Promise((resolve) => bare.once("close", resolve));
    const underWay = overHttp1(own.httpPort, tls.certificate, { path: "/v1/customers/short" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedMs = Date.now();
    await Promise.all([own.http.stop({ timeoutMs: 5_000 }), cut]);
    expect(await underWay).toBe(200);
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });
});

function overHttp1(
  port: number,
  certificate: string,
  { agent = new Agent({ ca: certificate }), path = "/v1/customers/cus_1" } = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(`https://localhost:${port}${path}`, { agent, headers: { authorization } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    call.on("error", reject);
    call.end();
  });
}

function overHttp2(
  session: ReturnType<typeof connectH2>,
  headers: IncomingHttpHeaders,
  body?: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let status = 0;
    let text = "";
    stream.on("response", (response) => {
      status = response[":status"] ?? 0;
    });
    stream.on("data", (chunk) => {
      text += chunk;
    });
    stream.on("end", () => resolve({ status, body: text }));
    stream.on("error", reject);
    if (body) stream.end(body);
  });
}
