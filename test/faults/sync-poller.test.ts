import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addCustomers, createSync, missedBy } from "./sync.js";
import { addTenant, createCustomer, openHastyWorld, openWorld, type World } from "./world.js";

let world: World;
let hasty: World;

beforeAll(async () => {
  [world, hasty] = await Promise.all([openWorld(), openHastyWorld()]);
});
afterAll(() => Promise.all([world, hasty].map((each) => each[Symbol.asyncDispose]())));

/** Lets a poll fall between a change that is stamped first and one that is committed first. Returns what was missed. */
async function missedAmongTwo(where: World): Promise<readonly string[]> {
  const tenant = await addTenant(where);
  const [id] = await addCustomers(where, tenant, 1);
  const sync = createSync(tenant);
  await inTransaction(where, async (earlier) => {
    await earlier.query("UPDATE customer SET last_updated_time = begin_change() WHERE company_id = $1 AND id = $2", [
      tenant.companyId,
      id,
    ]);
    await createCustomer(tenant);
    await sync.poll();
  });
  await sync.poll();
  return await missedBy(sync, where, { ...tenant, table: "customer" });
}

async function inTransaction(where: World, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await where.database.owner.connect();
  try {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}

describe("a poller that follows lastUpdatedTime", () => {
  it("does not miss a change that is stamped before another and committed after it", async () => {
    expect(await missedAmongTwo(world)).toEqual([]);
    expect(await missedAmongTwo(hasty)).toEqual(["cus_1"]);
  });

  it("waits for no transaction but those that change what is followed", async () => {
    const tenant = await addTenant(world);
    const sync = createSync(tenant);
    await inTransaction(world, async (long) => {
      await long.query("SELECT pg_current_xact_id()");
      await long.query("UPDATE company SET name = 'Long' WHERE id = $1", [tenant.companyId]);
      const { body } = await createCustomer(tenant);
      await expect.poll(() => sync.poll().then(() => [...sync.seen.keys()])).toEqual([body.id]);
    });
  });
});
