import { afterAll, beforeAll, expect, it } from "vitest";
import { createMetrics } from "../../src/server/metrics.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { environmentOf, listCustomers, type Service, secrets, startService } from "./service.js";

let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createDatabase();
  service = await startService({ ...environmentOf(database), SEED_DEMO: "1" });
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
  expect(await second.text()).not.toContain("a.B/C");
});

async function metricsOf({ httpUrl }: Service): Promise<string> {
  return (await fetch(`${httpUrl}/metrics`)).text();
}
