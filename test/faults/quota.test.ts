import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { setCustomerLimit } from "../../src/resources/customers/customer-limit.repository.js";
import { waitingStatements } from "../support/waiting-statements.js";
import { writeWith } from "../support/write.js";
import {
  type Answer,
  addTenant,
  atOnce,
  countsOf,
  createCustomer,
  openWorld,
  type Tenant,
  type World,
} from "./world.js";

let world: World;
/** The pool of an administrator beside the service's own. */
let admin: Database;

beforeAll(async () => {
  world = await openWorld();
  admin = openDatabase({ url: world.database.serviceUrl, log: silentLog });
});
afterAll(async () => {
  await admin.close();
  await world[Symbol.asyncDispose]();
});

function setLimit(tenant: Tenant, limit: number | null): Promise<void> {
  return setCustomerLimit(admin, tenant.companyId, limit, writeWith());
}

/** A company with so many customers, and a limit. */
async function limited(customers: number, limit: number): Promise<Tenant> {
  const tenant = await addTenant(world);
  for (const { status } of await atOnce(customers, () => createCustomer(tenant))) expect(status).toBe(200);
  await setLimit(tenant, limit);
  return tenant;
}

function isRefusedByQuota({ status, body }: Answer): boolean {
  return status === 429 && JSON.stringify(body).includes("CUSTOMER_QUOTA_EXCEEDED");
}

describe("the customer limit of a company", () => {
  it("lets exactly one of 64 concurrent creates have the last slot", async () => {
    const tenant = await limited(2, 3);
    const answers = await atOnce(64, () => createCustomer(tenant));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(isRefusedByQuota)).toHaveLength(63);
    expect(await countsOf(world, tenant)).toEqual({ rows: 3, counter: 3, claims: 0 });
  });

  it("refuses with RESOURCE_EXHAUSTED and a QuotaFailure that names the limit", async () => {
    const tenant = await limited(0, 0);
    const { status, body } = await createCustomer(tenant);
    expect(status).toBe(429);
    expect(body).toMatchObject({ code: 8, message: expect.stringContaining("limit of 0 customers") });
    expect(body.details).toContainEqual({
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [expect.objectContaining({ subject: `company:${tenant.companyId}` })],
    });
    expect(body.details).toContainEqual(
      expect.objectContaining({
        reason: "CUSTOMER_QUOTA_EXCEEDED",
        metadata: expect.objectContaining({ companyId: tenant.companyId, limit: "0" }),
      }),
    );
  });

  it("leaves the idempotency key of a refused create free", async () => {
    const tenant = await limited(1, 1);
    const create = () => createCustomer(tenant, {}, { idempotencyKey: "later" });
    expect(await create()).toSatisfy(isRefusedByQuota);
    expect((await countsOf(world, tenant)).claims).toBe(0);
    await setLimit(tenant, 2);
    const created = await create();
    expect(created).toMatchObject({ status: 200, replayed: false });
    expect(await create()).toMatchObject({ status: 200, replayed: true, body: { id: created.body.id } });
    expect(await countsOf(world, tenant)).toEqual({ rows: 2, counter: 2, claims: 1 });
  });

  it("gives 64 twins at the last slot one customer and the same answer", async () => {
    const tenant = await limited(1, 2);
    const answers = await atOnce(64, () => createCustomer(tenant, {}, { idempotencyKey: "twin" }));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await countsOf(world, tenant)).toEqual({ rows: 2, counter: 2, claims: 1 });
  });

  it("gives a concurrent duplicate that waited for the last place the answer of the first", async () => {
    const { owner } = world.database;
    const tenant = await limited(1, 2);
    const blocker = await owner.connect();
    try {
      await blocker.query("BEGIN");
      await blocker.query("SELECT 1 FROM company_customer_count WHERE company_id = $1 FOR UPDATE", [tenant.companyId]);
      const twins = atOnce(2, () => createCustomer(tenant, {}, { idempotencyKey: "waited" }));
      await expect.poll(() => waitingStatements(owner)).toBe(2);
      await blocker.query("COMMIT");
      const answers = await twins;
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
    expect(await countsOf(world, tenant)).toEqual({ rows: 2, counter: 2, claims: 1 });
  });

  it("is never passed by creates that run while it is switched on", async () => {
    for (let round = 0; round < 5; round += 1) {
      const tenant = await limited(10, 1_000);
      await setLimit(tenant, null);
      const creates = atOnce(32, async (index) => {
        await new Promise((resolve) => setTimeout(resolve, index));
        return await createCustomer(tenant);
      });
      const limit = 20;
      await new Promise((resolve) => setTimeout(resolve, 5 * round));
      await setLimit(tenant, limit);
      const during = await countsOf(world, tenant);
      const answers = await creates;
      const { rows, counter } = await countsOf(world, tenant);
      // Creates that came before the switch count whatever the limit; after it the limit holds.
      expect(rows).toBe(Math.max(limit, during.rows));
      expect(counter).toBe(rows);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(rows - 10);
      expect(answers.filter(isRefusedByQuota)).toHaveLength(32 - (rows - 10));
    }
  });

  it("holds while it is switched off, on and to other values all the time", async () => {
    const tenant = await limited(0, 5);
    let done = false;
    const switches = (async () => {
      while (!done) for (const limit of [null, 30, 60]) await setLimit(tenant, limit);
    })();
    const answers = await atOnce(150, () => createCustomer(tenant));
    done = true;
    await switches;
    const { rows, counter } = await countsOf(world, tenant);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(rows);
    expect(answers.every((answer) => answer.status === 200 || isRefusedByQuota(answer))).toBe(true);
    expect(counter).toBe(rows);
  });

  it("may be set below the present count, which refuses new customers only", async () => {
    const tenant = await limited(3, 1);
    expect(await createCustomer(tenant)).toSatisfy(isRefusedByQuota);
    expect(await countsOf(world, tenant)).toEqual({ rows: 3, counter: 3, claims: 0 });
    await setLimit(tenant, null);
    expect((await createCustomer(tenant)).status).toBe(200);
    expect(await countsOf(world, tenant)).toEqual({ rows: 4, counter: null, claims: 0 });
  });

  it("can be switched on while creates never pause", async () => {
    const tenant = await addTenant(world);
    let done = false;
    const writers = atOnce(16, async () => {
      while (!done) expect([200, 429]).toContain((await createCustomer(tenant)).status);
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await setLimit(tenant, 10);
    done = true;
    await writers;
    const { rows, counter } = await countsOf(world, tenant);
    expect(counter).toBe(rows);
  });

  it("answers NOT_FOUND for a company that does not exist", async () => {
    const absent = setCustomerLimit(admin, "cmp_absent", 1, writeWith());
    await expect(absent).rejects.toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
  });
});
