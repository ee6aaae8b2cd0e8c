import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageLedgerEntry_Kind } from "../../src/gen/proto/moego/admin/v1/package_ledger_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { type NewPackage, newPackage, type SoldPackage, sellPackage } from "../support/new-package.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";
import { waitingStatements } from "../support/waiting-statements.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PackageAdminService.method;
const { SALE, REDEMPTION, REFUND, ADJUSTMENT } = PackageLedgerEntry_Kind;
const inHours = (hours: number) => timestampFromDate(new Date(Date.now() + hours * 3_600_000));
const exceeded = { code: "FAILED_PRECONDITION", reason: "PACKAGE_BALANCE_EXCEEDED" };

const redeem = ({ on, item }: SoldPackage, quantity = 1) =>
  server.ok(rpc.redeemPackage, { ...on, packageServiceId: item, quantity });
const leftOf = async (sold: SoldPackage) =>
  (await server.ok(rpc.restorePackage, sold.on)).packageDetail?.packageInfo?.totalRemainingQuantity;

describe("SellPackage", () => {
  it("keeps names and prices as they are at the sale, whatever becomes of the catalogue", async () => {
    const services = [{ serviceId: "srv_a2" }, { serviceId: "srv_a1", unitPrice: { currencyCode: "USD", units: 7n } }];
    const { detail } = await sellPackage(server, { packageServices: [{ services, quantity: 3 }] });
    expect(detail.packageServices[0]).toMatchObject({
      ...{ totalQuantity: 3, remainingQuantity: 3 },
      services: [
        { serviceId: "srv_a1", name: "Bath", unitPrice: { currencyCode: "USD", units: 7n, nanos: 0 } },
        { serviceId: "srv_a2", name: "Haircut", unitPrice: { currencyCode: "USD", units: 50n, nanos: 500_000_000 } },
      ],
    });
    await server.database.owner.query("UPDATE service SET name = 'Renamed', price_units = 99 WHERE id = 'srv_a2'");
    const after = await server.ok(rpc.restorePackage, { companyId: "cmp_a", packageId: detail.packageInfo?.id ?? "" });
    expect(after.packageDetail?.packageServices).toEqual(detail.packageServices);
  });

  it("keeps the ids of what is moved here, refuses them a second time, and gives ours else", async () => {
    const line = { services: [{ serviceId: "srv_a1" }], quantity: 1 };
    const { detail } = await sellPackage(server, {
      id: "copied-1",
      packageServices: [{ ...line, id: "line-1" }, line],
    });
    expect(detail.packageInfo?.id).toBe("copied-1");
    const ids = detail.packageServices.map(({ id }) => id);
    expect(ids).toContain("line-1");
    expect(ids.find((id) => id !== "line-1")).toMatch(/^ps_[0-9A-Za-z]{22}$/);
    expect((await sellPackage(server)).on.packageId).toMatch(/^pkg_[0-9A-Za-z]{22}$/);
    const taken = (fields: NewPackage) => server.refused(rpc.sellPackage, newPackage(fields));
    const resource = (name: string) => ({ code: "ALREADY_EXISTS", metadata: { resource: name } });
    expect(await taken({ id: "copied-1" })).toMatchObject(resource("Package"));
    expect(await taken({ packageServices: [{ ...line, id: "line-1" }] })).toMatchObject(resource("PackageService"));
  });

  it("answers a twin that keeps the same id with the same package", async () => {
    const headers = { "idempotency-key": "moved-once" };
    const request = newPackage({ id: "copied-2" });
    const answers = await Promise.all([1, 2, 3].map(() => server.call(rpc.sellPackage, request, { headers })));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(answers.filter((answer) => answer.headers["idempotency-replayed"] === "true")).toHaveLength(2);
  });

  it("waits for whoever erases its customer, and is then refused at its field", async () => {
    const { owner } = server.database;
    const { id: customerId } = await madeCustomer(server);
    const blocker = await owner.connect();
    try {
      await blocker.query("BEGIN");
      await blocker.query("DELETE FROM customer WHERE id = $1", [customerId]);
      const sale = server.call(rpc.sellPackage, newPackage({ customerId }));
      const state = () => Promise.race([sale.then(() => "sold or refused"), waitingStatements(owner).then(String)]);
      await expect.poll(state).not.toBe("0");
      expect(await state()).toBe("1");
      await blocker.query("COMMIT");
      expect(await sale).toMatchObject({ ok: false, ...invalidField("customer_id", "NOT_FOUND") });
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
  });

  it("names everything that the company lacks or has archived at once", async () => {
    const services = ["srv_a1", "srv_a9", "srv_c1"].map((serviceId) => ({ serviceId }));
    const request = newPackage({
      ...{ customerId: "cus_a9", businessId: "biz_a9", staffId: "staff_c1", purchaseTime: inHours(1) },
      packageServices: [{ services, quantity: 1 }],
    });
    expect((await server.refused(rpc.sellPackage, request)).violations.toSorted(byField)).toEqual([
      { field: "business_id", reason: "NOT_FOUND" },
      { field: "customer_id", reason: "NOT_FOUND" },
      { field: "package_services[0].services[1].service_id", reason: "NOT_FOUND" },
      { field: "package_services[0].services[2].service_id", reason: "NOT_FOUND" },
      { field: "purchase_time", reason: "OUT_OF_RANGE" },
      { field: "staff_id", reason: "NOT_FOUND" },
    ]);
  });

  it("refuses bad prices, quantities, dates and repetitions, each at its field", async () => {
    const service = { serviceId: "srv_a1" };
    const request = newPackage({
      packagePrice: { currencyCode: "USD", units: 1n, nanos: -1 },
      ...{ startTime: inHours(2), endTime: inHours(1), expirationDate: { year: 2024, month: 2, day: 30 } },
      packageServices: [
        { id: "same", services: [service, { ...service, unitPrice: { currencyCode: "usd" } }], quantity: 0 },
        { id: "same", services: [], quantity: 1_000_001 },
      ],
    });
    expect((await server.refused(rpc.sellPackage, request)).violations.toSorted(byField)).toEqual([
      { field: "end_time", reason: "CONFLICT" },
      { field: "expiration_date", reason: "OUT_OF_RANGE" },
      { field: "package_price.nanos", reason: "CONFLICT" },
      { field: "package_services[0].quantity", reason: "OUT_OF_RANGE" },
      { field: "package_services[0].services[1].service_id", reason: "CONFLICT" },
      { field: "package_services[0].services[1].unit_price.currency_code", reason: "INVALID_FORMAT" },
      { field: "package_services[1].id", reason: "CONFLICT" },
      { field: "package_services[1].quantity", reason: "OUT_OF_RANGE" },
      { field: "package_services[1].services", reason: "REQUIRED" },
    ]);
    const negative = newPackage({ packagePrice: { currencyCode: "USD", units: -1n } });
    expect(await server.refused(rpc.sellPackage, negative)).toMatchObject(
      invalidField("package_price.units", "OUT_OF_RANGE"),
    );
  });

  it("refuses what could never be used, naming everything at once, and sells nothing", async () => {
    const day = (year: number, month: number, date: number) => ({ year, month, day: date });
    const services = [
      { serviceId: "srv_a1", unitPrice: { currencyCode: "CAD", units: 1n } },
      { serviceId: "srv_a2", unitPrice: { currencyCode: "USD" } },
    ];
    const useless = newPackage({
      id: "useless",
      ...{ startTime: inHours(2), endTime: inHours(-1), expirationDate: day(2024, 1, 15), customerId: "cus_z" },
      packageServices: [{ services, quantity: 1 }],
    });
    const expected = [
      { field: "customer_id", reason: "NOT_FOUND" },
      { field: "end_time", reason: "CONFLICT" },
      { field: "expiration_date", reason: "CONFLICT" },
      { field: "package_services[0].services[0].unit_price.currency_code", reason: "CONFLICT" },
      { field: "start_time", reason: "CONFLICT" },
    ];
    expect((await server.refused(rpc.sellPackage, useless)).violations.toSorted(byField)).toEqual(expected);
    const packageIds = ["useless"];
    const details = { companyId: "cmp_a", packageIds, pagination: {} };
    expect(await server.refused(PackageService.method.listPackageDetails, details)).toMatchObject(notFound);
  });

  it("judges a sale by the time of the purchase and the day in the time zone of the company", async () => {
    // 1 July 2025 until 03:59 UTC of the next day.
    const at = (time: string) => timestampFromDate(new Date(time));
    const expirationDate = { year: 2025, month: 7, day: 1 };
    const tries: (readonly [NewPackage, field: string | undefined])[] = [
      [{ purchaseTime: at("2025-07-02T03:59:59.999Z"), expirationDate }, undefined],
      [{ purchaseTime: at("2025-07-02T04:00:00Z"), expirationDate }, "expiration_date"],
      [{ expirationDate: { year: 1, month: 1, day: 1 } }, "expiration_date"],
      [{ purchaseTime: at("0001-01-02T00:00:00Z"), expirationDate: { year: 1, month: 1, day: 1 } }, "expiration_date"],
      [{ purchaseTime: at("2025-06-01T00:00:00Z"), startTime: at("2025-07-02T03:59:00Z"), expirationDate }, undefined],
      [
        { purchaseTime: at("2025-06-01T00:00:00Z"), startTime: at("2025-07-02T04:00:00Z"), expirationDate },
        "start_time",
      ],
      [{ purchaseTime: at("2025-06-01T00:00:00Z"), endTime: at("2025-06-01T00:00:00Z") }, "end_time"],
      [{ purchaseTime: at("2025-06-01T00:00:00Z"), endTime: at("2025-06-01T00:00:00.001Z") }, undefined],
      [{ packagePrice: { currencyCode: "EUR", units: 9n } }, "package_services[0].services[0].unit_price"],
    ];
    for (const [fields, field] of tries) {
      // A catalog price in another currency.
      const packageServices = [{ services: [{ serviceId: "srv_a2" }], quantity: 1 }];
      const request = newPackage({ packageServices, ...fields });
      if (field === undefined) expect((await server.call(rpc.sellPackage, request)).ok).toBe(true);
      else expect(await server.refused(rpc.sellPackage, request)).toMatchObject(invalidField(field, "CONFLICT"));
    }
  });

  it("lets a key of one location sell there, to the customers it sees", async () => {
    const key = keys.businessA1;
    expect((await server.call(rpc.sellPackage, newPackage(), { key })).ok).toBe(true);
    expect(await server.refused(rpc.sellPackage, newPackage({ businessId: "biz_a2" }), { key })).toMatchObject({
      reason: "BUSINESS_NOT_ALLOWED",
    });
    expect(await server.refused(rpc.sellPackage, newPackage({ customerId: "cus_a2" }), { key })).toMatchObject(
      invalidField("customer_id", "NOT_FOUND"),
    );
    const other = { companyId: "cmp_a", packageId: "pkg_a2", packageServiceId: "ps_a2", quantity: 1 };
    expect(await server.refused(rpc.redeemPackage, other, { key })).toMatchObject(notFound);
  });
});

describe("AdjustPackage, DeletePackage, RestorePackage", () => {
  it("correct within zero and what was bought, and keep the reason", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item, reason: "Counted again" };
    const { ledgerEntry } = await server.ok(rpc.adjustPackage, { ...request, change: -5 });
    expect(ledgerEntry).toMatchObject({ kind: ADJUSTMENT, quantity: -5, note: "Counted again" });
    expect(await server.refused(rpc.adjustPackage, { ...request, change: -1 })).toMatchObject(exceeded);
    expect(await server.refused(rpc.adjustPackage, { ...request, change: 6 })).toMatchObject(exceeded);
    expect(await leftOf(sold)).toBe(0);
  });

  it("withdraw and bring back with the units it had, a second time without a change", async () => {
    const sold = await sellPackage(server);
    await redeem(sold, 2);
    const gone = (await server.ok(rpc.deletePackage, sold.on)).packageDetail?.packageInfo;
    expect(gone).toMatchObject({ status: Package_Status.DELETED, totalRemainingQuantity: 3 });
    expect((await server.ok(rpc.deletePackage, sold.on)).packageDetail?.packageInfo).toEqual(gone);
    const change = { ...sold.on, packageServiceId: sold.item, change: 1, reason: "x" };
    expect(await server.refused(rpc.adjustPackage, change)).toMatchObject(isArchived);
    const back = (await server.ok(rpc.restorePackage, sold.on)).packageDetail?.packageInfo;
    expect(back).toMatchObject({ status: Package_Status.NORMAL, totalRemainingQuantity: 3 });
    expect((await server.ok(rpc.restorePackage, sold.on)).packageDetail?.packageInfo).toEqual(back);
  });
});

describe("ListPackageLedger", () => {
  it("lists what happened, newest first, and adds up to what is left", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntry } = await redeem(sold, 2);
    await server.ok(rpc.refundPackage, { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "", quantity: 1 });
    const { ledgerEntries } = await server.ok(rpc.listPackageLedger, { ...sold.on, pagination: {} });
    expect(ledgerEntries.map(({ kind, quantity }) => [kind, quantity])).toEqual([
      [REFUND, 1],
      [REDEMPTION, -2],
      [SALE, 5],
    ]);
  });

  it("cannot be rewritten by the service's own login", async () => {
    const { rows } = await server.database.owner.query<{ may: boolean }>(
      `SELECT has_table_privilege('moego_service', 'package_ledger', 'UPDATE')
         OR has_table_privilege('moego_service', 'package_ledger', 'DELETE') AS may`,
    );
    expect(rows[0]?.may).toBe(false);
    await expect(server.database.owner.query("UPDATE package_ledger SET quantity = 9")).rejects.toThrow(
      "never changed",
    );
  });
});

function byField(a: { readonly field: string }, b: { readonly field: string }): number {
  return a.field < b.field ? -1 : 1;
}
