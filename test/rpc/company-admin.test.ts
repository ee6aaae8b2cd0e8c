import { afterAll, describe, expect, it } from "vitest";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { changesOf } from "../support/change-rows.js";
import { keys } from "../support/fixture-keys.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = DirectoryAdminService.method;
const companyId = "cmp_a";
const platform = { key: keys.platform };
const operator = { key: keys.operator };
const zeta = { name: "Zeta", country: "US", timeZone: "America/New_York" };

describe("CreateCompany", () => {
  it("keeps an imported id, refuses it twice, and makes one where none is given", async () => {
    const imported = await server.ok(rpc.createCompany, { ...zeta, id: "copH7x2", maxCustomers: 5 }, platform);
    expect(imported.company).toMatchObject({ id: "copH7x2", maxCustomers: 5, enterpriseId: "" });
    expect(await server.refused(rpc.createCompany, { ...zeta, id: "copH7x2" }, platform)).toMatchObject({
      ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS", metadata: { resource: "Company", field: "id" } },
    });
    expect((await server.ok(rpc.createCompany, zeta, platform)).company?.id).toMatch(/^cmp_[0-9A-Za-z]{22}$/);
  });

  it("answers twins that bring an id of their own with one company", async () => {
    const options = { ...platform, headers: { "idempotency-key": "twins-of-a-company" } };
    const twins = Array.from({ length: 8 }, () => server.ok(rpc.createCompany, { ...zeta, id: "cmp_twin" }, options));
    for (const { company } of await Promise.all(twins)) expect(company?.id).toBe("cmp_twin");
    expect(await changesOf(server, "cmp_twin")).toHaveLength(1);
  });

  it("says everything that is wrong at once", async () => {
    const wrong = { id: "a b", name: "x".repeat(101), country: "ZZ", timeZone: "Mars/Olympus", maxCustomers: -1 };
    const more = { enterpriseId: "é", upcomingAppointmentsUrlTemplate: "http://x.example" };
    const { violations } = await server.refused(rpc.createCompany, { ...wrong, ...more }, platform);
    expect(violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      ...["country INVALID_FORMAT", "enterprise_id INVALID_FORMAT", "id INVALID_FORMAT", "max_customers OUT_OF_RANGE"],
      ...["name TOO_LONG", "time_zone INVALID_FORMAT", "upcoming_appointments_url_template INVALID_FORMAT"],
    ]);
  });

  it("takes a zone by any name that IANA has for it, in its own spelling", async () => {
    for (const timeZone of ["Asia/Kolkata", "Asia/Calcutta", "UTC", "Europe/Kyiv"]) {
      await server.ok(rpc.createCompany, { ...zeta, timeZone }, platform);
    }
    for (const timeZone of ["america/new_york", "+02:00", "America/New York", "Nowhere"]) {
      expect(await server.refused(rpc.createCompany, { ...zeta, timeZone }, platform)).toMatchObject(
        invalidField("time_zone", "INVALID_FORMAT"),
      );
    }
  });

  it("takes no short zone name, which other systems read as another zone or not at all", async () => {
    for (const timeZone of ["Etc/GMT+5", "America/Argentina/Buenos_Aires", "US/Pacific"]) {
      await server.ok(rpc.createCompany, { ...zeta, timeZone }, platform);
    }
    for (const timeZone of ["CET", "EST", "EST5EDT", "IST", "CST", "AET", "GMT", "SystemV/EST5"]) {
      const refused = invalidField("time_zone", "INVALID_FORMAT");
      expect(await server.refused(rpc.createCompany, { ...zeta, timeZone }, platform)).toMatchObject(refused);
      const update = { companyId: "cmp_b", timeZone };
      expect(await server.refused(rpc.updateCompany, update, { key: keys.b })).toMatchObject(refused);
    }
  });
});

describe("UpdateCompany", () => {
  it("keeps what is absent, clears what is empty, and refuses to clear what is required", async () => {
    const call = { key: keys.b };
    const kept = { enterpriseId: "ent_ab", country: "CA", timezone: { id: "America/Toronto" } };
    const update = {
      companyId: "cmp_b",
      name: " Beta  & Co ",
      upcomingAppointmentsUrlTemplate: "https://b.example/{customer_id}",
    };
    const first = await server.ok(rpc.updateCompany, update, call);
    expect(first.company).toMatchObject({
      ...kept,
      name: "Beta  & Co",
      upcomingAppointmentsUrlTemplate: "https://b.example/{customer_id}",
    });
    const second = await server.ok(
      rpc.updateCompany,
      { companyId: "cmp_b", upcomingAppointmentsUrlTemplate: "" },
      call,
    );
    expect(second.company).toMatchObject({ ...kept, name: "Beta  & Co", upcomingAppointmentsUrlTemplate: "" });
    const { violations } = await server.refused(
      rpc.updateCompany,
      { companyId: "cmp_b", name: "", country: "", timeZone: "", maxCustomers: 1, clearMaxCustomers: true },
      operator,
    );
    expect(violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      ...["clear_max_customers CONFLICT", "country REQUIRED", "name REQUIRED", "time_zone REQUIRED"],
    ]);
  });

  it("lets the operator alone say how many customers a company may hold, and to which enterprise it belongs", async () => {
    const denied = { code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "platform:admin" } };
    const terms = [
      { maxCustomers: 1_000 },
      { clearMaxCustomers: true },
      { enterpriseId: "" },
      { enterpriseId: "ent_ab" },
      { enterpriseId: "ent_other" },
    ];
    for (const change of terms) {
      for (const key of [keys.b, keys.enterprise]) {
        // Refused before anything else in the request is looked at.
        for (const name of ["Beta", ""]) {
          const request = { companyId: "cmp_b", name, ...change };
          expect(await server.refused(rpc.updateCompany, request, { key })).toMatchObject(denied);
        }
      }
    }
    const { company } = await server.ok(rpc.updateCompany, { companyId: "cmp_b", name: "Beta" }, { key: keys.b });
    expect(company).toMatchObject({ name: "Beta", enterpriseId: "ent_ab" });
    expect(company?.maxCustomers).toBeUndefined();
    const set = { companyId: "cmp_b", maxCustomers: 1_000, enterpriseId: "ent_other" };
    expect((await server.ok(rpc.updateCompany, set, operator)).company).toMatchObject({
      ...{ maxCustomers: 1_000, enterpriseId: "ent_other" },
    });
    const back = { companyId: "cmp_b", clearMaxCustomers: true, enterpriseId: "ent_ab" };
    await server.ok(rpc.updateCompany, back, operator);
  });

  it("is the one rpc beside those of platform keys that names a company which the operator's key does not cover", async () => {
    expect(await server.refused(rpc.updateCompany, { companyId: "cmp_z", name: "x" }, operator)).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" },
    });
    const refusals = [
      await server.refused(rpc.createBusiness, { companyId, name: "x" }, operator),
      await server.refused(rpc.updateBusiness, { companyId, id: "biz_a1", name: "x" }, operator),
      await server.refused(rpc.archiveBusiness, { companyId, id: "biz_a1" }, operator),
      await server.refused(rpc.restoreBusiness, { companyId, id: "biz_a1" }, operator),
      await server.refused(rpc.createStaff, { companyId, firstName: "x" }, operator),
      await server.refused(rpc.updateStaff, { companyId, id: "staff_a1", firstName: "x" }, operator),
      await server.refused(rpc.archiveStaff, { companyId, id: "staff_a1" }, operator),
      await server.refused(rpc.restoreStaff, { companyId, id: "staff_a1" }, operator),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: "COMPANY_NOT_ALLOWED" });
  });
});
