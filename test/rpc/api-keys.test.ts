import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import { hashSecret } from "../../src/core/key-secrets.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createLogger } from "../../src/server/logger.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { madeKey, newKey, reasonOf, until, using } from "../support/made-key.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";
import { timed } from "../support/timed.js";

const server = await startServer();
const lines: string[] = [];
const config = readConfig({ HTTP_PORT: "0", GRPC_PORT: "0", LOG_LEVEL: "trace", DRAIN_TIMEOUT_MS: "0" });
/** Another process over the same database, whose log is kept. */
const second = await createApp({
  config,
  logger: createLogger(config.log, { write: (line) => void lines.push(line) }),
  databaseUrl: server.database.serviceUrl,
  secrets: { pageTokenSecret: "page-token-secret-of-the-tests-0123", secretKey: Buffer.alloc(32, 9) },
});
afterAll(async () => {
  await second.stop();
  await server.stop();
});

const rpc = ApiKeyService.method;

describe("CreateApiKey", () => {
  it("shows the secret once, stores its hash alone, and writes it into no log", async () => {
    const response = await fetch(`${second.httpUrl}/v1/admin/keys`, {
      method: "POST",
      headers: { authorization: authorizationOf(keys.a), "content-type": "application/json" },
      body: JSON.stringify({
        name: "Front desk",
        restrictions: {
          scopes: ["key:admin"],
          organizationRestrictions: { organizations: [{ id: "cmp_a", type: "COMPANY" }] },
        },
      }),
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { key } = JSON.parse(await response.text());
    expect(key).toMatchObject({ name: "Front desk", hint: `${key.secret.slice(0, 10)}...` });
    expect(key.secret).toMatch(/^moego_[0-9A-Za-z]{49}$/);
    const stored = await allRows();
    expect(stored).toContain(hashSecret(key.secret).toString("hex"));
    expect(stored).not.toContain(key.secret);
    const used = await fetch(`${second.httpUrl}/v1/admin/keys/${key.id}`, {
      headers: { authorization: authorizationOf(key) },
    });
    expect(used.status).toBe(200);
    expect(await used.text()).not.toContain(key.secret);
    // Both calls are in the log, so that it would show what they carried.
    expect(lines.filter((line) => line.includes("ApiKeyService")).length).toBeGreaterThanOrEqual(2);
    expect(lines.join("")).toContain(key.id);
    for (const part of [key.secret, key.secret.slice(10, 40), authorizationOf(key)]) {
      expect(lines.join("")).not.toContain(part);
    }
  });

  it("answers a replay with the key and without the secret", async () => {
    const headers = { "idempotency-key": "made-twice" };
    const first = await madeKey(server, { headers });
    const answer = await server.call(rpc.createApiKey, newKey(), { headers });
    expect(answer.headers["idempotency-replayed"]).toBe("true");
    expect(answer.ok && answer.message.key).toEqual({ ...first, secret: "" });
    const { rows } = await server.database.owner.query("SELECT FROM api_key_secret WHERE key_id = $1", [first.id]);
    expect(rows).toHaveLength(1);
  });

  it("answers a replay although the key has expired meanwhile", async () => {
    const headers = { "idempotency-key": "expired-since" };
    const expiredTime = { seconds: BigInt(Math.ceil(Date.now() / 1_000) + 1) };
    const { id } = await madeKey(server, { headers, more: { expiredTime } });
    await new Promise((resolve) => setTimeout(resolve, Number(expiredTime.seconds) * 1_000 - Date.now() + 20));
    const { key } = await server.ok(rpc.createApiKey, { ...newKey(), expiredTime }, { headers });
    expect(key).toMatchObject({ id, secret: "" });
    expect(await server.refused(rpc.createApiKey, { ...newKey(), expiredTime })).toMatchObject(
      invalidField("expired_time", "OUT_OF_RANGE"),
    );
  });

  it("says everything that is wrong at once, at its place", async () => {
    const { violations } = await server.refused(rpc.createApiKey, {
      name: " ",
      staffId: "staff_c1",
      expiredTime: { seconds: 1n },
      restrictions: {
        scopes: ["customer:read", "customer:eat"],
        allowedIpRanges: ["10.0.0.0/33"],
        clientRestrictions: {
          case: "organizationRestrictions",
          value: { organizations: [{ id: "biz_z", type: 1 }] },
        },
      },
    });
    expect(violations.map(({ field }) => field).toSorted()).toEqual([
      ...["expired_time", "name", "restrictions.allowed_ip_ranges[0]"],
      "restrictions.organization_restrictions.organizations[0].id",
      ...["restrictions.scopes[1]", "staff_id"],
    ]);
  });

  it("refuses server_restrictions, and organizations that say too little or too much", async () => {
    const withOrganizations = (...organizations: { id: string; type: number; companyId?: string }[]) => ({
      name: "x",
      restrictions: { clientRestrictions: { case: "organizationRestrictions" as const, value: { organizations } } },
    });
    const bad = withOrganizations(
      { id: "cmp_a", type: 0 },
      { id: "", type: 2 },
      { id: "cmp_a", type: 2, companyId: "cmp_a" },
      { id: "cmp_a", type: 9 },
    );
    const place = "restrictions.organization_restrictions.organizations";
    expect((await server.refused(rpc.createApiKey, bad)).violations).toEqual([
      { field: `${place}[0].type`, reason: "REQUIRED" },
      { field: `${place}[1].id`, reason: "REQUIRED" },
      { field: `${place}[2].company_id`, reason: "NOT_ALLOWED" },
      { field: `${place}[3].type`, reason: "NOT_ALLOWED" },
    ]);
    const ofTwo = await server.refused(rpc.createApiKey, withOrganizations({ id: "biz_a1", type: 1 }), {
      key: keys.enterprise,
    });
    expect(ofTwo.violations).toEqual([{ field: `${place}[0].company_id`, reason: "REQUIRED" }]);
    const serverRestrictions = { case: "serverRestrictions" as const, value: { allowedIps: ["10.0.0.1"] } };
    const byServer = { name: "x", restrictions: { clientRestrictions: serverRestrictions } };
    expect(await server.refused(rpc.createApiKey, byServer)).toMatchObject(
      invalidField("restrictions.server_restrictions", "NOT_ALLOWED"),
    );
  });
});

describe("RevokeApiKey", () => {
  it("stops the key in every process within two seconds", timed, async () => {
    const { id, secret } = await madeKey(server);
    const elsewhere = async () =>
      (await fetch(`${second.httpUrl}/v1/admin/keys/${id}`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await elsewhere()).toBe(200);
    expect(await reasonOf(server, id, secret)).toBeUndefined();
    await server.ok(rpc.revokeApiKey, { id });
    const revokedAtMs = performance.now();
    let acceptedAtMs = 0;
    await until(async () => {
      const sentAtMs = performance.now();
      const [there, here] = await Promise.all([elsewhere(), reasonOf(server, id, secret)]);
      if (there === 200 || here === undefined) acceptedAtMs = sentAtMs;
      return there === 401 && here === "KEY_REVOKED";
    });
    // Whatever was sent later was refused, however long the answers took.
    expect(acceptedAtMs - revokedAtMs).toBeLessThan(2_000);
  });

  it("lets a key revoke itself, and leaves a revoked one as it is", async () => {
    const { id, secret } = await madeKey(server);
    const { key } = await server.ok(rpc.revokeApiKey, { id }, using(secret));
    expect(key?.revokedTime).toBeDefined();
    const again = await server.ok(rpc.revokeApiKey, { id });
    expect(again.key?.revokedTime).toEqual(key?.revokedTime);
    expect(await changesOf(id)).toEqual(["CREATED", "REVOKED"]);
  });
});

describe("the time of the last use", () => {
  it("is noted once a minute, whichever process the key is used in", async () => {
    const { owner } = server.database;
    const lastUsed = async (id: string) =>
      (
        await owner.query<{ old: boolean }>(
          "SELECT last_used_time < now() - interval '30 s' AS old FROM api_key WHERE id = $1",
          [id],
        )
      ).rows[0]?.old;
    const used = async (seconds: number) => {
      const key = await madeKey(server);
      await owner.query("UPDATE api_key SET last_used_time = now() - $2 * interval '1 s' WHERE id = $1", [
        ...[key.id, seconds],
      ]);
      await fetch(`${second.httpUrl}/v1/admin/keys/${key.id}`, { headers: { authorization: authorizationOf(key) } });
      return key.id;
    };
    const [recent, earlier] = [await used(45), await used(61)];
    await expect.poll(() => lastUsed(earlier)).toBe(false);
    expect(await lastUsed(recent)).toBe(true);
  });
});

describe("ListApiKeys", () => {
  it("leaves out revoked and expired keys unless they are asked for", async () => {
    const ids = async (showRevoked: boolean) =>
      (await server.ok(rpc.listApiKeys, { pagination: { pageSize: 500 }, showRevoked })).keys.map(({ id }) => id);
    const gone = [keys.revoked.id, keys.expired.id];
    expect(await ids(false)).not.toEqual(expect.arrayContaining(gone));
    expect(await ids(true)).toEqual(expect.arrayContaining(gone));
    expect(await ids(true)).toEqual(expect.arrayContaining([...(await ids(false))]));
  });
});

describe("the ledger of keys", () => {
  it("tells who made, rotated and revoked a key, by which call and from where", async () => {
    const headers = { "x-request-id": "request-of-key" };
    const { id, createdTime } = await madeKey(server, { headers });
    await server.ok(rpc.rotateApiKey, { id }, { headers });
    await server.ok(rpc.revokeApiKey, { id }, { headers });
    expect(await changesOf(id)).toEqual(["CREATED", "ROTATED", "REVOKED"]);
    const { rows } = await server.database.owner.query(
      "SELECT rpc, by_key_id, staff_id, ip, request_id, changed_time FROM api_key_change WHERE key_id = $1 ORDER BY id",
      [id],
    );
    expect(rows[0]).toEqual({
      ...{ rpc: "moego.admin.v1.ApiKeyService/CreateApiKey", by_key_id: "key_a", staff_id: "staff_a1" },
      ...{ ip: "127.0.0.1", request_id: "request-of-key", changed_time: createdTime && timestampDate(createdTime) },
    });
  });

  it("is changed by nobody, not even by the owner of the tables", async () => {
    const change = server.database.owner.query("UPDATE api_key_change SET by_key_id = ''");
    await expect(change).rejects.toMatchObject({ code: "23001" });
  });
});

it("makes a key that reads what it may, and nothing once the id is unknown", async () => {
  const restrictions = { ...newKey().restrictions, scopes: ["customer:read"] };
  const { key } = await server.ok(rpc.createApiKey, { ...newKey(), restrictions, staffId: "staff_a2" });
  expect(key?.staffId).toBe("staff_a2");
  await server.ok(CustomerService.method.getCustomer, { id: "cus_a1" }, using(key?.secret ?? ""));
  expect(await server.refused(rpc.getApiKey, { id: "key_z" })).toMatchObject(notFound);
});

async function changesOf(id: string): Promise<string[]> {
  const { rows } = await server.database.owner.query<{ kind: string }>(
    "SELECT kind FROM api_key_change WHERE key_id = $1 ORDER BY id",
    [id],
  );
  return rows.map(({ kind }) => kind);
}

/** Everything that is stored about keys and calls. */
async function allRows(): Promise<string> {
  const tables = ["api_key", "api_key_secret", "api_key_organization", "api_key_change", "change", "idempotency"];
  const found = await Promise.all(
    tables.map((table) => server.database.owner.query(`SELECT to_jsonb(t)::text AS row FROM ${table} t`)),
  );
  return found.flatMap(({ rows }) => rows.map(({ row }) => row)).join("\n");
}
