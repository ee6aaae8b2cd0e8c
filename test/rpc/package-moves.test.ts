import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { toProtoDate } from "../../src/api/google-types.js";
import { laterDay, localDate, startOfDay } from "../../src/core/time-zones.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageLedgerEntry_Kind as Kind } from "../../src/gen/proto/moego/admin/v1/package_ledger_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { type SoldPackage, sellPackage } from "../support/new-package.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PackageAdminService.method;
const { listPackages } = PackageService.method;
const companyId = "cmp_a";
const zone = "America/New_York";
const today = () => localDate(zone, new Date());
const inDays = (days: number) => toProtoDate(laterDay(today(), days));
const startOf = (days: number) => timestampFromDate(startOfDay(zone, laterDay(today(), days)));
const notInForce = { reason: "PACKAGE_NOT_IN_FORCE" };
const exceeded = { reason: "PACKAGE_BALANCE_EXCEEDED" };

const ledgerOf = async ({ on }: Pick<SoldPackage, "on">) =>
  (await server.ok(rpc.listPackageLedger, { ...on, pagination: {} })).ledgerEntries;
const infoOf = async ({ on }: SoldPackage) =>
  (await server.ok(rpc.restorePackage, on)).packageDetail?.packageInfo ?? expect.fail();
const set = (columns: string, { on }: SoldPackage) =>
  server.database.owner.query(`UPDATE package SET ${columns} WHERE company_id = 'cmp_a' AND id = $1`, [on.packageId]);

describe("GrantPackageUnits", () => {
  it("gives units above the total, which nothing else does, each with reason and author", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item };
    const grant = { ...request, quantity: 2, reason: "Long wait" };
    const { packageDetail, ledgerEntry } = await server.ok(rpc.grantPackageUnits, grant);
    expect(packageDetail?.packageServices[0]).toMatchObject({
      ...{ totalQuantity: 5, remainingQuantity: 7, goodwillQuantity: 2 },
    });
    expect(ledgerEntry).toMatchObject({ kind: Kind.GOODWILL, quantity: 2, note: "Long wait", staffId: "staff_a1" });
    const adjust = { ...request, change: 1, reason: "x" };
    expect(await server.refused(rpc.adjustPackage, adjust)).toMatchObject(exceeded);
    await server.ok(rpc.redeemPackage, { ...request, quantity: 7 });
    await server.ok(rpc.refundPackage, { ...request, quantity: 7 });
    expect(await server.refused(rpc.grantPackageUnits, { ...grant, quantity: 0 })).toMatchObject({
      violations: [{ field: "quantity", reason: "REQUIRED" }],
    });
    const million = { ...grant, quantity: 1_000_000 };
    await Promise.all(Array.from({ length: 9 }, () => server.ok(rpc.grantPackageUnits, million)));
    expect(await server.refused(rpc.grantPackageUnits, million)).toMatchObject(
      invalidField("quantity", "OUT_OF_RANGE"),
    );
  });
});

describe("ExtendPackage", () => {
  it("moves the last day and the end by as many days, also of what has expired", async () => {
    const sold = await sellPackage(server);
    await set("expiration_date = '2026-03-01', end_time = '2026-03-02T15:30:00Z'", sold);
    const { packageDetail, ledgerEntry } = await server.ok(rpc.extendPackage, { ...sold.on, days: 10, reason: "Ill" });
    expect(packageDetail?.packageInfo?.expirationDate).toMatchObject({ year: 2026, month: 3, day: 11 });
    // 10:30 in New York, before and after its clocks change.
    expect(packageDetail?.packageInfo?.endTime?.seconds).toBe(BigInt(Date.UTC(2026, 2, 12, 14, 30) / 1_000));
    expect(ledgerEntry).toMatchObject({
      kind: Kind.EXTENSION,
      quantity: 0,
      days: 10,
      note: "Ill",
      packageServiceId: "",
    });
    const later = { ...sold.on, expirationDate: { year: 2026, month: 3, day: 13 }, reason: "Ill" };
    expect((await server.ok(rpc.extendPackage, later)).ledgerEntry?.days).toBe(2);
    expect(await server.refused(rpc.extendPackage, later)).toMatchObject(invalidField("expiration_date", "CONFLICT"));
  });

  it("takes days or a date, and refuses a package that never expires", async () => {
    const sold = await sellPackage(server);
    const refusal = (by: object) => server.refused(rpc.extendPackage, { ...sold.on, reason: "x", ...by });
    expect(await refusal({})).toMatchObject(invalidField("days", "REQUIRED"));
    expect(await refusal({ days: 1, expirationDate: inDays(1) })).toMatchObject(invalidField("days", "CONFLICT"));
    expect(await refusal({ days: 1 })).toMatchObject(invalidField("days", "CONFLICT"));
    expect(await refusal({ expirationDate: inDays(1) })).toMatchObject(invalidField("expiration_date", "CONFLICT"));
    await set("expiration_date = '9998-12-31'", sold);
    expect(await refusal({ days: 1 })).toMatchObject(invalidField("days", "OUT_OF_RANGE"));
  });
});

describe("FreezePackage and ThawPackage", () => {
  it("a frozen package is not in force, and gains the days of the freeze when it is thawed", async () => {
    const endTime = startOf(5);
    const sold = await sellPackage(server, { expirationDate: inDays(10), endTime });
    const expiring = async () => {
      const request = { companyId, customerIds: ["cus_a1"], expiresWithinDays: 10, pagination: { pageSize: 500 } };
      return (await server.ok(listPackages, request)).packages.some(({ id }) => id === sold.on.packageId);
    };
    expect(await expiring()).toBe(true);
    const frozen = await server.ok(rpc.freezePackage, { ...sold.on, reason: "Ill" });
    expect(frozen.ledgerEntry).toMatchObject({ kind: Kind.FREEZE, note: "Ill", staffId: "staff_a1" });
    expect(frozen.packageDetail?.packageInfo).toMatchObject({ inForce: false });
    expect(await expiring()).toBe(false);
    const redeem = { ...sold.on, packageServiceId: sold.item, quantity: 1 };
    expect(await server.refused(rpc.redeemPackage, redeem)).toMatchObject(notInForce);
    const inForce = { companyId, customerIds: ["cus_a1"], excludeExpired: true, pagination: { pageSize: 500 } };
    expect((await server.ok(listPackages, inForce)).packages.map(({ id }) => id)).not.toContain(sold.on.packageId);
    const again = await server.ok(rpc.freezePackage, { ...sold.on, reason: "Ill" });
    expect(again.ledgerEntry).toBeUndefined();
    expect(again.packageDetail).toEqual(frozen.packageDetail);
    // Frozen three days ago by the calendar, a minute before midnight.
    await set(`frozen_time = ('${laterDay(today(), -3)} 23:59'::timestamp AT TIME ZONE 'America/New_York')`, sold);
    const { packageDetail, ledgerEntry } = await server.ok(rpc.thawPackage, { ...sold.on, reason: "Well" });
    expect(ledgerEntry).toMatchObject({ kind: Kind.THAW, days: 3, note: "Well" });
    const later = { inForce: true, expirationDate: inDays(13), endTime: startOf(8) };
    expect(packageDetail?.packageInfo).toMatchObject(later);
    expect(packageDetail?.packageInfo?.frozenTime).toBeUndefined();
    expect((await server.ok(rpc.thawPackage, { ...sold.on, reason: "Well" })).ledgerEntry).toBeUndefined();
    await server.ok(rpc.redeemPackage, redeem);
  });

  it("gains nothing within a day, and cannot freeze what is over or deleted", async () => {
    const sold = await sellPackage(server, { expirationDate: inDays(10) });
    await server.ok(rpc.freezePackage, { ...sold.on, reason: "Ill" });
    const { packageDetail, ledgerEntry } = await server.ok(rpc.thawPackage, { ...sold.on, reason: "Well" });
    expect([ledgerEntry?.days, packageDetail?.packageInfo?.expirationDate]).toMatchObject([0, inDays(10)]);
    for (const over of ["expiration_date = '2024-01-01'", "expiration_date = '9999-01-01', end_time = '2024-01-01'"]) {
      await set(over, sold);
      expect(await server.refused(rpc.freezePackage, { ...sold.on, reason: "x" })).toMatchObject(notInForce);
    }
    await server.ok(rpc.deletePackage, sold.on);
    expect(await server.refused(rpc.freezePackage, { ...sold.on, reason: "x" })).toMatchObject(isArchived);
  });
});

describe("MovePackage", () => {
  it("makes a package of the units for the other customer, and both ledgers have the move", async () => {
    const period = { startTime: startOf(-1), endTime: startOf(9), expirationDate: inDays(10) };
    const services = [{ serviceId: "srv_a1", unitPrice: { currencyCode: "USD", units: 29n, nanos: 500_000_000 } }];
    const packageServices = [{ services, quantity: 5 }];
    const sold = await sellPackage(server, { ...period, packageDesc: "Many", packageServices });
    const items = [{ packageServiceId: sold.item, quantity: 2 }];
    const request = { ...sold.on, customerId: "cus_a2", items, reason: "A present" };
    const { packageDetail, movedPackageDetail } = await server.ok(rpc.movePackage, request);
    expect(packageDetail?.packageInfo).toMatchObject({ customerId: "cus_a1", totalRemainingQuantity: 3 });
    expect(movedPackageDetail?.packageInfo).toMatchObject({
      ...{ customerId: "cus_a2", totalRemainingQuantity: 2, movedFromPackageId: sold.on.packageId, inForce: true },
      ...{ packageName: "Five baths", packageDesc: "Many", ...period, packagePrice: { units: 0n } },
    });
    expect(movedPackageDetail?.packageServices[0]?.services).toEqual(sold.detail.packageServices[0]?.services);
    const packageId = movedPackageDetail?.packageInfo?.id ?? "";
    const entry = { kind: Kind.MOVE, note: "A present", staffId: "staff_a1" };
    expect((await ledgerOf(sold))[0]).toMatchObject({ ...entry, quantity: -2, movedPackageId: packageId });
    expect(await ledgerOf({ on: { companyId, packageId } })).toMatchObject([
      { ...entry, quantity: 2, movedPackageId: sold.on.packageId },
    ]);
    const adjust = { ...sold.on, packageServiceId: sold.item, change: 1, reason: "x" };
    expect(await server.refused(rpc.adjustPackage, adjust)).toMatchObject(exceeded);
    const { rows } = await server.database.owner.query(
      "SELECT changed_fields FROM change WHERE company_id = 'cmp_a' AND kind = 'package' AND resource_id = ANY($1) AND rpc LIKE '%MovePackage'",
      [[sold.on.packageId, packageId]],
    );
    expect(rows).toHaveLength(2);
  });

  it("moves all that remains, which followers of both customers see", async () => {
    const other = await madeCustomer(server);
    const sold = await sellPackage(server);
    await server.ok(rpc.redeemPackage, { ...sold.on, packageServiceId: sold.item, quantity: 1 });
    const startTime = (await infoOf(sold)).lastUpdateTime ?? expect.fail();
    const request = { ...sold.on, customerId: other.id, reason: "A present" };
    const { movedPackageDetail } = await server.ok(rpc.movePackage, request);
    const followed = async (customerId: string) => {
      const filter = { companyId, customerIds: [customerId], lastUpdatedTime: { startTime }, pagination: {} };
      const { packages } = await server.ok(listPackages, filter);
      return packages.map(({ id, totalRemainingQuantity }) => [id, totalRemainingQuantity]);
    };
    expect(await followed("cus_a1")).toContainEqual([sold.on.packageId, 0]);
    expect(await followed(other.id)).toEqual([[movedPackageDetail?.packageInfo?.id, 4]]);
    expect(await server.refused(rpc.movePackage, request)).toMatchObject(exceeded);
  });

  it("refuses its own customer, one that is not there, an item of another package, and a frozen package", async () => {
    const sold = await sellPackage(server);
    const refusal = (fields: object, key = keys.a) =>
      server.refused(rpc.movePackage, { ...sold.on, customerId: "cus_a2", reason: "x", ...fields }, { key });
    expect(await refusal({ customerId: "cus_a1" })).toMatchObject(invalidField("customer_id", "CONFLICT"));
    const items = [{ packageServiceId: "ps_a1", quantity: 1 }];
    expect((await refusal({ customerId: "cus_c1", items })).violations).toEqual([
      { field: "customer_id", reason: "NOT_FOUND" },
      { field: "items[0].package_service_id", reason: "NOT_FOUND" },
    ]);
    expect(await refusal({}, keys.businessA1)).toMatchObject(invalidField("customer_id", "NOT_FOUND"));
    expect(await refusal({ packageId: "pkg_a2" }, keys.businessA1)).toMatchObject(notFound);
    await server.ok(rpc.freezePackage, { ...sold.on, reason: "x" });
    expect(await refusal({})).toMatchObject(notInForce);
  });

  it("by 16 at once moves no more units than there are and loses none", async () => {
    const sold = await sellPackage(server);
    const items = [{ packageServiceId: sold.item, quantity: 1 }];
    const request = { ...sold.on, customerId: "cus_a2", items, reason: "A present" };
    const answers = await Promise.all(Array.from({ length: 16 }, () => server.call(rpc.movePackage, request)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
    const { rows } = await server.database.owner.query<{ units: number; kept: number }>(
      `SELECT sum(e.quantity)::int AS units, (SELECT sum(remaining_quantity)::int FROM package k
         WHERE k.company_id = 'cmp_a' AND $1 IN (k.id, k.moved_from_id)) AS kept
       FROM package k JOIN package_ledger e ON e.company_id = k.company_id AND e.package_id = k.id
       WHERE k.company_id = 'cmp_a' AND $1 IN (k.id, k.moved_from_id)`,
      [sold.on.packageId],
    );
    expect(rows).toEqual([{ units: 5, kept: 5 }]);
    const headers = { "idempotency-key": "one-move" };
    const whole = { ...(await sellPackage(server)).on, customerId: "cus_a2", reason: "A present" };
    const same = await Promise.all([1, 2, 3].map(() => server.call(rpc.movePackage, whole, { headers })));
    expect(same.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it("leaves each customer what is theirs when the other is erased, without a word about the person", async () => {
    const [giver, taker] = [await madeCustomer(server), await madeCustomer(server)];
    const sold = await sellPackage(server, { customerId: giver.id, packageName: "Baths of Ada", packageDesc: "Ada's" });
    const items = [{ packageServiceId: sold.item, quantity: 2 }];
    const move = { ...sold.on, customerId: taker.id, items, reason: "Ada gives them to Bob" };
    const { movedPackageDetail } = await server.ok(rpc.movePackage, move);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: giver.id });
    const packageId = movedPackageDetail?.packageInfo?.id ?? "";
    const { packages } = await server.ok(listPackages, { companyId, customerIds: [taker.id], pagination: {} });
    expect(packages).toMatchObject([
      { id: packageId, packageName: "Bath", packageDesc: "", totalRemainingQuantity: 2, inForce: true },
    ]);
    const notes = [...(await ledgerOf({ on: { companyId, packageId } })), ...(await ledgerOf(sold))];
    expect(notes.map(({ note }) => note)).toEqual(notes.map(() => ""));
    expect(await server.refused(rpc.movePackage, move)).toMatchObject({ reason: "RESOURCE_ERASED" });
  });
});
