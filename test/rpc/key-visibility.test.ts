import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CustomField_ValueSchema } from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());
await server.database.owner.query(
  `INSERT INTO custom_field (company_id, id, association_type, code, label, type, is_required, options, created_time, last_updated_time)
   SELECT company_id, 'cf_lead_relation', 2, 'lead_relation', 'x', type, false, options, created_time, last_updated_time
   FROM custom_field WHERE company_id = 'cmp_a' AND association_type = 1 AND code = 'field_relation'`,
);

const { createCustomer, updateCustomer, getCustomer } = CustomerService.method;
const { createLead, getLead, updateLead, promoteLead } = LeadService.method;
const companyId = "cmp_a";
/** Sees biz_a1 of company A alone. */
const call = { key: keys.businessA1 };
const headers = { "x-request-id": "the-same" };

const relationTo = (relation: JsonObject, code = "field_relation") => ({
  customFields: { [code]: fromJson(CustomField_ValueSchema, { relation }) },
});
const toCustomer = (refId: string) => relationTo({ entity: "CUSTOMER", refId });
const toLead = (refId: string) => relationTo({ entity: "LEAD", refId });

describe("a relation of a custom field", () => {
  const missing = invalidField('custom_fields["field_relation"]', "NOT_FOUND");
  const inLead = invalidField('lead.custom_fields["lead_relation"]', "NOT_FOUND");

  it("to a record of another location answers a key of one location exactly as one that never existed", async () => {
    for (const [hidden, absent] of [
      [toCustomer("cus_a2"), toCustomer("cus_zz")],
      [toLead("lcus_a2"), toLead("lcus_zz")],
      [toLead("lcus_a3"), toLead("lcus_zz")],
    ] as const) {
      for (const transport of ["grpc", "rest"] as const) {
        const ask = (fields: typeof hidden) =>
          server.refused(createCustomer, newCustomer(fields), { ...call, transport, headers });
        const [ofHidden, ofAbsent] = [await ask(hidden), await ask(absent)];
        expect(ofHidden).toMatchObject(missing);
        expect(ofHidden.wire).toBe(ofAbsent.wire);
      }
      // Who covers the company may point there.
      await server.ok(createCustomer, newCustomer(hidden));
    }
  });

  it("is hidden by its raw id as well, by updates, and in leads and imports", async () => {
    const { rawId } = await server.ok(getCustomer, { id: "cus_a2" });
    const byRawId = relationTo({ entity: "CUSTOMER", id: String(rawId) });
    expect(await server.refused(createCustomer, newCustomer(byRawId), call)).toMatchObject(missing);
    const update = { id: "cus_a1", companyId, ...toCustomer("cus_a2") };
    expect(await server.refused(updateCustomer, update, call)).toMatchObject(missing);
    const ofLead = relationTo({ entity: "CUSTOMER", refId: "cus_a2" }, "lead_relation");
    expect(await server.refused(createLead, newLead(ofLead), call)).toMatchObject(inLead);
    expect(await server.refused(updateLead, { id: "lcus_a1", lead: ofLead }, call)).toMatchObject(inLead);
    const importing = { companyId, id: "imported", customer: newCustomer(toCustomer("cus_a2")) };
    expect((await server.refused(CustomerAdminService.method.importCustomer, importing, call)).violations).toEqual([
      { field: 'customer.custom_fields["field_relation"]', reason: "NOT_FOUND" },
    ]);
    const lead = { companyId, id: "imported", ...newLead(ofLead) };
    expect(await server.refused(LeadAdminService.method.importLead, lead, call)).toMatchObject(inLead);
  });

  it("to a record that the key sees is taken, and one that is stored may be sent back though its record is hidden", async () => {
    const own = await server.ok(createCustomer, newCustomer(toCustomer("cus_a1")), call);
    await server.ok(createCustomer, newCustomer(toLead("lcus_a1")), call);
    await server.ok(updateCustomer, { id: own.id, companyId, ...toCustomer("cus_a2") });
    const { customFields } = await server.ok(updateCustomer, { id: own.id, companyId, ...toCustomer("cus_a2") }, call);
    expect(customFields).toMatchObject({ field_relation: { relation: { refId: "cus_a2" } } });
  });

  it("names its record by what can be an id", async () => {
    for (const refId of ["a b", "x".repeat(31), "a\u0000b"]) {
      expect(await server.refused(createCustomer, newCustomer(toCustomer(refId)))).toMatchObject(
        invalidField('custom_fields["field_relation"]', "INVALID_FORMAT"),
      );
    }
  });
});

describe("a promoted lead", () => {
  const rpcs = [
    ["GetLead", (id: string) => server.refused(getLead, { id }, { ...call, headers })],
    ["UpdateLead", (id: string) => server.refused(updateLead, { id, lead: { lastName: "x" } }, { ...call, headers })],
    [
      "ArchiveLead",
      (id: string) => server.refused(LeadAdminService.method.archiveLead, { companyId, id }, { ...call, headers }),
    ],
    [
      "EraseLead",
      (id: string) => server.refused(LeadAdminService.method.eraseLead, { companyId, id }, { ...call, headers }),
    ],
  ] as const;

  it.each(rpcs)(
    "tells by %s of a customer that the key sees, and once it has moved away is a lead that never existed",
    async (_, ask) => {
      const { id, customerId } = await promoted();
      expect(await ask(id)).toMatchObject({ reason: "LEAD_PROMOTED", metadata: { id, customerId } });
      await moveAway(customerId);
      const [hidden, absent] = [await ask(id), await ask("lcus_zz")];
      expect(hidden).toMatchObject({ ...notFound, metadata: { resource: "Lead", id } });
      expect({ ...hidden.metadata, id: "" }).toEqual({ ...absent.metadata, id: "" });
      expect([hidden.text, hidden.detailTypes, hidden.wire.includes(customerId)]).toEqual([
        ...[absent.text, absent.detailTypes, false],
      ]);
    },
  );

  it("has its consent where its customer is seen, and once that has moved away is a lead that never existed", async () => {
    const { id, customerId } = await promoted();
    const ask = (leadId: string) =>
      ({ companyId, subject: { case: "leadId", value: leadId }, channel: 1, purpose: 1 }) as const;
    const { checkConsent } = ConsentService.method;
    await server.ok(checkConsent, ask(id), { ...call, headers });
    await moveAway(customerId);
    const refusals = await Promise.all(
      [id, "lcus_zz"].map((leadId) => server.refused(checkConsent, ask(leadId), { ...call, headers })),
    );
    for (const refusal of refusals) expect(refusal).toMatchObject({ ...notFound, metadata: { resource: "Lead" } });
    expect(refusals[0]?.wire).not.toContain(customerId);
  });

  it("is promoted again where its customer is seen, and else is a lead that never existed", async () => {
    const { id, customerId } = await promoted();
    const options = { ...call, headers: { "idempotency-key": "again" } };
    expect((await server.ok(promoteLead, { id }, options)).customer?.id).toBe(customerId);
    await moveAway(customerId);
    for (const each of [call, options]) {
      const refusal = await server.refused(promoteLead, { id }, each);
      expect(refusal).toMatchObject({ ...notFound, metadata: { resource: "Lead", id } });
      expect(refusal.wire).not.toContain(customerId);
    }
  });

  it("is where its customer is now, also for a key that did not see the lead", async () => {
    const { id } = await server.ok(createLead, newLead({ preferredBusinessId: "biz_a2" }));
    expect(await server.refused(getLead, { id }, call)).toMatchObject(notFound);
    const { customer } = await server.ok(promoteLead, { id });
    const customerId = customer?.id ?? "";
    await server.ok(updateCustomer, { id: customerId, companyId, preferredBusinessId: "biz_a1" });
    expect(await server.refused(getLead, { id }, call)).toMatchObject({ reason: "LEAD_PROMOTED" });
    expect((await server.ok(promoteLead, { id }, call)).customer?.id).toBe(customerId);
  });

  it("is told of by a repeated create or import while its customer is seen, and is none once that has moved away", async () => {
    const again = { ...call, headers: { "idempotency-key": "made-then-promoted" } };
    const lead = newLead({ preferredBusinessId: "biz_a1" });
    const imported = { companyId, id: "lead_imported", ...lead };
    const { importLead } = LeadAdminService.method;
    const calls = [() => server.call(createLead, lead, again), () => server.call(importLead, imported, again)] as const;
    for (const make of calls) expect(await make()).toMatchObject({ ok: true });
    const { rows } = await server.database.owner.query<{ id: string }>(
      "SELECT resource_ids[1] AS id FROM idempotency WHERE key = 'made-then-promoted'",
    );
    expect(rows).toHaveLength(2);
    const customers = await Promise.all(rows.map(({ id }) => server.ok(promoteLead, { id })));
    const ends = new Map(
      customers.map(({ customer }) => [customer?.sourceLeadId, { deleted: true, promotedCustomerId: customer?.id }]),
    );
    const [created, reimported] = [
      await server.ok(createLead, lead, again),
      await server.ok(importLead, imported, again),
    ];
    for (const { id, ...one } of [created, { ...reimported.lead }]) expect(one).toMatchObject(ends.get(id) ?? {});
    expect([...ends.keys()].toSorted()).toEqual([created.id, imported.id].toSorted());
    for (const { customer } of customers) await moveAway(customer?.id ?? "");
    for (const make of calls) expect(await make()).toMatchObject(notFound);
  });

  async function promoted(): Promise<{ id: string; customerId: string }> {
    const { id } = await server.ok(createLead, newLead({ preferredBusinessId: "biz_a1" }), call);
    const { customer } = await server.ok(promoteLead, { id }, call);
    return { id, customerId: customer?.id ?? "" };
  }
});

describe("an imported id that is taken", () => {
  it("answers the same whether the key sees who has it or not, and says nothing about it", async () => {
    const { importCustomer } = CustomerAdminService.method;
    const ask = (id: string) =>
      server.refused(importCustomer, { companyId, id, customer: newCustomer() }, { ...call, headers });
    const [seen, hidden] = [await ask("cus_a1"), await ask("cus_a2")];
    expect(hidden).toMatchObject({ code: "ALREADY_EXISTS", metadata: { resource: "Customer", field: "id" } });
    expect(hidden.wire).toBe(seen.wire);
  });
});

async function moveAway(id: string): Promise<void> {
  await server.ok(updateCustomer, { id, companyId, preferredBusinessId: "biz_a2" });
}
