import type { Tables } from "../../src/demo/demo-rows.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { newPackage, sellPackage } from "../support/new-package.js";
import { bought, entry, line } from "../support/package-rows.js";
import { company, descending, type ListFixture, list, minute, numbers, placeOf, rowId } from "./list-fixture.js";
import type { Repeatable } from "./repeatable.js";
import { nameOf, type RpcFixture, rpcFixture } from "./rpc-fixture.js";

const admin = PackageAdminService.method;
const reading = PackageService.method;
const on = { companyId: "cmp_a", packageId: "pkg_a1" };
const item = "ps_a1";
const foreignIds = { package_id: "pkg_c1" };

/** The rpcs of PackageService and PackageAdminService, for every-rpc.test.ts. */
export const packageRpcFixtures: readonly RpcFixture[] = [
  rpcFixture(reading.listPackages, { request: { companyId: "cmp_a", customerIds: ["cus_a1"], pagination: {} } }),
  rpcFixture(reading.listPackageDetails, { request: { companyId: "cmp_a", packageIds: ["pkg_a1"], pagination: {} } }),
  rpcFixture(admin.sellPackage, { request: newPackage() }),
  rpcFixture(admin.redeemPackage, { request: { ...on, packageServiceId: item, quantity: 1 }, foreignIds }),
  rpcFixture(admin.refundPackage, {
    request: async (server) => {
      const { ledgerEntry } = await server.ok(admin.redeemPackage, { ...on, packageServiceId: item, quantity: 1 });
      return { ...on, ledgerEntryId: ledgerEntry?.id ?? "" };
    },
    foreignIds,
  }),
  rpcFixture(admin.adjustPackage, {
    request: { ...on, packageServiceId: item, change: -1, reason: "Miscounted" },
    foreignIds,
  }),
  rpcFixture(admin.deletePackage, {
    request: async (server) => (await sellPackage(server)).on,
    foreignIds,
  }),
  rpcFixture(admin.restorePackage, { request: on, foreignIds }),
  rpcFixture(admin.listPackageLedger, { request: { ...on, pagination: {} }, foreignIds }),
];

/** The rpcs of PackageAdminService that write. */
export const packageRepeatables: readonly Repeatable[] = [
  {
    name: nameOf(admin.sellPackage),
    prepare: async (server) => ({
      send: ({ variant = "A", ...options }) =>
        server.call(admin.sellPackage, newPackage({ packageName: variant }), options),
      refuse: (options) => server.call(admin.sellPackage, newPackage({ customerId: "cus_z" }), options),
    }),
  },
  {
    name: nameOf(admin.redeemPackage),
    async prepare(server) {
      const { on: named, item: packageServiceId } = await sellPackage(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(admin.redeemPackage, { ...named, packageServiceId, quantity: 1, note: variant }, options),
        refuse: (options) => server.call(admin.redeemPackage, { ...named, packageServiceId, quantity: 6 }, options),
      };
    },
  },
  {
    name: nameOf(admin.refundPackage),
    async prepare(server) {
      const { on: named, item: packageServiceId } = await sellPackage(server);
      await server.ok(admin.redeemPackage, { ...named, packageServiceId, quantity: 3 });
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(admin.refundPackage, { ...named, packageServiceId, quantity: 1, note: variant }, options),
        refuse: (options) => server.call(admin.refundPackage, { ...named, packageServiceId, quantity: 4 }, options),
      };
    },
  },
  {
    name: nameOf(admin.adjustPackage),
    async prepare(server) {
      const { on: named, item: packageServiceId } = await sellPackage(server);
      return {
        send: ({ variant = "A", ...options }) =>
          server.call(admin.adjustPackage, { ...named, packageServiceId, change: -1, reason: variant }, options),
        refuse: (options) =>
          server.call(admin.adjustPackage, { ...named, packageServiceId, change: 1, reason: "x" }, options),
      };
    },
  },
  {
    name: nameOf(admin.deletePackage),
    async prepare(server) {
      const [one, other] = [await sellPackage(server), await sellPackage(server)];
      return {
        send: ({ variant, ...options }) => server.call(admin.deletePackage, variant ? other.on : one.on, options),
        refuse: (options) => server.call(admin.deletePackage, { ...one.on, packageId: "pkg_z" }, options),
      };
    },
  },
  {
    name: nameOf(admin.restorePackage),
    async prepare(server) {
      const [one, other] = [await sellPackage(server), await sellPackage(server)];
      for (const sold of [one, other]) await server.ok(admin.deletePackage, sold.on);
      return {
        send: ({ variant, ...options }) => server.call(admin.restorePackage, variant ? other.on : one.on, options),
        refuse: (options) => server.call(admin.restorePackage, { ...one.on, packageId: "pkg_z" }, options),
      };
    },
  },
];

const customer = rowId(0);
const packageRow = (id: string, place: number) => bought(company, id, customer, "biz_l", minute(place));
const entryRow = (id: string, place: number) => entry(company, id, rowId(0), "ps_l", minute(place));
/** As many as one call may name. */
const nameable = descending.slice(0, 500);

/** Rows for the lists of packages; the customers must be there. */
export const packageListTables: Tables = [
  ["package", numbers.map((n) => packageRow(rowId(n), placeOf(n)))],
  ["package_service", [line(company, "ps_l", rowId(0), 1_000)]],
  ["package_ledger", numbers.map((n) => entryRow(rowId(n), placeOf(n)))],
];

/** The paged lists of packages, for lists.test.ts. */
export const packageListFixtures: readonly ListFixture[] = [
  list(reading.listPackages, "latest purchase first", {
    request: { companyId: company, customerIds: [customer, rowId(1), "cus_z"] },
    otherRequest: { companyId: company, customerIds: [customer] },
    ids: descending,
    table: "package",
    stranger: packageRow,
  }),
  list(reading.listPackages, "latest purchase first under every filter", {
    request: {
      ...{
        companyId: company,
        customerIds: [customer],
        businessIds: ["biz_l"],
        excludeExpired: true,
        statuses: [1, 2],
      },
    },
    otherRequest: { companyId: company, customerIds: [customer], businessIds: ["biz_l"] },
    ids: descending,
    table: "package",
    stranger: packageRow,
  }),
  list(reading.listPackageDetails, "latest purchase first", {
    request: { companyId: company, packageIds: nameable.toReversed() },
    otherRequest: { companyId: company, packageIds: nameable },
    ids: nameable,
    table: "package",
    // Nobody has named them.
    strangersAreForeign: true,
    stranger: packageRow,
  }),
  list(admin.listPackageLedger, "newest first", {
    request: { companyId: company, packageId: rowId(0) },
    otherRequest: { companyId: company, packageId: rowId(1) },
    ids: descending,
    table: "package_ledger",
    isLedger: true,
    stranger: entryRow,
  }),
];
