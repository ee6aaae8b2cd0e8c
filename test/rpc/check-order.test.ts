import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerSettingAdminService } from "../../src/gen/proto/moego/admin/v1/customer_setting_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PackageService } from "../../src/gen/proto/moego/business/package/v1/package_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
/** A location of the company that the key does not cover. */
const elsewhere = { preferredBusinessId: "biz_a2" };
const tooLong = "x".repeat(1_000);
/** Covers single locations of two companies. */
const ofTwo = fixtureKey("key_locations_of_two", [
  { type: "BUSINESS", companyId: "cmp_a", id: "biz_a1" },
  { type: "BUSINESS", companyId: "cmp_b", id: "biz_b1" },
]);
await server.insertKeys([ofTwo]);

type Options = Parameters<typeof server.call>[2];

const wrongAndElsewhere = [
  [
    "CreateCustomer",
    (options: Options) =>
      server.refused(CustomerService.method.createCustomer, newCustomer({ ...elsewhere, firstName: "" }), options),
  ],
  [
    "UpdateCustomer",
    (options: Options) =>
      server.refused(CustomerService.method.updateCustomer, { companyId, id: "no id!", ...elsewhere }, options),
  ],
  [
    "ListCustomers",
    (options: Options) =>
      server.refused(
        CustomerService.method.listCustomers,
        { companyId, pagination: { pageSize: -1 }, filter: { preferredBusinessIds: ["biz_a1", "biz_a2"] } },
        options,
      ),
  ],
  [
    "CreateLead",
    (options: Options) =>
      server.refused(LeadService.method.createLead, newLead({ ...elsewhere, firstName: tooLong }), options),
  ],
  [
    "UpdateLead",
    (options: Options) =>
      server.refused(LeadService.method.updateLead, { id: "no id!", lead: { companyId, ...elsewhere } }, options),
  ],
  [
    "ListLeads",
    (options: Options) =>
      server.refused(
        LeadService.method.listLeads,
        { companyId, pagination: { pageSize: -1 }, filter: { preferredBusinessIds: ["biz_a2"] } },
        options,
      ),
  ],
  [
    "ListPackages",
    (options: Options) =>
      server.refused(
        PackageService.method.listPackages,
        { companyId, pagination: { pageSize: -1 }, businessIds: ["biz_a2"] },
        options,
      ),
  ],
  [
    "SellPackage",
    (options: Options) =>
      server.refused(PackageAdminService.method.sellPackage, { companyId, businessId: "biz_a2" }, options),
  ],
  [
    "ImportCustomer",
    (options: Options) =>
      server.refused(
        CustomerAdminService.method.importCustomer,
        { companyId, customer: newCustomer(elsewhere) },
        options,
      ),
  ],
  [
    "ImportLead",
    (options: Options) =>
      server.refused(LeadAdminService.method.importLead, { companyId, ...newLead(elsewhere) }, options),
  ],
] as const;

describe("a request that is wrong and names a location that the key does not cover", () => {
  it.each(wrongAndElsewhere)(
    "is denied for the location first, and by a key of the company told what is wrong: %s",
    async (_, ask) => {
      for (const key of [keys.businessA1, ofTwo]) {
        expect(await ask({ key })).toMatchObject({
          ...{
            code: "PERMISSION_DENIED",
            reason: "BUSINESS_NOT_ALLOWED",
            metadata: { companyId, businessId: "biz_a2" },
          },
        });
      }
      expect(await ask({ key: keys.a })).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST" });
    },
  );

  it("is denied for the location of the one company that the key covers also where it names no company", async () => {
    const request = { id: "no id!", lead: elsewhere };
    expect(await server.refused(LeadService.method.updateLead, request, { key: keys.businessA1 })).toMatchObject({
      ...{ reason: "BUSINESS_NOT_ALLOWED", metadata: { companyId, businessId: "biz_a2" } },
    });
  });
});

describe("a request with a location of the key, or with none", () => {
  it("is told what is wrong with it, and else answered", async () => {
    const call = { key: keys.businessA1 };
    const { createCustomer, listCustomers } = CustomerService.method;
    for (const preferredBusinessId of ["biz_a1", "", "no id!"]) {
      const wrong = newCustomer({ preferredBusinessId, firstName: "" });
      expect(await server.refused(createCustomer, wrong, call)).toMatchObject({ reason: "INVALID_REQUEST" });
    }
    await server.ok(createCustomer, newCustomer(), call);
    await server.ok(listCustomers, { companyId, pagination: {}, filter: { preferredBusinessIds: ["biz_a1"] } }, call);
    // Services are settings: whoever reads them may ask for those of any location.
    await server.ok(SettingService.method.listServices, { companyId, pagination: {}, businessIds: ["biz_a2"] }, call);
  });
});

describe("a key of one location that writes what its company shares", () => {
  it("is denied before the request is looked at", async () => {
    const refusals = [
      await server.refused(
        CustomerSettingAdminService.method.createTag,
        { companyId, name: tooLong },
        { key: keys.businessA1 },
      ),
      await server.refused(SettingService.method.createService, { companyId, name: tooLong }, { key: keys.businessA1 }),
      await server.refused(
        DirectoryAdminService.method.createStaff,
        { companyId, firstName: "" },
        { key: keys.businessA1 },
      ),
    ];
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED" });
  });
});
