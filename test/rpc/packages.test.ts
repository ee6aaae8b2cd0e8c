import { afterAll, describe, expect, it } from "vitest";
import { localDate } from "../../src/core/time-zones.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { Package_Status } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
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
        const cases = near.flatMap((startTime) =>
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
        const rows = cases.map(({ customerId, expirationDate, deleted, startTime, endTime }) => ({
          ...{ customer_id: customerId, expiration_date: expirationDate, deleted_time: deleted ? time : null },
          ...{ start_time: startTime ?? null, end_time: endTime ?? null },
        }));
        const values: unknown[] = [JSON.stringify(rows)];
        const sql = inForceSql({ at, timeZone }, (value) => `$${values.push(value)}`).join(" AND ");
        const found = await server.database.owner.query<{ is: boolean }>(
          `SELECT ${sql} AS is FROM ROWS FROM (jsonb_to_recordset($1) AS (customer_id text, expiration_date date,
             deleted_time timestamptz, start_time timestamptz, end_time timestamptz)) WITH ORDINALITY k ORDER BY ordinality`,
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
