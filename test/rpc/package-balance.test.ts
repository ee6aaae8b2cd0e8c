import { afterAll, describe, expect, it } from "vitest";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import type { Answer } from "../support/answer.js";
import { type SoldPackage, sellPackage } from "../support/new-package.js";
import { startServer } from "../support/server.js";

// Many clients wait for few connections: none is turned away for that.
const server = await startServer({
  environment: { DATABASE_POOL_WAIT_MS: "60000", DATABASE_LOCK_TIMEOUT_MS: "60000" },
});
afterAll(() => server.stop());

const { redeemPackage, refundPackage, adjustPackage, listPackageLedger } = PackageAdminService.method;
const clients = 64;
const units = 5;

/** What the answers of all clients were, by reason; `ok` for a success. */
async function atOnce(call: (client: number) => Promise<Answer<unknown>>): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: clients }, (_, client) => call(client)));
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const outcome = answer.ok ? "ok" : answer.reason;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** The sum of the ledger as it is stored. */
async function balanceOf({ item }: SoldPackage): Promise<number> {
  const { rows } = await server.database.owner.query<{ sum: number }>(
    "SELECT sum(quantity)::int AS sum FROM package_ledger WHERE package_service_id = $1",
    [item],
  );
  return rows[0]?.sum ?? Number.NaN;
}

describe(`${clients} clients at once`, () => {
  it("redeem no more than the last units of a package, and the ledger adds up to what is left", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item, quantity: 1 };
    expect(await atOnce(() => server.call(redeemPackage, request))).toEqual({
      ok: units,
      PACKAGE_BALANCE_EXCEEDED: clients - units,
    });
    expect(await balanceOf(sold)).toBe(0);
    const { ledgerEntries } = await server.ok(listPackageLedger, { ...sold.on, pagination: {} });
    expect(ledgerEntries).toHaveLength(1 + units);
  });

  it("would redeem more without the lock: the sum alone is that of a snapshot", async () => {
    const sold = await sellPackage(server);
    const { owner } = server.database;
    // What the service does, without `FOR NO KEY UPDATE`.
    const [first, second] = [await owner.connect(), await owner.connect()];
    const left = async (client: typeof first) =>
      (
        await client.query("SELECT sum(quantity)::int AS sum FROM package_ledger WHERE package_service_id = $1", [
          sold.item,
        ])
      ).rows[0].sum;
    const take = (client: typeof first, id: string) =>
      client.query(
        `INSERT INTO package_ledger (company_id, id, package_id, package_service_id, kind, quantity, occurred_time, rpc, key_id, request_id)
         VALUES ('cmp_a', $1, $2, $3, 'REDEMPTION', -5, now(), 'test', 'key_a', 'test')`,
        [id, sold.on.packageId, sold.item],
      );
    try {
      await first.query("BEGIN");
      await second.query("BEGIN");
      expect([await left(first), await left(second)]).toEqual([units, units]);
      await take(first, `${sold.item.slice(0, 20)}_1`);
      await first.query("COMMIT");
      await take(second, `${sold.item.slice(0, 20)}_2`);
      await second.query("COMMIT");
    } finally {
      first.release();
      second.release();
    }
    expect(await balanceOf(sold)).toBe(-units);
  });

  it("give a redemption back once", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntry } = await server.ok(redeemPackage, { ...sold.on, packageServiceId: sold.item, quantity: 2 });
    const request = { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" };
    expect(await atOnce(() => server.call(refundPackage, request))).toEqual({
      ok: 1,
      LEDGER_ENTRY_REFUNDED: clients - 1,
    });
    expect(await balanceOf(sold)).toBe(units);
  });

  it("correct a balance neither below zero nor beyond what was bought", async () => {
    const sold = await sellPackage(server);
    const changes = [1, -1, 2, -3];
    await atOnce((client) => {
      const change = changes[client % changes.length] ?? 1;
      return server.call(adjustPackage, { ...sold.on, packageServiceId: sold.item, change, reason: "Recount" });
    });
    const { rows } = await server.database.owner.query<{ running: number }>(
      `SELECT sum(quantity) OVER (ORDER BY occurred_time, id)::int AS running FROM package_ledger WHERE package_service_id = $1`,
      [sold.item],
    );
    expect(rows.length).toBeGreaterThan(2);
    for (const { running } of rows) expect(running >= 0 && running <= units).toBe(true);
  });

  it("have one effect when all send the same call under one idempotency key", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item, quantity: 1 };
    const headers = { "idempotency-key": "one-redemption" };
    expect(await atOnce(() => server.call(redeemPackage, request, { headers }))).toEqual({ ok: clients });
    expect(await balanceOf(sold)).toBe(units - 1);
  });
});
