import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { toProtoDate } from "../../src/api/google-types.js";
import { laterDay, localDate } from "../../src/core/time-zones.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageTemplateService } from "../../src/gen/proto/moego/admin/v1/package_template_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PackageTemplateService.method;
const { sellPackage, restorePackage } = PackageAdminService.method;
const companyId = "cmp_a";
const usd = (units: bigint) => ({ currencyCode: "USD", units });
const services = [{ serviceId: "srv_a2", unitPrice: usd(7n) }, { serviceId: "srv_a1" }];
const content = { companyId, name: "Spa days", price: usd(60n), items: [{ quantity: 10, services }] };
const sale = { companyId, customerId: "cus_a1", businessId: "biz_a1" };
const inDays = (days: number) => daysFrom(timestampFromDate(new Date()), days);
const daysFrom = (start: Timestamp, days: number) =>
  toProtoDate(laterDay(localDate("America/New_York", timestampDate(start)), days));

const made = async (more: object = {}) =>
  (await server.ok(rpc.createPackageTemplate, { ...content, ...more })).packageTemplate ?? expect.fail();

describe("package templates", () => {
  it("are listed at the published route with the published members", async () => {
    const { id } = await made({ expirationDays: 30, description: "Ten" });
    const request = { pagination: { pageSize: 20 }, companyId, businessIds: ["biz_a1"] };
    const filter = { name_like: "SPA", active_only: true };
    const answer = await server.callJson(rpc.listPackageTemplates, { ...request, filter }, { transport: "rest" });
    expect(answer).toMatchObject({ ok: true, message: { nextPageToken: "" } });
    const { packages } = await server.ok(rpc.listPackageTemplates, { companyId, filter: { nameLike: "spa" } });
    expect(packages).toMatchObject([
      {
        ...{ id, companyId, name: "Spa days", description: "Ten", isActive: true, expirationDays: 30, soldQuantity: 0 },
        ...{ price: usd(60n), totalValue: usd(70n) },
        items: [
          { quantity: 10, services: [{ serviceId: "srv_a2", name: "Haircut", unitPrice: usd(7n) }, { name: "Bath" }] },
        ],
      },
    ]);
  });

  it("are sold by id, and the sold package keeps what it was sold as", async () => {
    const { id } = await made({ expirationDays: 30, description: "Ten" });
    const { packageDetail } = await server.ok(sellPackage, { ...sale, templateId: id });
    expect(packageDetail).toMatchObject({
      packageInfo: {
        ...{ templateId: id, packageName: "Spa days", packageDesc: "Ten", packagePrice: usd(60n) },
        ...{ expirationDate: inDays(30), totalRemainingQuantity: 10, inForce: true },
      },
      packageServices: [{ services: [{ name: "Bath" }, { name: "Haircut", unitPrice: usd(7n) }] }],
    });
    const items = [{ quantity: 1, services: [{ serviceId: "srv_a1" }] }];
    const change = { companyId, id, name: "Renamed", price: usd(1n), items, expirationDays: 1 };
    const { packageTemplate } = await server.ok(rpc.updatePackageTemplate, change);
    expect(packageTemplate).toMatchObject({ name: "Renamed", description: "Ten", soldQuantity: 1, expirationDays: 1 });
    await server.ok(rpc.archivePackageTemplate, { companyId, id });
    const packageId = packageDetail?.packageInfo?.id ?? "";
    expect((await server.ok(restorePackage, { companyId, packageId })).packageDetail).toEqual(packageDetail);
  });

  it("leave to a sale what it sets itself, and what a sale without one must set", async () => {
    const { id } = await made();
    const own = { packageName: "Own", packagePrice: usd(1n), expirationDate: inDays(3) };
    const { packageDetail } = await server.ok(sellPackage, { ...sale, templateId: id, ...own });
    expect(packageDetail?.packageInfo).toMatchObject(own);
    const limited = await made({ expirationDays: 30 });
    const startTime = timestampFromDate(new Date(Date.now() + 10 * 86_400_000));
    const later = await server.ok(sellPackage, { ...sale, templateId: limited.id, startTime });
    expect(later.packageDetail?.packageInfo).toMatchObject({ expirationDate: daysFrom(startTime, 30), inForce: false });
    expect(
      (await server.refused(sellPackage, sale)).violations.toSorted((a, b) => (a.field < b.field ? -1 : 1)),
    ).toEqual([
      { field: "package_name", reason: "REQUIRED" },
      { field: "package_price", reason: "REQUIRED" },
      { field: "package_services", reason: "REQUIRED" },
    ]);
  });

  it("are not sold when archived, absent or of another company, until they are restored", async () => {
    const { id } = await made();
    await server.ok(rpc.archivePackageTemplate, { companyId, id });
    for (const templateId of [id, "pkt_z", "pkt_c1"]) {
      const refusal = await server.refused(sellPackage, { ...sale, templateId });
      expect(refusal).toMatchObject(invalidField("template_id", "NOT_FOUND"));
    }
    expect(await server.refused(rpc.updatePackageTemplate, { companyId, id, name: "x" })).toMatchObject(isArchived);
    const listed = async (activeOnly: boolean) =>
      (await server.ok(rpc.listPackageTemplates, { companyId, filter: { activeOnly } })).packages.map((one) => one.id);
    expect([(await listed(true)).includes(id), (await listed(false)).includes(id)]).toEqual([false, true]);
    await server.ok(rpc.restorePackageTemplate, { companyId, id });
    expect((await server.call(sellPackage, { ...sale, templateId: id })).ok).toBe(true);
  });

  it("refuse services that the company lacks, units in another currency, and keys of one location", async () => {
    const bad = [{ quantity: 0, services: [] }];
    expect((await server.refused(rpc.createPackageTemplate, { ...content, items: bad })).violations).toEqual([
      { field: "items[0].quantity", reason: "OUT_OF_RANGE" },
      { field: "items[0].services", reason: "REQUIRED" },
    ]);
    const foreign = [{ quantity: 1, services: [{ serviceId: "srv_c1" }] }];
    expect(await server.refused(rpc.createPackageTemplate, { ...content, items: foreign })).toMatchObject(
      invalidField("items[0].services[0].service_id", "NOT_FOUND"),
    );
    const { id } = await made();
    const price = { currencyCode: "CAD", units: 1n };
    expect(await server.refused(rpc.updatePackageTemplate, { companyId, id, price })).toMatchObject(
      invalidField("items[0].services[0].unit_price.currency_code", "CONFLICT"),
    );
    expect(await server.refused(rpc.createPackageTemplate, content, { key: keys.businessA1 })).toMatchObject({
      reason: "SCOPE_REQUIRED",
    });
  });
});
