import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createKeyChecker, systemClock } from "../../src/domain/key-checker.js";
import { createHandlers } from "../../src/handlers/registry.js";
import { createLogger } from "../../src/logger.js";
import { createCardLinkRepository } from "../../src/persistence/card-links.js";
import { createCustomFieldRepository } from "../../src/persistence/custom-fields.js";
import { createCustomerRepository } from "../../src/persistence/customers.js";
import { type Database, openDatabase } from "../../src/persistence/database.js";
import { createDirectoryRepository } from "../../src/persistence/directory.js";
import { createKeyCheckRepository } from "../../src/persistence/key-check.js";
import { silentLog } from "../../src/persistence/log.js";
import { createSettingRepository } from "../../src/persistence/settings.js";
import type { SettledBefore } from "../../src/persistence/time-list.js";
import { createPipeline } from "../../src/pipeline/pipeline.js";
import { services } from "../../src/services.js";
import { startHttpServer } from "../../src/transport/http.js";
import { createRestHandler } from "../../src/transport/rest.js";
import { call, createCustomer, type Tenant, type World } from "./world.js";

export interface ListServer extends AsyncDisposable {
  readonly httpUrl: string;
}

/** The same service once more over the same database, with another rule of which changes are settled. */
export async function serveLists(world: World, settledBefore: SettledBefore): Promise<ListServer> {
  const database: Database = openDatabase({ url: world.database.serviceUrl, log: silentLog });
  const logger = createLogger({ level: "fatal", format: "json" });
  const handlers = createHandlers({
    customers: createCustomerRepository(database, settledBefore),
    customFields: createCustomFieldRepository(database),
    cardLinks: createCardLinkRepository(database, Buffer.alloc(32)),
    settings: createSettingRepository(database),
    directory: createDirectoryRepository(database),
    pageTokenSecret: "page-token-secret-of-the-second-service",
    publicBaseUrl: () => "",
  });
  const keys = createKeyChecker({
    repository: createKeyCheckRepository(database),
    clock: systemClock,
    onTouchFailed() {},
  });
  const run = createPipeline({ services, handlers, keys, logger, metrics: { observe() {} } });
  const server = await startHttpServer({
    ...{ host: "127.0.0.1", port: 0, handlers: [createRestHandler({ services, run })] },
    ...{ probes: { checks: {} }, corsOrigins: [], logger },
  });
  const close = async () => {
    await server.stop({ timeoutMs: 1_000 });
    await database.close();
  };
  return { httpUrl: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: close };
}

/** Follows the changes of a company until it is told to stop; then it polls once more. */
export interface Poller {
  /** @returns the last `lastUpdatedTime` seen of each customer, by id */
  stop(): Promise<ReadonlyMap<string, string>>;
}

export function follow(tenant: Tenant): Poller {
  const seen = new Map<string, string>();
  let startTime = "2000-01-01T00:00:00Z";
  let done = false;

  async function poll(): Promise<void> {
    // What is new since the last poll; the last moment seen once more, since others may have changed in it.
    const filter = { lastUpdatedTime: { startTime } };
    for (let pageToken = ""; ; ) {
      const body = { companyId: tenant.companyId, filter, pagination: { pageSize: 200, pageToken } };
      const answer = await call(tenant, "customers:list", body);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      for (const { id, lastUpdatedTime } of answer.body.customers) {
        seen.set(id, lastUpdatedTime);
        startTime = lastUpdatedTime;
      }
      pageToken = answer.body.nextPageToken;
      if (pageToken === "") return;
    }
  }

  const following = (async () => {
    while (!done) {
      await poll();
      await sleep(2);
    }
    await sleep(50);
    await poll();
    return seen;
  })();
  return {
    stop() {
      done = true;
      return following;
    },
  };
}

/** What the poller should have seen in the end, and did not: ids of customers. */
export async function missedBy(
  poller: ReadonlyMap<string, string>,
  world: World,
  { companyId }: Tenant,
): Promise<readonly string[]> {
  const { rows } = await world.database.owner.query<{ id: string; time: Date }>(
    "SELECT id, last_updated_time AS time FROM customer WHERE company_id = $1",
    [companyId],
  );
  return rows.filter(({ id, time }) => Date.parse(poller.get(id) ?? "") !== time.getTime()).map(({ id }) => id);
}

export interface Load {
  /** Customers that the slow writers change, each once. */
  readonly customerIds: readonly string[];
  readonly durationMs: number;
}

/**
 * Sixteen writers for a while: twelve create, update and append over the API, four change rows in transactions that
 * stay open for some milliseconds before and after they take their stamp.
 */
export async function writeBusily(world: World, tenant: Tenant, { customerIds, durationMs }: Load): Promise<void> {
  const end = Date.now() + durationMs;
  const fast = Array.from({ length: 12 }, async () => {
    while (Date.now() < end) await changeByApi(tenant);
  });
  const waiting = [...customerIds];
  const pool = new pg.Pool({ connectionString: world.database.ownerUrl, max: 4 });
  const slow = Array.from({ length: 4 }, async () => {
    for (let id = waiting.pop(); id && Date.now() < end; id = waiting.pop()) await changeSlowly(pool, tenant, id);
  });
  await Promise.all([...fast, ...slow]).finally(() => pool.end());
}

async function changeByApi(tenant: Tenant): Promise<void> {
  const { companyId } = tenant;
  const { body } = await createCustomer(tenant);
  const answers = [
    await call(tenant, `customers/${body.id}`, { companyId, firstName: "Grace" }, { method: "PUT" }),
    await call(tenant, `customers/${body.id}/notes`, { notes: [{ note: "Changed" }] }),
    await call(tenant, `customers/${body.id}/tags`, { tags: [{ name: "Changed" }] }),
  ];
  for (const { status, body: refusal } of answers) if (status !== 200) throw new Error(JSON.stringify(refusal));
}

async function changeSlowly(pool: pg.Pool, { companyId }: Tenant, id: string): Promise<void> {
  const client = await pool.connect();
  const pause = () => sleep(Math.random() * 20);
  try {
    await client.query("BEGIN");
    await client.query("SELECT FROM customer WHERE company_id = $1 AND id = $2 FOR NO KEY UPDATE", [companyId, id]);
    await pause();
    const { rows } = await client.query<{ now: Date }>("SELECT begin_change() AS now");
    await pause();
    await client.query(
      `UPDATE customer SET version = version + 1, last_updated_time = greatest($3, last_updated_time + interval '1 ms')
       WHERE company_id = $1 AND id = $2`,
      [companyId, id, rows[0]?.now],
    );
    await pause();
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

/** Makes customers as an import would. Returns their ids. */
export async function addCustomers(world: World, tenant: Tenant, count: number): Promise<readonly string[]> {
  const { rows } = await world.database.owner.query<{ id: string }>(
    `INSERT INTO customer (company_id, id, preferred_business_id, first_name, last_name, phone, receive_auto_message,
       receive_auto_email, subscribe_to_marketing_emails, receive_appointment_reminder, service_related_channels,
       marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy, is_consented, created_time, last_updated_time)
     SELECT $1, 'cus_' || n, $2, 'Imported', 'Customer', '+12125550123', true, true, false, true, '{1,2}', '{}', false, false,
       false, t, t FROM generate_series(1, $3::int) n, date_trunc('milliseconds', now()) t
     RETURNING id`,
    [tenant.companyId, tenant.businessId, count],
  );
  return rows.map(({ id }) => id);
}
