import { chmod, mkdtemp, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/database.js";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/db/embedded/embedded-postgres.js";
import { silentLog } from "../../src/db/log.js";
import { setCustomerLimit } from "../../src/resources/customers/customer-limit.repository.js";
import { type Service, startService } from "../server/service.js";
import { writeWith } from "../support/write.js";
import { atOnce, createCustomer, type Tenant } from "./world.js";

const isRoot = process.getuid?.() === 0;
const secret = "demo-key-of-the-first-company-in-crash-tests";
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "moego-crash-"));
  await chmod(dataDir, 0o700);
});
afterEach(async () => {
  const folder = await clusterFolder();
  const pid = await postmasterPid();
  if (pid > 0) process.kill(pid, "SIGINT");
  await expect.poll(() => postmasterPid(), { timeout: 10_000 }).toBe(0);
  await rm(dataDir, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** Where the database of DATA_DIR lies: in it, or where a link in it points. */
async function clusterFolder(): Promise<string> {
  const inside = join(dataDir, "postgres");
  return await readlink(inside).catch(() => inside);
}

/** 0 when no server runs. */
async function postmasterPid(): Promise<number> {
  const file = join(await clusterFolder(), "data/postmaster.pid");
  return Number((await readFile(file, "utf8").catch(() => "")).split("\n")[0]);
}

function start(): Promise<Service> {
  return startService({ DATA_DIR: dataDir, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" });
}

/** Clients that create customers, each call with a key of its own, and repeat a call until it is answered. */
class Clients {
  /** Id of the customer by idempotency key. */
  readonly acknowledged = new Map<string, string>();
  readonly #service: () => Service;
  readonly #running: Promise<unknown>;
  #done = false;

  constructor(count: number, service: () => Service) {
    this.#service = service;
    this.#running = atOnce(count, (client) => this.#create(client));
  }

  async #create(client: number): Promise<void> {
    for (let call = 0; !this.#done; call += 1) {
      const idempotencyKey = `client-${client}-call-${call}`;
      for (;;) {
        const tenant: Tenant = {
          companyId: "cmp_001",
          businessId: "biz_001",
          httpUrl: this.#service().httpUrl,
          secret,
        };
        const answer = await createCustomer(tenant, { lastName: "Crash" }, { idempotencyKey }).catch(() => undefined);
        if (answer?.status === 200) {
          this.acknowledged.set(idempotencyKey, answer.body.id);
          break;
        }
        // No answer, or the database is away. Anything else is a defect.
        if (answer) expect(answer.status).toBe(503);
        await sleep(20);
      }
    }
  }

  async reach(calls: number): Promise<void> {
    await expect.poll(() => this.acknowledged.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(calls);
  }

  async stop(): Promise<void> {
    this.#done = true;
    await this.#running;
  }
}

/** Joins the database that the service has started. */
async function joined<T>(work: (postgres: EmbeddedPostgres, client: pg.Client) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  expect(postgres.started).toBe(false);
  const client = new pg.Client({ connectionString: postgres.ownerUrl });
  await client.connect();
  try {
    return await work(postgres, client);
  } finally {
    await client.end();
    await postgres.stop();
  }
}

/** Switches a limit on that is never reached, so that there is a counter to compare. */
async function limitFirstCompany(): Promise<void> {
  await joined(async ({ serviceUrl }) => {
    await using database = openDatabase({ url: serviceUrl, log: silentLog });
    await setCustomerLimit(database, "cmp_001", 1_000_000, writeWith());
  });
}

/** Every call that was answered took effect exactly once, and nothing else did. */
async function expectWhole(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const stored = await joined(async (_, client) => {
    const { rows } = await client.query<{ ids: string[]; keys: string[]; counter: number; rows: number }>(
      `SELECT ARRAY(SELECT id::text FROM customer WHERE company_id = 'cmp_001' AND last_name = 'Crash') AS ids,
         ARRAY(SELECT key FROM idempotency WHERE company_id = 'cmp_001') AS keys,
         (SELECT customers FROM company_customer_count WHERE company_id = 'cmp_001') AS counter,
         (SELECT count(*)::int FROM customer WHERE company_id = 'cmp_001' AND archived_time IS NULL) AS rows`,
    );
    return rows[0];
  });
  expect(stored?.ids.toSorted()).toEqual([...acknowledged.values()].toSorted());
  expect(stored?.keys).toEqual(expect.arrayContaining([...acknowledged.keys()]));
  expect(stored?.counter).toBe(stored?.rows);
}

describe("with the embedded database, during writes of 8 clients", () => {
  it("kill -9 of the service loses nothing that was acknowledged and doubles nothing that is retried", async () => {
    let service = await start();
    await limitFirstCompany();
    const clients = new Clients(8, () => service);
    for (let crash = 1; crash <= 2; crash += 1) {
      await clients.reach(200 * crash);
      service.child.kill("SIGKILL");
      await service.ended;
      service = await start();
    }
    await clients.reach(600);
    await clients.stop();
    await expectWhole(clients.acknowledged);
    expect((await service.stop()).code).toBe(0);
  }, 60_000);

  it("kill -9 of the postmaster loses nothing that was acknowledged, and the service starts it again", async () => {
    const service = await start();
    await limitFirstCompany();
    const clients = new Clients(8, () => service);
    await clients.reach(200);
    process.kill(await postmasterPid(), "SIGKILL");
    await clients.reach(400);
    await clients.stop();
    await expectWhole(clients.acknowledged);
    expect((await service.stop()).code).toBe(0);
  }, 60_000);

  it("kill -9 of both at once loses nothing that was acknowledged", async () => {
    let service = await start();
    await limitFirstCompany();
    const clients = new Clients(8, () => service);
    await clients.reach(200);
    process.kill(await postmasterPid(), "SIGKILL");
    service.child.kill("SIGKILL");
    await service.ended;
    service = await start();
    await clients.reach(400);
    await clients.stop();
    await expectWhole(clients.acknowledged);
    expect((await service.stop()).code).toBe(0);
  }, 60_000);
});

describe("a DATA_DIR of mode 0700", () => {
  it("works, stays closed, and keeps its data from start to start", async () => {
    const first = await start();
    const tenant = { companyId: "cmp_001", businessId: "biz_001", httpUrl: first.httpUrl, secret };
    const { body } = await createCustomer(tenant, { lastName: "Crash" });
    expect((await first.stop()).code).toBe(0);
    const second = await start();
    await expectStored(body.id);
    expect((await second.stop()).code).toBe(0);
    const { mode, uid } = await stat(dataDir);
    expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
    // The database's user cannot enter a folder of root, so its data lies elsewhere; a plain user is that user.
    expect((await clusterFolder()).startsWith(dataDir)).toBe(!isRoot);
  }, 60_000);

  async function expectStored(id: string): Promise<void> {
    const found = await joined((_, client) => client.query("SELECT FROM customer WHERE id = $1", [id]));
    expect(found.rowCount).toBe(1);
  }
});
