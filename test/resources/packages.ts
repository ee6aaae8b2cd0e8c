import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import {
  adjustPackage,
  listPackageDetails as listPackageDetailsCommand,
  listPackages as listPackagesCommand,
  redeemPackage as redeemPackageCommand,
  refundPackage,
  restorePackage,
  sellPackage as sellPackageCommand,
  withdrawPackage,
} from "../model/package-commands.js";
import { adminPath, done, someTime } from "../reliability/changing-list.js";
import { plantedIds } from "../reliability/tenancy/external-id-rows.js";
import { foreignId } from "../reliability/tenancy/neighbour.js";
import { planted } from "../reliability/tenancy/planted.js";
import { person, post } from "../reliability/write-kind.js";
import { keys } from "../support/fixture-keys.js";
import { newPackage, sellPackage } from "../support/new-package.js";
import { bought, entry as ledgerEntry, line } from "../support/package-rows.js";
import type { TestServer } from "../support/server.js";
import { entry, type RpcEntry } from "./entry.js";
import { yearsBefore2025 } from "./list-calls.js";
import { isFilter } from "./tenancy.js";
import { pagination, reading } from "./texts.js";
import { byUpdate, company, descending, everything, minute, numbers, placeOf, rowId, updateOf } from "./walk.js";

const { listPackages, listPackageDetails } = PackageService.method;
const admin = PackageAdminService.method;
const companyId = "cmp_a";
const on = { companyId, packageId: "pkg_a1" };
const ofItem = { ...on, packageServiceId: "ps_a1" };
const foreignIds = { package_id: "pkg_c1" };
const absent = { companyId, packageId: "pkg_z" };

const sold = async (server: TestServer) => (await sellPackage(server)).on;

/** An item of a package that was sold for the purpose: five units. */
async function soldItem(server: TestServer) {
  const { on: named, item } = await sellPackage(server);
  return { ...named, packageServiceId: item };
}

async function expiring(server: TestServer) {
  return (await sellPackage(server, { expirationDate: { year: 2090, month: 1, day: 1 } })).on;
}

async function frozen(server: TestServer) {
  const named = await sold(server);
  await server.ok(admin.freezePackage, { ...named, reason: "Ill" });
  return named;
}

async function withdrawn(server: TestServer) {
  const named = await sold(server);
  await server.ok(admin.deletePackage, named);
  return named;
}

/** The one item of each package that the fault suite has sold. */
const items = new Map<string, string>();
const readLedger = (_: unknown, { packageId }: { readonly packageId: string }) =>
  reading(admin.listPackageLedger, { companyId, packageId, pagination });

const customer = rowId(0);
const packageRow = (id: string, place: number, changed = place) =>
  bought(company, id, customer, "biz_l", minute(place), { last_updated_time: minute(changed) });
const entryRow = (id: string, place: number) => ledgerEntry(company, id, rowId(0), "ps_l", minute(place));
const latestFirst = {
  ids: descending,
  table: "package",
  stranger: (id: string, place: number) => packageRow(id, place),
};
/** As many as one call may name. */
const nameable = descending.slice(0, 500);

export const packages: readonly RpcEntry[] = [
  entry(listPackages, {
    request: { companyId, customerIds: ["cus_a1"], pagination: {} },
    rows: [
      ["package", numbers.map((n) => packageRow(rowId(n), placeOf(n), updateOf(n)))],
      ["package_service", [line(company, "ps_l", rowId(0), 1_000)]],
    ],
    walks: [
      {
        ...latestFirst,
        order: "latest purchase first",
        request: { companyId: company, customerIds: [customer, rowId(1), "cus_z"] },
        otherRequest: { companyId: company, customerIds: [customer] },
      },
      {
        ...latestFirst,
        order: "latest purchase first under every filter",
        request: {
          ...{ companyId: company, customerIds: [customer], businessIds: ["biz_l"] },
          ...{ excludeExpired: true, statuses: [1, 2] },
        },
        otherRequest: { companyId: company, customerIds: [customer], businessIds: ["biz_l"] },
      },
      {
        ...latestFirst,
        order: "latest purchase first in the whole company",
        request: { companyId: company },
        otherRequest: { companyId: company, minRemainingQuantity: 0 },
      },
      {
        ...{ ids: byUpdate, table: "package", order: "in the order of change" },
        request: { companyId: company, lastUpdatedTime: { startTime: everything } },
        otherRequest: { companyId: company },
        stranger: (id, place) => packageRow(id, 0, place),
      },
    ],
    tenancy: {
      idFields: {
        customer_ids: { expectation: "ignored", why: "customers that are absent or not visible are ignored" },
        business_ids: isFilter,
      },
      calls: [
        ...[
          {},
          { minRemainingQuantity: 1 },
          { expiresFrom: { year: 2000, month: 1, day: 1 } },
          { customerIds: ["cus_a1"], minRemainingQuantity: 1 },
          { externalIds: [{ system: plantedIds.system, id: plantedIds.foreign }] },
        ],
        ...[{}, { customerIds: ["cus_a1", foreignId("cus_a1")] }, { businessIds: ["biz_a1"] }].map((filter) => ({
          ...{ ...filter, lastUpdatedTime: yearsBefore2025 },
        })),
      ].map((filter) => ({
        name: `by ${Object.keys(filter).join()}`,
        request: { companyId, pagination: {} },
        json: filter,
      })),
    },
    changing: {
      name: "packages",
      path: () => "packages:list",
      request: ({ companyId, customerId }) => ({ companyId, customerIds: [customerId] }),
      rows: "packages",
      async insert(place) {
        const { packageDetail } = await done(place, `${adminPath(place)}/packages`, {
          ...{
            customerId: place.customerId,
            businessId: place.businessId,
            packageName: "Baths",
            purchaseTime: someTime(),
          },
          packagePrice: { currencyCode: "USD", units: "150" },
          packageServices: [{ services: [{ serviceId: "srv" }], quantity: 1_000_000 }],
        });
        const { id } = packageDetail.packageInfo;
        items.set(id, packageDetail.packageServices[0].id);
        return id;
      },
      async update(place, id) {
        await done(place, `${adminPath(place)}/packages/${id}:redeem`, {
          packageServiceId: items.get(id),
          quantity: 1,
        });
      },
      async remove(place, id) {
        await done(place, `${adminPath(place)}/packages/${id}`, undefined, "DELETE");
      },
    },
    model: { command: listPackagesCommand, weights: { packages: 2 } },
  }),
  entry(listPackageDetails, {
    request: { companyId, packageIds: ["pkg_a1"], pagination: {} },
    walks: [
      {
        order: "latest purchase first",
        request: { companyId: company, packageIds: nameable.toReversed() },
        otherRequest: { companyId: company, packageIds: nameable },
        ids: nameable,
        table: "package",
        // Nobody has named them.
        strangersAreForeign: true,
        stranger: (id: string, place: number) => packageRow(id, place),
      },
    ],
    tenancy: {
      request: { companyId, packageIds: ["pkg_a1", "pkg_a2"], pagination: {} },
      idFields: { package_ids: { expectation: "named", why: "the packages are what the call is about" } },
      // With a package of another location, too, the call is refused as a whole.
      calls: [
        {
          name: "own of one location",
          request: { companyId, packageIds: ["pkg_a1"], pagination: {} },
          key: keys.businessA1,
        },
      ],
    },
    model: { command: listPackageDetailsCommand, weights: { packages: 2 } },
  }),
  entry(admin.sellPackage, {
    request: newPackage(),
    repeat: async () => ({
      good: newPackage({ packageName: "A" }),
      other: newPackage({ packageName: "B" }),
      bad: newPackage({ customerId: "cus_z" }),
    }),
    texts: {
      request: newPackage({ externalIds: [{ system: "texts" }] }),
      reading({ packageDetail }) {
        const packageId = packageDetail?.packageInfo?.id ?? "";
        return [
          reading(listPackageDetails, { companyId, packageIds: [packageId], pagination }),
          reading(admin.listPackageLedger, { companyId, packageId, pagination }),
        ];
      },
    },
    tenancy: {
      idFields: { "package_services.id": { expectation: "free", why: "the caller may choose the ids of items" } },
    },
    model: { command: sellPackageCommand, weights: { packages: 5 } },
  }),
  entry(admin.redeemPackage, {
    request: { ...ofItem, quantity: 1 },
    foreignIds,
    async repeat(server) {
      const item = await soldItem(server);
      return {
        good: { ...item, quantity: 1, note: "A" },
        other: { ...item, quantity: 1, note: "B" },
        bad: { ...item, quantity: 6 },
      };
    },
    texts: { request: async (server) => ({ ...(await soldItem(server)), quantity: 1 }), reading: readLedger },
    once: {
      oneStatement: false,
      doubles: true,
      async plan(tenant, mark, send) {
        const { companyId, businessId } = tenant;
        const { id: customerId } = await send(post("customers", person(tenant, "Bather")));
        const packages = `admin/companies/${companyId}/packages`;
        const { packageDetail } = await send(
          post(packages, {
            ...{
              customerId,
              businessId,
              packageName: "Five baths",
              packagePrice: { currencyCode: "USD", units: "150" },
            },
            packageServices: [{ services: [{ serviceId: "srv" }], quantity: 5 }],
          }),
        );
        const packageServiceId = packageDetail.packageServices[0].id;
        const path = `${packages}/${packageDetail.packageInfo.id}:redeem`;
        const units = (quantity: number) => ({ packageServiceId, quantity, appointmentId: mark });
        return { call: post(path, units(1)), other: post(path, units(2)), marks: [mark] };
      },
      idOf: (body) => body.packageDetail.packageInfo.id,
      effects: `SELECT appointment_id AS mark, count(*)::int AS effects, min(package_id) AS id FROM package_ledger
        WHERE company_id = $1 AND appointment_id = ANY($2) AND kind = 'REDEMPTION' GROUP BY 1`,
    },
    model: { command: redeemPackageCommand, weights: { packages: 6 } },
  }),
  entry(admin.refundPackage, {
    async request(server) {
      const { ledgerEntry: made } = await server.ok(admin.redeemPackage, { ...ofItem, quantity: 1 });
      return { ...on, ledgerEntryId: made?.id ?? "" };
    },
    foreignIds,
    async repeat(server) {
      const item = await soldItem(server);
      await server.ok(admin.redeemPackage, { ...item, quantity: 3 });
      return {
        good: { ...item, quantity: 1, note: "A" },
        other: { ...item, quantity: 1, note: "B" },
        bad: { ...item, quantity: 4 },
      };
    },
    texts: {
      async request(server) {
        const item = await soldItem(server);
        await server.ok(admin.redeemPackage, { ...item, quantity: 1 });
        return { ...item, quantity: 1 };
      },
      reading: readLedger,
    },
    tenancy: { calls: [{ name: "a redemption of the neighbour", ids: { ledger_entry_id: planted.redemption } }] },
    model: { command: refundPackage, weights: { packages: 4 } },
  }),
  entry(admin.adjustPackage, {
    request: { ...ofItem, change: -1, reason: "Miscounted" },
    foreignIds,
    async repeat(server) {
      const item = await soldItem(server);
      return {
        good: { ...item, change: -1, reason: "A" },
        other: { ...item, change: -1, reason: "B" },
        bad: { ...item, change: 1, reason: "x" },
      };
    },
    texts: { request: async (server) => ({ ...(await soldItem(server)), change: -1 }), reading: readLedger },
    model: { command: adjustPackage, weights: { packages: 2 } },
  }),
  entry(admin.grantPackageUnits, {
    request: { ...ofItem, quantity: 1, reason: "Long wait" },
    foreignIds,
    async repeat(server) {
      const item = { ...(await soldItem(server)), reason: "A" };
      return { good: { ...item, quantity: 1 }, other: { ...item, quantity: 2 }, bad: { ...item, quantity: -1 } };
    },
    texts: { request: async (server) => ({ ...(await soldItem(server)), quantity: 1 }), reading: readLedger },
  }),
  entry(admin.extendPackage, {
    request: async (server) => ({ ...(await expiring(server)), days: 1, reason: "Ill" }),
    foreignIds,
    async repeat(server) {
      const on = { ...(await expiring(server)), reason: "A" };
      return { good: { ...on, days: 1 }, other: { ...on, days: 2 }, bad: { ...on, days: -1 } };
    },
    texts: { request: async (server) => ({ ...(await expiring(server)), days: 1 }), reading: readLedger },
  }),
  entry(admin.freezePackage, {
    request: async (server) => ({ ...(await sold(server)), reason: "Ill" }),
    foreignIds,
    async repeat(server) {
      const [on, other] = [await sold(server), await sold(server)];
      return { good: { ...on, reason: "A" }, other: { ...other, reason: "B" }, bad: { ...absent, reason: "A" } };
    },
    texts: { request: sold, reading: readLedger },
  }),
  entry(admin.thawPackage, {
    request: async (server) => ({ ...(await frozen(server)), reason: "Well" }),
    foreignIds,
    async repeat(server) {
      const [on, other] = [await frozen(server), await frozen(server)];
      return { good: { ...on, reason: "A" }, other: { ...other, reason: "B" }, bad: { ...absent, reason: "A" } };
    },
    texts: { request: frozen, reading: readLedger },
  }),
  entry(admin.movePackage, {
    request: async (server) => ({ ...(await sold(server)), customerId: "cus_a2", reason: "A present" }),
    foreignIds,
    async repeat(server) {
      const on = { ...(await sold(server)), customerId: "cus_a2", reason: "A" };
      const other = { ...(await sold(server)), customerId: "cus_a2", reason: "B" };
      return { good: on, other, bad: { ...on, customerId: "cus_z" } };
    },
    texts: { request: async (server) => ({ ...(await sold(server)), customerId: "cus_a2" }), reading: readLedger },
    tenancy: {
      calls: [
        { name: "a package of both", ids: { package_id: "pkg_a1", customer_id: "cus_a1" }, key: keys.businessA1 },
      ],
    },
  }),
  entry(admin.deletePackage, {
    request: sold,
    foreignIds,
    repeat: async (server) => ({ good: await sold(server), other: await sold(server), bad: absent }),
    model: { command: withdrawPackage, weights: { packages: 1 } },
  }),
  entry(admin.restorePackage, {
    request: on,
    foreignIds,
    repeat: async (server) => ({ good: await withdrawn(server), other: await withdrawn(server), bad: absent }),
    model: { command: restorePackage, weights: { packages: 1 } },
  }),
  entry(admin.listPackageLedger, {
    request: { ...on, pagination: {} },
    foreignIds,
    rows: [["package_ledger", numbers.map((n) => entryRow(rowId(n), placeOf(n)))]],
    walks: [
      {
        order: "newest first",
        request: { companyId: company, packageId: rowId(0) },
        otherRequest: { companyId: company, packageId: rowId(1) },
        ids: descending,
        table: "package_ledger",
        isLedger: true,
        stranger: entryRow,
      },
    ],
  }),
];
