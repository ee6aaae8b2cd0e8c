import { afterAll, describe, expect, it } from "vitest";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead, listLeads, promoteLead } = LeadService.method;
const { getCustomer, updateCustomer, createCustomer, listCustomers } = CustomerService.method;
const { owner } = server.database;

describe("PromoteLead", () => {
  it("gives the customer everything the lead had", async () => {
    const lead = await server.ok(createLead, {
      ...newLead({
        ...{ lastName: "Lead", email: "Lena@Lead.example", avatar: "https://img.example/l.png" },
        ...{ preferredBusinessId: "biz_a1", allocateStaffId: "staff_a2", referralSource: { id: "ref_a1" } },
        ...{ address: { address1: "1 First St", city: "Boston" }, pets: [aDog, { ...aDog, name: "Second" }] },
        customFields: { field_of_leads: { value: { case: "string", value: "told" } } },
      }),
      complianceConfig: { isConsented: true },
    });
    const { customer } = await server.ok(promoteLead, { id: lead.id });
    expect(customer).toMatchObject({
      ...{ firstName: "Lena", lastName: "Lead", phone: "+12125550122", email: "Lena@Lead.example" },
      ...{ avatar: "https://img.example/l.png", preferredBusinessId: "biz_a1", assignedStaffId: "staff_a2" },
      ...{ referralSource: { id: "ref_a1" }, address: [{ address1: "1 First St", city: "Boston" }] },
      ...{ complianceConfig: lead.complianceConfig, sourceLeadId: lead.id, createdBy: "staff_a1" },
      customFields: { field_of_leads: { string: "told" } },
    });
    expect(await server.ok(getCustomer, { id: customer?.id ?? "" })).toEqual(customer);
    const { rows } = await owner.query(
      "SELECT id, customer_id, lead_id FROM pet WHERE id = ANY($1::text[]) ORDER BY created_time, id",
      [lead.pets.map((pet) => pet.id)],
    );
    expect(rows).toEqual(lead.pets.map((pet) => ({ id: pet.id, customer_id: customer?.id, lead_id: null })));
  });

  it("moves all pets by one statement, each with its version and its change", async () => {
    const pets = Array.from({ length: 50 }, (_, n) => ({ ...aDog, name: `Dog ${n}` }));
    const lead = await server.ok(createLead, newLead({ pets }));
    await owner.query(`
      CREATE TABLE written (name text NOT NULL); GRANT INSERT ON written TO PUBLIC;
      CREATE FUNCTION note_statement() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO written VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
      CREATE TRIGGER counted AFTER UPDATE ON pet EXECUTE FUNCTION note_statement();
      CREATE TRIGGER counted AFTER INSERT ON change EXECUTE FUNCTION note_statement()`);
    const { customer } = await server.ok(promoteLead, { id: lead.id });
    await owner.query("DROP TRIGGER counted ON pet; DROP TRIGGER counted ON change");
    const written = await owner.query("SELECT name, count(*)::int AS times FROM written GROUP BY name ORDER BY name");
    expect(written.rows).toEqual([
      { name: "change", times: 1 },
      { name: "pet", times: 1 },
    ]);
    const { rows } = await owner.query(
      `SELECT count(*)::int AS pets, bool_and(p.last_updated_time > p.created_time) AS moved
       FROM pet p JOIN change c ON c.company_id = p.company_id AND c.kind = 'pet' AND c.resource_id = p.id
       WHERE p.customer_id = $1 AND p.version = 2 AND p.last_updated_by = 'staff_a1'
         AND c.version = 2 AND c.rpc LIKE '%PromoteLead' AND c.staff_id = 'staff_a1'`,
      [customer?.id],
    );
    expect(rows).toEqual([{ pets: 50, moved: true }]);
  });

  it("makes the promoted lead traceable in both directions", async () => {
    const { id } = await server.ok(createLead, newLead());
    const { customer } = await server.ok(promoteLead, { id });
    const promoted = { code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { id, customerId: customer?.id } };
    expect(await server.refused(getLead, { id })).toMatchObject(promoted);
    expect(await server.refused(updateLead, { id, lead: { lastName: "x" } })).toMatchObject(promoted);
    expect((await server.ok(getCustomer, { id: customer?.id ?? "" })).sourceLeadId).toBe(id);
    const { leads } = await server.ok(listLeads, { companyId: "cmp_a", pagination: { pageSize: 500 } });
    expect(leads.map((lead) => lead.id)).not.toContain(id);
  });

  it("again returns the same customer, in its present state", async () => {
    const { id } = await server.ok(createLead, newLead());
    const { customer } = await server.ok(promoteLead, { id });
    const changed = { id: customer?.id ?? "", companyId: "cmp_a", source: "Changed" };
    await server.ok(updateCustomer, changed);
    expect((await server.ok(promoteLead, { id })).customer).toMatchObject({ id: customer?.id, source: "Changed" });
  });

  it("64 concurrent clients get one customer and 64 equal answers", async () => {
    const { id } = await server.ok(createLead, newLead({ pets: [aDog] }));
    const answers = await Promise.all(Array.from({ length: 64 }, () => server.ok(promoteLead, { id })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const { rows } = await owner.query("SELECT count(*)::int AS count FROM customer WHERE source_lead_id = $1", [id]);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it("starts the customer's consent ledger with what the lead permits", async () => {
    const { id } = await server.ok(createLead, newLead());
    const { customer } = await server.ok(promoteLead, { id });
    const { rows } = await owner.query("SELECT subject_kind, before, rpc FROM consent_event WHERE subject_id = $1", [
      customer?.id,
    ]);
    expect(rows).toEqual([{ subject_kind: "customer", before: null, rpc: expect.stringContaining("PromoteLead") }]);
  });

  it("never fails for what a lead may lack: location, names, contact data, required customer fields", async () => {
    const { id } = await server.ok(createLead, newLead({ email: "only@mail.example", phone: "" }));
    await owner.query("UPDATE lead SET email = '', email_key = '' WHERE id = $1", [id]);
    const { customer } = await server.ok(promoteLead, { id });
    expect(customer).toMatchObject({ phone: "", email: "", lastName: "", preferredBusinessId: "" });
    // Company B demands a custom field of every customer.
    const ofB = await server.ok(createLead, newLead({ companyId: "cmp_b" }), { key: keys.b });
    expect((await server.ok(promoteLead, { id: ofB.id }, { key: keys.b })).customer?.sourceLeadId).toBe(ofB.id);
    const refused = newCustomer({ companyId: "cmp_b", preferredBusinessId: "biz_b1" });
    expect((await server.refused(createCustomer, refused, { key: keys.b })).reason).toBe("INVALID_REQUEST");
  });

  it("counts under the quota, and a refusal leaves the lead as it was", async () => {
    const call = { key: keys.quota };
    const lead = (lastName: string) => server.ok(createLead, newLead({ companyId: "cmp_quota", lastName }), call);
    const made = await Promise.all(["1", "2", "3"].map(lead));
    const answers = await Promise.all(made.map(({ id }) => server.call(promoteLead, { id }, call)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(2);
    const refusal = answers.find((answer) => !answer.ok);
    expect(refusal).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "CUSTOMER_QUOTA_EXCEEDED" });
    const left = made[answers.findIndex(({ ok }) => !ok)];
    expect(await server.ok(getLead, { id: left?.id ?? "" }, call)).toEqual({
      ...left,
      possibleDuplicates: undefined,
    });
    const { rows } = await owner.query("SELECT customers FROM company_customer_count WHERE company_id = 'cmp_quota'");
    expect(rows).toEqual([{ customers: 2 }]);
  });

  it("of an archived lead, of another location's and of a customer that has moved away is not found", async () => {
    expect(await server.refused(promoteLead, { id: "lcus_a9" })).toMatchObject(notFound);
    const call = { key: keys.businessA1 };
    const { id } = await server.ok(createLead, newLead(), call);
    const { customer } = await server.ok(promoteLead, { id }, call);
    const moved = { id: customer?.id ?? "", companyId: "cmp_a", preferredBusinessId: "biz_a2" };
    await server.ok(updateCustomer, moved);
    expect(await server.refused(promoteLead, { id }, call)).toMatchObject(notFound);
  });
});

describe("what a lead has learnt", () => {
  const { listLeadHistory, importLead } = LeadAdminService.method;
  const companyId = "cmp_a";
  const historyOf = async (subject: { case: "leadId" | "customerId"; value: string }) =>
    (await server.ok(listLeadHistory, { companyId, subject, pagination: {} })).entries;

  it("is a history of stages and action statuses with author and time in each, also by the customer's id", async () => {
    const { id } = await server.ok(createLead, newLead({ actionStatus: { id: "as_a1" } }));
    await server.ok(updateLead, { id, lead: { lifeCycle: { id: "lc_a2" } } }, { key: keys.aOther });
    await server.ok(updateLead, { id, lead: { lastName: "Unrelated" } });
    const paths = { updateMask: { paths: ["action_status", "life_cycle"] } };
    const lead = await server.ok(updateLead, { id, lead: { lifeCycle: { id: "lc_a3" } }, ...paths });
    const open = await historyOf({ case: "leadId", value: id });
    expect(open.filter(({ endedTime }) => !endedTime).map(({ kind, lifeCycle }) => [kind, lifeCycle?.id])).toEqual(
      expect.arrayContaining([
        [1, "lc_a3"],
        [2, undefined],
      ]),
    );
    const { customer } = await server.ok(promoteLead, { id });
    const customerId = customer?.id ?? "";
    const entries = await historyOf({ case: "leadId", value: id });
    expect(await historyOf({ case: "customerId", value: customerId })).toEqual(entries);
    const stages = entries.filter(({ kind }) => kind === 1);
    expect(stages.map(({ lifeCycle, startedBy }) => [lifeCycle?.name, startedBy])).toEqual([
      ["Contacted", "staff_a1"],
      ["Qualified", ""],
      ["New", "staff_a1"],
    ]);
    expect(entries.filter(({ kind }) => kind === 2).map(({ actionStatus }) => actionStatus?.name)).toEqual([
      undefined,
      "To call",
    ]);
    // Without a gap from the creation to the promotion.
    expect(stages.at(-1)?.startedTime).toEqual(lead.createdTime);
    expect(stages.map(({ endedTime }) => endedTime)).toEqual([
      customer?.createdTime,
      ...stages.slice(0, -1).map(({ startedTime }) => startedTime),
    ]);
    const ms = (time?: { seconds: bigint; nanos: number }) => Number(time?.seconds) * 1000 + (time?.nanos ?? 0) / 1e6;
    const total = stages.reduce((sum, { duration }) => sum + ms(duration), 0);
    expect(total).toBe(ms(customer?.createdTime) - ms(lead.createdTime));

    const summary = customer?.leadSummary;
    expect(summary).toMatchObject({ lifeCycle: { id: "lc_a3", name: "Contacted" }, createdBy: "staff_a1" });
    expect(summary?.createdTime).toEqual(lead.createdTime);
    expect(summary?.actionStatus).toBeUndefined();
    expect(summary?.history).toEqual(entries);
    const list = { companyId, filter: { ids: [customerId] }, pagination: {} };
    const [listed] = (await server.ok(listCustomers, list)).customers;
    expect(listed?.leadSummary).toEqual({ ...summary, history: [] });
  });

  it("starts with the time and author of an import", async () => {
    const createdTime = { seconds: BigInt(Date.UTC(2023, 4, 1) / 1000), nanos: 0 };
    const lead = newLead({ actionStatus: { id: "as_a1" } });
    const imported = { companyId, id: "lead_of_2023", ...lead, createdTime, createdBy: "staff_a2" };
    await server.ok(importLead, imported);
    const entries = await historyOf({ case: "leadId", value: imported.id });
    const [entry] = entries.filter(({ kind }) => kind === 1);
    expect(entry).toMatchObject({ startedTime: createdTime, startedBy: "staff_a2", lifeCycle: { id: "lc_a1" } });
    const { customer } = await server.ok(promoteLead, { id: imported.id });
    expect(customer?.leadSummary).toMatchObject({
      createdTime,
      createdBy: "staff_a2",
      actionStatus: { name: "To call" },
    });
  });

  it("is nothing for a customer without a lead, and hidden where lead and customer are", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    expect(await historyOf({ case: "customerId", value: id })).toEqual([]);
    expect((await server.ok(getCustomer, { id })).leadSummary).toBeUndefined();
    const lead = await server.ok(createLead, newLead({ preferredBusinessId: "biz_a2" }));
    const hidden = { companyId, subject: { case: "leadId", value: lead.id }, pagination: {} } as const;
    expect(await server.refused(listLeadHistory, hidden, { key: keys.businessA1 })).toMatchObject(notFound);
    expect(await server.refused(listLeadHistory, { companyId, pagination: {} })).toMatchObject({
      violations: [{ field: "subject", reason: "REQUIRED" }],
    });
  });
});

describe("notes, tags and source of a lead", () => {
  const { appendLeadNotes, updateLeadNote, listLeadNotes, appendLeadTags, removeLeadTags, listLeadTags, importLead } =
    LeadAdminService.method;
  const { listCustomerNotes } = CustomerService.method;
  const companyId = "cmp_a";

  it("are shown with it and go to the customer, notes with their ids, times and authors", async () => {
    const { id } = await server.ok(createLead, newLead({ source: "A flyer" }));
    const notes = ["One", "Two"].map((note) => ({ note }));
    const appended = await server.ok(appendLeadNotes, { companyId, id, notes });
    const [first] = appended.notes;
    const noteId = first?.id ?? "";
    await server.ok(updateLeadNote, { companyId, leadId: id, noteId, note: "Changed" }, { key: keys.aOther });
    const { tags } = await server.ok(appendLeadTags, {
      companyId,
      id,
      tags: [{ id: "tag_a1" }, { name: "From a lead" }],
    });
    await server.ok(appendLeadTags, { companyId, id, tags: [{ id: "tag_a2" }] });
    const rest = await server.ok(removeLeadTags, { companyId, id, tagIds: ["tag_a2"] });
    const lead = await server.ok(getLead, { id });
    expect(lead).toMatchObject({ source: "A flyer", notes: [{ note: "Two" }, { id: noteId, note: "Changed" }] });
    expect(lead.notes[1]?.lastUpdatedBy).not.toBe(lead.notes[0]?.lastUpdatedBy);
    expect(lead.tags).toEqual(rest.tags);
    expect(lead.tags.map((tag) => tag.id).toSorted()).toEqual(tags.map((tag) => tag.id).toSorted());
    expect((await server.ok(listLeadTags, { companyId, id })).tags).toEqual(lead.tags);
    const page = { pagination: {} };
    expect((await server.ok(listLeadNotes, { companyId, id, ...page })).notes).toEqual(lead.notes);

    const { customer } = await server.ok(promoteLead, { id });
    expect(customer).toMatchObject({ source: "A flyer", notes: lead.notes, tags: lead.tags });
    const customerId = customer?.id ?? "";
    expect((await server.ok(listCustomerNotes, { id: customerId, ...page })).notes).toEqual(lead.notes);
    expect(await server.refused(appendLeadNotes, { companyId, id, notes })).toMatchObject({ reason: "LEAD_PROMOTED" });
    const left = "SELECT count(*)::int AS count FROM lead_note WHERE lead_id = $1";
    expect((await owner.query(left, [id])).rows).toEqual([{ count: 0 }]);
  });

  it("count towards the size of the lead, and the company's tags alone can be given", async () => {
    const { id } = await server.ok(createLead, newLead());
    const long = Array.from({ length: 50 }, () => ({ note: "x".repeat(9_000) }));
    await server.ok(appendLeadNotes, { companyId, id, notes: long });
    await server.ok(appendLeadNotes, { companyId, id, notes: long });
    expect(await server.refused(appendLeadNotes, { companyId, id, notes: long })).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await server.refused(appendLeadTags, { companyId, id, tags: [{ id: "tag_c1" }] })).toMatchObject({
      violations: [{ field: "tags[0].id", reason: "NOT_FOUND" }],
    });
  });

  it("come with an import, with ids that no note of a customer has", async () => {
    const time = { seconds: BigInt(Date.UTC(2023, 4, 2) / 1000), nanos: 0 };
    const note = { id: "old-note", note: "Called", lastUpdatedTime: time, lastUpdatedBy: "staff_a2" };
    const lead = { ...newLead(), companyId, createdTime: time, tags: [{ id: "tag_a1" }] };
    const imported = await server.ok(importLead, { ...lead, id: "noted_lead", notes: [note] });
    expect(imported.lead).toMatchObject({ notes: [note], tags: [{ id: "tag_a1" }] });
    await server.ok(promoteLead, { id: "noted_lead" });
    expect(await server.refused(importLead, { ...lead, id: "noted_too", notes: [note] })).toMatchObject({
      violations: [{ field: "notes[0].id" }],
    });
  });
});
