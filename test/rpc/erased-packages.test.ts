import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { columnsHolding, createCanaries } from "../support/canaries.js";
import { sellPackage } from "../support/new-package.js";
import { madeCustomer } from "../support/records.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { redeemPackage, refundPackage, adjustPackage, deletePackage, restorePackage } = PackageAdminService.method;
const { eraseCustomer } = CustomerAdminService.method;
const companyId = "cmp_a";

/** A package of five units, two of them redeemed, whose customer is still there. */
async function usedPackage() {
  const customer = await madeCustomer(server);
  const sold = await sellPackage(server, { customerId: customer.id });
  const item = { ...sold.on, packageServiceId: sold.item };
  const { ledgerEntry } = await server.ok(redeemPackage, { ...item, quantity: 2, note: "Thanks" });
  const erase = () => server.ok(eraseCustomer, { companyId, id: customer.id });
  return { ...sold, item, redemption: { ...sold.on, ledgerEntryId: ledgerEntry?.id ?? "" }, erase };
}

async function erasedPackage() {
  const used = await usedPackage();
  await used.erase();
  return used;
}

const unitsLeft = async ({ on }: Pick<Awaited<ReturnType<typeof usedPackage>>, "on">) =>
  (await server.ok(restorePackage, on)).packageDetail?.packageInfo?.totalRemainingQuantity;

describe("the package of an erased customer", () => {
  it("is neither redeemed nor corrected, with or without a text, and stays as it is", async () => {
    const { on, item } = await erasedPackage();
    const isErased = {
      ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" },
      metadata: { resource: "Package", id: on.packageId },
    };
    expect(await server.refused(redeemPackage, { ...item, quantity: 1 })).toMatchObject(isErased);
    expect(await server.refused(redeemPackage, { ...item, quantity: 1, note: "For Jane" })).toMatchObject(isErased);
    const correction = { ...item, change: 1, reason: "Jane asked for it" };
    expect(await server.refused(adjustPackage, correction)).toMatchObject(isErased);
    expect(await unitsLeft({ on })).toBe(3);
  });

  it("is given units back, of a redemption or of an item, without a note", async () => {
    const { on, item, redemption } = await erasedPackage();
    const { ledgerEntry } = await server.ok(refundPackage, { ...redemption, quantity: 1 });
    expect(ledgerEntry).toMatchObject({ quantity: 1, note: "", appointmentId: "", orderId: "" });
    await server.ok(refundPackage, { ...item, quantity: 1 });
    expect(await unitsLeft({ on })).toBe(5);
  });

  it("refuses a note of a refund, along with whatever else is wrong with it", async () => {
    const { on, item, redemption } = await erasedPackage();
    const noted = { note: "For Jane" };
    expect(await server.refused(refundPackage, { ...redemption, ...noted })).toMatchObject(
      invalidField("note", "NOT_ALLOWED"),
    );
    const other = { ...item, packageServiceId: "ps_none", quantity: 1, ...noted };
    const unknown = { ...on, ledgerEntryId: "ple_none", ...noted };
    const fieldsOf = async (request: typeof other | typeof unknown) =>
      (await server.refused(refundPackage, request)).violations.map(({ field }) => field);
    expect(await fieldsOf(other)).toEqual(["package_service_id", "note"]);
    expect(await fieldsOf(unknown)).toEqual(["ledger_entry_id", "note"]);
    expect(await unitsLeft({ on })).toBe(3);
  });

  it("is withdrawn and restored as any other, and says first that it is withdrawn", async () => {
    const { on, item } = await erasedPackage();
    await server.ok(deletePackage, on);
    expect(await server.refused(redeemPackage, { ...item, quantity: 1 })).toMatchObject(isArchived);
    expect(await unitsLeft({ on })).toBe(3);
  });

  it("answers the repeated call of a redemption that was made before", async () => {
    const used = await usedPackage();
    const headers = { "idempotency-key": "redeemed-before-erasure" };
    const request = { ...used.item, quantity: 1, note: "Before" };
    const { ledgerEntry: first } = await server.ok(redeemPackage, request, { headers });
    await used.erase();
    const { ledgerEntry: again } = await server.ok(redeemPackage, request, { headers });
    expect(again).toMatchObject({ id: first?.id, note: "" });
  });
});

it("keeps no text of redemptions, refunds and corrections that race with the erasure", async () => {
  for (let round = 0; round < 10; round += 1) {
    const canaries = createCanaries();
    const used = await usedPackage();
    const noted = () => ({ note: canaries.text("note") });
    await Promise.all([
      ...[1, 2].map(() => server.call(redeemPackage, { ...used.item, quantity: 1, ...noted() })),
      server.call(refundPackage, { ...used.redemption, quantity: 1, ...noted() }),
      server.call(adjustPackage, { ...used.item, change: -1, reason: canaries.text("reason") }),
      used.erase(),
    ]);
    expect(canaries.all).toHaveLength(4);
    expect(await columnsHolding(server.database.owner, canaries.all)).toEqual([]);
  }
});
