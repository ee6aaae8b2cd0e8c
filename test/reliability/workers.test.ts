import { createServer } from "node:net";
import { expect, it } from "vitest";
import {
  environmentOf,
  listCustomers,
  program,
  run,
  type Service,
  secrets,
  startService,
  until,
} from "../server/service.js";
import { createDatabase, type TestDatabase } from "../support/database.js";
import { Callers } from "./drained-callers.js";
import { record, times } from "./run.js";

const workers = 3;
const poolSize = 5;
const callerCount = 12;

function variables(database: TestDatabase) {
  return {
    ...environmentOf(database),
    ...{ SEED_DEMO: "1", LOG_LEVEL: "info", WORKERS: String(workers), DATABASE_POOL_SIZE: String(poolSize) },
  };
}

/** Process ids of the workers that are or were ready, in the order of their start. */
function workersOf(service: Service): readonly number[] {
  return [...service.stderr().matchAll(/"pid":(\d+),"msg":"a worker is ready"/g)].map(([, pid]) => Number(pid));
}

it("O6: a killed worker takes at most its own calls with it, and another replaces it", async (context) => {
  await using database = await createDatabase();
  await using service = await startService(variables(database));
  await until(() => workersOf(service).length === workers);
  const kills = times({ short: 3, long: 30 });
  const newTarget = () => ({ httpUrl: service.httpUrl, grpcPort: service.grpcPort, secret: secrets.DEMO_API_KEY });
  let target = newTarget();
  let connections = 0;
  const callers = new Callers(callerCount, () => target);
  for (let kill = 1; kill <= kills; kill += 1) {
    await callers.reach(60);
    const { rows } = await database.owner.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'moego' AND datname = current_database()",
    );
    connections = Math.max(connections, rows[0]?.count ?? 0);
    process.kill(workersOf(service).at(-1) ?? 0, "SIGKILL");
    // The clients connect anew, so that each loses the call in flight and no more.
    target = newTarget();
    await until(() => workersOf(service).length === workers + kill);
  }
  await callers.stop();
  const failed = callers.sent.filter(({ end }) => end !== "ok").length;
  const { code } = await service.stop();
  record(context, {
    id: "O6",
    done: `${workers} workers on one HTTP and one gRPC port, ${callerCount} clients, ${kills} times kill -9 of a worker`,
    seen: `${callers.sent.length - failed} requests completed, ${failed} lost, ${workersOf(service).length} workers started, at most ${connections} connections to the database; exit ${code}`,
    must: `at most ${kills * callerCount} lost, ${workers + kills} workers, at most ${poolSize} connections, exit 0`,
  });
  expect(failed).toBeLessThanOrEqual(kills * callerCount);
  expect(connections).toBeGreaterThan(0);
  expect(connections).toBeLessThanOrEqual(poolSize);
  expect(code).toBe(0);
});

it("O6: workers share the work, tell one sum of their metrics, and end with the main process", async () => {
  await using database = await createDatabase();
  await using service = await startService(variables(database));
  const calls = 30;
  for (let call = 0; call < calls; call += 1) {
    const answer = await listCustomers(service.httpUrl, secrets.DEMO_API_KEY);
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  expect(metrics).toContain(
    `moego_calls_total{rpc="moego.business.customer.v1.CustomerService/ListCustomers",transport="rest",code="OK"} ${calls}\n`,
  );
  expect(metrics).toMatch(/moego_time_zone_data_info\{version="\w+"\} 1\n/);
  const pids = workersOf(service);
  expect(pids).toHaveLength(workers);
  process.kill(service.child.pid ?? 0, "SIGKILL");
  await until(() => pids.every(isGone));
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

it("O6: a port in use is reported as with one process", async () => {
  await using database = await createDatabase();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const { code, stderr } = await run(program, [], {
    ...variables(database),
    ...{ HTTP_PORT: port, GRPC_PORT: "0" },
  }).ended;
  taken.close();
  expect(stderr).toContain(`Port ${port} is in use. Set HTTP_PORT to another port`);
  expect(code).toBe(69);
});
