import { afterAll, describe, expect, it } from "vitest";
import { BatchMode } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageBatchService } from "../../src/gen/proto/moego/admin/v1/package_batch_service_pb.js";
import type { PackageDetail } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newPackage, sellPackage } from "../support/new-package.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const admin = PackageAdminService.method;
const { listPackages, listPackageDetails } = PackageService.method;
const { batchSellPackages, batchGetPackages } = PackageBatchService.method;
const { owner } = server.database;
const companyId = "cmp_a";

const pos = (id: string) => ({ system: "pos", id });
const withIds = (...ids: string[]) => ({ externalIds: ids.map(pos) });
const idsOf = (detail: PackageDetail | undefined) => detail?.packageInfo?.externalIds.map(({ id }) => id);

async function listed(id: string, filter: object = {}, key = keys.a) {
  const request = { companyId, pagination: {}, externalIds: [pos(id), pos("nobody")], ...filter };
  return (await server.ok(listPackages, request, { key })).packages.map((sold) => sold.id);
}

describe("the external ids of a package", () => {
  it("are stored by sales and batches, and returned in order by every read and change", async () => {
    const { detail, on, item } = await sellPackage(server, withIds("b", "a"));
    expect(idsOf(detail)).toEqual(["a", "b"]);
    const redeemed = await server.ok(admin.redeemPackage, { ...on, packageServiceId: item, quantity: 1 });
    expect(idsOf(redeemed.packageDetail)).toEqual(["a", "b"]);
    const ids = [on.packageId];
    const { packageDetails } = await server.ok(listPackageDetails, { companyId, packageIds: ids, pagination: {} });
    const got = await server.ok(batchGetPackages, { companyId, ids });
    expect([packageDetails, got.packageDetails].map(([first]) => idsOf(first))).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    const items = [withIds("one"), withIds("two", "three")].map((fields) => ({ sale: newPackage(fields) }));
    const { results } = await server.ok(batchSellPackages, { companyId, returnRecords: true, items });
    expect(results.map(({ packageDetail }) => idsOf(packageDetail))).toEqual([["one"], ["three", "two"]]);
  });

  it("find their package in every list, deleted or not, and only at the locations of the API key", async () => {
    const { id: customerId } = await madeCustomer(server);
    const { on } = await sellPackage(server, { customerId, businessId: "biz_a2", ...withIds("sought") });
    const lastUpdatedTime = { startTime: { seconds: 0n, nanos: 0 } };
    for (const filter of [{}, { customerIds: [customerId] }, { lastUpdatedTime }, { businessIds: ["biz_a2"] }])
      expect(await listed("sought", filter)).toEqual([on.packageId]);
    expect(await listed("sought", { customerIds: ["cus_a1"] })).toEqual([]);
    expect(await listed("sought", {}, keys.businessA1)).toEqual([]);
    await server.ok(admin.deletePackage, on);
    expect(await listed("sought")).toEqual([]);
    expect(await listed("sought", { statuses: [2] })).toEqual([on.packageId]);
  });

  it("belong to one package of a company, whatever sells it, also if that is deleted", async () => {
    const { on } = await sellPackage(server, withIds("single"));
    await server.ok(admin.deletePackage, on);
    const taken = {
      ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
      metadata: { resource: "Package", field: "external_ids" },
    };
    expect(await server.refused(admin.sellPackage, newPackage(withIds("single")))).toMatchObject(taken);
    const items = [["single"], ["twice"], ["twice"]].map((ids) => ({ sale: newPackage(withIds(...ids)) }));
    const { results } = await server.ok(batchSellPackages, { companyId, mode: BatchMode.EACH, items });
    expect(results.map(({ error }) => error?.code)).toEqual([6, undefined, 6]);
    expect(await server.refused(batchSellPackages, { companyId, items })).toMatchObject(taken);
    const many = withIds(...Array.from({ length: 51 }, (_, n) => `${n}`));
    const { violations } = await server.refused(admin.sellPackage, newPackage(many));
    expect(violations).toMatchObject([{ field: "external_ids", reason: "TOO_MANY" }]);
    const repeated = await server.refused(batchSellPackages, {
      companyId,
      items: [{ sale: newPackage(withIds("same", "same")) }],
    });
    expect(repeated.violations).toMatchObject([{ field: "items[0].sale.external_ids[1]", reason: "DUPLICATE_FIELD" }]);
  });

  it("go to one of 16 packages that are sold at the same time, by sales and by batches", async () => {
    const sent = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        n % 2 === 0
          ? server.call(admin.sellPackage, newPackage(withIds("raced")))
          : server.call(batchSellPackages, { companyId, items: [{ sale: newPackage(withIds("raced")) }] }),
      ),
    );
    expect(sent.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await listed("raced")).toHaveLength(1);
  });

  it("stay with the package if its units move, or its customer is merged, and are free once that is erased", async () => {
    const [merged, survivor] = [await madeCustomer(server), await madeCustomer(server)];
    const { on } = await sellPackage(server, { customerId: merged.id, ...withIds("kept") });
    await server.ok(MergeService.method.mergeCustomers, { companyId, id: survivor.id, fromId: merged.id });
    const moved = await server.ok(admin.movePackage, { ...on, customerId: "cus_a2", reason: "A present" });
    expect([idsOf(moved.packageDetail), idsOf(moved.movedPackageDetail)]).toEqual([["kept"], []]);
    expect(await listed("kept", { customerIds: [survivor.id] })).toEqual([on.packageId]);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: survivor.id });
    expect(await listed("kept", { statuses: [1, 2] })).toEqual([]);
    const { rows } = await owner.query(
      "SELECT changed_fields AS fields FROM change WHERE resource_id = $1 ORDER BY version DESC LIMIT 1",
      [on.packageId],
    );
    expect(rows).toEqual([{ fields: ["customer_id", "name", "description", "external_ids"] }]);
    expect(idsOf((await sellPackage(server, withIds("kept"))).detail)).toEqual(["kept"]);
  });
});
