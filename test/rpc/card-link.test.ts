import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createLogger } from "../../src/server/logger.js";
import { transports } from "../support/clients.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";

const server = await startServer({ environment: { PUBLIC_BASE_URL: "https://cards.example/base" } });
afterAll(() => server.stop());

const { genCustomerCofLink } = CustomerService.method;
const id = "cus_a1";

describe("GenCustomerCofLink", () => {
  it("makes a link below the public address, with a token of 256 bits", async () => {
    const { link } = await server.ok(genCustomerCofLink, { id });
    expect(link).toMatch(/^https:\/\/cards\.example\/base\/cof\/[A-Za-z0-9_-]{43}$/);
  });

  it("points to the service itself when no public address is configured", async () => {
    await using plain = await plainServer();
    const { link } = await plain.ok(genCustomerCofLink, { id });
    expect(link.startsWith(`${plain.app.httpUrl}/cof/`)).toBe(true);
  });

  it("makes a new link with every call, and leaves the earlier ones alive", async () => {
    const first = await server.ok(genCustomerCofLink, { id });
    const second = await server.ok(genCustomerCofLink, { id });
    expect(second.link).not.toBe(first.link);
    expect(await storedFor(first.link)).toHaveLength(1);
    expect(await storedFor(second.link)).toHaveLength(1);
  });

  it("stores the hash of the token and nothing to make it from, unused, for 24 hours by the clock of the database", async () => {
    const { link } = await server.ok(genCustomerCofLink, { id });
    const [row] = await storedFor(link);
    expect(row).toMatchObject({
      company_id: "cmp_a",
      customer_id: id,
      created_by: "staff_a1",
      lifetime_seconds: 86_400,
      used_time: null,
    });
    expect(row?.fresh).toBe(true);
    const { rows } = await server.database.owner.query("SELECT card_link::text AS text FROM card_link");
    expect(JSON.stringify(rows)).not.toContain(tokenOf(link));
  });

  it("returns the same link to a repeated call with the same idempotency key", async () => {
    const headers = { "idempotency-key": "card-once" };
    const { link } = await server.ok(genCustomerCofLink, { id }, { headers });
    const again = await server.call(genCustomerCofLink, { id }, { headers, transport: "rest" });
    expect(again).toMatchObject({ ok: true, message: { link }, headers: { "idempotency-replayed": "true" } });
    expect(await storedFor(link)).toHaveLength(1);
  });

  it("returns the same link to a repeated call after SECRET_KEY was changed", async () => {
    const headers = { "idempotency-key": "card-before-rotation" };
    const { link } = await server.ok(genCustomerCofLink, { id }, { headers });
    const environment = { HTTP_PORT: "0", GRPC_PORT: "0", LOG_LEVEL: "silent", DRAIN_TIMEOUT_MS: "0" };
    const config = readConfig({ ...environment, PUBLIC_BASE_URL: "https://cards.example/base" });
    const [old, present] = [Buffer.alloc(32, 9), Buffer.alloc(32, 8)];
    const pageTokenSecret = "page-token-secret-of-the-tests-0123";
    const databaseUrl = server.database.serviceUrl;
    await using rotated = await createApp({
      ...{ config, logger: createLogger(config.log), databaseUrl },
      secrets: { pageTokenSecret, secretKey: present, previousSecretKeys: [old] },
    });
    const replayed = await fetch(`${rotated.httpUrl}/v1/customers/${id}/cof/link`, {
      headers: { authorization: authorizationOf(keys.a), ...headers },
    });
    expect(await replayed.json()).toEqual({ link });
    expect(replayed.headers.get("idempotency-replayed")).toBe("true");
  });

  it.each(transports)("answers with cache-control: no-store on %s", async (transport) => {
    const { headers } = await server.call(genCustomerCofLink, { id }, { transport });
    expect(headers["cache-control"]).toBe("no-store");
  });

  it("makes nothing for a HEAD", async () => {
    const before = await linkCount();
    const response = await fetch(`${server.app.httpUrl}/v1/customers/${id}/cof/link`, {
      method: "HEAD",
      headers: { authorization: authorizationOf(keys.a) },
    });
    expect(response.ok).toBe(false);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await linkCount()).toBe(before);
  });

  it("needs customer:write, though its route is a GET", async () => {
    expect(await server.refused(genCustomerCofLink, { id }, { key: keys.aReadOnly, transport: "rest" })).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "SCOPE_REQUIRED",
      metadata: { scope: "customer:write" },
    });
  });
});

interface StoredLink {
  readonly company_id: string;
  readonly customer_id: string;
  readonly created_by: string;
  readonly lifetime_seconds: number;
  readonly used_time: Date | null;
  readonly fresh: boolean;
}

async function storedFor(link: string): Promise<readonly StoredLink[]> {
  const hash = createHash("sha256").update(tokenOf(link)).digest();
  const { rows } = await server.database.owner.query<StoredLink>(
    `SELECT company_id, customer_id, created_by, extract(epoch FROM expired_time - created_time)::int AS lifetime_seconds, used_time,
       created_time BETWEEN clock_timestamp() - interval '1 min' AND clock_timestamp() AS fresh
     FROM card_link WHERE token_hash = $1`,
    [hash],
  );
  return rows;
}

function tokenOf(link: string): string {
  return link.slice(link.lastIndexOf("/") + 1);
}

async function linkCount(): Promise<number> {
  const { rows } = await server.database.owner.query<{ count: number }>("SELECT count(*)::int AS count FROM card_link");
  return rows[0]?.count ?? 0;
}

async function plainServer() {
  const plain = await startServer();
  return { ...plain, [Symbol.asyncDispose]: () => plain.stop() };
}
