import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addCustomers, createSync, missedBy, pollDuring, writeBusily } from "../faults/sync.js";
import { addTenant, openHastyWorld, openWorld, type World } from "../faults/world.js";

let world: World;
let hasty: World;

beforeAll(async () => {
  [world, hasty] = await Promise.all([openWorld(), openHastyWorld()]);
});
afterAll(() => Promise.all([world, hasty].map((each) => each[Symbol.asyncDispose]())));

/** Follows a company while 16 writers change its customers. Returns ids of those whose last change was not seen. */
async function missedWhileWriting(where: World): Promise<readonly string[]> {
  const tenant = await addTenant(where);
  const customerIds = await addCustomers(where, tenant, 500);
  const sync = createSync(tenant);
  await pollDuring(sync, writeBusily(where, tenant, { customerIds, durationMs: 4_000 }));
  return await missedBy(sync, where, { ...tenant, table: "customer" });
}

describe("a poller that follows lastUpdatedTime under load", () => {
  it("misses no change while 16 writers run", async () => {
    expect(await missedWhileWriting(world)).toEqual([]);
  });

  it("does miss some where changes do not wait for earlier ones", async () => {
    let missed = 0;
    for (let round = 0; round < 20 && missed === 0; round += 1) missed = (await missedWhileWriting(hasty)).length;
    expect(missed).toBeGreaterThan(0);
  }, 150_000);
});
