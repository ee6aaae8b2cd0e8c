import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import type { Customer } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CustomerService.method;
const companyId = "cmp_a";

/** Every way to change a customer. */
const changes = [
  [
    "UpdateCustomer",
    ({ id }: Customer, headers: Headers) => server.ok(rpc.updateCustomer, { id, companyId }, { headers }),
  ],
  [
    "AppendCustomerNotes",
    ({ id }: Customer, headers: Headers) =>
      server.ok(rpc.appendCustomerNotes, { id, notes: [{ note: "x" }] }, { headers }),
  ],
  [
    "UpdateCustomerNote",
    ({ id, notes }: Customer, headers: Headers) =>
      server.ok(rpc.updateCustomerNote, { customerId: id, noteId: notes[0]?.id ?? "", note: "y" }, { headers }),
  ],
  [
    "DeleteCustomerNote",
    ({ id, notes }: Customer, headers: Headers) =>
      server.ok(rpc.deleteCustomerNote, { customerId: id, noteId: notes[0]?.id ?? "" }, { headers }),
  ],
  [
    "AppendCustomerTags",
    ({ id }: Customer, headers: Headers) =>
      server.ok(rpc.appendCustomerTags, { id, tags: [{ id: "tag_a1" }] }, { headers }),
  ],
] as const;

type Headers = Readonly<Record<string, string>>;

describe.each(changes)("%s", (name, change) => {
  it("moves last_updated_time, author and etag of the customer", async () => {
    const before = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "x" }] }), { key: keys.aOther });
    await change(before, {});
    const after = await server.ok(rpc.getCustomer, { id: before.id });
    expect(timeOf(after)).toBeGreaterThan(timeOf(before));
    expect(after).toMatchObject({
      lastUpdatedBy: "staff_a1",
      createdBy: "",
      etag: "2",
      createdTime: before.createdTime,
    });
  });

  it("leaves one row with version, rpc, key, staff and request id", async () => {
    const before = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "x" }] }));
    await change(before, { "x-request-id": `request-of-${name}` });
    const after = await server.ok(rpc.getCustomer, { id: before.id });
    expect((await changesOf(before.id)).slice(1)).toEqual([
      {
        kind: "customer",
        version: "2",
        rpc: `moego.business.customer.v1.CustomerService/${name}`,
        key_id: keys.a.id,
        staff_id: "staff_a1",
        request_id: `request-of-${name}`,
        changed_time: new Date(timeOf(after)),
      },
    ]);
  });

  it("moves the time by a millisecond at least when the clock stands before the last change", async () => {
    const { id } = await server.ok(rpc.createCustomer, newCustomer({ notes: [{ note: "x" }] }));
    const future = new Date(Date.UTC(2099, 0, 1));
    await server.database.owner.query("UPDATE customer SET last_updated_time = $2 WHERE id = $1", [id, future]);
    await change(await server.ok(rpc.getCustomer, { id }), {});
    expect(timeOf(await server.ok(rpc.getCustomer, { id }))).toBe(future.getTime() + 1);
  });
});

describe("CreateCustomer", () => {
  it("leaves a row of version 1, and one for each tag that it creates", async () => {
    const headers = { "x-request-id": "request-of-create" };
    const name = "Made on the way";
    const { id, tags, createdTime } = await server.ok(
      rpc.createCustomer,
      newCustomer({ tags: [{ name }, { id: "tag_a1" }] }),
      { headers },
    );
    const made = tags.find((tag) => tag.name === name)?.id ?? "";
    const row = {
      version: "1",
      rpc: "moego.business.customer.v1.CustomerService/CreateCustomer",
      key_id: keys.a.id,
      staff_id: "staff_a1",
      request_id: "request-of-create",
      changed_time: createdTime && timestampDate(createdTime),
    };
    expect(await changesOf(id)).toEqual([{ kind: "customer", ...row }]);
    expect(await changesOf(made)).toEqual([{ kind: "tag", ...row }]);
    expect(await changesOf("tag_a1")).toEqual([]);
  });
});

describe("the location of a change", () => {
  it("is that before and that after, also of the customer's pets", async () => {
    const { id } = await server.ok(rpc.createCustomer, newCustomer());
    await server.ok(rpc.updateCustomer, { id, companyId, preferredBusinessId: "biz_a2" });
    const { pet } = await server.ok(PetService.method.createPet, { customerId: id, pet: aDog });
    expect(await detailsOf(id)).toEqual([
      { fields: [], before: null, after: "biz_a1", related: null },
      { fields: ["preferred_business_id"], before: "biz_a1", after: "biz_a2", related: null },
    ]);
    expect(await detailsOf(pet?.id ?? "")).toEqual([{ fields: [], before: null, after: "biz_a2", related: null }]);
  });
});

describe("a promotion", () => {
  it("names the other record in the rows of the lead, its pet and the customer", async () => {
    const lead = await server.ok(LeadService.method.createLead, newLead({ pets: [aDog] }));
    const { customer } = await server.ok(LeadService.method.promoteLead, { id: lead.id });
    const to = `customer/${customer?.id}`;
    expect((await detailsOf(lead.id))[1]).toMatchObject({ fields: ["promoted_customer_id"], related: to });
    expect((await detailsOf(lead.pets[0]?.id ?? ""))[1]).toMatchObject({ fields: ["customer_id"], related: to });
    expect(await detailsOf(customer?.id ?? "")).toMatchObject([{ fields: [], related: `lead/${lead.id}` }]);
  });
});

describe("a lead's pet", () => {
  it("leaves a row for each version, and one more when it is removed", async () => {
    const lead = await server.ok(LeadService.method.createLead, newLead({ pets: [aDog] }));
    const { id } = lead;
    const petId = lead.pets[0]?.id ?? "";
    const edited = { pets: [{ id: petId, coat: "Curly" }] };
    await server.ok(LeadService.method.updateLead, { id, lead: edited });
    const headers = { "x-request-id": "request-of-removal" };
    const none = { id, lead: {}, updateMask: { paths: ["pets"] } };
    await server.ok(LeadService.method.updateLead, none, { headers });
    const rows = await changesOf(petId);
    expect(rows).toMatchObject(["1", "2", "3"].map((version) => ({ kind: "pet", version })));
    expect(rows[2]).toMatchObject({
      rpc: "moego.business.customer.v1.LeadService/UpdateLead",
      ...{ key_id: keys.a.id, staff_id: "staff_a1", request_id: "request-of-removal" },
    });
  });
});

describe("a write that is refused", () => {
  it("leaves no row", async () => {
    const { rows: before } = await server.database.owner.query("SELECT count(*) FROM change");
    await server.refused(rpc.createCustomer, newCustomer({ tags: [{ name: "No" }, { id: "tag_z" }] }));
    await server.refused(rpc.updateCustomer, {
      id: "cus_a1",
      companyId,
      tags: [{ name: "No" }],
      assignedStaffId: "staff_z",
    });
    await server.refused(rpc.appendCustomerTags, { id: "cus_a1", tags: [{ name: "No" }, { id: "tag_z" }] });
    await server.refused(rpc.deleteCustomerNote, { customerId: "cus_a1", noteId: "cxn_z" });
    const { rows: after } = await server.database.owner.query("SELECT count(*) FROM change");
    expect(after).toEqual(before);
    const { rows: tags } = await server.database.owner.query("SELECT id FROM tag WHERE name = 'No'");
    expect(tags).toEqual([]);
  });
});

function timeOf({ lastUpdatedTime }: Customer): number {
  if (!lastUpdatedTime) throw new Error("a customer has a time of change");
  return timestampDate(lastUpdatedTime).getTime();
}

async function detailsOf(resourceId: string): Promise<unknown[]> {
  const { rows } = await server.database.owner.query(
    `SELECT changed_fields AS fields, location_before AS before, location_after AS after,
       related_kind || '/' || related_id AS related
     FROM change WHERE company_id = 'cmp_a' AND resource_id = $1 ORDER BY id`,
    [resourceId],
  );
  return rows;
}

async function changesOf(resourceId: string): Promise<unknown[]> {
  const { rows } = await server.database.owner.query(
    `SELECT kind, version, rpc, key_id, staff_id, request_id, changed_time FROM change
     WHERE company_id = 'cmp_a' AND resource_id = $1 ORDER BY id`,
    [resourceId],
  );
  return rows;
}
