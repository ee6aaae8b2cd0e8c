import { afterAll, beforeAll, expect, it } from "vitest";
import { createMetrics } from "../../src/server/metrics.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { environmentOf, listCustomers, type Service, secrets, startService, until } from "./service.js";

let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createDatabase();
  service = await startService({ ...environmentOf(database), SEED_DEMO: "1", LOG_FORMAT: "pretty" });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

const listRpc = 'rpc="moego.business.customer.v1.CustomerService/ListCustomers"';

it("counts and times calls by rpc and transport, and errors by code", async () => {
  await listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
  await listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
  await listCustomers(service.httpUrl, secrets.DEMO_API_KEY_2);
  const text = await metricsOf(service);
  expect(text).toContain(`moego_calls_total{${listRpc},transport="rest",code="OK"} 2`);
  expect(text).toContain(`moego_calls_total{${listRpc},transport="rest",code="PERMISSION_DENIED"} 1`);
  expect(text).toContain(`moego_call_errors_total{${listRpc},transport="rest",code="PERMISSION_DENIED"} 1`);
  expect(text).not.toMatch(/moego_call_errors_total\{[^}]*code="OK"/);
  expect(text).toContain(`moego_call_duration_seconds_count{${listRpc},transport="rest"} 3`);
});

it("counts requests that reach no rpc with the code that they were refused with", async () => {
  for (const path of ["/v1/nothing", "/v1/nothing-else"]) await fetch(`${service.httpUrl}${path}`);
  const text = await metricsOf(service);
  const counted = 'rpc="unknown",transport="rest",code="NOT_FOUND"} 2';
  expect(text).toContain(`moego_calls_total{${counted}`);
  expect(text).toContain(`moego_call_errors_total{${counted}`);
  expect(text).not.toMatch(/\{rpc="unknown",[^}]*code="OK"/);
});

it("counts calls of external APIs by their outcome", async () => {
  const headers = { authorization: `Bearer ${secrets.DEMO_API_KEY}`, "content-type": "application/json" };
  const sent = { method: "POST", headers, body: "{}" };
  const apis = `${service.httpUrl}/v1/callcenter/companies/cmp_001/external_apis`;
  const listed = await fetch(`${apis}:list`, {
    ...{ ...sent, body: '{"pagination":{}}' },
  });
  const { externalApis } = JSON.parse(await listed.text());
  for (const { id } of externalApis)
    await fetch(`${apis}/${id}:invoke`, { ...sent, body: '{"params":{"tel":"+1212"}}' });
  const counts = (await metricsOf(service)).matchAll(/^moego_outbound_calls_total\{outcome="\w+"\} (\d+)$/gm);
  expect([...counts].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(externalApis.length);
  expect(externalApis.length).toBeGreaterThan(0);
});

it("counts failed authentication by its reason", async () => {
  const before = await metricsOf(service);
  await listCustomers(service.httpUrl, "unknown-key");
  const text = await metricsOf(service);
  const counted = /^moego_authentication_failures_total\{[^}]*KEY_UNKNOWN[^}]*\} (\d+)$/m;
  expect(Number(counted.exec(text)?.[1] ?? 0) - Number(counted.exec(before)?.[1] ?? 0)).toBe(1);
});

it("counts the responses of streams, and their bytes", async () => {
  await database.owner.query("UPDATE api_key SET scopes = scopes || '{company:export}'::text[]");
  const exportCompany = () =>
    fetch(`${service.httpUrl}/v1/admin/companies/cmp_001:export`, {
      ...{ method: "POST", body: "{}" },
      headers: { authorization: `Bearer ${secrets.DEMO_API_KEY}`, "content-type": "application/json" },
    });
  // The service remembers a key for a second or two.
  let rest = await exportCompany();
  await until(async () => {
    if (rest.status === 403) rest = await exportCompany();
    return rest.status !== 403;
  });
  const sent = await rest.text();
  expect(rest.status, sent).toBe(200);
  const text = await metricsOf(service);
  const count = (name: string) =>
    Number(new RegExp(`^${name}\\{[^}]*ExportCompany[^}]*\\} (\\d+)$`, "m").exec(text)?.[1]);
  expect(count("moego_stream_messages_total")).toBe(sent.trimEnd().split("\n").length);
  expect(count("moego_stream_bytes_total")).toBeGreaterThan(sent.length / 2);
});

it("has each of its counters moved by a test here", async () => {
  const counters = [...(await metricsOf(service)).matchAll(/^# TYPE (moego_\w+) counter$/gm)].map(([, name]) => name);
  expect(counters.toSorted()).toEqual([
    "moego_authentication_failures_total",
    "moego_call_errors_total",
    "moego_calls_total",
    // Moved in test/server/log-destination.test.ts.
    // Moved in test/rpc/key-use.test.ts.
    "moego_key_uses_dropped_total",
    "moego_log_lines_dropped_total",
    "moego_outbound_calls_total",
    "moego_stream_bytes_total",
    "moego_stream_messages_total",
  ]);
});

it("logs lines for people where LOG_FORMAT says so", () => {
  const [first = ""] = service.stderr().split("\n");
  expect(first).toMatch(/^\d\d:\d\d:\d\d\.\d{3} [A-Z]+ /);
});

it("tells the pool's connections and the process's memory", async () => {
  const text = await metricsOf(service);
  for (const state of ["in_use", "idle", "waiting"]) {
    expect(text).toMatch(new RegExp(`^moego_database_connections\\{state="${state}"\\} \\d+$`, "m"));
  }
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});

it("asks for the token where one is set", async () => {
  const METRICS_TOKEN = "token-of-the-metrics-test";
  const guarded = await startService({ ...environmentOf(database), METRICS_TOKEN });
  const statuses = await Promise.all(
    [undefined, "Bearer wrong", `Bearer ${METRICS_TOKEN}`].map(async (authorization) => {
      const headers = authorization === undefined ? {} : { authorization };
      return (await fetch(`${guarded.httpUrl}/metrics`, { headers })).status;
    }),
  );
  await guarded.stop();
  expect(statuses).toEqual([401, 401, 200]);
});

it("keeps the metrics of two services in one process apart", async () => {
  const pool = () => ({ inUse: 0, idle: 0, waiting: 0 });
  const [first, second] = [createMetrics({ pool }), createMetrics({ pool })];
  first.observe({ rpc: "a.B/C", transport: "grpc", code: "OK", durationMs: 3 });
  expect(await first.text()).toContain('moego_calls_total{rpc="a.B/C",transport="grpc",code="OK"} 1');
  expect(await first.text()).toContain('moego_call_duration_seconds_sum{rpc="a.B/C",transport="grpc"} 0.003');
  expect(await second.text()).not.toContain("a.B/C");
});

async function metricsOf({ httpUrl }: Service): Promise<string> {
  return (await fetch(`${httpUrl}/metrics`)).text();
}
