import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { BusinessService } from "../../src/gen/proto/moego/business/business/v1/business_service_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { StaffService } from "../../src/gen/proto/moego/business/staff/v1/staff_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CustomerService.method;
const notMyBusiness = { code: "PERMISSION_DENIED", reason: "BUSINESS_NOT_ALLOWED", metadata: { businessId: "biz_a2" } };

describe("a key of one location", () => {
  const key = keys.businessA1;
  const call = { key };

  it("reads the customers of its location, and no others", async () => {
    expect(await server.ok(rpc.getCustomer, { id: "cus_a1" }, call)).toMatchObject({ id: "cus_a1" });
    expect(await server.refused(rpc.getCustomer, { id: "cus_a2" }, call)).toMatchObject(notFound);
    const { customers } = await server.ok(rpc.listCustomers, { companyId: "cmp_a", pagination: {} }, call);
    expect(new Set(customers.map((one) => one.preferredBusinessId))).toEqual(new Set(["biz_a1"]));
  });

  it("learns no more of a customer of another location than of one that never existed", async () => {
    const headers = { "x-request-id": "the-same" };
    for (const transport of ["grpc", "rest"] as const) {
      const [hidden, absent] = await Promise.all(
        ["cus_a2", "cus_zz"].map((id) => server.refused(rpc.getCustomer, { id }, { key, transport, headers })),
      );
      // Cut to one length, ids are all that differs.
      expect(hidden?.wire.replaceAll("cus_a2", "??????")).toBe(absent?.wire.replaceAll("cus_zz", "??????"));
    }
  });

  it("writes nothing to a customer of another location", async () => {
    const refusals = await Promise.all([
      server.refused(rpc.updateCustomer, { id: "cus_a2", companyId: "cmp_a", source: "x" }, call),
      server.refused(rpc.appendCustomerNotes, { id: "cus_a2", notes: [{ note: "x" }] }, call),
      server.refused(rpc.appendCustomerTags, { id: "cus_a2", tags: [{ id: "tag_a1" }] }, call),
      server.refused(rpc.updateCustomerNote, { customerId: "cus_a2", noteId: "cxn_a3", note: "x" }, call),
      server.refused(rpc.deleteCustomerNote, { customerId: "cus_a2", noteId: "cxn_a3" }, call),
      server.refused(rpc.genCustomerCofLink, { id: "cus_a2" }, call),
      server.refused(rpc.listCustomerNotes, { id: "cus_a2", pagination: {} }, call),
      server.refused(rpc.listCustomerTags, { id: "cus_a2" }, call),
    ]);
    for (const refusal of refusals) expect(refusal).toMatchObject(notFound);
  });

  it("creates customers for its location, and for no other", async () => {
    await server.ok(rpc.createCustomer, newCustomer(), call);
    const elsewhere = newCustomer({ preferredBusinessId: "biz_a2" });
    expect(await server.refused(rpc.createCustomer, elsewhere, call)).toMatchObject(notMyBusiness);
  });

  it("is not shown a customer that it made once that one has moved away, also by a repeated create or import", async () => {
    const options = { key, headers: { "idempotency-key": "moved-away" } };
    const { importCustomer } = CustomerAdminService.method;
    const imported = { companyId: "cmp_a", id: "cus_imported", customer: newCustomer() };
    const { id } = await server.ok(rpc.createCustomer, newCustomer(), options);
    await server.ok(importCustomer, imported, options);
    expect(await server.ok(importCustomer, imported, options)).toMatchObject({ customer: { id: imported.id } });
    for (const moved of [id, imported.id]) {
      await server.ok(rpc.updateCustomer, { id: moved, companyId: "cmp_a", preferredBusinessId: "biz_a2" });
      expect(await server.refused(rpc.getCustomer, { id: moved }, call)).toMatchObject(notFound);
    }
    const none = (of: string) => ({ ...notFound, metadata: { resource: "Customer", id: of } });
    expect(await server.refused(rpc.createCustomer, newCustomer(), options)).toMatchObject(none(id));
    expect(await server.refused(importCustomer, imported, options)).toMatchObject(none(imported.id));
  });

  it("moves no customer to another location", async () => {
    const move = { id: "cus_a1", companyId: "cmp_a", preferredBusinessId: "biz_a2" };
    expect(await server.refused(rpc.updateCustomer, move, call)).toMatchObject(notMyBusiness);
    expect(await server.ok(rpc.getCustomer, { id: "cus_a1" })).toMatchObject({ preferredBusinessId: "biz_a1" });
  });

  it("reads its location, those who work there, and the settings and the name of its company", async () => {
    const page = { companyId: "cmp_a", pagination: {} };
    const { businesses } = await server.ok(BusinessService.method.listBusiness, page, call);
    expect(businesses.map(({ id }) => id)).toEqual(["biz_a1"]);
    expect(await server.refused(BusinessService.method.getBusiness, { id: "biz_a2" }, call)).toMatchObject(notFound);
    const { staffs } = await server.ok(StaffService.method.listStaffs, page, call);
    expect(staffs.map(({ id }) => id)).toEqual(["staff_a1", "staff_a9"]);
    expect(await server.refused(StaffService.method.getStaff, { id: "staff_a2" }, call)).toMatchObject(notFound);
    expect((await server.ok(SettingService.method.listCustomerTags, { companyId: "cmp_a" }, call)).tags).not.toEqual(
      [],
    );
    const { companies } = await server.ok(CompanyService.method.listCompanies, { pagination: {} }, call);
    expect(companies.map(({ id }) => id)).toEqual(["cmp_a"]);
  });
});

describe("a key of an enterprise", () => {
  const key = keys.enterprise;

  it("covers all companies of the enterprise and no other", async () => {
    const { companies } = await server.ok(CompanyService.method.listCompanies, { pagination: {} }, { key });
    expect(companies.map(({ id }) => id)).toEqual(["cmp_a", "cmp_b"]);
    expect(await server.ok(rpc.getCustomer, { id: "cus_b1" }, { key })).toMatchObject({ companyId: "cmp_b" });
    expect(await server.refused(rpc.getCustomer, { id: "cus_c1" }, { key })).toMatchObject(notFound);
  });

  const calls = [
    ["GetCustomer", (headers = {}) => server.call(rpc.getCustomer, { id: "cus_both" }, { key, headers })],
    ["ListCustomerTags", (headers = {}) => server.call(rpc.listCustomerTags, { id: "cus_both" }, { key, headers })],
    [
      "ListCustomerNotes",
      (headers = {}) => server.call(rpc.listCustomerNotes, { id: "cus_both", pagination: {} }, { key, headers }),
    ],
    [
      "AppendCustomerNotes",
      (headers = {}) =>
        server.call(rpc.appendCustomerNotes, { id: "cus_both", notes: [{ note: "x" }] }, { key, headers }),
    ],
    ["GenCustomerCofLink", (headers = {}) => server.call(rpc.genCustomerCofLink, { id: "cus_both" }, { key, headers })],
  ] as const;

  it.each(calls)("is told by %s that an id names customers of two companies, and of which", async (_, call) => {
    expect(await call()).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "AMBIGUOUS_ID",
      metadata: { resource: "Customer", id: "cus_both", companyIds: "cmp_a,cmp_b" },
    });
  });

  it.each(calls)("chooses the company of %s by the moego-company header", async (_, call) => {
    expect(await call({ "moego-company": "cmp_a" })).toMatchObject({ ok: true });
    expect(await call({ "moego-company": "cmp_b" })).toMatchObject({ ok: true });
  });

  it("gets the customer of the company that the header names", async () => {
    const get = (company: string) =>
      server.ok(rpc.getCustomer, { id: "cus_both" }, { key, headers: { "moego-company": company } });
    expect((await get("cmp_a")).firstName).toBe("Both of A");
    expect((await get("cmp_b")).firstName).toBe("Both of B");
  });

  it("sees nothing outside the company that the header names, and may name none that it does not cover", async () => {
    const inB = { key, headers: { "moego-company": "cmp_b" } };
    expect(await server.refused(rpc.getCustomer, { id: "cus_a1" }, inB)).toMatchObject(notFound);
    const denied = { code: "PERMISSION_DENIED", reason: "COMPANY_NOT_ALLOWED" };
    expect(await server.refused(rpc.listCustomers, { companyId: "cmp_a", pagination: {} }, inB)).toMatchObject(denied);
    for (const company of ["cmp_c", "cmp_z"]) {
      const headers = { "moego-company": company };
      expect(await server.refused(rpc.getCustomer, { id: "cus_a1" }, { key, headers })).toMatchObject(denied);
    }
  });
});
