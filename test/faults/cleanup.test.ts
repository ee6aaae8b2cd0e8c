import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, startCleanup } from "../../src/db/cleanup.js";
import { type Database, openDatabase } from "../../src/db/database.js";
import { silentLog } from "../../src/db/log.js";
import { addTenant, createCustomer, openWorld, type Tenant, type World } from "./world.js";

let world: World;
let tenant: Tenant;
let customerId: string;
let database: Database;
const signal = new AbortController().signal;

beforeAll(async () => {
  world = await openWorld();
  tenant = await addTenant(world);
  customerId = (await createCustomer(tenant)).body.id;
  database = openDatabase({ url: world.database.serviceUrl, log: silentLog });
});
afterAll(async () => {
  await database.close();
  await world[Symbol.asyncDispose]();
});

async function addClaims(name: string, rows: number, expiredTime: string): Promise<void> {
  await world.database.owner.query(
    `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time)
     SELECT 'k', 'r', $1 || n, '', $2, '{}', now() + $3::interval FROM generate_series(1, $4::int) n`,
    [name, tenant.companyId, expiredTime, rows],
  );
}

async function addLink(id: string, expiredTime: string, used: boolean): Promise<void> {
  await world.database.owner.query(
    `INSERT INTO card_link (company_id, id, customer_id, token_hash, created_time, expired_time, used_time)
     VALUES ($1, $2, $3, $4, now() - interval '9 days', now() + $5::interval, $6)`,
    [tenant.companyId, id, customerId, Buffer.from(id), expiredTime, used ? new Date() : null],
  );
}

async function left(sql: string): Promise<string[]> {
  const { rows } = await world.database.owner.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
}

const retention = { auditLogDays: 30, keyUseDays: 30, departureDays: 30 };
const claims = "SELECT key AS name FROM idempotency ORDER BY key";

describe("the cleanup", () => {
  it("removes every expired idempotency key, whatever their number, and no other", async () => {
    await addClaims("old-", 2_500, "-1 second");
    await addClaims("young-", 1, "1 hour");
    expect(await cleanUp(database, retention, signal)).toBe(2_500);
    expect(await left(claims)).toEqual(["young-1"]);
  });

  it("removes unused card links five days after they expired, and keeps used ones", async () => {
    await addLink("dead", "-121 hours", false);
    await addLink("used", "-121 hours", true);
    await addLink("fresh", "-119 hours", false);
    expect(await cleanUp(database, retention, signal)).toBe(1);
    expect(await left("SELECT id AS name FROM card_link ORDER BY id")).toEqual(["fresh", "used"]);
  });

  it("removes entries of the audit log, of key use and of departures after their retention, but none of an erasure", async () => {
    const { companyId } = tenant;
    const old = (days: number) => new Date(Date.now() - days * 86_400_000);
    await world.database.owner.query("DELETE FROM key_use");
    for (const [id, days] of [
      ["old", 31],
      ["young", 29],
      ["erased_old", 31],
    ] as const) {
      await world.database.owner.query(
        `INSERT INTO change (company_id, kind, resource_id, version, rpc, key_id, request_id, changed_time)
         VALUES ($1, 'lead', $2, 1, 'a.B/C', 'k', 'r', $3)`,
        [companyId, id, old(days)],
      );
      await world.database.owner.query(
        "INSERT INTO key_use (company_id, id, key_id, rpc, request_id, used_time) VALUES ($1, $2, 'k', 'a.B/C', 'r', $3)",
        [companyId, id, old(days)],
      );
      await world.database.owner.query(
        "INSERT INTO departure (company_id, kind, resource_id, reason, departed_time) VALUES ($1, 'lead', $2, 'ERASED', $3)",
        [companyId, id, old(days)],
      );
    }
    const never = { auditLogDays: 0, keyUseDays: 0, departureDays: 0 };
    expect(await cleanUp(database, never, signal)).toBe(0);
    // Each retention is about its own entries.
    expect(await cleanUp(database, { ...never, departureDays: 30 }, signal)).toBe(2);
    expect(await cleanUp(database, { ...never, keyUseDays: 30 }, signal)).toBe(2);
    expect(await cleanUp(database, retention, signal)).toBe(1);
    expect(await left("SELECT id AS name FROM key_use")).toEqual(["young"]);
    expect(await left("SELECT resource_id AS name FROM departure")).toEqual(["young"]);
    const changes = "SELECT resource_id AS name FROM change WHERE kind = 'lead' ORDER BY resource_id";
    expect(await left(changes)).toEqual(["erased_old", "young"]);
    // Not even the function removes what is younger than a day.
    await expect(
      world.database.owner.query("SELECT remove_old_changes(now() + interval '1 day', 100) AS removed"),
    ).resolves.toMatchObject({ rows: [{ removed: 1 }] });
    expect(await left(changes)).toEqual(["erased_old"]);
  });

  it("passes by what another transaction holds", async () => {
    await addClaims("held-", 3, "-1 second");
    const other = await world.database.owner.connect();
    try {
      await other.query("BEGIN; SELECT FROM idempotency WHERE key = 'held-2' FOR UPDATE");
      expect(await cleanUp(database, retention, signal)).toBe(2);
    } finally {
      await other.query("ROLLBACK");
      other.release();
    }
    expect(await left(claims)).toEqual(["held-2", "young-1"]);
  });

  it("runs again and again until it is stopped", async () => {
    const cleanup = startCleanup({ database, log: silentLog, retention, intervalMs: 20 });
    await expect.poll(() => left(claims)).toEqual(["young-1"]);
    await addClaims("next-", 1, "-1 second");
    await expect.poll(() => left(claims)).toEqual(["young-1"]);
    await cleanup.stop();
    await addClaims("after-", 1, "-1 second");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await left(claims)).toEqual(["after-1", "young-1"]);
  });

  it("ends only with the run under way", async () => {
    let isRunning = false;
    let finish = () => {};
    const write = () =>
      new Promise<never[]>((resolve) => {
        isRunning = true;
        finish = () => resolve([]);
      });
    const cleanup = startCleanup({ database: { ...database, write }, log: silentLog, retention, intervalMs: 1 });
    await expect.poll(() => isRunning).toBe(true);
    let isStopped = false;
    const stopped = cleanup.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isStopped).toBe(false);
    for (; !isStopped; await new Promise((resolve) => setImmediate(resolve))) finish();
    await stopped;
  });
});
