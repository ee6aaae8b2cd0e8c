import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageLedgerEntry_Kind } from "../../src/gen/proto/moego/admin/v1/package_ledger_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { keys } from "../support/fixture-keys.js";
import { type NewPackage, newPackage, type SoldPackage, sellPackage } from "../support/new-package.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

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

describe("RedeemPackage", () => {
  it("answers the package as it now is and the entry, which names what it was for and who wrote it", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item, quantity: 2, appointmentId: "appt 1", note: "Thanks" };
    const { packageDetail, ledgerEntry } = await server.ok(rpc.redeemPackage, request);
    expect(packageDetail?.packageInfo).toMatchObject({ totalRemainingQuantity: 3, used: true, applied: true });
    expect(ledgerEntry).toMatchObject({
      ...{ kind: REDEMPTION, quantity: -2, appointmentId: "appt 1", note: "Thanks", staffId: "staff_a1" },
      ...{ packageId: sold.on.packageId, packageServiceId: sold.item },
    });
    expect(packageDetail?.packageInfo?.lastUpdateTime).toEqual(ledgerEntry?.createdTime);
  });

  it("refuses more than is left and says what that is", async () => {
    const sold = await sellPackage(server);
    const request = { ...sold.on, packageServiceId: sold.item, quantity: 6 };
    const metadata = { packageServiceId: sold.item, remainingQuantity: "5", totalQuantity: "5" };
    expect(await server.refused(rpc.redeemPackage, request)).toMatchObject({ ...exceeded, metadata });
    expect(await leftOf(sold)).toBe(5);
  });

  it("refuses a package before its start, after its end and after its last day, and one that is withdrawn", async () => {
    const [start, end] = [inHours(1), inHours(-1)];
    const notInForce: (readonly [NewPackage, whenInForce: Record<string, string>])[] = [
      [{ startTime: start }, { startTime: timestampDate(start).toISOString(), expirationDate: "9999-01-01" }],
      [{ endTime: end }, { endTime: timestampDate(end).toISOString() }],
      [{ expirationDate: { year: 2024, month: 1, day: 15 } }, { expirationDate: "2024-01-15" }],
      [{ expirationDate: { year: 1, month: 1, day: 1 } }, { expirationDate: "0001-01-01" }],
    ];
    for (const [fields, whenInForce] of notInForce) {
      const { on, item } = await sellPackage(server, fields);
      const request = { ...on, packageServiceId: item, quantity: 1 };
      expect(await server.refused(rpc.redeemPackage, request)).toMatchObject({
        reason: "PACKAGE_NOT_IN_FORCE",
        metadata: { packageId: on.packageId, ...whenInForce },
      });
    }
    const withdrawn = { companyId: "cmp_a", packageId: "pkg_a9", packageServiceId: "ps_a9", quantity: 1 };
    expect(await server.refused(rpc.redeemPackage, withdrawn)).toMatchObject(isArchived);
  });

  it("keeps when the units of what is moved here were used, and judges the package by that time", async () => {
    const times = { purchaseTime: inHours(-300), endTime: inHours(-100) };
    const { on, item } = await sellPackage(server, times);
    const used = inHours(-200);
    const request = { ...on, packageServiceId: item, quantity: 1 };
    const { ledgerEntry } = await server.ok(rpc.redeemPackage, { ...request, redeemedTime: used });
    expect(ledgerEntry?.redeemedTime).toEqual(used);
    for (const redeemedTime of [undefined, inHours(-99)]) {
      const refusal = await server.refused(rpc.redeemPackage, {
        ...request,
        ...(redeemedTime ? { redeemedTime } : {}),
      });
      expect(refusal).toMatchObject({ reason: "PACKAGE_NOT_IN_FORCE" });
    }
  });

  it("moved here leaves the ledger in the order of writing", async () => {
    const sold = await sellPackage(server, { purchaseTime: inHours(-300) });
    const request = { ...sold.on, packageServiceId: sold.item, quantity: 1 };
    const [first, second] = [inHours(-100), inHours(-200)];
    await server.ok(rpc.redeemPackage, { ...request, redeemedTime: first });
    await server.ok(rpc.redeemPackage, { ...request, redeemedTime: second });
    await redeem(sold);
    const { ledgerEntries } = await server.ok(rpc.listPackageLedger, { ...sold.on, pagination: {} });
    expect(ledgerEntries.map(({ kind, redeemedTime }) => [kind, redeemedTime])).toEqual([
      [REDEMPTION, undefined],
      [REDEMPTION, second],
      [REDEMPTION, first],
      [SALE, undefined],
    ]);
  });

  it("refuses a time in the future or before the purchase", async () => {
    const { on, item } = await sellPackage(server, { purchaseTime: inHours(-3) });
    const request = { ...on, packageServiceId: item, quantity: 1 };
    expect(await server.refused(rpc.redeemPackage, { ...request, redeemedTime: inHours(1) })).toMatchObject(
      invalidField("redeemed_time", "OUT_OF_RANGE"),
    );
    expect(await server.refused(rpc.redeemPackage, { ...request, redeemedTime: inHours(-4) })).toMatchObject(
      invalidField("redeemed_time", "CONFLICT"),
    );
  });

  it("refuses an item of another package", async () => {
    const { on } = await sellPackage(server);
    const request = { ...on, packageServiceId: "ps_a1", quantity: 1 };
    expect(await server.refused(rpc.redeemPackage, request)).toMatchObject(
      invalidField("package_service_id", "NOT_FOUND"),
    );
  });
});

describe("RefundPackage", () => {
  it("gives a redemption back in parts, never more of it than was redeemed", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntry } = await redeem(sold, 3);
    const request = { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" };
    const part = await server.ok(rpc.refundPackage, { ...request, quantity: 1 });
    expect(part.ledgerEntry).toMatchObject({ kind: REFUND, quantity: 1, refundedEntryId: request.ledgerEntryId });
    expect(await server.refused(rpc.refundPackage, { ...request, quantity: 3 })).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "LEDGER_ENTRY_REFUNDED",
      metadata: { ...{ ledgerEntryId: request.ledgerEntryId }, refundableQuantity: "2" },
    });
    expect((await server.ok(rpc.refundPackage, request)).ledgerEntry?.quantity).toBe(2);
    expect(await server.refused(rpc.refundPackage, request)).toMatchObject({ metadata: { refundableQuantity: "0" } });
    expect(await leftOf(sold)).toBe(5);
  });

  it("gives nothing back twice by not naming the redemption, even where a correction left room", async () => {
    const sold = await sellPackage(server);
    await server.ok(rpc.adjustPackage, { ...sold.on, packageServiceId: sold.item, change: -2, reason: "Lost" });
    const { ledgerEntry } = await redeem(sold, 1);
    const unnamed = { ...sold.on, packageServiceId: sold.item, quantity: 1 };
    await server.ok(rpc.refundPackage, unnamed);
    expect(await server.refused(rpc.refundPackage, unnamed)).toMatchObject(exceeded);
    const named = { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" };
    expect(await server.refused(rpc.refundPackage, named)).toMatchObject({ reason: "LEDGER_ENTRY_REFUNDED" });
    expect(await leftOf(sold)).toBe(3);
  });

  it("never lifts a balance above what was bought", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntry } = await redeem(sold, 3);
    await server.ok(rpc.adjustPackage, { ...sold.on, packageServiceId: sold.item, change: 3, reason: "Gift" });
    const request = { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" };
    expect(await server.refused(rpc.refundPackage, request)).toMatchObject(exceeded);
  });

  it("refuses an entry that is no redemption of the package, another item, and a call that names neither", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntries } = await server.ok(rpc.listPackageLedger, { ...sold.on, pagination: {} });
    const saleId = ledgerEntries[0]?.id ?? "";
    const refusal = (fields: object) => server.refused(rpc.refundPackage, { ...sold.on, ...fields });
    expect(await refusal({ ledgerEntryId: saleId })).toMatchObject(invalidField("ledger_entry_id", "NOT_FOUND"));
    const { ledgerEntry } = await redeem(sold);
    const other = { ledgerEntryId: ledgerEntry?.id, packageServiceId: "ps_a1" };
    expect(await refusal(other)).toMatchObject(invalidField("package_service_id", "NOT_FOUND"));
    expect((await refusal({})).violations).toEqual([
      { field: "package_service_id", reason: "REQUIRED" },
      { field: "quantity", reason: "REQUIRED" },
    ]);
    expect(await refusal({ ledgerEntryId: saleId, quantity: 0 })).toMatchObject(
      invalidField("quantity", "OUT_OF_RANGE"),
    );
  });

  it("is possible after the package has expired", async () => {
    const sold = await sellPackage(server);
    const { ledgerEntry } = await redeem(sold);
    await server.database.owner.query("UPDATE package SET expiration_date = '2024-01-01' WHERE id = $1", [
      sold.on.packageId,
    ]);
    await server.ok(rpc.refundPackage, { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" });
    expect(await leftOf(sold)).toBe(5);
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
