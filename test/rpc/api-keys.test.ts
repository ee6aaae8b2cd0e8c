import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { hashSecret } from "../../src/domain/key-secrets.js";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import type { Key } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createLogger } from "../../src/logger.js";
import { newKey } from "../suites/api-key-fixtures.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

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
const week = { seconds: 604_800n };

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
    const first = await made({ headers });
    const answer = await server.call(rpc.createApiKey, newKey(), { headers });
    expect(answer.headers["idempotency-replayed"]).toBe("true");
    expect(answer.ok && answer.message.key).toEqual({ ...first, secret: "" });
    const { rows } = await server.database.owner.query("SELECT FROM api_key_secret WHERE key_id = $1", [first.id]);
    expect(rows).toHaveLength(1);
  });

  it("answers a replay although the key has expired meanwhile", async () => {
    const headers = { "idempotency-key": "expired-since" };
    const expiredTime = { seconds: BigInt(Math.ceil(Date.now() / 1_000) + 1) };
    const { id } = await made({ headers, more: { expiredTime } });
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

describe("RotateApiKey", () => {
  it("keeps id and restrictions; both secrets work until the overlap ends", async () => {
    const first = await made();
    const { key: rotated } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    expect(rotated).toMatchObject({ id: first.id, name: first.name, restrictions: first.restrictions });
    expect(rotated?.secret).toMatch(/^moego_/);
    expect(rotated?.secret).not.toBe(first.secret);
    expect(rotated?.hint).toBe(`${rotated?.secret.slice(0, 10)}...`);
    for (const { secret } of [first, rotated ?? first]) await server.ok(rpc.getApiKey, { id: first.id }, using(secret));
    await server.database.owner.query("UPDATE api_key_secret SET expired_time = now() WHERE hash = $1", [
      hashSecret(first.secret),
    ]);
    await until(async () => (await reasonOf(first.id, first.secret)) === "KEY_EXPIRED");
    expect(await reasonOf(first.id, rotated?.secret ?? "")).toBeUndefined();
  });

  it("lets the secret before work for 24 hours unless told otherwise", async () => {
    const { id, secret } = await made();
    await server.ok(rpc.rotateApiKey, { id });
    expect(await lifeOf(secret)).toBeCloseTo(24, 1);
    const other = await made();
    await server.ok(rpc.rotateApiKey, { id: other.id, overlap: { seconds: 2_592_000n } });
    expect(await lifeOf(other.secret)).toBeCloseTo(720, 1);
  });

  it("ends the secret before at once with an overlap of 0, and that of an earlier rotation with any", async () => {
    const first = await made();
    const { key: next } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    const { key: last } = await server.ok(rpc.rotateApiKey, { id: first.id, overlap: week });
    await until(async () => (await reasonOf(first.id, first.secret)) === "KEY_EXPIRED");
    expect(await reasonOf(first.id, next?.secret ?? "")).toBeUndefined();
    await server.ok(rpc.rotateApiKey, { id: first.id, overlap: {} });
    await until(async () => (await reasonOf(first.id, last?.secret ?? "")) === "KEY_EXPIRED");
  });

  it("refuses an overlap below 0 and above 30 days", async () => {
    const { id } = await made();
    for (const overlap of [
      { seconds: -1n },
      { nanos: -1 },
      { seconds: 2_592_001n },
      { seconds: 2_592_000n, nanos: 1 },
    ]) {
      expect(await server.refused(rpc.rotateApiKey, { id, overlap })).toMatchObject(
        invalidField("overlap", "OUT_OF_RANGE"),
      );
    }
  });

  it("refuses a key that is revoked or has expired", async () => {
    for (const { id } of [keys.revoked, keys.expired]) {
      expect(await server.refused(rpc.rotateApiKey, { id })).toMatchObject({
        ...{ code: "FAILED_PRECONDITION", reason: "KEY_NOT_IN_FORCE", metadata: { keyId: id } },
      });
    }
  });

  it("changes nothing and shows no secret in a replay", async () => {
    const { id } = await made();
    const headers = { "idempotency-key": "rotated-twice" };
    const { key: first } = await server.ok(rpc.rotateApiKey, { id }, { headers });
    const { key: second } = await server.ok(rpc.rotateApiKey, { id }, { headers });
    expect(second).toEqual({ ...first, secret: "" });
    expect(await reasonOf(id, first?.secret ?? "")).toBeUndefined();
  });
});

describe("RevokeApiKey", () => {
  it("stops the key in every process within two seconds", async () => {
    const { id, secret } = await made();
    const elsewhere = async () =>
      (await fetch(`${second.httpUrl}/v1/admin/keys/${id}`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await elsewhere()).toBe(200);
    expect(await reasonOf(id, secret)).toBeUndefined();
    await server.ok(rpc.revokeApiKey, { id });
    const revokedAtMs = performance.now();
    await until(async () => (await elsewhere()) === 401 && (await reasonOf(id, secret)) === "KEY_REVOKED");
    expect(performance.now() - revokedAtMs).toBeLessThan(2_100);
  });

  it("lets a key revoke itself, and leaves a revoked one as it is", async () => {
    const { id, secret } = await made();
    const { key } = await server.ok(rpc.revokeApiKey, { id }, using(secret));
    expect(key?.revokedTime).toBeDefined();
    const again = await server.ok(rpc.revokeApiKey, { id });
    expect(again.key?.revokedTime).toEqual(key?.revokedTime);
    expect(await changesOf(id)).toEqual(["CREATED", "REVOKED"]);
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
    const { id, createdTime } = await made({ headers });
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

interface Made {
  readonly headers?: Readonly<Record<string, string>>;
  readonly more?: object;
}

async function made({ headers = {}, more = {} }: Made = {}): Promise<Key> {
  const { key } = await server.ok(rpc.createApiKey, { ...newKey(), ...more }, { headers });
  if (!key) throw new Error("no key was made");
  return key;
}

function using(secret: string) {
  return { key: { secret } };
}

/** Why a secret is refused; undefined while it works. */
async function reasonOf(id: string, secret: string): Promise<string | undefined> {
  const answer = await server.call(rpc.getApiKey, { id }, using(secret));
  return answer.ok ? undefined : answer.reason;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 4_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error("it did not come to be so");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Hours for which a secret goes on working, by the database. */
async function lifeOf(secret: string): Promise<number> {
  const { rows } = await server.database.owner.query<{ hours: number }>(
    "SELECT extract(epoch FROM expired_time - now())::float8 / 3600 AS hours FROM api_key_secret WHERE hash = $1",
    [hashSecret(secret)],
  );
  return rows[0]?.hours ?? Number.NaN;
}

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
