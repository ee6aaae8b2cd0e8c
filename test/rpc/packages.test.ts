import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toProtoDate } from "../../src/api/google-types.js";
import { localDate, startOfDay } from "../../src/core/time-zones.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import {
  type ListPackagesRequest,
  type ListPackagesRequestSchema,
  PackageService,
} from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { inForceSql } from "../../src/resources/packages/package.columns.js";
import { isInForce } from "../../src/resources/packages/package-validity.model.js";
import { keys } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
import { sellPackage } from "../support/new-package.js";
import { bought, entry, line } from "../support/package-rows.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { listPackages, listPackageDetails } = PackageService.method;
const admin = PackageAdminService.method;
const { NORMAL, DELETED, UNKNOWN_UNSPECIFIED } = Package_Status;

await server.insert([
  [
    "customer",
    [
      customer("cmp_a", "cus_p1", "biz_a1", "2024-03-01T10:00:00Z"),
      customer("cmp_a", "cus_p2", "biz_a2", "2024-03-01T10:00:00Z"),
    ],
  ],
  [
    "package",
    [
      bought("cmp_a", "pkg_old", "cus_p1", "biz_a1", "2024-01-01T00:00:00Z", { expiration_date: "2024-02-01" }),
      bought("cmp_a", "pkg_new", "cus_p1", "biz_a2", "2024-01-03T00:00:00Z"),
      bought("cmp_a", "pkg_tie", "cus_p2", "biz_a1", "2024-01-03T00:00:00Z"),
      bought("cmp_a", "pkg_gone", "cus_p1", "biz_a1", "2024-01-02T00:00:00Z", { deleted_time: "2024-01-02T01:00:00Z" }),
      bought("cmp_a", "pkg_never", "cus_p2", "biz_a2", "2024-01-01T00:00:00Z", { expiration_date: "0001-01-01" }),
    ],
  ],
]);

type PackageFilter = Exclude<MessageInitShape<typeof ListPackagesRequestSchema>, ListPackagesRequest>;

interface Filter {
  readonly customerIds?: string[];
  readonly businessIds?: string[];
  readonly excludeExpired?: boolean;
  readonly statuses?: Package_Status[];
}

async function listed(filter: Filter = {}, key = keys.a): Promise<string[]> {
  const request = { companyId: "cmp_a", customerIds: ["cus_p1", "cus_p2"], pagination: {}, ...filter };
  return (await server.ok(listPackages, request, { key })).packages.map(({ id }) => id);
}

describe("ListPackages", () => {
  it("lists the latest purchase first, then by id, and withdrawn packages only when asked for", async () => {
    expect(await listed()).toEqual(["pkg_tie", "pkg_new", "pkg_old", "pkg_never"]);
    expect(await listed({ statuses: [NORMAL] })).toEqual(await listed());
    expect(await listed({ statuses: [DELETED] })).toEqual(["pkg_gone"]);
    expect(await listed({ statuses: [DELETED, NORMAL] })).toEqual([
      "pkg_tie",
      "pkg_new",
      "pkg_gone",
      "pkg_old",
      "pkg_never",
    ]);
  });

  it("leaves out expired packages when asked to; 9999-01-01 never expires, 0001-01-01 already has", async () => {
    expect(await listed({ excludeExpired: true })).toEqual(["pkg_tie", "pkg_new"]);
  });

  it("judges the last day in the company's time zone", async () => {
    const { rows } = await server.database.owner.query<{ today: string }>(
      "SELECT to_char(now() AT TIME ZONE 'Pacific/Kiritimati', 'YYYY-MM-DD') AS today",
    );
    const today = rows[0]?.today;
    await server.insert([
      [
        "package",
        [bought("cmp_a", "pkg_today", "cus_a9", "biz_a1", "2024-01-01T00:00:00Z", { expiration_date: today })],
      ],
    ]);
    const isListed = async (zone: string) => {
      await server.database.owner.query("UPDATE company SET time_zone = $1 WHERE id = 'cmp_a'", [zone]);
      return (await listed({ customerIds: ["cus_a9"], excludeExpired: true })).includes("pkg_today");
    };
    const setToday = (value: string) =>
      server.database.owner.query("UPDATE package SET expiration_date = $1::date - 1 WHERE id = 'pkg_today'", [value]);
    try {
      expect(await isListed("Pacific/Kiritimati")).toBe(true);
      await setToday(today ?? "");
      // UTC+14 is past that day everywhere; UTC-11 is 25 hours behind and still in it.
      expect(await isListed("Pacific/Kiritimati")).toBe(false);
      expect(await isListed("Pacific/Pago_Pago")).toBe(true);
    } finally {
      await server.database.owner.query("UPDATE company SET time_zone = 'America/New_York' WHERE id = 'cmp_a'");
    }
  });

  it("leaves out expired packages also in a zone that an earlier version took and PostgreSQL does not know", async () => {
    const setZone = (zone: string) =>
      server.database.owner.query("UPDATE company SET time_zone = $1 WHERE id = 'cmp_a'", [zone]);
    try {
      for (const zone of ["AET", "IET", "CET", "SystemV/EST5"]) {
        await setZone(zone);
        expect(await listed({ excludeExpired: true })).toEqual(["pkg_tie", "pkg_new"]);
      }
    } finally {
      await setZone("America/New_York");
    }
  });

  it("filters by location; unknown ones match nothing", async () => {
    expect(await listed({ businessIds: ["biz_a2"] })).toEqual(["pkg_new", "pkg_never"]);
    expect(await listed({ businessIds: ["biz_z"] })).toEqual([]);
  });

  it("passes over customers that are absent or of another tenant, and takes each once", async () => {
    expect(await listed({ customerIds: ["cus_p2", "cus_z", "cus_c1", "cus_p2"] })).toEqual(["pkg_tie", "pkg_never"]);
  });

  it("takes 1 to 100 customers and refuses a status that is none, naming everything at once", async () => {
    const customerIds = Array.from({ length: 101 }, (_, index) => `cus_${index}`);
    const request = { companyId: "cmp_a", pagination: {}, customerIds };
    expect(await server.refused(listPackages, request)).toMatchObject(invalidField("customer_ids", "TOO_MANY"));
    expect(await listed({ customerIds: customerIds.slice(1) })).toEqual([]);
    const bad = { companyId: "cmp_a", pagination: {}, customerIds: ["a b"], statuses: [NORMAL, UNKNOWN_UNSPECIFIED] };
    expect((await server.refused(listPackages, bad)).violations).toEqual([
      { field: "customer_ids[0]", reason: "INVALID_FORMAT" },
      { field: "statuses[1]", reason: "NOT_ALLOWED" },
    ]);
  });

  it("shows a key of one location its own packages of its own customers", async () => {
    expect(await listed({}, keys.businessA1)).toEqual(["pkg_old"]);
    const request = { companyId: "cmp_a", customerIds: ["cus_p1"], businessIds: ["biz_a2"], pagination: {} };
    expect(await server.refused(listPackages, request, { key: keys.businessA1 })).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "BUSINESS_NOT_ALLOWED",
    });
  });
});

describe("in force", () => {
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const inDays = (days: number) => localDate("America/New_York", new Date(Date.now() + days * 86_400_000));
  const kinds = {
    plain: {},
    within: { start_time: inHours(-1), end_time: inHours(1) },
    last_day: { expiration_date: inDays(0) },
    unstarted: { start_time: inHours(1) },
    ended: { end_time: inHours(-0.001) },
    expired: { expiration_date: inDays(-1) },
    deleted: { deleted_time: inHours(-1) },
    frozen: { frozen_time: inHours(-1) },
    never: { expiration_date: "0001-01-01" },
  };
  const ids = Object.keys(kinds).map((kind) => `pkg_if_${kind}`);
  const current = ["pkg_if_last_day", "pkg_if_plain", "pkg_if_within"];

  it("is one rule: excludeExpired lists exactly what redemption accepts, and every answer says so", async () => {
    const table = Object.entries(kinds).map(([kind, dates]) => ({
      id: `pkg_if_${kind}`,
      line: `ps_if_${kind}`,
      dates,
    }));
    const sold = "2024-01-01T00:00:00Z";
    await server.insert([
      ["customer", [customer("cmp_a", "cus_if", "biz_a1", sold)]],
      ["package", table.map(({ id, dates }) => bought("cmp_a", id, "cus_if", "biz_a1", sold, dates))],
      ["package_service", table.map((one) => line("cmp_a", one.line, one.id, 5))],
      [
        "package_ledger",
        table.map((one) => entry("cmp_a", `ple_${one.id}`, one.id, one.line, sold, { kind: "SALE", quantity: 5 })),
      ],
    ]);
    const request = { companyId: "cmp_a", pagination: {} };
    const statuses = [NORMAL, DELETED];
    const filter = { customerIds: ["cus_if"], excludeExpired: true, statuses };
    expect((await listed(filter)).toSorted()).toEqual(current);
    const { packages } = await server.ok(listPackages, { ...request, customerIds: ["cus_if"], statuses });
    expect(packages.flatMap(({ id, inForce }) => (inForce ? [id] : [])).toSorted()).toEqual(current);
    const { packageDetails } = await server.ok(listPackageDetails, { ...request, packageIds: ids });
    const shown = packageDetails.flatMap(({ packageInfo }) => (packageInfo?.inForce ? [packageInfo.id] : []));
    expect(shown.toSorted()).toEqual(current);
    const redeemed = table.map(async (one) => {
      const on = { companyId: "cmp_a", packageId: one.id, packageServiceId: one.line, quantity: 1 };
      return (await server.call(admin.redeemPackage, on)).ok ? [one.id] : [];
    });
    expect((await Promise.all(redeemed)).flat().toSorted()).toEqual(current);
  });

  it("is the same in SQL and in TypeScript, to the millisecond, in every zone and on days that clocks change", async () => {
    const times = [
      "2026-03-08T06:59:59.999Z",
      "2026-11-01T05:00:00Z",
      "2026-12-01T07:30:00Z",
      "2026-10-04T15:29:30.5Z",
    ];
    const zones = ["America/New_York", "America/Vancouver", "Australia/Lord_Howe", "Pacific/Apia", "Etc/GMT+12", "IST"];
    let compared = 0;
    for (const time of times) {
      const at = new Date(time);
      const near = [undefined, ...[-1, 0, 1].map((ms) => new Date(at.getTime() + ms))];
      for (const timeZone of zones) {
        const days = [-86_400_000, 0, 86_400_000].map((ms) => localDate(timeZone, new Date(at.getTime() + ms)));
        const dated = near.flatMap((startTime) =>
          near.flatMap((endTime) =>
            [...days, "0001-01-01", "9999-01-01"].flatMap((expirationDate) =>
              [true, false].flatMap((deleted) =>
                ["cus_1", "erased_1", "erasedx1"].map((customerId) => ({
                  ...{ customerId, expirationDate, deleted },
                  ...(startTime ? { startTime } : {}),
                  ...(endTime ? { endTime } : {}),
                })),
              ),
            ),
          ),
        );
        const cases = dated.map((one, index) => {
          const frozenTime = near[(index + Math.floor(index / 30)) % near.length];
          return { ...one, ...(frozenTime ? { frozenTime } : {}) };
        });
        const rows = cases.map(({ customerId, expirationDate, deleted, startTime, endTime, frozenTime }) => ({
          ...{ customer_id: customerId, expiration_date: expirationDate, deleted_time: deleted ? time : null },
          ...{ start_time: startTime ?? null, end_time: endTime ?? null, frozen_time: frozenTime ?? null },
        }));
        const values: unknown[] = [JSON.stringify(rows)];
        const sql = inForceSql({ at, timeZone }, (value) => `$${values.push(value)}`).join(" AND ");
        const found = await server.database.owner.query<{ is: boolean }>(
          `SELECT ${sql} AS is FROM ROWS FROM (jsonb_to_recordset($1) AS (customer_id text, expiration_date date,
             deleted_time timestamptz, start_time timestamptz, end_time timestamptz, frozen_time timestamptz)) WITH ORDINALITY k ORDER BY ordinality`,
          values,
        );
        const expected = cases.map((one) => isInForce(one, { at, timeZone }));
        expect(found.rows.map(({ is }) => is)).toEqual(expected);
        expect(expected).toContain(true);
        compared += cases.length;
      }
    }
    expect(compared).toBe(times.length * zones.length * 480);
  });

  it.each([
    ["America/Vancouver", "2026-12-01", "2026-12-02T06:59:59.999Z", "2026-12-02T07:00:00Z"],
    ["America/New_York", "2026-11-01", "2026-11-02T04:59:59.999Z", "2026-11-02T05:00:00Z"],
    ["America/New_York", "2026-03-08", "2026-03-09T03:59:59.999Z", "2026-03-09T04:00:00Z"],
    ["Australia/Lord_Howe", "2026-10-04", "2026-10-04T12:59:59.999Z", "2026-10-04T13:00:00Z"],
  ])("ends in %s with the last moment of %s", (timeZone, expirationDate, last, first) => {
    const validity = { customerId: "cus_1", expirationDate, deleted: false };
    expect(isInForce(validity, { at: new Date(last), timeZone })).toBe(true);
    expect(isInForce(validity, { at: new Date(first), timeZone })).toBe(false);
  });
});

describe("a list of packages by company", () => {
  // A company whose packages nobody else lists.
  const companyId = "cmp_c";
  const key = keys.c;
  const inDays = (days: number) => localDate(zone, new Date(Date.now() + days * 86_400_000));
  const zone = "Pacific/Auckland";
  const asked = async (filter: PackageFilter) => {
    const { packages } = await server.ok(listPackages, { companyId, pagination: {}, ...filter }, { key });
    return packages.map(({ id }) => id);
  };
  const dates = {
    soon: { expiration_date: inDays(0) },
    later: { expiration_date: inDays(30) },
    too_late: { expiration_date: inDays(31) },
    over: { expiration_date: inDays(-1) },
    // The first moment of the day after the 30th belongs to no earlier day than the 30th.
    ends: { end_time: startOfDay(zone, inDays(31)).toISOString() },
    ends_after: { end_time: new Date(startOfDay(zone, inDays(31)).getTime() + 1).toISOString() },
    ended: { end_time: startOfDay(zone, inDays(0)).toISOString() },
    earlier_day: { expiration_date: inDays(3), end_time: startOfDay(zone, inDays(90)).toISOString() },
    gone: { expiration_date: inDays(3), deleted_time: "2024-05-01T00:00:00Z" },
    erased: { expiration_date: inDays(3), customer_id: "erased_0123456789012345678" },
  };
  const ids = Object.keys(dates).map((name) => `pkg_l_${name}`);

  beforeAll(async () => {
    await server.database.owner.query("UPDATE company SET time_zone = $1 WHERE id = $2", [zone, companyId]);
    const sold = "2024-05-01T00:00:00Z";
    const rows = Object.values(dates).map((more, index) =>
      bought(companyId, ids[index] ?? "", "cus_c1", "biz_c1", sold, more),
    );
    await server.insert([
      ["package", rows],
      ["package_service", ids.map((id) => line(companyId, id.replace("pkg", "ps"), id, 5))],
      [
        "package_ledger",
        ids.flatMap((id, index) => [
          entry(companyId, `ple_${id}`, id, id.replace("pkg", "ps"), sold, { kind: "SALE", quantity: 5 }),
          entry(companyId, `ple2_${id}`, id, id.replace("pkg", "ps"), sold, { quantity: -(index % 6) || -5 }),
        ]),
      ],
    ]);
  });

  it("needs no customers, and shows deleted packages only when asked for", async () => {
    const shown = ids.filter((id) => id !== "pkg_l_gone");
    expect((await asked({})).toSorted()).toEqual(["pkg_c1", ...shown].toSorted());
    expect(await asked({ statuses: [DELETED] })).toEqual(["pkg_l_gone"]);
    expect(await asked({ businessIds: ["biz_z"] })).toEqual([]);
  });

  it("has what expires soon in one call, by the last usable day in the company's time zone", async () => {
    const within = ["earlier_day", "ends", "erased", "later", "soon"].map((name) => `pkg_l_${name}`);
    expect((await asked({ expiresWithinDays: 30 })).toSorted()).toEqual(within);
    expect(await asked({ expiresWithinDays: 0 })).toEqual(["pkg_l_soon"]);
    const current = within.filter((id) => id !== "pkg_l_erased");
    expect((await asked({ expiresWithinDays: 30, excludeExpired: true })).toSorted()).toEqual(current);
  });

  it("filters by a window of days on which packages expire", async () => {
    const day = (days: number) => toProtoDate(inDays(days));
    const names = async (filter: PackageFilter) =>
      (await asked(filter)).map((id) => id.slice("pkg_l_".length)).toSorted();
    expect(await names({ expiresFrom: day(31) })).toEqual(["ends_after", "too_late"]);
    expect(await names({ expiresFrom: day(30), expiresUntil: day(30) })).toEqual(["ends", "later"]);
    expect(await names({ expiresUntil: day(-1) })).toEqual(["ended", "over"]);
    expect((await names({ expiresUntil: { year: 9999, month: 12, day: 31 } })).length).toBe(ids.length - 1);
  });

  it("filters by the units that are left, which follow the ledger", async () => {
    const { packages } = await server.ok(listPackages, { companyId, pagination: {} }, { key });
    const left = new Map(packages.map(({ id, totalRemainingQuantity }) => [id, totalRemainingQuantity]));
    const expected = (is: (units: number) => boolean) =>
      packages.flatMap(({ id }) => (is(left.get(id) ?? -1) ? [id] : []));
    expect(await asked({ minRemainingQuantity: 1 })).toEqual(expected((units) => units >= 1));
    expect(await asked({ maxRemainingQuantity: 0 })).toEqual(expected((units) => units === 0));
    expect(await asked({ minRemainingQuantity: 2, maxRemainingQuantity: 4 })).toEqual(
      expected((units) => units >= 2 && units <= 4),
    );
    expect(new Set(left.values()).size).toBeGreaterThan(3);
  });

  it("by change: the oldest change first, deleted packages included and marked, each change again", async () => {
    const first = await server.ok(
      listPackages,
      { companyId, pagination: { pageSize: 3 }, lastUpdatedTime: {} },
      { key },
    );
    expect(first.packages).toHaveLength(3);
    const all = await asked({ lastUpdatedTime: {} });
    expect(all).toEqual(
      ["pkg_c1", ...ids].toSorted((a, b) => (a === "pkg_c1" ? 1 : b === "pkg_c1" ? -1 : a < b ? -1 : 1)),
    );
    const pages = [first.packages.map(({ id }) => id)];
    for (let pageToken = first.nextPageToken; pageToken !== ""; ) {
      const page = await server.ok(
        listPackages,
        { companyId, pagination: { pageSize: 3, pageToken }, lastUpdatedTime: {} },
        { key },
      );
      pages.push(page.packages.map(({ id }) => id));
      pageToken = page.nextPageToken;
    }
    expect(pages.flat()).toEqual(all);
    const startTime = timestampNow();
    await server.ok(admin.deletePackage, { companyId, packageId: "pkg_l_soon" }, { key });
    const since = { companyId, pagination: {}, lastUpdatedTime: { startTime } };
    const { packages } = await server.ok(listPackages, since, { key });
    expect(packages.map(({ id, status }) => [id, status])).toEqual([["pkg_l_soon", DELETED]]);
    expect(await asked({ lastUpdatedTime: { startTime }, statuses: [NORMAL] })).toEqual([]);
    await server.ok(admin.restorePackage, { companyId, packageId: "pkg_l_soon" }, { key });
    expect(await asked({ lastUpdatedTime: { startTime }, customerIds: ["cus_c1"] })).toEqual(["pkg_l_soon"]);
    expect(await asked({ lastUpdatedTime: { startTime }, customerIds: ["cus_z"] })).toEqual([]);
  });

  it("shows a key of one location what that location sold", async () => {
    const request = { companyId: "cmp_a", pagination: { pageSize: 500 } };
    for (const filter of [{}, { lastUpdatedTime: {} }, { statuses: [NORMAL, DELETED] }]) {
      const { packages } = await server.ok(listPackages, { ...request, ...filter }, { key: keys.businessA1 });
      expect(packages.length).toBeGreaterThan(0);
      expect(new Set(packages.map(({ businessId }) => businessId))).toEqual(new Set(["biz_a1"]));
    }
  });

  it("refuses filters that contradict themselves, naming everything at once", async () => {
    const day = { year: 2030, month: 1, day: 1 };
    const bad = {
      ...{ companyId, pagination: {}, expiresFrom: day, expiresUntil: { ...day, year: 2029 }, expiresWithinDays: -1 },
      ...{ minRemainingQuantity: 3, maxRemainingQuantity: 2 },
    };
    expect((await server.refused(listPackages, bad, { key })).violations.map(({ field }) => field).toSorted()).toEqual([
      "expires_until",
      "expires_within_days",
      "max_remaining_quantity",
    ]);
    expect(
      await server.refused(listPackages, { companyId, pagination: {}, minRemainingQuantity: -1 }, { key }),
    ).toMatchObject(invalidField("min_remaining_quantity", "OUT_OF_RANGE"));
  });
});

describe("ListPackageDetails", () => {
  const details = async (packageIds: string[], key = keys.a) =>
    (await server.ok(listPackageDetails, { companyId: "cmp_a", packageIds, pagination: {} }, { key })).packageDetails;

  it("shows a package with its items and services, by name, then by id", async () => {
    const [detail] = await details(["pkg_a1", "pkg_a1"]);
    expect(detail).toMatchObject({
      packageInfo: {
        ...{ id: "pkg_a1", customerId: "cus_a1", businessId: "biz_a1", staffId: "staff_a1" },
        ...{ packageName: "Ten baths", packageDesc: "Many\nbaths", status: NORMAL, used: false, applied: false },
        packagePrice: { currencyCode: "USD", units: 99n, nanos: 990_000_000 },
        expirationDate: { year: 9999, month: 1, day: 1 },
        totalRemainingQuantity: 1_000_000,
      },
      packageServices: [
        {
          ...{ id: "ps_a1", packageId: "pkg_a1", totalQuantity: 1_000_000, remainingQuantity: 1_000_000 },
          services: [
            { serviceId: "srv_a2", name: "A trim" },
            { serviceId: "srv_a1", name: "Bath", unitPrice: { currencyCode: "USD", units: 10n } },
          ],
        },
      ],
    });
  });

  it("shows withdrawn packages too, since they are named", async () => {
    const found = await details(["pkg_gone", "pkg_old"]);
    expect(found.map(({ packageInfo }) => [packageInfo?.id, packageInfo?.status])).toEqual([
      ["pkg_gone", DELETED],
      ["pkg_old", NORMAL],
    ]);
  });

  it("names every missing id, up to 50 and their count, foreign ones like absent ones", async () => {
    const refusal = (packageIds: string[], key = keys.a) =>
      server.refused(listPackageDetails, { companyId: "cmp_a", packageIds, pagination: {} }, { key });
    expect(await refusal(["pkg_a1", "pkg_c1"])).toMatchObject({ ...notFound, metadata: { id: "pkg_c1" } });
    expect(await refusal(["pkg_z", "pkg_a1", "pkg_c1"])).toMatchObject({
      ...notFound,
      metadata: { resource: "Package", ids: "pkg_c1,pkg_z", count: "2" },
    });
    const many = Array.from({ length: 500 }, (_, index) => `absent_${String(index).padStart(3, "0")}`);
    const { metadata } = await refusal(many);
    expect(metadata["ids"]?.split(",")).toEqual(many.slice(0, 50));
    expect(metadata["count"]).toBe("500");
    expect(await refusal([...many, "pkg_a1"])).toMatchObject(invalidField("package_ids", "TOO_MANY"));
    expect(await refusal(["pkg_a2", "pkg_a1"], keys.businessA1)).toMatchObject({
      ...notFound,
      metadata: { id: "pkg_a2" },
    });
  });

  it("goes on saying which ids are missing on later pages", async () => {
    const request = { companyId: "cmp_a", packageIds: ["pkg_old", "pkg_new"], pagination: { pageSize: 1 } };
    const first = await server.ok(listPackageDetails, request);
    const pagination = { pageSize: 1, pageToken: first.nextPageToken };
    const second = await server.ok(listPackageDetails, { ...request, pagination });
    expect(second.packageDetails.map(({ packageInfo }) => packageInfo?.id)).toEqual(["pkg_old"]);
    expect(second.nextPageToken).toBe("");
  });
});

describe("used, applied and the units left", () => {
  it("follow the ledger: used by a redemption, applied by one that names an appointment or an order", async () => {
    const { on, item } = await sellPackage(server);
    const redeem = (more: { appointmentId?: string; orderId?: string }) =>
      server.ok(admin.redeemPackage, { ...on, packageServiceId: item, quantity: 1, ...more });
    const plain = await redeem({});
    expect(plain.packageDetail?.packageInfo).toMatchObject({ used: true, applied: false, totalRemainingQuantity: 4 });
    const named = await redeem({ orderId: "order_1" });
    expect(named.packageDetail?.packageInfo).toMatchObject({ used: true, applied: true, totalRemainingQuantity: 3 });
  });

  it("cannot be read by a key without package:read", async () => {
    const request = { companyId: "cmp_a", customerIds: ["cus_a1"], pagination: {} };
    expect(await server.refused(listPackages, request, { key: keys.aReadOnly })).toMatchObject({
      reason: "SCOPE_REQUIRED",
    });
  });
});
