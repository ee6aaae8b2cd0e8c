import { afterAll, describe, expect, it } from "vitest";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageUpsertService } from "../../src/gen/proto/moego/admin/v1/package_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { refusalIn } from "../support/batch-results.js";
import { keys } from "../support/fixture-keys.js";
import { type NewPackage, newPackage, sellPackage } from "../support/new-package.js";
import { freshId, madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { upsertPackage, batchUpsertPackages } = PackageUpsertService.method;
const admin = PackageAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const { CREATED, UPDATED, UNCHANGED, REFUSED, SKIPPED } = BatchOutcome;

const pos = (id: string) => ({ system: "pos", id });
let last = 0;
function fresh() {
  last += 1;
  return pos(`package ${last}`);
}

type Match = { id?: string; externalId?: { system: string; id: string } };
type Options = Parameters<typeof server.ok>[2];
const requestOf = (match: Match, fields: NewPackage, more: object) => ({
  ...{ companyId, match, sale: newPackage(fields) },
  ...more,
});
const upsert = (match: Match, fields: NewPackage = {}, more: object = {}, options: Options = {}) =>
  server.ok(upsertPackage, requestOf(match, fields, more), options);
const refused = (match: Match, fields: NewPackage = {}, more: object = {}, options: Options = {}) =>
  server.refused(upsertPackage, requestOf(match, fields, more), options);
const item = (externalId: { system: string; id: string }, fields: NewPackage = {}) => ({
  ...{ match: { externalId }, sale: newPackage(fields) },
});

async function loggedOf(id: string) {
  const { rows } = await owner.query(
    `SELECT version::int, changed_fields AS fields, location_before AS location FROM change
     WHERE company_id = $1 AND kind = 'package' AND resource_id = $2 ORDER BY version`,
    [companyId, id],
  );
  return rows;
}

describe("an upsert of a package", () => {
  it("sells it with its key, and the same request then changes nothing", async () => {
    const externalId = fresh();
    const made = await upsert({ externalId }, { remainingQuantities: [2], note: "Imported" });
    expect(made.outcome).toBe(CREATED);
    expect(made.packageDetail?.packageInfo).toMatchObject({ externalIds: [externalId], totalRemainingQuantity: 2 });
    const again = await upsert({ externalId }, { remainingQuantities: [2], note: "Imported" });
    expect([again.outcome, again.packageDetail]).toEqual([UNCHANGED, made.packageDetail]);
    const id = made.packageDetail?.packageInfo?.id ?? "";
    expect(await loggedOf(id)).toHaveLength(1);
    const { ledgerEntries } = await server.ok(admin.listPackageLedger, { companyId, packageId: id, pagination: {} });
    expect(ledgerEntries.map(({ quantity }) => quantity).toSorted()).toEqual([-3, 5]);
  });

  it("leaves what was sold and used as it is, and adds external ids once, whatever the policy", async () => {
    const { detail, on, item: line } = await sellPackage(server, { externalIds: [pos("own")] });
    await server.ok(admin.redeemPackage, { ...on, packageServiceId: line, quantity: 1 });
    const other: NewPackage = { packageName: "Other", remainingQuantities: [0], externalIds: [pos("added")] };
    const changed = await upsert({ id: on.packageId }, other);
    expect(changed.outcome).toBe(UPDATED);
    expect(changed.packageDetail?.packageInfo).toMatchObject({
      ...{ packageName: detail.packageInfo?.packageName, totalRemainingQuantity: 4 },
      externalIds: [pos("added"), pos("own")],
    });
    expect((await upsert({ externalId: pos("added") }, other)).outcome).toBe(UNCHANGED);
    const onMatch = OnMatch.FILL_EMPTY;
    const filled = await upsert({ externalId: pos("own") }, { externalIds: [pos("filled")] }, { onMatch });
    expect(filled.outcome).toBe(UPDATED);
    const ids = { fields: ["external_ids"], location: "biz_a1" };
    expect(await loggedOf(on.packageId)).toMatchObject([
      { version: 1 },
      { version: 2, fields: ["balance"] },
      { version: 3, ...ids },
      { version: 4, ...ids },
    ]);
    const { ledgerEntries } = await server.ok(admin.listPackageLedger, { ...on, pagination: {} });
    expect(ledgerEntries.map(({ quantity }) => quantity)).toEqual([-1, 5]);
  });

  it("refuses another customer and another template than those of the package, all at once, and skips instead", async () => {
    const externalId = fresh();
    await upsert({ externalId }, { templateId: "pkt_a1" });
    expect((await upsert({ externalId })).outcome).toBe(UNCHANGED);
    const other: NewPackage = { customerId: "cus_a2", templateId: "pkt_a2" };
    const { violations } = await refused({ externalId }, other);
    expect(violations).toMatchObject([
      { field: "sale.customer_id", reason: "CONFLICT" },
      { field: "sale.template_id", reason: "CONFLICT" },
    ]);
    expect((await upsert({ externalId }, other, { onMatch: OnMatch.SKIP })).outcome).toBe(SKIPPED);
  });

  it("refuses packages that are deleted, or whose customer was merged or erased", async () => {
    const [merged, survivor] = [await madeCustomer(server), await madeCustomer(server)];
    const externalId = fresh();
    const { packageDetail } = await upsert({ externalId }, { customerId: merged.id });
    const on = { companyId, packageId: packageDetail?.packageInfo?.id ?? "" };
    await server.ok(MergeService.method.mergeCustomers, { ...survivor, fromId: merged.id });
    expect(await refused({ externalId }, { customerId: merged.id })).toMatchObject({
      ...{ reason: "RESOURCE_MERGED", metadata: { mergedInto: survivor.id } },
    });
    expect((await upsert({ externalId }, { customerId: survivor.id })).outcome).toBe(UNCHANGED);
    await server.ok(admin.deletePackage, on);
    const deleted = await refused({ externalId }, { customerId: survivor.id });
    expect(deleted).toMatchObject({ reason: "RESOURCE_ARCHIVED", metadata: { id: on.packageId } });
    const skip = { onMatch: OnMatch.SKIP };
    expect((await upsert({ externalId }, { customerId: survivor.id }, skip)).outcome).toBe(SKIPPED);
    await server.ok(admin.restorePackage, on);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: survivor.id });
    expect(await refused({ id: on.packageId })).toMatchObject({ reason: "RESOURCE_ERASED" });
    expect((await upsert({ externalId })).outcome).toBe(CREATED);
  });

  it("keeps a chosen id, and names no package of other locations or companies", async () => {
    const id = freshId();
    expect((await upsert({ id }, { id })).packageDetail?.packageInfo?.id).toBe(id);
    expect((await upsert({ id: "pkg_c1" })).outcome).toBe(CREATED);
    const externalId = fresh();
    await upsert({ externalId }, { businessId: "biz_a2" });
    const taken = { code: "ALREADY_EXISTS", metadata: { resource: "Package", field: "external_ids" } };
    expect(await refused({ externalId }, {}, {}, { key: keys.businessA1 })).toMatchObject(taken);
    const hidden = await sellPackage(server, { businessId: "biz_a2" });
    expect(await refused({ id: hidden.on.packageId }, {}, {}, { key: keys.businessA1 })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "Package", field: "id" } },
    });
    const elsewhere = await refused({ externalId: fresh() }, { businessId: "biz_a2" }, {}, { key: keys.businessA1 });
    expect(elsewhere).toMatchObject({ reason: "BUSINESS_NOT_ALLOWED" });
  });

  it("lists every violation, and refuses external ids of other packages and too many", async () => {
    const [externalId, other] = [fresh(), fresh()];
    await upsert({ externalId });
    await upsert({ externalId: other });
    const taken = { code: "ALREADY_EXISTS", metadata: { field: "external_ids" } };
    expect(await refused({ externalId }, { externalIds: [other] })).toMatchObject(taken);
    expect(await refused({ externalId: fresh() }, { externalIds: [other] })).toMatchObject(taken);
    const many = (count: number) => ({ externalIds: Array.from({ length: count }, (_, n) => pos(`${last} ${n}`)) });
    await upsert({ externalId }, many(49));
    const cases: readonly (readonly [Match, NewPackage, readonly string[]])[] = [
      [{}, {}, ["match REQUIRED"]],
      [{ id: "x", externalId }, {}, ["match.id CONFLICT"]],
      [{ id: "x" }, { id: "y" }, ["sale.id CONFLICT"]],
      [{ externalId }, { id: "y" }, ["sale.id CONFLICT"]],
      [{ externalId }, { companyId: "cmp_b" }, ["sale.company_id CONFLICT"]],
      [{ externalId }, { packageName: "" }, ["sale.package_name REQUIRED"]],
      [{ externalId: fresh() }, many(50), ["sale.external_ids TOO_MANY"]],
      [{ externalId }, { externalIds: [fresh()] }, ["sale.external_ids TOO_MANY"]],
      [
        { externalId: fresh() },
        { customerId: "cus_z", staffId: "staff_z" },
        ["sale.customer_id NOT_FOUND", "sale.staff_id NOT_FOUND"],
      ],
      [
        { externalId: fresh() },
        {
          ...{ customerId: "cus_c1", businessId: "biz_c1", staffId: "staff_c1", templateId: "pkt_c1" },
          packageServices: [{ services: [{ serviceId: "srv_c1" }], quantity: 1 }],
        },
        [
          ...["customer_id", "business_id", "staff_id", "template_id"],
          "package_services[0].services[0].service_id",
        ].map((field) => `sale.${field} NOT_FOUND`),
      ],
    ];
    for (const [match, fields, expected] of cases) {
      const { violations } = await refused(match, fields);
      expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual(expected);
    }
  });

  it("goes to one of 16 requests with the same key, and the others change nothing", async () => {
    const externalId = fresh();
    const sent = await Promise.all(Array.from({ length: 16 }, () => upsert({ externalId })));
    expect(sent.filter(({ outcome }) => outcome === CREATED)).toHaveLength(1);
    expect(new Set(sent.map(({ packageDetail }) => packageDetail?.packageInfo?.id)).size).toBe(1);
    expect(sent.filter(({ outcome }) => outcome === UNCHANGED)).toHaveLength(15);
  });
});

describe("a batch of upserts of packages", () => {
  it("sells, changes and leaves packages, refuses items, and returns the outcomes to a retry", async () => {
    const [known, same, added] = [fresh(), fresh(), fresh()];
    await upsert({ externalId: known });
    await upsert({ externalId: same });
    const line = { id: freshId(), services: [{ serviceId: "srv_a1" }], quantity: 1 };
    const request = {
      ...{ companyId, mode: BatchMode.EACH, returnRecords: true },
      items: [
        item(known, { externalIds: [fresh()] }),
        item(same),
        { ...item(added, { packageServices: [line] }), idempotencyKey: `item-${last}` },
        item(fresh(), { customerId: "nobody" }),
        item(known),
        item(fresh(), { externalIds: [added] }),
        item(fresh(), { packageServices: [line] }),
      ],
    };
    const options = { headers: { "idempotency-key": `packages-${last}` } };
    const { results } = await server.ok(batchUpsertPackages, request, options);
    const outcomes = [UPDATED, UNCHANGED, CREATED, REFUSED, REFUSED, REFUSED, REFUSED];
    expect(results.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(results[2]?.packageDetail?.packageInfo).toMatchObject({ id: results[2]?.id, externalIds: [added] });
    expect(refusalIn(results[3])).toMatchObject({ reason: "INVALID_REQUEST" });
    const again = await server.ok(batchUpsertPackages, request, options);
    expect(again.results.slice(0, 3).map(({ outcome, replayed }) => [outcome, replayed])).toEqual([
      [UPDATED, true],
      [UNCHANGED, true],
      [CREATED, true],
    ]);
    const whole = { companyId, items: [item(fresh()), item(fresh(), { customerId: "nobody" })] };
    const { violations } = await server.refused(batchUpsertPackages, whole);
    expect(violations).toMatchObject([{ field: "items[1].sale.customer_id" }]);
    expect((await upsert({ externalId: whole.items[0]?.match.externalId ?? known })).outcome).toBe(CREATED);
  });
});
