import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { setCustomerLimit } from "../../src/resources/customers/customer-limit.repository.js";
import { atOnce, createCustomer, type Tenant } from "../faults/world.js";
import { type Service, startService } from "../server/service.js";
import { type DataFolder, makeDataFolder } from "../support/data-folder.js";
import { writeWith } from "../support/write.js";

const secret = "demo-key-of-the-first-company-in-crash-tests";
let dataDir: DataFolder;

beforeEach(async () => {
  dataDir = await makeDataFolder();
});
afterEach(() => dataDir[Symbol.asyncDispose]());

function start(): Promise<Service> {
  return startService({ DATA_DIR: dataDir.path, DEMO_API_KEY: secret, LOG_LEVEL: "fatal", DRAIN_TIMEOUT_MS: "1000" });
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

/** Switches a limit on that is never reached, so that there is a counter to compare. */
async function limitFirstCompany(): Promise<void> {
  await dataDir.joined(async ({ serviceUrl }) => {
    await using database = openDatabase({ url: serviceUrl, log: silentLog });
    await setCustomerLimit(database, "cmp_001", 1_000_000, writeWith());
  });
}

/** Every call that was answered took effect exactly once, and nothing else did. */
async function expectWhole(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  const stored = await dataDir.joined(async (_, client) => {
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
  });

  it("kill -9 of the postmaster loses nothing that was acknowledged, and the service starts it again", async () => {
    const service = await start();
    await limitFirstCompany();
    const clients = new Clients(8, () => service);
    await clients.reach(200);
    process.kill(await dataDir.postmasterPid(), "SIGKILL");
    await clients.reach(400);
    await clients.stop();
    await expectWhole(clients.acknowledged);
    expect((await service.stop()).code).toBe(0);
  });

  it("kill -9 of both at once loses nothing that was acknowledged", async () => {
    let service = await start();
    await limitFirstCompany();
    const clients = new Clients(8, () => service);
    await clients.reach(200);
    process.kill(await dataDir.postmasterPid(), "SIGKILL");
    service.child.kill("SIGKILL");
    await service.ended;
    service = await start();
    await clients.reach(400);
    await clients.stop();
    await expectWhole(clients.acknowledged);
    expect((await service.stop()).code).toBe(0);
  });
});
