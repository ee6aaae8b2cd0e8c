import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SettledBefore } from "../../src/persistence/time-list.js";
import { addCustomers, follow, missedBy, serveLists, writeBusily } from "./sync.js";
import { addTenant, call, createCustomer, openWorld, type Tenant, type World } from "./world.js";

let world: World;
let tenant: Tenant;

beforeAll(async () => {
  world = await openWorld();
  tenant = await addTenant(world);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Every committed row is shown at once. */
const immediately: SettledBefore = async () => new Date("9999-01-01");

describe("a poller that follows lastUpdatedTime", () => {
  it("misses no change while 16 writers run, and does miss some when committed rows do not wait", async () => {
    const customerIds = await addCustomers(world, tenant, 2_000);
    await using hasty = await serveLists(world, immediately);
    const pollers = [follow(tenant), follow({ ...tenant, httpUrl: hasty.httpUrl })];
    await writeBusily(world, tenant, { customerIds, durationMs: 4_000 });
    const [waiting, control] = await Promise.all(pollers.map((poller) => poller.stop()));
    expect(await missedBy(waiting ?? new Map(), world, tenant)).toEqual([]);
    expect(await missedBy(control ?? new Map(), world, tenant)).not.toEqual([]);
  });

  it("waits for no transaction but those that change customers", async () => {
    const other = await world.database.owner.connect();
    try {
      await other.query("BEGIN; SELECT pg_current_xact_id(); UPDATE company SET name = 'Long' WHERE id <> 'cmp_none'");
      const { body } = await createCustomer(tenant);
      const filter = { lastUpdatedTime: { startTime: body.lastUpdatedTime } };
      const list = { companyId: tenant.companyId, filter, pagination: {} };
      await expect
        .poll(async () =>
          (await call(tenant, "customers:list", list)).body.customers.map(({ id }: { id: string }) => id),
        )
        .toEqual([body.id]);
    } finally {
      await other.query("ROLLBACK");
      other.release();
    }
  });
});
