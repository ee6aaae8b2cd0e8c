import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { call, createCustomer, type Tenant, type World } from "./world.js";

/** A client that keeps a copy: each poll begins at the latest `lastUpdatedTime` that it has seen. */
export interface Sync {
  /** The last `lastUpdatedTime` seen of each customer, by id. */
  readonly seen: ReadonlyMap<string, string>;
  poll(): Promise<void>;
}

/** A list that can be followed, and the table of what it shows. */
export interface Followed {
  readonly list: "customers" | "leads" | "pets";
  readonly table: "customer" | "lead" | "pet";
  /** Which rows of the table a copy should hold; all of the company unless given. */
  readonly shown?: string;
  /** 200 unless given. */
  readonly pageSize?: number;
}

const customers: Followed = { list: "customers", table: "customer" };

/** Follows a list of the company; that of customers unless told otherwise. */
export function createSync(tenant: Tenant, { list, pageSize = 200 }: Followed = customers): Sync {
  const seen = new Map<string, string>();
  let startTime = "2000-01-01T00:00:00Z";
  return {
    seen,
    async poll() {
      // The last moment is asked for once more, since others may have changed in it.
      const filter = { lastUpdatedTime: { startTime } };
      for (let pageToken = ""; ; ) {
        const body = { companyId: tenant.companyId, filter, pagination: { pageSize, pageToken } };
        const answer = await call(tenant, `${list}:list`, body);
        if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
        for (const { id, lastUpdatedTime } of answer.body[list]) {
          seen.set(id, lastUpdatedTime);
          startTime = lastUpdatedTime;
        }
        pageToken = answer.body.nextPageToken;
        if (pageToken === "") return;
      }
    },
  };
}

/** Polls without a pause until the work is done, and once more. */
export async function pollDuring(sync: Sync, work: Promise<void>): Promise<void> {
  let done = false;
  const working = work.finally(() => {
    done = true;
  });
  while (!done) {
    await sync.poll();
    await sleep(2);
  }
  await working;
  await sleep(50);
  await sync.poll();
}

/** What a copy should show in the end, and does not, by id. */
export async function missedBy(
  { seen }: Sync,
  world: World,
  { companyId, table, shown = "true" }: Pick<Tenant, "companyId"> & Pick<Followed, "table" | "shown">,
): Promise<readonly string[]> {
  const { rows } = await world.database.owner.query<{ id: string; time: Date }>(
    `SELECT id, last_updated_time AS time FROM ${table} WHERE company_id = $1 AND ${shown}`,
    [companyId],
  );
  return rows.filter(({ id, time }) => Date.parse(seen.get(id) ?? "") !== time.getTime()).map(({ id }) => id);
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

/** Changes a customer in a transaction that stays open before and after it takes its stamp. */
export async function changeSlowly(pool: pg.Pool, { companyId }: Tenant, id: string): Promise<void> {
  const client = await pool.connect();
  const pause = () => sleep(Math.random() * 60);
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
