import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageLedgerEntry_Kind } from "../../src/gen/proto/moego/admin/v1/package_ledger_pb.js";
import { type NewPackage, type SoldPackage, sellPackage } from "../support/new-package.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PackageAdminService.method;
const { SALE, REDEMPTION, REFUND } = PackageLedgerEntry_Kind;
const inHours = (hours: number) => timestampFromDate(new Date(Date.now() + hours * 3_600_000));
const exceeded = { code: "FAILED_PRECONDITION", reason: "PACKAGE_BALANCE_EXCEEDED" };

const redeem = ({ on, item }: SoldPackage, quantity = 1) =>
  server.ok(rpc.redeemPackage, { ...on, packageServiceId: item, quantity });
const leftOf = async (sold: SoldPackage) =>
  (await server.ok(rpc.restorePackage, sold.on)).packageDetail?.packageInfo?.totalRemainingQuantity;

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
    const [start, end, purchaseTime] = [inHours(1), inHours(-1), timestampFromDate(new Date("2023-01-01T12:00:00Z"))];
    const notInForce: (readonly [NewPackage, whenInForce: Record<string, string>])[] = [
      [{ startTime: start }, { startTime: timestampDate(start).toISOString(), expirationDate: "9999-01-01" }],
      [{ endTime: end }, { endTime: timestampDate(end).toISOString() }],
      [{ expirationDate: { year: 2024, month: 1, day: 15 } }, { expirationDate: "2024-01-15" }],
    ];
    for (const [fields, whenInForce] of notInForce) {
      const { on, item } = await sellPackage(server, { purchaseTime, ...fields });
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
    for (const redeemedTime of [undefined, inHours(-99), times.endTime]) {
      const refusal = await server.refused(rpc.redeemPackage, {
        ...request,
        ...(redeemedTime ? { redeemedTime } : {}),
      });
      expect(refusal).toMatchObject({ reason: "PACKAGE_NOT_IN_FORCE" });
    }
  });

  it("ends the last day at midnight of the IANA zone, also where PostgreSQL reads its name otherwise or not at all", async () => {
    const setZone = (zone: string) =>
      server.database.owner.query("UPDATE company SET time_zone = $1 WHERE id = 'cmp_a'", [zone]);
    // The last minute of 1 July 2025 in each.
    const lastMinutes = {
      "America/New_York": "2025-07-02T03:59:00Z",
      CET: "2025-07-01T21:59:00Z",
      IST: "2025-07-01T18:29:00Z",
      AET: "2025-07-01T13:59:00Z",
    };
    const expirationDate = { year: 2025, month: 7, day: 1 };
    const purchaseTime = timestampFromDate(new Date("2025-06-01T00:00:00Z"));
    try {
      for (const [zone, lastMinute] of Object.entries(lastMinutes)) {
        const { on, item } = await sellPackage(server, { purchaseTime, expirationDate });
        await setZone(zone);
        const at = (minutes: number) => ({
          ...{ ...on, packageServiceId: item, quantity: 1 },
          redeemedTime: timestampFromDate(new Date(Date.parse(lastMinute) + minutes * 60_000)),
        });
        await server.ok(rpc.redeemPackage, at(0));
        expect(await server.refused(rpc.redeemPackage, at(1))).toMatchObject({ reason: "PACKAGE_NOT_IN_FORCE" });
      }
    } finally {
      await setZone("America/New_York");
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
