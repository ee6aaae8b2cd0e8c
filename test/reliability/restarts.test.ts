import { join } from "node:path";
import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { afterAll, expect, it } from "vitest";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { ExternalApiService } from "../../src/gen/proto/moego/callcenter/v1/external_api_service_pb.js";
import { type Environment, environmentOf, moego, type Service } from "../server/service.js";
import { openClients } from "../support/clients.js";
import { startExternalSystem } from "../support/external-system.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { sendConnectJson } from "../support/json-clients.js";
import { madeKey } from "../support/made-key.js";
import { minimalCustomer } from "../support/new-customer.js";
import { newExternalApi } from "../support/new-external-api.js";
import { startServer } from "../support/server.js";
import { startObserved } from "./real-service.js";
import { record } from "./run.js";

const system = await startExternalSystem();
const allowed = { EXTERNAL_API_ALLOW: system.hostPort };
const server = await startServer({ environment: allowed });
afterAll(async () => {
  await server.stop();
  await system[Symbol.asyncDispose]();
});

const companyId = "cmp_a";
const { createCustomer, listCustomers } = CustomerService.method;
const { createExternalApi, invokeExternalApi } = ExternalApiService.method;
const customer = { ...minimalCustomer };

interface Call {
  readonly secret?: string;
  readonly key?: string;
}

/** The JSON of a response, or the reason of its error. */
async function call(
  { httpUrl }: Pick<Service, "httpUrl">,
  method: DescMethodUnary,
  request: JsonObject,
  { secret = keys.a.secret, key }: Call = {},
) {
  const authorization = authorizationOf({ secret });
  const headers = { authorization, ...(key === undefined ? {} : { "idempotency-key": key }) };
  const answer = await sendConnectJson(httpUrl, method, request, headers);
  if (!answer.ok) return { refused: answer.reason };
  return { ...answer.message, refused: undefined, replayed: answer.headers["idempotency-replayed"] };
}

it("U2: a new SECRET_KEY, set by the documented steps, loses no secret and no retry", async (context) => {
  const [old, present] = [9, 11].map((byte) => Buffer.alloc(32, byte).toString("base64"));
  const under = (SECRET_KEY = "", SECRET_KEY_PREVIOUS = ""): Environment => ({
    ...{ SECRET_KEY, ...(SECRET_KEY_PREVIOUS === "" ? {} : { SECRET_KEY_PREVIOUS }) },
  });
  const before = { httpUrl: server.app.httpUrl };
  const make = async (at: Pick<Service, "httpUrl">, name: string) => {
    const headers = [{ name: "Authorization", secretValue: `Bearer of ${name}` }];
    const made = await server.ok(createExternalApi, newExternalApi({ name, url: `${system.origin}/normal`, headers }));
    expect(await call(at, createCustomer, customer, { key: name })).toHaveProperty("id");
    return { companyId, id: made.externalApi?.id ?? "" };
  };
  const first = await make(before, "under-the-old-key");
  let checks = 0;
  const works = async (at: Pick<Service, "httpUrl">, names: readonly string[]) => {
    expect(await call(at, invokeExternalApi, first)).toMatchObject({ outcome: "OUTCOME_SUCCESS" });
    expect(system.requests.at(-1)?.headers.authorization).toBe("Bearer of under-the-old-key");
    for (const key of names)
      expect(await call(at, createCustomer, customer, { key })).toMatchObject({ replayed: "true" });
    checks += 1 + names.length;
  };
  const known = ["under-the-old-key", "under-the-new-key"];
  {
    await using one = await startObserved(server.database, { ...allowed, ...under(old, present) });
    await using two = await startObserved(server.database, { ...allowed, ...under(present, old) });
    await make(two, "under-the-new-key");
    for (const at of [one, two]) await works(at, known);
    const rotated = await moego(["secrets", "rotate"], { ...environmentOf(server.database), ...under(present, old) });
    expect(rotated).toMatchObject({ code: 0 });
    for (const at of [one, two]) await works(at, known);
  }
  await using last = await startObserved(server.database, { ...allowed, ...under(present) });
  await works(last, ["under-the-new-key"]);
  const withoutOld = await call(last, createCustomer, customer, { key: "under-the-old-key" });
  record(context, {
    id: "U2",
    done: "SECRET_KEY changed by the steps of operations.md, with two processes and `moego secrets rotate`",
    seen: `${checks} secrets and retries of both keys as before; without the old key its retry is ${JSON.stringify(withoutOld)}`,
    must: "every secret works and every retry is recognized until the old key is removed",
  });
  expect(withoutOld).toEqual({ refused: "IDEMPOTENCY_KEY_REUSED" });
});

const hourMs = 3_600_000;

it("U3: servers whose clocks are an hour off behave by the clock of the database", async (context) => {
  const shifted = (hours: number) =>
    startObserved(server.database, {
      CLOCK_SHIFT_MS: String(hours * hourMs),
      NODE_OPTIONS: `--import=${join(import.meta.dirname, "shifted-clock.mjs")}`,
    });
  await using ahead = await shifted(1);
  await using behind = await shifted(-1);
  const services = [ahead, behind];

  const short = await madeKey(server, { more: { expiredTime: timestampIn(hourMs / 2) } });
  const rotate = async (id: string, overlap: object) =>
    (await server.ok(ApiKeyService.method.rotateApiKey, { id, overlap })).key?.secret;
  const once = await madeKey(server);
  const next = await rotate(once.id, {});
  const twice = await madeKey(server);
  const earlier = await rotate(twice.id, minutes(30));
  const last = await rotate(twice.id, minutes(30));
  for (const at of services) {
    const reason = async (id: string, secret = "") =>
      (await call(at, ApiKeyService.method.getApiKey, { id }, { secret })).refused;
    expect(await reason(short.id, short.secret)).toBeUndefined();
    expect(await reason(once.id, once.secret)).toBe("KEY_EXPIRED");
    expect(await reason(once.id, next)).toBeUndefined();
    expect(await reason(twice.id, twice.secret)).toBe("KEY_EXPIRED");
    for (const secret of [earlier, last]) expect(await reason(twice.id, secret)).toBeUndefined();
  }

  const times: number[] = [];
  for (const [at, other] of [services, services.toReversed(), services].map(
    ([a = ahead, b = behind]) => [a, b] as const,
  )) {
    const key = `shifted-${times.length}`;
    const made = await call(at, createCustomer, customer, { key });
    const again = await call(other, createCustomer, customer, { key });
    expect(again).toMatchObject({ ...made, replayed: "true" });
    times.push(Date.parse(JSON.parse(JSON.stringify(made)).lastUpdatedTime));
  }
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(Math.max(...times.map((time) => Math.abs(Date.now() - time)))).toBeLessThan(hourMs / 2);

  const page = { companyId, pagination: { pageSize: 2 } };
  const started = await call(ahead, listCustomers, page);
  const { nextPageToken } = JSON.parse(JSON.stringify(started));
  const token = { ...page, pagination: { pageSize: 2, pageToken: nextPageToken } };
  const followed = await Promise.all(services.map((at) => call(at, listCustomers, token)));
  expect(followed[0]).toHaveProperty("customers");
  expect(followed[1]).toEqual(followed[0]);

  for (const at of services) {
    const clients = openClients(at);
    // The client of gRPC sends a deadline.
    expect(await clients.grpc(listCustomers, page, { authorization: authorizationOf(keys.a) })).toMatchObject({
      ok: true,
    });
    clients.close();
  }
  record(context, {
    id: "U3",
    done: "servers an hour ahead of and behind the clock of the database: keys that expire, rotations, retries, pages, deadlines",
    seen: `both as by the clock of the database; ${times.length} writes in its order`,
    must: "no key longer or shorter, no retry unrecognized, no time an hour off",
  });
});

const minutes = (count: number) => ({ seconds: BigInt(count * 60) });

function timestampIn(milliseconds: number) {
  return { seconds: BigInt(Math.floor((Date.now() + milliseconds) / 1_000)) };
}
