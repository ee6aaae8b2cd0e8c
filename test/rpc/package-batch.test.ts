import { afterAll, describe, expect, it } from "vitest";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageBatchService } from "../../src/gen/proto/moego/admin/v1/package_batch_service_pb.js";
import { PackageLedgerEntry_Kind } from "../../src/gen/proto/moego/admin/v1/package_ledger_pb.js";
import { PackageTemplateService } from "../../src/gen/proto/moego/admin/v1/package_template_service_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { refusalIn, shapeOf } from "../support/batch-results.js";
import { keys } from "../support/fixture-keys.js";
import { type NewPackage, newPackage, sellPackage } from "../support/new-package.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { batchGetPackages, batchSellPackages } = PackageBatchService.method;
const admin = PackageAdminService.method;
const companyId = "cmp_a";
const each = BatchMode.EACH;
const { owner } = server.database;

const sale = (fields: NewPackage = {}) => ({ sale: newPackage(fields) });
const outcomes = (results: readonly { readonly outcome: BatchOutcome }[]) => results.map(({ outcome }) => outcome);
const { CREATED, REFUSED } = BatchOutcome;

async function soldTo(customerId: string) {
  const { rows } = await owner.query<{ name: string }>(
    "SELECT name FROM package WHERE company_id = 'cmp_a' AND customer_id = $1 ORDER BY name",
    [customerId],
  );
  return rows.map(({ name }) => name);
}

const idsOf = (details: readonly { readonly packageInfo?: { readonly id: string } | undefined }[]) =>
  details.map(({ packageInfo }) => packageInfo?.id);

describe("BatchGetPackages", () => {
  it("returns packages with their items in the order of the request, deleted ones included", async () => {
    const [one, gone] = [await sellPackage(server), await sellPackage(server)];
    const used = await server.ok(admin.redeemPackage, { ...one.on, packageServiceId: one.item, quantity: 2 });
    await server.ok(admin.deletePackage, gone.on);
    const ids = [gone.on.packageId, "none", one.on.packageId, gone.on.packageId, "pkg_c1"];
    const { packageDetails, notFoundIds, remainingIds } = await server.ok(batchGetPackages, { companyId, ids });
    expect(idsOf(packageDetails)).toEqual([gone.on.packageId, one.on.packageId]);
    expect(packageDetails[0]?.packageInfo).toMatchObject({ status: Package_Status.DELETED, inForce: false });
    expect(packageDetails[1]).toEqual(used.packageDetail);
    expect([notFoundIds, remainingIds]).toEqual([["none", "pkg_c1"], []]);
  });

  it("finds only packages of the locations of the API key", async () => {
    const [own, other] = [await sellPackage(server), await sellPackage(server, { businessId: "biz_a2" })];
    const ids = [own.on.packageId, other.on.packageId];
    const read = await server.ok(batchGetPackages, { companyId, ids }, { key: keys.businessA1 });
    expect([idsOf(read.packageDetails), read.notFoundIds]).toEqual([[ids[0]], [ids[1]]]);
  });

  it("finds a package of a customer who was merged under its own id, with the survivor", async () => {
    const [merged, survivor] = [await madeCustomer(server), await madeCustomer(server)];
    const { on } = await sellPackage(server, { customerId: merged.id });
    await server.ok(MergeService.method.mergeCustomers, { ...survivor, fromId: merged.id });
    const { packageDetails } = await server.ok(batchGetPackages, { companyId, ids: [on.packageId] });
    expect(packageDetails[0]?.packageInfo).toMatchObject({ id: on.packageId, customerId: survivor.id });
  });

  it("leaves ids for which the response has no room, and reads them in the next request", async () => {
    const packageDesc = "ü".repeat(10_000);
    const [{ on }] = [await sellPackage(server, { packageDesc })];
    await server.database.owner.query(
      `INSERT INTO package SELECT (jsonb_populate_record(k, jsonb_build_object('id', 'pkg_large_' || n))).*
       FROM package k, generate_series(1, 199) n WHERE company_id = 'cmp_a' AND id = $1`,
      [on.packageId],
    );
    const ids = Array.from({ length: 199 }, (_, n) => `pkg_large_${n + 1}`);
    const first = await server.ok(batchGetPackages, { companyId, ids: ["none", ...ids] });
    expect(first.packageDetails.length).toBeLessThan(199);
    expect(first.notFoundIds).toEqual(["none"]);
    const rest = await server.ok(batchGetPackages, { companyId, ids: first.remainingIds });
    expect([...idsOf(first.packageDetails), ...idsOf(rest.packageDetails)]).toEqual(ids);
  });
});

describe("BatchSellPackages", () => {
  it("stores what single sales store, with ledger and audit log", async () => {
    const { id: customerId } = await madeCustomer(server);
    const { packageTemplate } = await server.ok(PackageTemplateService.method.createPackageTemplate, {
      ...{ companyId, name: "Puppy care", price: { currencyCode: "USD", units: 100n }, expirationDays: 30 },
      items: [{ quantity: 4, services: [{ serviceId: "srv_a1" }] }],
    });
    const full = {
      ...{ customerId, staffId: "staff_a1", templateId: packageTemplate?.id ?? "", packageDesc: "Two\nlines" },
      purchaseTime: { seconds: 1_750_000_000n, nanos: 0 },
      endTime: { seconds: 2_000_000_000n, nanos: 0 },
      packageServices: [
        { services: [{ serviceId: "srv_a1", unitPrice: { currencyCode: "USD", units: 7n } }], quantity: 3 },
        { services: [{ serviceId: "srv_a1" }], quantity: 2 },
      ],
    };
    const ofTemplate = {
      ...{ customerId, packageName: "", packageServices: [] },
      templateId: packageTemplate?.id ?? "",
    };
    const singles = [await sellPackage(server, full), await sellPackage(server, ofTemplate)];
    const { results } = await server.ok(batchSellPackages, {
      ...{ companyId, items: [sale(full), sale(ofTemplate)], returnRecords: true },
    });
    expect(outcomes(results)).toEqual([CREATED, CREATED]);
    const differs = /^(packageId|createTime|lastUpdateTime|purchaseTime)$/;
    const shape = (details: readonly (object | undefined)[]): unknown =>
      JSON.parse(JSON.stringify(details.map(shapeOf), (name, value: unknown) => (differs.test(name) ? 0 : value)));
    expect(shape(results.map(({ packageDetail }) => packageDetail))).toEqual(
      shape(singles.map(({ detail }) => detail)),
    );
    const logged = async (id: string) =>
      (
        await owner.query(
          `SELECT c.kind, c.version, c.changed_fields, c.location_after, c.staff_id, c.client_address, e.kind AS entry,
             e.quantity, e.staff_id AS seller, e.note, e.occurred_time = k.created_time AS at_once
           FROM package k JOIN package_ledger e ON e.company_id = k.company_id AND e.package_id = k.id
           JOIN change c ON c.company_id = k.company_id AND c.kind = 'package' AND c.resource_id = k.id
           WHERE k.company_id = 'cmp_a' AND k.id = $1 ORDER BY e.quantity`,
          [id],
        )
      ).rows;
    for (const [position, { on }] of singles.entries()) {
      const [batched, single] = [await logged(results[position]?.id ?? ""), await logged(on.packageId)];
      expect(batched).toEqual(single);
      expect(single.length).toBeGreaterThan(0);
    }
  });

  it("takes 500 sales, and no more", async () => {
    const { id: customerId } = await madeCustomer(server);
    const items = Array.from({ length: 500 }, () => sale({ customerId }));
    const { results } = await server.ok(batchSellPackages, { companyId, items });
    expect(new Set(results.map(({ id }) => id)).size).toBe(500);
    expect(await soldTo(customerId)).toHaveLength(500);
    expect(await server.refused(batchSellPackages, { companyId, items: [...items, sale()] })).toMatchObject({
      violations: [{ field: "items", reason: "TOO_MANY" }],
    });
  });

  it("refuses small requests that would store a very large batch", async () => {
    const customer = await madeCustomer(server);
    const items = Array.from({ length: 201 }, () => ({
      sale: { ...newPackage({ customerId: customer.id }), note: "n".repeat(10_000) },
    }));
    const { violations } = await server.refused(batchSellPackages, { companyId, items, mode: each });
    expect(violations).toMatchObject([{ field: "items", reason: "TOO_MANY" }]);
    expect(await soldTo(customer.id)).toEqual([]);
  });

  it("stores nothing if an item is refused, and lists all violations with their items", async () => {
    const { id: customerId } = await madeCustomer(server);
    const refused = await server.refused(batchSellPackages, {
      companyId,
      items: [
        sale({ customerId }),
        sale({ customerId, packageName: "", packageServices: [{ services: [], quantity: 0 }] }),
        {},
        { sale: { ...newPackage({ customerId, businessId: "" }), companyId: "cmp_b" } },
      ],
    });
    expect(refused.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...["items[1].sale.package_name REQUIRED", "items[1].sale.package_services[0].services REQUIRED"],
      ...["items[1].sale.package_services[0].quantity OUT_OF_RANGE", "items[2].sale REQUIRED"],
      ...["items[3].sale.company_id CONFLICT", "items[3].sale.business_id REQUIRED"],
    ]);
    const later = await server.refused(batchSellPackages, {
      companyId,
      items: [
        sale({ customerId }),
        sale({ customerId: "cus_a9", staffId: "staff_z" }),
        sale({ customerId, expirationDate: { year: 2020, month: 1, day: 1 } }),
      ],
    });
    expect(later.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...["items[1].sale.customer_id NOT_FOUND", "items[1].sale.staff_id NOT_FOUND"],
      "items[2].sale.expiration_date CONFLICT",
    ]);
    expect(await soldTo(customerId)).toEqual([]);
  });

  it("gives each refused item the error of the sale alone, and stores the others", async () => {
    const [{ id: customerId }, merged] = [await madeCustomer(server), await madeCustomer(server)];
    const survivor = await madeCustomer(server);
    const there = await madeCustomer(server, { preferredBusinessId: "biz_a2" });
    await server.ok(MergeService.method.mergeCustomers, { ...survivor, fromId: merged.id });
    const { packageTemplate } = await server.ok(PackageTemplateService.method.createPackageTemplate, {
      ...{ companyId, name: "Old", price: { currencyCode: "USD", units: 100n } },
      items: [{ quantity: 4, services: [{ serviceId: "srv_a1" }] }],
    });
    const templateId = packageTemplate?.id ?? "";
    await server.ok(PackageTemplateService.method.archivePackageTemplate, { companyId, id: templateId });
    const refused = [
      { customerId: merged.id },
      { customerId, templateId },
      { customerId: there.id },
      { customerId, businessId: "biz_a2" },
      { customerId: "cus_c1" },
      { customerId, packageServices: [{ services: [{ serviceId: "srv_z" }], quantity: 1 }] },
      { customerId, purchaseTime: { seconds: 4_000_000_000n, nanos: 0 } },
      { customerId, packageServices: [{ id: "ps_a1", services: [{ serviceId: "srv_a1" }], quantity: 1 }] },
      { customerId, id: "pkg_a1" },
    ];
    const key = keys.businessA1;
    const items = [sale({ customerId, packageName: "First" }), ...refused.map(sale), sale({ customerId })];
    const { results } = await server.ok(batchSellPackages, { companyId, items, mode: each }, { key });
    expect(outcomes(results)).toEqual([CREATED, ...refused.map(() => REFUSED), CREATED]);
    expect(await soldTo(customerId)).toEqual(["First", "Five baths"]);
    for (const [position, fields] of refused.entries()) {
      const single = await server.refused(admin.sellPackage, newPackage(fields), { key });
      const { reason, metadata, fields: paths } = refusalIn(results[position + 1]);
      expect([reason, paths]).toEqual([
        single.reason,
        single.violations.map(({ field, reason: why }) => `sale.${field} ${why}`),
      ]);
      const { requestId: _, ...told } = single.metadata;
      expect(metadata).toMatchObject(told);
    }
  });

  it("refuses an id that an earlier item has, and one that is sold meanwhile", async () => {
    const id = "pkg_of_two";
    const items = [sale({ id }), sale({ id }), sale({ id: "pkg_of_one" })];
    const { results } = await server.ok(batchSellPackages, { companyId, items, mode: each });
    expect(outcomes(results)).toEqual([CREATED, REFUSED, CREATED]);
    expect(refusalIn(results[1]).fields).toEqual(["sale.id DUPLICATE_FIELD"]);
    const sent = await Promise.all(
      ["a", "b", "c"].map((own) =>
        server.ok(batchSellPackages, { companyId, items: [sale({ id: "pkg_raced" }), sale({ id: own })], mode: each }),
      ),
    );
    const raced = sent.map(({ results: [first] }) => first?.outcome).toSorted();
    expect(raced).toEqual([CREATED, REFUSED, REFUSED]);
    expect(sent.map(({ results: [, second] }) => second?.outcome)).toEqual([CREATED, CREATED, CREATED]);
  });

  it("stores an item with its own idempotency key once, whatever batch contains it", async () => {
    const { id: customerId } = await madeCustomer(server);
    const keyed = { ...sale({ customerId, packageName: "Once" }), idempotencyKey: `sale-of-${customerId}` };
    const first = await server.ok(batchSellPackages, { companyId, items: [keyed], mode: each });
    const items = [sale({ customerId, packageName: "Twice" }), keyed];
    const again = await server.ok(batchSellPackages, { companyId, items, mode: each });
    expect(again.results.map(({ id, replayed }) => [id === first.results[0]?.id, replayed])).toEqual([
      ...[
        [false, false],
        [true, true],
      ],
    ]);
    const other = { ...sale({ customerId, packageName: "Other" }), idempotencyKey: keyed.idempotencyKey };
    const reused = await server.ok(batchSellPackages, { companyId, items: [other], mode: each });
    expect(refusalIn(reused.results[0]).reason).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(await soldTo(customerId)).toEqual(["Once", "Twice"]);
  });
});

describe("a sale of a package that was partly used elsewhere", () => {
  const services = [{ serviceId: "srv_a1" }];
  const packageServices = [
    { services, quantity: 5 },
    { services, quantity: 2 },
  ];

  it("starts with the units that are left: an adjustment takes the others, and nothing is redeemed", async () => {
    const fields = { packageServices, remainingQuantities: [2, 2], note: "From paper" };
    const batched = await server.ok(batchSellPackages, { companyId, items: [sale(fields)], returnRecords: true });
    const { detail, on } = await sellPackage(server, fields);
    for (const sold of [detail, batched.results[0]?.packageDetail]) {
      expect(sold?.packageInfo).toMatchObject({ totalRemainingQuantity: 4, used: false, inForce: true });
      const units = sold?.packageServices.map((one) => [one.totalQuantity, one.remainingQuantity]);
      expect(units?.toSorted()).toEqual([
        [2, 2],
        [5, 2],
      ]);
    }
    const { ledgerEntries } = await server.ok(admin.listPackageLedger, { ...on, pagination: {} });
    const entries = ledgerEntries.map(
      ({ kind, quantity, note }) => `${PackageLedgerEntry_Kind[kind]} ${quantity} ${note}`,
    );
    expect(entries.toSorted()).toEqual([
      ...["ADJUSTMENT -3 Used before the sale was recorded.", "SALE 2 From paper", "SALE 5 From paper"],
    ]);
  });

  it("refuses more units than were bought, and a list of another length, also of the items of a template", async () => {
    const refused = async (fields: NewPackage) =>
      (await server.refused(admin.sellPackage, newPackage(fields))).violations.map(
        ({ field, reason }) => `${field} ${reason}`,
      );
    expect(await refused({ packageServices, remainingQuantities: [6, 3] })).toEqual([
      ...["remaining_quantities[0] OUT_OF_RANGE", "remaining_quantities[1] OUT_OF_RANGE"],
    ]);
    expect(await refused({ packageServices, remainingQuantities: [1] })).toEqual(["remaining_quantities CONFLICT"]);
    expect(await refused({ packageServices, remainingQuantities: [-1, 0] })).toEqual([
      "remaining_quantities[0] OUT_OF_RANGE",
    ]);
    const ofTemplate = { packageName: "", packageServices: [], templateId: "pkt_a1" };
    expect(await refused({ ...ofTemplate, remainingQuantities: [1, 1] })).toEqual(["remaining_quantities CONFLICT"]);
    const { detail } = await sellPackage(server, { ...ofTemplate, remainingQuantities: [0] });
    expect(detail.packageInfo).toMatchObject({ totalRemainingQuantity: 0 });
  });
});
