import { afterAll, describe, expect, it } from "vitest";
import { createMoego, entries, follow, isMoegoError, type MoegoError, pages } from "../../client/src/node.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { openProxy } from "../support/tcp-proxy.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const john = { companyId, preferredBusinessId: "biz_a1", firstName: "John", lastName: "Doe", phone: "+12125550170" };

function open(protocol: "connect" | "grpc", baseUrl = protocol === "grpc" ? server.app.grpcUrl : server.app.httpUrl) {
  return createMoego({ protocol, baseUrl, apiKey: keys.a.secret });
}

async function countOf(lastName: string): Promise<number> {
  const { rows } = await server.database.owner.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM customer WHERE company_id = $1 AND last_name = $2",
    [companyId, lastName],
  );
  return rows[0]?.count ?? 0;
}

async function thrownBy(call: Promise<unknown>): Promise<MoegoError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isMoegoError(thrown)) throw new Error(`No error of a call: ${String(thrown)}`);
  return thrown;
}

describe.each(["connect", "grpc"] as const)("the client over %s", (protocol) => {
  const moego = open(protocol);

  it("creates, reads and lists", async () => {
    const { id } = await moego.customer.createCustomer({ ...john, lastName: `Listed ${protocol}` });
    expect(await moego.customer.getCustomer({ id })).toMatchObject({ id, phone: john.phone });
    const found: string[] = [];
    const request = { companyId, pagination: { pageSize: 1 } };
    for await (const customer of entries(moego.customer.listCustomers, request)) found.push(customer.id);
    expect(found).toContain(id);
    expect(new Set(found).size).toBe(found.length);
    const sizes: number[] = [];
    for await (const { customers } of pages(moego.customer.listCustomers, request)) sizes.push(customers.length);
    expect(sizes.filter((size) => size > 1)).toEqual([]);
    expect(sizes.length).toBeGreaterThan(1);
  });

  it("throws errors with their reason, every violation and the id of the request", async () => {
    const refused = await thrownBy(moego.customer.createCustomer({ companyId, firstName: "John", phone: "12" }));
    expect(refused).toMatchObject({ name: "MoegoError", reason: "INVALID_REQUEST", requestId: expect.any(String) });
    expect(refused.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual(
      expect.arrayContaining(["last_name REQUIRED", "phone INVALID_FORMAT"]),
    );
    const missing = await thrownBy(moego.customer.getCustomer({ id: "cus_none" }));
    expect(missing).toMatchObject({ reason: "RESOURCE_NOT_FOUND", info: { id: "cus_none" }, violations: [] });
    expect(isMoegoError(missing, "RESOURCE_NOT_FOUND")).toBe(true);
    expect(isMoegoError(missing, "ETAG_MISMATCH")).toBe(false);
  });

  it("writes once if the answer is lost: each attempt has the same idempotency key", async () => {
    const target = new URL(protocol === "grpc" ? server.app.grpcUrl : server.app.httpUrl);
    await using proxy = await openProxy({ host: target.hostname, port: Number(target.port) });
    const through = open(protocol, `http://127.0.0.1:${proxy.port}`);
    const lastName = `Once ${protocol}`;
    proxy.loseAnswerTo(lastName);
    const customer = await through.customer.createCustomer({ ...john, lastName });
    expect(customer).toMatchObject({ lastName });
    expect(await countOf(lastName)).toBe(1);
  });

  it("keeps an idempotency key that a call names", async () => {
    const lastName = `Named ${protocol}`;
    const options = { headers: { "idempotency-key": `named-${protocol}` } };
    const first = await moego.customer.createCustomer({ ...john, lastName }, options);
    expect(await moego.customer.createCustomer({ ...john, lastName }, options)).toEqual(first);
    const other = await moego.customer.createCustomer({ ...john, lastName });
    expect(other.id).not.toBe(first.id);
  });

  it("ends a call with its attempts at the deadline", async () => {
    const absent = createMoego({ protocol, baseUrl: "http://127.0.0.1:1", apiKey: "none", retry: { attempts: 1_000 } });
    const started = performance.now();
    const error = await thrownBy(absent.customer.getCustomer({ id: "cus_a1" }, { timeoutMs: 400 }));
    expect(error).toMatchObject({ code: 4, reason: undefined });
    expect(performance.now() - started).toBeGreaterThan(350);
  });

  it("reads a stream", async () => {
    let isComplete = false;
    for await (const part of moego.export.exportCompany({ companyId })) isComplete = part.isExportComplete;
    expect(isComplete).toBe(true);
  });
});

it("repeats what the server asks to repeat, after its delay", async () => {
  const limited = await startServer({ environment: { RATE_LIMIT_PER_KEY: "5/s burst 2" } });
  try {
    const { grpcUrl: baseUrl } = limited.app;
    const moego = createMoego({ protocol: "grpc", baseUrl, apiKey: keys.a.secret, retry: { attempts: 20 } });
    const once = createMoego({ protocol: "grpc", baseUrl, apiKey: keys.a.secret, retry: { attempts: 1 } });
    const all = await Promise.all(Array.from({ length: 10 }, () => moego.customer.getCustomer({ id: "cus_a1" })));
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, () => "cus_a1"));
    const calls = Array.from({ length: 10 }, () => once.customer.getCustomer({ id: "cus_a1" }));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused)
      expect(error).toMatchObject({ reason: "RATE_LIMITED", retryDelayMs: expect.any(Number) });
  } finally {
    await limited.stop();
  }
});

it("does not repeat what the server does not ask to repeat", async () => {
  const attempts: string[] = [];
  const moego = createMoego({
    baseUrl: server.app.httpUrl,
    apiKey: keys.a.secret,
    interceptors: [
      (next) => (request) => {
        attempts.push(request.method.name);
        return next(request);
      },
    ],
  });
  const { id } = await moego.customer.createCustomer({ ...john, lastName: "Stale" });
  attempts.length = 0;
  const stale = await thrownBy(moego.customer.updateCustomer({ id, companyId, lastName: "Staler", etag: "stale" }));
  expect(stale.reason).toBe("ETAG_MISMATCH");
  expect(attempts).toEqual(["UpdateCustomer"]);
});

it("follows a list: every record, then each change, also several in one millisecond", async () => {
  const moego = open("grpc");
  const end = new AbortController();
  const copy = new Map<string, string>();
  const changed = (startTime: { seconds: bigint; nanos: number }) => ({
    ...{ companyId, filter: { lastUpdatedTime: { startTime } }, pagination: { pageSize: 2 } },
  });
  const following = (async () => {
    const options = { everyMs: 20, signal: end.signal };
    for await (const customer of follow(moego.customer.listCustomers, changed, options)) {
      if (customer.deleted) copy.delete(customer.id);
      else copy.set(customer.id, customer.etag);
    }
  })();
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, place) => moego.customer.createCustomer({ ...john, lastName: `Followed ${place}` })),
  );
  await Promise.all(made.map(({ id }) => moego.customer.updateCustomer({ id, companyId, lastName: "Changed" })));
  const [first] = made;
  await moego.customerAdmin.archiveCustomer({ companyId, id: first?.id ?? "" });
  const stored = async () => {
    const found = new Map<string, string>();
    for await (const { id, etag } of entries(moego.customer.listCustomers, { companyId })) found.set(id, etag);
    return found;
  };
  await expect.poll(() => copy.has(first?.id ?? "")).toBe(false);
  await expect.poll(() => new Map([...copy].toSorted())).toEqual(new Map([...(await stored())].toSorted()));
  end.abort();
  await following;
});
