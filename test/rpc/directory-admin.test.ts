import { afterAll, describe, expect, it } from "vitest";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { changesOf } from "../support/change-rows.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField, isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = DirectoryAdminService.method;
const companyId = "cmp_a";

describe("a location", () => {
  const address = { address1: "1 Main St", city: "Boston", postalCode: "02110", country: "US" };

  it("is created with normalised phones and an address with an id of ours, and read back the same", async () => {
    const phones = { phone: "(212) 555-0123", businessPhone: "+44 20 7946 0018" };
    const request = { companyId, id: "biz_new", name: "New", ...phones, address, facebook: "alpha" };
    const { business } = await server.ok(rpc.createBusiness, request);
    expect(business).toMatchObject({
      ...{ id: "biz_new", companyId, phone: "+12125550123", businessPhone: "+442079460018", facebook: "alpha" },
      ...{ address: { ...address, id: expect.stringMatching(/^addr_/) }, archived: false },
    });
    expect(await server.ok(BusinessService.method.getBusiness, { id: "biz_new" })).toEqual(business);
    expect(await server.refused(rpc.createBusiness, { ...request, name: "Again" })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "Business", field: "id" } },
    });
    const chosen = { ...request, id: "", address: { ...address, id: "addr_mine" } };
    expect(await server.refused(rpc.createBusiness, chosen)).toMatchObject(invalidField("address.id", "NOT_ALLOWED"));
  });

  it("keeps what is absent in an update, lines of the address too, and clears what is sent to be cleared", async () => {
    const made = { companyId, name: "Changing", phone: "+12125550100", website: "https://a.example", address };
    const { business: before } = await server.ok(rpc.createBusiness, made);
    const id = before?.id ?? "";
    const update = { companyId, id, website: "", address: { city: "Salem" } };
    const { business } = await server.ok(rpc.updateBusiness, update);
    expect(business).toMatchObject({ name: "Changing", phone: "+12125550100", website: "" });
    expect(business?.address).toEqual({ ...before?.address, city: "Salem" });
    const cleared = await server.ok(rpc.updateBusiness, { companyId, id, clearAddress: true });
    expect(cleared.business?.address).toBeUndefined();
    const both = { companyId, id, clearAddress: true, address, name: "" };
    expect((await server.refused(rpc.updateBusiness, both)).violations.map(({ field }) => field).toSorted()).toEqual([
      ...["clear_address", "name"],
    ]);
    // Compared with the stored ones, so after all that needs no database.
    const numbers = { companyId, id, phone: "12", businessPhone: "1234567890" };
    expect((await server.refused(rpc.updateBusiness, numbers)).violations.map(({ field }) => field).toSorted()).toEqual(
      [...["business_phone", "phone"]],
    );
  });

  it("refuses new use once archived, is listed only when asked for, and comes back", async () => {
    const { business } = await server.ok(rpc.createBusiness, { companyId, name: "Closing" });
    const id = business?.id ?? "";
    const customer = newCustomer({ preferredBusinessId: id });
    const { id: customerId } = await server.ok(CustomerService.method.createCustomer, customer);
    expect((await server.ok(rpc.archiveBusiness, { companyId, id })).business?.archived).toBe(true);
    expect((await server.ok(rpc.archiveBusiness, { companyId, id })).business?.archived).toBe(true);
    const inUse = invalidField("preferred_business_id", "NOT_FOUND");
    expect(await server.refused(CustomerService.method.createCustomer, customer)).toMatchObject(inUse);
    expect(await server.ok(CustomerService.method.getCustomer, { id: customerId })).toMatchObject({
      preferredBusinessId: id,
    });
    expect(await server.refused(rpc.updateBusiness, { companyId, id, name: "x" })).toMatchObject(isArchived);
    const listed = async (showArchived: boolean) => {
      const request = { companyId, showArchived, pagination: { pageSize: 500 } };
      return (await server.ok(BusinessService.method.listBusiness, request)).businesses.map((one) => one.id);
    };
    expect(await listed(false)).not.toContain(id);
    expect(await listed(true)).toContain(id);
    await server.ok(rpc.restoreBusiness, { companyId, id });
    await server.ok(CustomerService.method.createCustomer, customer);
    // The second archiving wrote nothing.
    expect((await changesOf(server, id)).map(({ version }) => version)).toEqual(["1", "2", "3"]);
  });
});

describe("a staff member", () => {
  it("is created with role, time and places, and read back the same", async () => {
    const hiredTime = { seconds: 1_700_000_000n, nanos: 123_456_789 };
    const role = { id: "rol_2", name: "Bather" };
    const request = { companyId, id: "stf-77", firstName: "Ana", phone: "212-555-0155", hiredTime, role };
    const { staff } = await server.ok(rpc.createStaff, { ...request, workingBusinessIds: ["biz_a2", "biz_a1"] });
    expect(staff).toMatchObject({
      ...{ id: "stf-77", phone: "+12125550155", role, workingBusinessIds: ["biz_a2", "biz_a1"], deleted: false },
      hiredTime: { seconds: 1_700_000_000n, nanos: 123_000_000 },
    });
    expect(await server.ok(StaffService.method.getStaff, { id: "stf-77" })).toEqual(staff);
    expect(await server.refused(rpc.createStaff, { companyId, id: "stf-77", firstName: "x" })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "Staff", field: "id" } },
    });
  });

  it("works at locations of the company that are in use, each named once", async () => {
    const workingBusinessIds = ["biz_a1", "biz_c1", "biz_a9", "biz_z"];
    expect(
      (await server.refused(rpc.createStaff, { companyId, firstName: "x", workingBusinessIds })).violations,
    ).toEqual([1, 2, 3].map((position) => ({ field: `working_business_ids[${position}]`, reason: "NOT_FOUND" })));
    const twice = { companyId, id: "staff_a1", workingBusinesses: { businessIds: ["biz_a1", "biz_a1"] } };
    expect(await server.refused(rpc.updateStaff, twice)).toMatchObject(
      invalidField("working_businesses.business_ids[1]", "CONFLICT"),
    );
    const foreign = { companyId, id: "staff_a1", workingBusinesses: { businessIds: ["biz_c1"] } };
    expect(await server.refused(rpc.updateStaff, foreign)).toMatchObject(
      invalidField("working_businesses.business_ids[0]", "NOT_FOUND"),
    );
  });

  it("keeps a location that was archived since, also when the list is sent again", async () => {
    const { business } = await server.ok(rpc.createBusiness, { companyId, name: "To close" });
    const closing = business?.id ?? "";
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "x", workingBusinessIds: [closing] });
    await server.ok(rpc.archiveBusiness, { companyId, id: closing });
    const workingBusinesses = { businessIds: [closing, "biz_a1"] };
    const update = { companyId, id: staff?.id ?? "", workingBusinesses };
    expect((await server.ok(rpc.updateStaff, update)).staff?.workingBusinessIds).toEqual([closing, "biz_a1"]);
    const emptied = { ...update, workingBusinesses: {} };
    expect((await server.ok(rpc.updateStaff, emptied)).staff?.workingBusinessIds).toEqual([]);
  });

  it("keeps what is absent, and clears role, time and texts when told to", async () => {
    const full = {
      companyId,
      firstName: "Full",
      lastName: "Time",
      role: { id: "rol_1", name: "Vet" },
      mobileVanId: "van",
    };
    const { staff: before } = await server.ok(rpc.createStaff, { ...full, hiredTime: { seconds: 5n } });
    const id = before?.id ?? "";
    const { staff: kept } = await server.ok(rpc.updateStaff, { companyId, id, firstName: "Fuller" });
    expect(kept).toEqual({ ...before, firstName: "Fuller" });
    const clear = { companyId, id, clearRole: true, clearHiredTime: true, lastName: "", mobileVanId: "" };
    const { staff } = await server.ok(rpc.updateStaff, clear);
    expect(staff).toMatchObject({ firstName: "Fuller", lastName: "", mobileVanId: "" });
    expect({ role: staff?.role, hiredTime: staff?.hiredTime }).toEqual({});
    const half = { companyId, id, role: { id: "rol_1" } };
    expect(await server.refused(rpc.updateStaff, half)).toMatchObject(invalidField("role.name", "REQUIRED"));
    expect(await server.refused(rpc.updateStaff, { ...half, firstName: "" })).toMatchObject(
      invalidField("first_name", "REQUIRED"),
    );
  });

  it("is not assigned to anything new once archived, and returns", async () => {
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "Leaving" });
    const id = staff?.id ?? "";
    expect((await server.ok(rpc.archiveStaff, { companyId, id })).staff?.deleted).toBe(true);
    expect(await server.refused(rpc.updateStaff, { companyId, id, firstName: "x" })).toMatchObject(isArchived);
    const customer = newCustomer({ assignedStaffId: id });
    expect(await server.refused(CustomerService.method.createCustomer, customer)).toMatchObject(
      invalidField("assigned_staff_id", "NOT_FOUND"),
    );
    expect((await server.ok(rpc.restoreStaff, { companyId, id })).staff?.deleted).toBe(false);
    await server.ok(CustomerService.method.createCustomer, customer);
  });
});

describe("the directory", () => {
  it("is written by no key that is limited to locations, whatever its scopes", async () => {
    const call = { key: keys.businessA1 };
    const refusals = [
      await server.refused(rpc.updateCompany, { companyId, name: "x" }, call),
      await server.refused(rpc.createBusiness, { companyId, name: "x" }, call),
      await server.refused(rpc.updateBusiness, { companyId, id: "biz_a1", name: "x" }, call),
      await server.refused(rpc.archiveBusiness, { companyId, id: "biz_a1" }, call),
      await server.refused(rpc.restoreBusiness, { companyId, id: "biz_a1" }, call),
      await server.refused(rpc.createStaff, { companyId, firstName: "x" }, call),
      await server.refused(rpc.updateStaff, { companyId, id: "staff_a1", firstName: "x" }, call),
      await server.refused(rpc.archiveStaff, { companyId, id: "staff_a1" }, call),
      await server.refused(rpc.restoreStaff, { companyId, id: "staff_a1" }, call),
    ];
    const scope = { scope: "directory:write" };
    for (const refusal of refusals) expect(refusal).toMatchObject({ reason: "SCOPE_REQUIRED", metadata: scope });
  });

  it("leaves one row for each change, with version, rpc, key, staff and request id", async () => {
    const headers = { "x-request-id": "request-of-directory" };
    const { staff } = await server.ok(rpc.createStaff, { companyId, firstName: "Logged" }, { headers });
    await server.ok(rpc.updateStaff, { companyId, id: staff?.id ?? "", lastName: "Too" }, { headers });
    await server.refused(rpc.updateStaff, {
      companyId,
      id: staff?.id ?? "",
      workingBusinesses: { businessIds: ["biz_z"] },
    });
    const by = { kind: "staff", key_id: "key_a", staff_id: "staff_a1", request_id: "request-of-directory" };
    expect(await changesOf(server, staff?.id ?? "")).toEqual([
      { ...by, version: "1", rpc: "moego.admin.v1.DirectoryAdminService/CreateStaff" },
      { ...by, version: "2", rpc: "moego.admin.v1.DirectoryAdminService/UpdateStaff" },
    ]);
  });
});
