import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { crossSiteRule } from "../../src/server/pipeline/cross-site.js";
import { callConnect, callGrpcWeb, callRest, type Outcome } from "./clients.js";
import { startWorld, type World } from "./world.js";

const origin = "https://app.example.com";
let world: World;
/** Serves QueryCustomer, which reads forms. */
let callers: World;
beforeAll(async () => {
  world = await startWorld({ corsOrigins: [origin] });
  callers = await startWorld({
    services: [CallerService],
    handlers: new Map([["moego.callcenter.v1.CallerService/QueryCustomer", async () => ({})]]),
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await callers[Symbol.asyncDispose]();
});

const listOf = (answer: Response, name: string) => (answer.headers.get(name) ?? "").toLowerCase().split(/, */);

/** Browsers set these themselves, or proxies add them; a page cannot or must not. */
const notOfPages = [
  ...[
    "access-control-request-method",
    "host",
    ":authority",
    "origin",
    "expect",
    "sec-fetch-site",
    "accept-encoding",
    "content-length",
    "if-none-match",
    "stripe-signature",
  ],
  ...["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"],
];
/** Readable by every page, or meant for the browser and its caches. */
const notOfAnswers = [
  ...["cache-control", "content-type", "content-length", "connection", "date", "keep-alive", "transfer-encoding"],
  ...["vary", "x-content-type-options", "access-control-allow-origin", "access-control-expose-headers"],
];

/** Names of headers in the source: constants that end in `Header`, and texts given to what reads and sets headers. */
function headersOfSource(folders: readonly string[]): Set<string> {
  const names = new Set<string>();
  const patterns = [
    /\bconst \w+Header = "([^"]+)"/g,
    /\bheaderOf\(\w+, "([^"]+)"\)/g,
    /\b(?:call\.header|setHeader)\("([^"]+)"/g,
    /\bheaders\["([^"]+)"\]/g,
  ];
  for (const folder of folders)
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }))
      if (file.endsWith(".ts")) {
        const text = readFileSync(join(folder, file), "utf8");
        for (const pattern of patterns) for (const [, name = ""] of text.matchAll(pattern)) names.add(name);
      }
  return names;
}

describe("CORS", () => {
  it("allows or exposes every header that the server reads or sends", async () => {
    const preflight = await fetch(`${world.url}/v1/customers`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
    const answer = await fetch(`${world.url}/v1/customers/absent`, { headers: { origin } });
    const known = [
      ...listOf(preflight, "access-control-allow-headers"),
      ...listOf(answer, "access-control-expose-headers"),
      ...notOfPages,
      ...notOfAnswers,
    ];
    const named = headersOfSource(["src/server", "src/core"]);
    expect(named).toContain("idempotency-key");
    expect(named.size).toBeGreaterThan(15);
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  });

  it("allows what pages, tracing and the clients of every protocol send", async () => {
    const preflight = await fetch(`${world.url}/v1/customers`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect(listOf(preflight, "access-control-allow-headers")).toEqual(
      expect.arrayContaining([
        ...["authorization", "content-type", "content-encoding", "idempotency-key", "moego-company", "x-request-id"],
        ...["traceparent", "tracestate", "baggage"],
        ...["connect-protocol-version", "connect-timeout-ms", "grpc-timeout", "x-grpc-web", "x-user-agent"],
      ]),
    );
  });

  it("exposes every header of its answers", async () => {
    const create = { rpc: "CustomerService/CreateCustomer", body: '{"companyId":"cmp_001"}' };
    const of = (headers: Record<string, string> = {}) => ({ headers: { origin, ...headers } });
    const outcomes: Outcome[] = await Promise.all([
      callRest(world, "/v1/customers/cus_1", of()),
      callRest(world, "/v1/customers/large", of()),
      callRest(world, "/v1/customers/busy", of()),
      callRest(world, "/v1/nothing", of()),
      callRest(world, "/v1/customers/cus_1", { ...of(), authorization: null }),
      callRest(world, "/v1/customers/cus_1", { ...of(), method: "PATCH", body: "{}" }),
      callRest(world, "/v1/customers", { ...of({ "content-encoding": "zstd" }), body: "{}" }),
      callConnect(world, "json", { ...create, ...of({ "idempotency-key": "again" }) }),
      callConnect(world, "json", { ...create, ...of({ "content-encoding": "zstd" }) }),
      callGrpcWeb(world, { ...create, body: gzipSync(""), ...of() }),
    ]);
    const exposed = outcomes[0]?.headers["access-control-expose-headers"]?.toLowerCase().split(/, */) ?? [];
    const sent = new Set(outcomes.flatMap(({ headers }) => Object.keys(headers)));
    for (const name of ["retry-after", "allow", "accept-encoding", "www-authenticate", "idempotency-replayed"])
      expect(sent).toContain(name);
    expect([...sent].filter((name) => !exposed.includes(name) && !notOfAnswers.includes(name))).toEqual([]);
    expect(exposed).toEqual(
      expect.arrayContaining(["moego-ignored", "moego-match-count", "ratelimit", "ratelimit-policy", "x-request-id"]),
    );
  });
});

describe("a browser with remembered credentials", () => {
  const sent = async (headers: Record<string, string>) => {
    const write = { body: '{"companyId":"cmp_001"}', headers: { ...headers, "content-type": "text/plain" } };
    const rpc = "CustomerService/CreateCustomer";
    return Promise.all([callRest(world, "/v1/customers", write), callConnect(world, "json", { ...write, rpc })]);
  };
  const refused = { code: "PERMISSION_DENIED", reason: "CROSS_SITE_REQUEST" };

  it.each([
    ["another origin", { origin: "https://evil.example.com" }],
    ["a part of an allowed origin", { origin: "https://app.example.co" }],
    ["another port of this server", { origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { origin: "null" }],
    ["another site, by GET or a link", { "sec-fetch-site": "cross-site" }],
  ])("cannot write for %s", async (_what, headers) => {
    const before = world.seen.creates.length;
    for (const { httpStatus, refusal } of await sent(headers))
      expect([httpStatus, refusal]).toMatchObject([403, refused]);
    expect(world.seen.creates).toHaveLength(before);
  });

  it("can read, which pages of other sites cannot see", async () => {
    const headers = { origin: "https://evil.example.com", "sec-fetch-site": "cross-site" };
    const read = await callRest(world, "/v1/customers/cus_1", { headers });
    expect(read.refusal).toBeUndefined();
    expect(read.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("writes for pages of this server and of allowed origins, and so do programs", async () => {
    const own = new URL(world.url).origin;
    for (const headers of [
      { origin, "sec-fetch-site": "cross-site" },
      { origin: own, "sec-fetch-site": "same-origin" },
      { origin: own.replace("http:", "https:") },
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      {},
    ])
      for (const { refusal } of await sent(headers)) expect(refusal).toBeUndefined();
  });

  it("cannot send a form for another site, even to read", async () => {
    const form = (sender: string) =>
      callRest(callers, "/v1/customers:query", {
        body: "phone=%2B12125550111",
        headers: { origin: sender, "content-type": "application/x-www-form-urlencoded" },
      });
    expect((await form("https://evil.example.com")).refusal).toMatchObject(refused);
    expect((await form(new URL(callers.url).origin)).refusal).toBeUndefined();
  });
});

it("knows the address that browsers use behind a proxy", () => {
  const rule = crossSiteRule({ origins: [], publicBaseUrl: "https://api.example.com/base", hasTls: false });
  const request = { fetchSite: undefined, host: "10.0.0.1:8080" };
  expect(rule({ ...request, origin: "https://api.example.com" })).toBe(false);
  expect(rule({ ...request, origin: "http://api.example.com" })).toBe(true);
  const secure = crossSiteRule({ origins: [], hasTls: true });
  expect(secure({ ...request, origin: "https://10.0.0.1:8080" })).toBe(false);
  expect(secure({ ...request, origin: "http://10.0.0.1:8080" })).toBe(true);
});
