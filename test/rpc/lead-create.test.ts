import { afterAll, describe, expect, it } from "vitest";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { keys } from "../support/fixture-keys.js";
import { aDog, newLead } from "../support/new-lead.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead, promoteLead } = LeadService.method;
const string = (value: string) => ({ value: { case: "string" as const, value } });

describe("lead creation is idempotent", () => {
  it("a repeated call makes no second lead", async () => {
    const headers = { "idempotency-key": "the-same-event" };
    const first = await server.ok(createLead, newLead(), { headers });
    expect(await server.ok(createLead, newLead(), { headers })).toEqual(first);
  });

  it("100 concurrent pairs make 100 leads", async () => {
    const before = await countOf("lead");
    const pairs = await Promise.all(
      Array.from({ length: 100 }, (_, pair) => {
        const headers = { "idempotency-key": `pair-${pair}` };
        const create = () => server.ok(createLead, newLead({ lastName: `Pair ${pair}` }), { headers });
        return Promise.all([create(), create()]);
      }),
    );
    for (const [one, twin] of pairs) expect(twin.id).toBe(one.id);
    expect(await countOf("lead")).toBe(before + 100);
  });

  it("a replay after the promotion is the lead as it was left, with the id of the customer", async () => {
    const headers = { "idempotency-key": "promoted-since" };
    const { id } = await server.ok(createLead, newLead(), { headers });
    const { customer } = await server.ok(promoteLead, { id });
    expect(await server.ok(createLead, newLead(), { headers })).toMatchObject({
      ...{ id, firstName: "Lena", phone: "+12125550122", deleted: true },
      promotedCustomerId: customer?.id,
    });
    const headersOfUpdate = { "idempotency-key": "updated-and-promoted" };
    const other = await server.ok(createLead, newLead());
    const update = { id: other.id, lead: { lastName: "Long" } };
    await server.ok(updateLead, update, { headers: headersOfUpdate });
    await server.ok(promoteLead, { id: other.id });
    const again = await server.ok(updateLead, update, { headers: headersOfUpdate });
    expect(again).toMatchObject({ id: other.id, lastName: "Long", promotedCustomerId: expect.stringMatching(/^cus_/) });
  });

  it("a replay shows a location's key no lead that has moved away", async () => {
    const call = { key: keys.businessA1, headers: { "idempotency-key": "moved-away" } };
    const { id } = await server.ok(createLead, newLead(), call);
    await server.ok(updateLead, { id, lead: { preferredBusinessId: "biz_a2" } });
    expect(await server.refused(createLead, newLead(), call)).toMatchObject(notFound);
  });
});

describe("a lead with pets is atomic", () => {
  it("a failing third pet leaves nothing", async () => {
    const before = await Promise.all(["lead", "pet", "consent_event", "change"].map(countOf));
    const pets = [aDog, aDog, { ...aDog, petCodes: [{ id: "pc_a1" }, { id: "pc_c1" }] }];
    expect(await server.refused(createLead, newLead({ pets }))).toMatchObject(
      invalidField("lead.pets[2].pet_codes[1].id", "NOT_FOUND"),
    );
    expect(await Promise.all(["lead", "pet", "consent_event", "change"].map(countOf))).toEqual(before);
  });

  it("stores all of them in the order they were sent, with codes, notes and vaccinations", async () => {
    const full = {
      ...aDog,
      ...{ petCodes: [{ id: "pc_a2" }, { id: "pc_a1" }], notes: [{ content: "one" }, { content: "two" }] },
      ...{ vaccinations: [{ name: "Rabies" }], birthday: { year: 2020, month: 2, day: 29 } },
    };
    const { id, pets } = await server.ok(createLead, newLead({ pets: [full, { ...aDog, name: "Second" }] }));
    expect(pets.map(({ name }) => name)).toEqual(["Rex", "Second"]);
    expect(pets[0]).toMatchObject({ customerId: id, status: 1, birthday: { year: 2020, month: 2, day: 29 } });
    expect(pets[0]?.petCodes.map((code) => code.id)).toEqual(["pc_a1", "pc_a2"]);
    expect(pets[0]?.notes.map(({ content }) => content)).toEqual(["two", "one"]);
    expect((await server.ok(getLead, { id })).pets).toEqual(pets);
  });

  it("needs a name and a type of each", async () => {
    const pets = [{ coat: "x" }, aDog, { ...aDog, id: "pet_x" }];
    const refusal = await server.refused(createLead, newLead({ pets }));
    expect(fieldsOf(refusal)).toEqual(["lead.pets[0].name", "lead.pets[0].type", "lead.pets[2].id"]);
  });
});

describe("a lead's contact data", () => {
  it("has its phone checked and normalised", async () => {
    expect((await server.ok(createLead, newLead({ phone: " (212) 555-0123 " }))).phone).toBe("+12125550123");
    expect(await server.refused(createLead, newLead({ phone: "12" }))).toMatchObject(
      invalidField("lead.phone", "INVALID_FORMAT"),
    );
  });

  it("needs a first name, and a phone or an email", async () => {
    const refusal = await server.refused(createLead, { lead: { companyId: "cmp_a", lastName: "Only" } });
    expect(refusal.violations).toEqual(
      expect.arrayContaining([
        { field: "lead.first_name", reason: "REQUIRED" },
        { field: "lead.phone", reason: "REQUIRED" },
      ]),
    );
    await server.ok(createLead, newLead({ phone: "", email: "Only@Mail.example" }));
  });

  it("and everything it refers to is checked at once", async () => {
    const refusal = await server.refused(
      createLead,
      newLead({
        ...{ preferredBusinessId: "biz_c1", allocateStaffId: "staff_c1", lifeCycle: { id: "lc_a9" } },
        ...{ actionStatus: { id: "as_c1" }, referralSource: { id: "ref_a9" }, customFields: { nope: string("x") } },
      }),
    );
    expect(fieldsOf(refusal)).toEqual([
      "lead.action_status.id",
      "lead.allocate_staff_id",
      'lead.custom_fields["nope"]',
      "lead.life_cycle.id",
      "lead.preferred_business_id",
      "lead.referral_source.id",
    ]);
  });
});

describe("a stage, status or source", () => {
  it("is taken by id, and what stands beside the id is ignored", async () => {
    const lead = await server.ok(
      createLead,
      newLead({ lifeCycle: { id: "lc_a2", name: "Nonsense" }, actionStatus: { id: "as_a1", color: "#FFFFFF" } }),
    );
    expect(lead).toMatchObject({
      lifeCycle: { id: "lc_a2", name: "Qualified" },
      actionStatus: { id: "as_a1", color: "#FF0000" },
    });
  });

  it("by its name alone is refused", async () => {
    const lead = {
      lifeCycle: { name: "New" },
      actionStatus: { name: "To call" },
      referralSource: { name: "A friend" },
    };
    expect(fieldsOf(await server.refused(createLead, newLead(lead)))).toEqual([
      "lead.action_status.id",
      "lead.life_cycle.id",
      "lead.referral_source.id",
    ]);
  });

  it("is the company's default stage when none is said, or none where the company has no default", async () => {
    expect((await server.ok(createLead, newLead())).lifeCycle?.id).toBe("lc_a1");
    const ofC = await server.ok(createLead, newLead({ companyId: "cmp_c" }), { key: keys.c });
    expect(ofC.lifeCycle).toBeUndefined();
  });
});

describe("what a new lead refers to", () => {
  it("must not be archived: every reference is named, and nothing is stored", async () => {
    const before = await countOf("lead");
    const archived = {
      ...{ preferredBusinessId: "biz_a9", allocateStaffId: "staff_a9", lifeCycle: { id: "lc_a9" } },
      ...{ actionStatus: { id: "as_a9" }, referralSource: { id: "ref_a9" } },
    };
    const refusal = await server.refused(createLead, newLead(archived));
    expect(refusal.violations.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual([
      "lead.action_status.id NOT_FOUND",
      "lead.allocate_staff_id NOT_FOUND",
      "lead.life_cycle.id NOT_FOUND",
      "lead.preferred_business_id NOT_FOUND",
      "lead.referral_source.id NOT_FOUND",
    ]);
    expect(await countOf("lead")).toBe(before);
  });
});

describe("the company of a new lead", () => {
  it("is the key's only one when it is left out", async () => {
    expect((await server.ok(createLead, newLead({ companyId: "" }))).companyId).toBe("cmp_a");
  });

  it("must be named by a key that covers several, and is missed along with everything else", async () => {
    const refusal = await server.refused(createLead, newLead({ companyId: "", firstName: "" }), {
      key: keys.enterprise,
    });
    expect(fieldsOf(refusal)).toEqual(["lead.company_id", "lead.first_name"]);
    const named = await server.ok(createLead, newLead({ companyId: "cmp_b" }), { key: keys.enterprise });
    expect(named.lifeCycle?.id).toBe("lc_b1");
  });

  it("must be covered by the key", async () => {
    expect(await server.refused(createLead, newLead({ companyId: "cmp_c", firstName: "" }))).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "COMPANY_NOT_ALLOWED",
    });
  });
});

describe("bad custom fields are INVALID_ARGUMENT with the code in the field path", () => {
  it("one violation for each", async () => {
    const refusal = await server.refused(
      createLead,
      newLead({
        customFields: {
          unknown_code: string("x"),
          field_of_leads: { value: { case: "bool", value: true } },
          field_short: string("of customers"),
        },
      }),
    );
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST" });
    expect(refusal.violations).toEqual(
      expect.arrayContaining([
        { field: 'lead.custom_fields["unknown_code"]', reason: "NOT_FOUND" },
        { field: 'lead.custom_fields["field_of_leads"]', reason: "WRONG_TYPE" },
        { field: 'lead.custom_fields["field_short"]', reason: "NOT_FOUND" },
      ]),
    );
    expect(refusal.violations).toHaveLength(3);
  });
});

describe("the consent of a new lead is atomic with the record", () => {
  it("and with its ledger, by default and as it is sent", async () => {
    const plain = await server.ok(createLead, newLead());
    expect(plain.complianceConfig).toMatchObject({
      ...{ serviceRelatedChannels: [1, 2], marketingCampaignsChannels: [], isConsented: false },
    });
    const asked = await server.ok(createLead, {
      ...newLead(),
      complianceConfig: { marketingCampaignsChannels: { channels: [2] }, isConsented: true },
    });
    expect(asked.complianceConfig).toMatchObject({
      ...{ serviceRelatedChannels: [1, 2], marketingCampaignsChannels: [2], isConsented: true },
    });
    const { rows } = await server.database.owner.query(
      "SELECT before, after->'marketingCampaignsChannels' AS marketing, key_id FROM consent_event WHERE subject_id = $1",
      [asked.id],
    );
    expect(rows).toEqual([{ before: null, marketing: ["EMAIL"], key_id: keys.a.id }]);
  });

  it("is taken from the lead itself when it is sent there alone, and refused when it is sent twice", async () => {
    const within = { serviceRelatedChannels: [3], isConsented: true };
    const lead = await server.ok(createLead, newLead({ complianceConfig: within }));
    expect(lead.complianceConfig).toMatchObject({ ...within, marketingCampaignsChannels: [] });
    const twice = { ...newLead({ complianceConfig: within }), complianceConfig: { isConsented: true } };
    expect(await server.refused(createLead, twice)).toMatchObject(invalidField("compliance_config", "CONFLICT"));
  });
});

describe("a key of one location", () => {
  const call = { key: keys.businessA1 };

  it("creates leads of its own, and no others", async () => {
    expect((await server.ok(createLead, newLead(), call)).preferredBusinessId).toBe("biz_a1");
    expect(await server.refused(createLead, newLead({ preferredBusinessId: "biz_a2" }), call)).toMatchObject({
      reason: "BUSINESS_NOT_ALLOWED",
    });
  });

  it("sees neither those of another location nor those of none", async () => {
    expect((await server.ok(getLead, { id: "lcus_a1" }, call)).id).toBe("lcus_a1");
    for (const id of ["lcus_a2", "lcus_a3"]) {
      expect(await server.refused(getLead, { id }, call)).toMatchObject(notFound);
      expect(await server.refused(updateLead, { id, lead: {} }, call)).toMatchObject(notFound);
      expect(await server.refused(promoteLead, { id }, call)).toMatchObject(notFound);
    }
  });
});

describe("an id that two companies of an enterprise hold", () => {
  it("is ambiguous until the company is named", async () => {
    const call = { key: keys.enterprise };
    expect(await server.refused(getLead, { id: "lcus_both" }, call)).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "AMBIGUOUS_ID",
    });
    const named = { ...call, headers: { "moego-company": "cmp_b" } };
    expect((await server.ok(getLead, { id: "lcus_both" }, named)).firstName).toBe("Both of B");
  });
});

async function countOf(table: string): Promise<number> {
  const { rows } = await server.database.owner.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}

describe("the notes and tags of a lead", () => {
  const stamps = ({ notes }: { readonly notes: readonly { note: string; lastUpdatedTime?: unknown }[] }) =>
    Object.fromEntries(notes.map(({ note, lastUpdatedTime }) => [note, lastUpdatedTime]));

  it("are stored by the create and carried by the promotion", async () => {
    const tags = [{ id: "tag_a1" }, { name: "Walk-in" }];
    const lead = newLead({ notes: [{ note: "First" }, { note: "Second" }], tags });
    const headers = { "idempotency-key": "noted-lead" };
    const made = await server.ok(createLead, lead, { headers });
    expect(made.notes.map(({ note }) => note)).toEqual(["Second", "First"]);
    expect(made.tags).toHaveLength(2);
    for (const tag of tags) expect(made.tags).toContainEqual(expect.objectContaining(tag));
    const { id, notes, tags: stored } = made;
    expect(await server.ok(createLead, lead, { headers })).toMatchObject({ id, notes, tags: stored });
    expect(await server.ok(getLead, { id })).toMatchObject({ notes, tags: stored });
    expect((await server.ok(promoteLead, { id })).customer).toMatchObject({ notes, tags: stored });
  });

  it("are written by an update as those of a customer are", async () => {
    const made = await server.ok(
      createLead,
      newLead({ notes: [{ note: "Kept" }, { note: "Old" }], tags: [{ id: "tag_a1" }] }),
    );
    const [old, kept] = made.notes;
    const { id } = made;
    const edited = await server.ok(updateLead, {
      id,
      lead: { notes: [{ id: old?.id ?? "", note: "New" }, kept ?? {}, { note: "Added" }], tags: [{ id: "tag_a2" }] },
    });
    expect(edited.notes.map(({ note }) => note)).toEqual(["Added", "New", "Kept"]);
    // Sent back as it was, so it keeps its time.
    expect(stamps(edited)["Kept"]).toEqual(kept?.lastUpdatedTime);
    expect(stamps(edited)["New"]).not.toEqual(old?.lastUpdatedTime);
    expect(edited.tags.map((tag) => tag.id)).toEqual(["tag_a2"]);
    expect(await server.ok(updateLead, { id, lead: {} })).toMatchObject({ notes: edited.notes, tags: edited.tags });
    const cleared = await server.callJson(updateLead, { id, lead: { tags: [], notes: [] } });
    expect(cleared).toMatchObject({ ok: true, message: { tags: [], notes: [{ note: "Added" }, {}, {}] } });
  });

  it("are refused with all violations and without a trace", async () => {
    const before = [await countOf("lead"), await countOf("tag")];
    const lead = newLead({ tags: [{ name: "Never made" }, { id: "tag_z" }], allocateStaffId: "staff_z" });
    const fields = ["lead.allocate_staff_id", "lead.tags[1].id"];
    expect((await server.refused(createLead, lead)).violations.map(({ field }) => field)).toEqual(fields);
    const { id } = await server.ok(createLead, newLead());
    const update = { id, lead: { tags: [{ id: "tag_z" }], notes: [{ id: "note_z", note: "x" }] } };
    const { violations } = await server.refused(updateLead, update);
    expect(violations.map(({ field }) => field)).toEqual(["lead.notes[0].id", "lead.tags[0].id"]);
    const named = newLead({ tags: [{ name: "Never made" }] });
    expect(await server.refused(createLead, named, { key: keys.businessA1 })).toMatchObject({
      reason: "SCOPE_REQUIRED",
    });
    expect([await countOf("lead"), await countOf("tag")]).toEqual([Number(before[0]) + 1, before[1]]);
  });
});
