import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { LeadBatchService } from "../../src/gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, listLeads, updateLead, promoteLead } = LeadService.method;
const { importLead, eraseLead } = LeadAdminService.method;
const { createCustomer } = CustomerService.method;
const companyId = "cmp_a";

const crm = (id: string) => ({ system: "crm", id });
const withIds = (...ids: string[]) => newLead({ externalIds: ids.map(crm) });
const idsOf = ({ externalIds }: { readonly externalIds: readonly { system: string; id: string }[] }) =>
  externalIds.map(({ system, id }) => `${system}/${id}`);
const none = { externalIds: [] };
const taken = {
  ...{ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" },
  metadata: { resource: "Lead", field: "external_ids" },
};

async function listed(id: string, key = keys.a) {
  const request = { companyId, pagination: {}, filter: { externalIds: [crm(id)] } };
  return (await server.ok(listLeads, request, { key })).leads.map((lead) => lead.id);
}

describe("the external ids of a lead", () => {
  it("are stored by creates, imports and batches, and returned in order by every read", async () => {
    const made = await server.ok(createLead, withIds("b", "a"));
    expect(idsOf(made)).toEqual(["crm/a", "crm/b"]);
    expect(idsOf(await server.ok(getLead, { id: made.id }))).toEqual(idsOf(made));
    expect(await listed("a")).toEqual([made.id]);
    const imported = await server.ok(importLead, { companyId, id: freshId(), ...withIds("imported") });
    expect(idsOf(imported.lead ?? none)).toEqual(["crm/imported"]);
    const batch = { companyId, returnRecords: true, items: [withIds("one"), withIds("two")] };
    const { results } = await server.ok(LeadBatchService.method.batchCreateLeads, batch);
    expect(results.map(({ lead }) => idsOf(lead ?? none))).toEqual([["crm/one"], ["crm/two"]]);
  });

  it("belong to one lead of a company, whatever writes them, and may be those of a customer", async () => {
    await server.ok(createLead, withIds("single"));
    const other = await server.ok(createLead, newLead());
    expect(await server.refused(createLead, withIds("single"))).toMatchObject(taken);
    const imported = { companyId, id: freshId(), ...withIds("single") };
    expect(await server.refused(importLead, imported)).toMatchObject(taken);
    const update = { id: other.id, lead: { externalIds: [crm("single")] } };
    expect(await server.refused(updateLead, update)).toMatchObject(taken);
    const batch = { companyId, mode: 2, items: [withIds("single"), withIds("twice"), withIds("twice")] };
    const { results } = await server.ok(LeadBatchService.method.batchCreateLeads, batch);
    expect(results.map(({ error }) => error?.code)).toEqual([6, undefined, 6]);
    const customer = await server.ok(createCustomer, newCustomer({ externalIds: [crm("single")] }));
    expect(idsOf(customer)).toEqual(["crm/single"]);
  });

  it("go to one of 16 leads that are created at the same time", async () => {
    const sent = await Promise.all(Array.from({ length: 16 }, () => server.call(createLead, withIds("raced"))));
    expect(sent.filter(({ ok }) => ok).length).toBe(1);
    expect(await listed("raced")).toHaveLength(1);
  });

  it("are replaced by an update, and are free again once their lead was erased", async () => {
    const { id } = await server.ok(createLead, withIds("kept", "dropped"));
    const replaced = await server.ok(updateLead, { id, lead: { externalIds: [crm("kept"), crm("added")] } });
    expect(idsOf(replaced)).toEqual(["crm/added", "crm/kept"]);
    const same = await server.ok(updateLead, { id, lead: { externalIds: [crm("kept"), crm("added")] } });
    expect(idsOf(same)).toEqual(["crm/added", "crm/kept"]);
    const { rows } = await server.database.owner.query(
      "SELECT changed_fields FROM change WHERE resource_id = $1 AND 'external_ids' = ANY(changed_fields)",
      [id],
    );
    expect(rows).toHaveLength(1);
    await server.ok(eraseLead, { companyId, id });
    expect(idsOf(await server.ok(createLead, withIds("kept")))).toEqual(["crm/kept"]);
  });

  it("are found only among the leads that the API key may read", async () => {
    await server.ok(createLead, newLead({ externalIds: [crm("elsewhere")], preferredBusinessId: "biz_a2" }));
    expect(await listed("elsewhere")).toHaveLength(1);
    expect(await listed("elsewhere", keys.businessA1)).toEqual([]);
  });
});

describe("the promotion of a lead with external ids", () => {
  it("gives them to the customer, apart from those of another customer, and leaves them to the lead", async () => {
    await server.ok(createCustomer, newCustomer({ externalIds: [crm("of another")] }));
    const { id } = await server.ok(createLead, withIds("carried", "of another"));
    const { customer } = await server.ok(promoteLead, { id });
    expect(idsOf(customer ?? none)).toEqual(["crm/carried"]);
    const read = await server.ok(CustomerService.method.getCustomer, { id: customer?.id ?? "" });
    expect(idsOf(read)).toEqual(["crm/carried"]);
    expect(await server.refused(createLead, withIds("carried"))).toMatchObject(taken);
    await server.ok(CustomerAdminService.method.eraseCustomer, { companyId, id: read.id });
    expect(idsOf(await server.ok(createLead, withIds("carried")))).toEqual(["crm/carried"]);
  });
});
