import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import type { Answer, Refusal } from "../support/answer.js";
import { transports } from "../support/clients.js";
import { type FixtureKey, fixtureKey, keys } from "../support/fixture-keys.js";
import { type CallOptions, startServer, type TestServer } from "../support/server.js";

const rpc = CustomerService.method;
/** Far more than any test waits for, so that what is taken at once is counted exactly. */
const hourly = (burst: number) => `1/h burst ${burst}`;

async function withServer(environment: Readonly<Record<string, string>>, work: (server: TestServer) => Promise<void>) {
  const server = await startServer({ environment });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

function companyKey(id: string, companyId = "cmp_a", more: Partial<FixtureKey> = {}): FixtureKey {
  return fixtureKey(id, [{ type: "COMPANY", id: companyId }], more);
}

async function keyOf(server: TestServer, id: string, more: Partial<FixtureKey> = {}): Promise<FixtureKey> {
  const key = companyKey(id, "cmp_a", more);
  await server.insertKeys([key]);
  return key;
}

function get(server: TestServer, options: CallOptions) {
  return server.call(rpc.getCustomer, { id: "cus_a1" }, options);
}

function list(server: TestServer, companyId: string, options: CallOptions) {
  return server.call(rpc.listCustomers, { companyId, pagination: { pageSize: 1 } }, options);
}

function limitedOf<M>(answers: readonly Answer<M>[]): Refusal[] {
  return answers.filter((answer) => !answer.ok).filter(({ reason }) => reason === "RATE_LIMITED");
}

function admittedOf<M>(answers: readonly Answer<M>[]): number {
  return answers.filter(({ ok }) => ok).length;
}

/** Calls until one is refused. */
async function exhaust(server: TestServer, options: CallOptions): Promise<Refusal> {
  for (let calls = 0; calls < 100; calls += 1) {
    const answer = await get(server, options);
    if (!answer.ok) return answer;
  }
  throw new Error("nothing was refused");
}

describe("a limit per key", () => {
  const burst = 7;
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment: { RATE_LIMIT_PER_KEY: hourly(burst) } });
  });
  afterAll(() => server.stop());

  it.each(transports)("admits exactly the burst and tells of it in every answer on %s", async (transport) => {
    const key = await keyOf(server, `key_burst_${transport}`);
    const answers = await Promise.all(Array.from({ length: 40 }, () => get(server, { key, transport })));
    expect(admittedOf(answers)).toBe(burst);
    expect(limitedOf(answers)).toHaveLength(40 - burst);
    for (const { headers } of answers) expect(headers["ratelimit-policy"]).toBe('"key";q=7;w=25200');
    const left = answers.map(({ headers }) => headers["ratelimit"]).filter((text) => !text?.includes("r=0"));
    expect(left.toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((count) => `"key";r=${count};t=3600`));
  });

  it.each(transports)(
    "refuses with RESOURCE_EXHAUSTED, RetryInfo and what HTTP has for it on %s",
    async (transport) => {
      const key = await keyOf(server, `key_refused_${transport}`);
      const refusal = await exhaust(server, { key, transport });
      expect(refusal).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        reason: "RATE_LIMITED",
        metadata: { limit: "key", requestId: expect.stringMatching(/./) },
      });
      expect(refusal.detailTypes).toEqual(["google.rpc.ErrorInfo", "google.rpc.RetryInfo"]);
      expect(refusal.retryDelayMs).toBeGreaterThan(3_500_000);
      expect(refusal.retryDelayMs).toBeLessThanOrEqual(3_600_000);
      expect(refusal.headers["ratelimit"]).toMatch(/^"key";r=0;t=3[56]\d\d$/);
      const retryAfter = String(Math.ceil((refusal.retryDelayMs ?? 0) / 1_000));
      expect(refusal.headers["retry-after"]).toBe(transport.startsWith("grpc") ? undefined : retryAfter);
    },
  );

  it("answers 429 by REST and Connect, and gRPC has the headers with its status", async () => {
    const key = await keyOf(server, "key_status");
    await exhaust(server, { key });
    const headers = { authorization: `Bearer ${key.secret}`, "content-type": "application/json" };
    const rest = await fetch(`${server.app.httpUrl}/v1/customers/cus_a1`, { headers });
    const path = "/moego.business.customer.v1.CustomerService/GetCustomer";
    const byConnect = await fetch(`${server.app.httpUrl}${path}`, { method: "POST", headers, body: '{"id":"cus_a1"}' });
    expect([rest.status, byConnect.status]).toEqual([429, 429]);
    const leading = await leadingHeaders(server, path, key);
    expect(leading).toMatchObject({
      ":status": 200,
      "grpc-status": "8",
      ratelimit: expect.stringContaining('"key";r=0'),
      "grpc-retry-pushback-ms": expect.stringMatching(/^3[56]\d{5}$/),
    });
  });

  it("lets no key disturb another of the same company", async () => {
    const [one, other] = [await keyOf(server, "key_one"), await keyOf(server, "key_other")];
    await exhaust(server, { key: one });
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(server, { key: other })));
    expect(admittedOf(answers)).toBe(burst);
  });

  it("counts what the key may not do, and says so", async () => {
    const key = await keyOf(server, "key_scopeless", { scopes: ["pet:read"] });
    const answer = await get(server, { key });
    expect(answer).toMatchObject({ reason: "SCOPE_REQUIRED", headers: { ratelimit: '"key";r=6;t=3600' } });
    expect((await exhaustWhatever(server, key)).reason).toBe("RATE_LIMITED");
  });

  it("costs the owner nothing when the key is tried from elsewhere", async () => {
    const key = await keyOf(server, "key_elsewhere", { allowedAddresses: ["203.0.113.0/24"] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(server, { key })));
    expect(new Set(answers.map((answer) => (answer.ok ? "OK" : answer.reason)))).toEqual(new Set(["IP_NOT_ALLOWED"]));
    expect(answers[0]?.headers).not.toHaveProperty("ratelimit");
  });

  it("tells strangers nothing", async () => {
    const answer = await get(server, { key: { secret: "nobody-has-this-secret-of-forty-characters" } });
    expect(answer).toMatchObject({ reason: "KEY_UNKNOWN" });
    expect(answer.headers).not.toHaveProperty("ratelimit-policy");
  });

  it("leaves probes and metrics alone, where the refused calls are counted", async () => {
    const key = await keyOf(server, "key_metrics");
    await exhaust(server, { key });
    for (let calls = 0; calls < 3 * burst; calls += 1) {
      const answers = await Promise.all(["/healthz", "/readyz", "/metrics"].map((path) => probe(server, path)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    }
    const { text } = await probe(server, "/metrics");
    expect(text).toMatch(/GetCustomer".*code="RESOURCE_EXHAUSTED"/);
  });
});

describe("a limit per company", () => {
  const burst = 5;
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ environment: { RATE_LIMIT_PER_COMPANY: hourly(burst) } });
  });
  afterAll(() => server.stop());

  it("is shared by the company's keys, named in the refusal, and felt by no other company", async () => {
    const options = [{ key: keys.c }, { key: companyKey("key_c_more", "cmp_c") }];
    await server.insertKeys(options.slice(1).map(({ key }) => key));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => list(server, "cmp_c", options[index % 2] ?? {})),
    );
    expect(admittedOf(answers)).toBe(burst);
    expect(limitedOf(answers)[0]).toMatchObject({ metadata: { limit: "company", companyId: "cmp_c" } });
    const elsewhere = await list(server, "cmp_quota", { key: keys.quota });
    expect(elsewhere).toMatchObject({ ok: true, headers: { ratelimit: '"company";r=4;t=3600' } });
  });

  it("counts a call of a key of several companies for the one that it names, by the request or by the header", async () => {
    const key = keys.enterprise;
    const byRequest = await list(server, "cmp_a", { key });
    const byHeader = await get(server, { key, headers: { "moego-company": "cmp_a" } });
    const other = await list(server, "cmp_b", { key });
    const left = [byRequest, byHeader, other].map(({ headers }) => headers["ratelimit"]);
    expect(left).toEqual(['"company";r=4;t=3600', '"company";r=3;t=3600', '"company";r=4;t=3600']);
    const unnamed = await get(server, { key });
    expect(unnamed).toMatchObject({ ok: true, headers: { "ratelimit-policy": '"company";q=5;w=18000' } });
    expect(unnamed.headers).not.toHaveProperty("ratelimit");
  });

  it("is charged for no company that the key does not cover", async () => {
    const answer = await list(server, "cmp_quota", { key: keys.enterprise });
    expect(answer).toMatchObject({ reason: "COMPANY_NOT_ALLOWED" });
    expect(answer.headers).not.toHaveProperty("ratelimit");
  });
});

describe("a call that was refused", () => {
  it("succeeds after the time that RetryInfo told, and its idempotency key was left free", async () => {
    await withServer({ RATE_LIMIT_PER_KEY: "1/s" }, async (server) => {
      const headers = { "idempotency-key": "refused-at-first" };
      const create = (firstName: string) => {
        const message = { companyId: "cmp_a", preferredBusinessId: "biz_a1", firstName, lastName: "Doe" };
        return server.call(rpc.createCustomer, { ...message, phone: "+12125550177" }, { headers });
      };
      for (const round of [1, 2, 3]) {
        const { retryDelayMs = Number.NaN } = await exhaust(server, {});
        expect(retryDelayMs).toBeLessThanOrEqual(1_000);
        // One more is refused, and with it this attempt at the write.
        const refused = round === 1 ? await create("Refused") : await get(server, {});
        expect(refused).toMatchObject({ reason: "RATE_LIMITED" });
        await sleep(retryDelayMs + 1);
        const answer = round === 1 ? await create("Taken") : await get(server, {});
        expect(answer.ok).toBe(true);
        expect(answer.headers["idempotency-replayed"]).toBeUndefined();
      }
      await sleep(1_001);
      expect((await create("Taken")).headers["idempotency-replayed"]).toBe("true");
    });
  });
});

it("nothing is limited, and no header speaks of limits, unless they are configured", async () => {
  await withServer({}, async (server) => {
    for (const transport of transports) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => get(server, { transport })));
      expect(admittedOf(answers)).toBe(50);
      expect(Object.keys(answers[0]?.headers ?? {}).filter((name) => name.startsWith("ratelimit"))).toEqual([]);
    }
  });
});

async function exhaustWhatever(server: TestServer, key: FixtureKey): Promise<Refusal> {
  for (let calls = 0; calls < 100; calls += 1) {
    const answer = await get(server, { key });
    if (!answer.ok && answer.reason === "RATE_LIMITED") return answer;
  }
  throw new Error("nothing was refused for its rate");
}

async function probe(server: TestServer, path: string) {
  const response = await fetch(`${server.app.httpUrl}${path}`);
  return { status: response.status, text: await response.text() };
}

/** The first block of headers of a gRPC answer, which no client library tells apart from the last one. */
async function leadingHeaders(server: TestServer, path: string, { secret }: FixtureKey) {
  const session = connect(server.app.grpcUrl);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: `Bearer ${secret}`,
    });
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, 8, 0x0a, 6]), Buffer.from("cus_a1")]));
    stream.resume();
    return await new Promise((resolve, reject) => {
      stream.once("response", resolve);
      stream.once("error", reject);
    });
  } finally {
    session.destroy();
  }
}
