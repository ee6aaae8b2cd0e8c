import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { isArchived } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CustomerService.method;
const id = "cus_a9";

describe("an archived customer", () => {
  it("is read with its mark", async () => {
    expect(await server.ok(rpc.getCustomer, { id })).toMatchObject({ id, deleted: true });
    expect(await server.ok(rpc.getCustomer, { id: "cus_a1" })).toMatchObject({ deleted: false });
  });

  it("lets its notes and tags be read", async () => {
    expect((await server.ok(rpc.listCustomerNotes, { id, pagination: {} })).notes).toHaveLength(1);
    expect((await server.ok(rpc.listCustomerTags, { id })).tags).toEqual([]);
  });

  it.each([
    ["UpdateCustomer", () => server.refused(rpc.updateCustomer, { id, companyId: "cmp_a", source: "x" })],
    ["AppendCustomerNotes", () => server.refused(rpc.appendCustomerNotes, { id, notes: [{ note: "x" }] })],
    [
      "UpdateCustomerNote",
      () => server.refused(rpc.updateCustomerNote, { customerId: id, noteId: "cxn_a9", note: "x" }),
    ],
    ["DeleteCustomerNote", () => server.refused(rpc.deleteCustomerNote, { customerId: id, noteId: "cxn_a9" })],
    ["AppendCustomerTags", () => server.refused(rpc.appendCustomerTags, { id, tags: [{ id: "tag_a1" }] })],
    ["GenCustomerCofLink", () => server.refused(rpc.genCustomerCofLink, { id })],
  ])("refuses %s and stays as it was", async (_, write) => {
    const before = await server.ok(rpc.getCustomer, { id });
    expect(await write()).toMatchObject({ ...isArchived, metadata: { resource: "Customer", id } });
    expect(await server.ok(rpc.getCustomer, { id })).toEqual(before);
  });

  it("is listed under a lastUpdatedTime filter alone", async () => {
    const request = { companyId: "cmp_a", pagination: {} };
    const plain = await server.ok(rpc.listCustomers, request);
    expect(plain.customers.map((one) => one.id)).not.toContain(id);
    const synced = await server.ok(rpc.listCustomers, { ...request, filter: { lastUpdatedTime: {} } });
    expect(synced.customers.find((one) => one.id === id)).toMatchObject({ deleted: true });
    expect(synced.customers.find((one) => one.id === "cus_a1")).toMatchObject({ deleted: false });
  });
});
