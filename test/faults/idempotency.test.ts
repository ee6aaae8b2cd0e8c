import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addTenant, atOnce, call, countsOf, createCustomer, openWorld, type Tenant, type World } from "./world.js";

let world: World;
let tenant: Tenant;

beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  tenant = await addTenant(world);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Makes every key of the company as old as it can get. */
async function expireKeys(): Promise<void> {
  await world.database.owner.query("UPDATE idempotency SET expired_time = now() WHERE company_id = $1", [
    tenant.companyId,
  ]);
}

describe("an idempotency key", () => {
  it("makes one customer of each of 200 pairs of concurrent creates", async () => {
    const pairs = await atOnce(200, (pair) =>
      atOnce(2, () =>
        createCustomer(tenant, { notes: [{ note: `Pair ${pair}` }] }, { idempotencyKey: `pair-${pair}` }),
      ),
    );
    for (const [first, second] of pairs) {
      expect([first?.status, second?.status]).toEqual([200, 200]);
      expect(first?.body.id).toBe(second?.body.id);
      expect([first?.replayed, second?.replayed].toSorted()).toEqual([false, true]);
    }
    expect(new Set(pairs.map(([first]) => first?.body.id)).size).toBe(200);
    expect(await countsOf(world, tenant)).toEqual({ rows: 200, counter: null, claims: 200 });
  });

  it("is taken over once it has expired, by one of several at once", async () => {
    const options = { idempotencyKey: "expiring" };
    const first = await createCustomer(tenant, {}, options);
    await expireKeys();
    const again = await atOnce(8, () => createCustomer(tenant, { firstName: "Grace" }, options));
    expect(again.map(({ status }) => status)).toEqual(again.map(() => 200));
    expect(again.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set([first, ...again].map(({ body }) => body.id)).size).toBe(2);
    expect(await countsOf(world, tenant)).toEqual({ rows: 2, counter: null, claims: 1 });
  });

  it("appends the notes of concurrent twins once", async () => {
    const { body } = await createCustomer(tenant);
    const append = () =>
      call(tenant, `customers/${body.id}/notes`, { notes: [{ note: "Once" }] }, { idempotencyKey: "append" });
    const answers = await atOnce(8, append);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.body.notes[0].id)).size).toBe(1);
    expect((await call(tenant, `customers/${body.id}`)).body.notes).toHaveLength(1);
    await expireKeys();
    expect(await append()).toMatchObject({ status: 200, replayed: false });
    expect((await call(tenant, `customers/${body.id}`)).body.notes).toHaveLength(2);
  });

  it("is refused for another request, however many try at once", async () => {
    const answers = await atOnce(16, (index) =>
      createCustomer(tenant, { firstName: `Ada ${index}` }, { idempotencyKey: "reused" }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 400);
    expect(refused).toHaveLength(15);
    for (const { body } of refused) expect(JSON.stringify(body)).toContain("IDEMPOTENCY_KEY_REUSED");
    expect((await countsOf(world, tenant)).rows).toBe(1);
  });

  it("stays free after a create that is refused for its content", async () => {
    const options = { idempotencyKey: "corrected" };
    const refused = await createCustomer(tenant, { tags: [{ id: "tag_absent" }] }, options);
    expect(refused.status).toBe(400);
    expect(await createCustomer(tenant, {}, options)).toMatchObject({ status: 200, replayed: false });
  });
});
