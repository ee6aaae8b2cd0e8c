import { afterAll, describe, expect, it, vi } from "vitest";
import { BusinessSchema } from "../../src/gen/proto/moego/business/business/v1/business_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanySchema } from "../../src/gen/proto/moego/business/company/v1/company_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { StaffSchema } from "../../src/gen/proto/moego/business/staff/v1/staff_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const page = { companyId: "cmp_a", pagination: {} };

describe("CompanyService", () => {
  it("gives a company with country, time zone and our own fields", async () => {
    const company = messageJson(CompanySchema, await server.ok(CompanyService.method.getCompany, { id: "cmp_a" }));
    expect(company).toMatchObject({
      ...{ id: "cmp_a", name: "Alpha Grooming", country: "US", timezone: { id: "America/New_York" } },
      ...{ rawId: expect.stringMatching(/^\d+$/), enterpriseId: "ent_ab" },
      upcomingAppointmentsUrlTemplate: "https://book.example/a/{customer_id}",
    });
    expect(company).not.toHaveProperty("maxCustomers");
  });

  it("tells the limit of a company that has one", async () => {
    const request = { id: "cmp_quota" };
    expect(await server.ok(CompanyService.method.getCompany, request, { key: keys.quota })).toMatchObject({
      maxCustomers: 2,
    });
  });

  it("lists the companies of the key, as each is got", async () => {
    const key = keys.enterprise;
    const { companies } = await server.ok(CompanyService.method.listCompanies, { pagination: {} }, { key });
    expect(companies.map(({ id }) => id)).toEqual(["cmp_a", "cmp_b"]);
    for (const company of companies) {
      expect(await server.ok(CompanyService.method.getCompany, { id: company.id }, { key })).toEqual(company);
    }
  });
});

describe("BusinessService", () => {
  it("gives a location with its address", async () => {
    const business = messageJson(BusinessSchema, await server.ok(BusinessService.method.getBusiness, { id: "biz_a1" }));
    expect(business).toMatchObject({
      ...{ id: "biz_a1", companyId: "cmp_a", name: "Alpha Downtown", phone: "+12125550100" },
      address: { address1: "350 Fifth Avenue", postalCode: "10118", coordinate: { latitude: 40.75 }, type: "PRIMARY" },
    });
  });

  it("lists the locations in use by name; an archived one can still be got", async () => {
    const { businesses } = await server.ok(BusinessService.method.listBusiness, page);
    expect(businesses.map(({ id }) => id)).toEqual(["biz_a1", "biz_a2"]);
    expect(await server.ok(BusinessService.method.getBusiness, { id: "biz_a9" })).toMatchObject({
      name: "Alpha Closed",
    });
  });
});

describe("StaffService", () => {
  it("gives a staff member with role and working places", async () => {
    const staff = messageJson(StaffSchema, await server.ok(StaffService.method.getStaff, { id: "staff_a1" }));
    expect(staff).toMatchObject({
      ...{ id: "staff_a1", companyId: "cmp_a", firstName: "Alice", lastName: "Tester", deleted: false },
      role: { id: "rol_1", name: "Groomer", permissions: [] },
      ...{ hiredTime: "2022-06-01T09:00:00Z", workingBusinessIds: ["biz_a1"] },
    });
  });

  it("lists staff by name, those who left with their mark", async () => {
    const { staffs } = await server.ok(StaffService.method.listStaffs, page);
    expect(staffs.map(({ id, deleted }) => [id, deleted])).toEqual([
      ["staff_a2", false],
      ["staff_a1", false],
      ["staff_a9", true],
    ]);
  });
});

describe("a walk through the companies of an enterprise", () => {
  it("goes on when a company joins the enterprise", async () => {
    const key = keys.enterprise;
    const { listCompanies } = CompanyService.method;
    const first = await server.ok(listCompanies, { pagination: { pageSize: 1 } }, { key });
    await server.database.owner.query(
      "INSERT INTO company (id, name, country, time_zone, enterprise_id) VALUES ('cmp_z', 'Zeta', 'US', 'UTC', 'ent_ab')",
    );
    // A key's reach is remembered for two seconds at most.
    await vi.waitFor(
      async () => {
        const pagination = { pageSize: 5, pageToken: first.nextPageToken };
        const { companies } = await server.ok(listCompanies, { pagination }, { key });
        expect(companies.map(({ id }) => id)).toEqual(["cmp_b", "cmp_z"]);
      },
      { timeout: 5_000, interval: 100 },
    );
  });
});
