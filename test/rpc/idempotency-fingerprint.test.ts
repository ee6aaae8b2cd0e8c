import { createHash, createHmac } from "node:crypto";
import { create, type JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/api/canonical.js";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config/config.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { fingerprintKeys } from "../../src/repositories.js";
import { createLogger } from "../../src/server/logger.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, updateCustomer } = CustomerService.method;
const person = newCustomer({ firstName: "Guessable" });
const rpc = "moego.business.customer.v1.CustomerService/CreateCustomer";
const pageTokenSecret = "page-token-secret-of-the-tests-0123";
/** That of the server. */
const secretKey = Buffer.alloc(32, 9);

/** Creates the customer under the key over REST, by another process of the service. */
async function createdByAnother(secrets: { secretKey: Buffer; previousSecretKeys?: Buffer[] }, key: string) {
  const environment = { HTTP_PORT: "0", GRPC_PORT: "0", LOG_LEVEL: "silent", DRAIN_TIMEOUT_MS: "0" };
  const config = readConfig(environment);
  await using other = await createApp({
    ...{ config, logger: createLogger(config.log), databaseUrl: server.database.serviceUrl },
    secrets: { pageTokenSecret, ...secrets },
  });
  const response = await fetch(`${other.httpUrl}/v1/customers`, {
    method: "POST",
    headers: {
      ...{ authorization: authorizationOf(keys.a), "content-type": "application/json" },
      "idempotency-key": key,
    },
    body: JSON.stringify(person),
  });
  return { replayed: response.headers.get("idempotency-replayed"), body: JSON.stringify(await response.json()) };
}

it("who reads the database cannot try guesses of a request on its fingerprint; who has SECRET_KEY can", async () => {
  await server.ok(createCustomer, person, { headers: { "idempotency-key": "guessed" } });
  const { rows } = await server.database.owner.query<{ fingerprint: Buffer }>(
    "SELECT fingerprint FROM idempotency WHERE rpc = $1 AND key = 'guessed'",
    [rpc],
  );
  const stored = rows[0]?.fingerprint.toString("hex");
  const guess = Buffer.concat([
    Buffer.from(`${rpc}\n\n`),
    canonicalBytes(createCustomer.input, create(createCustomer.input, person)),
  ]);
  const [key] = fingerprintKeys({ pageTokenSecret, secretKey });
  expect(createHash("sha256").update(guess).digest("hex")).not.toBe(stored);
  expect(createHmac("sha256", key).update(guess).digest("hex")).toBe(stored);
});

it("a repeated call is known again by another process, also one with a newer SECRET_KEY that knows the former", async () => {
  const { id } = await server.ok(createCustomer, person, { headers: { "idempotency-key": "twice" } });
  const newer = { secretKey: Buffer.alloc(32, 8), previousSecretKeys: [secretKey] };
  for (const secrets of [{ secretKey }, newer]) {
    const again = await createdByAnother(secrets, "twice");
    expect(again).toMatchObject({ replayed: "true", body: expect.stringContaining(id) });
  }
});

describe("the members that a JSON request has", () => {
  const update = (preference: JsonObject, key: string) => {
    const options = { transport: "rest", headers: { "idempotency-key": key } } as const;
    return server.callJson(updateCustomer, { id: "cus_a1", companyId: "cmp_a", preference }, options);
  };
  const absent = { receiveAutoEmail: true };
  const said = { receiveAutoEmail: true, receiveAutoMessage: false };

  it.each([
    ["absent", absent, "false", said],
    ["false", said, "absent", absent],
    ["null", { ...absent, receiveAutoMessage: null }, "false", said],
  ])("%s, then %s under one key, are two requests", async (first, earlier, second, later) => {
    const key = `present-${first}-${second}`;
    expect(await update(earlier, key)).toMatchObject({ ok: true });
    expect(await update(later, key)).toMatchObject({ reason: "IDEMPOTENCY_KEY_REUSED" });
    expect(await update(earlier, key)).toMatchObject({ ok: true });
  });

  it("are not compared with the record of an earlier version, which lacks them", async () => {
    expect(await update(said, "earlier-version")).toMatchObject({ ok: true });
    await server.database.owner.query("UPDATE idempotency SET presence = NULL WHERE key = 'earlier-version'");
    expect(await update(said, "earlier-version")).toMatchObject({ ok: true });
    expect(await update({ receiveAutoMessage: true }, "earlier-version")).toMatchObject({
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
  });
});

it("a process that does not know the SECRET_KEY of the first call refuses the repeated one and creates nothing", async () => {
  await server.ok(createCustomer, person, { headers: { "idempotency-key": "stranger" } });
  const count = async () => (await server.database.owner.query("SELECT FROM customer")).rowCount;
  const before = await count();
  const again = await createdByAnother({ secretKey: Buffer.alloc(32, 7) }, "stranger");
  expect(again.body).toContain("IDEMPOTENCY_KEY_REUSED");
  expect(await count()).toBe(before);
});
