import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { LeadBatchService } from "../../src/gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { refusalIn, shapeOf } from "../support/batch-results.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { aDog, type NewLead, newLead } from "../support/new-lead.js";
import { freshId, madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { batchCreateLeads, batchGetLeads } = LeadBatchService.method;
const { createLead, getLead, promoteLead } = LeadService.method;
const { importLead, eraseLead, archiveLead, listLeadHistory } = LeadAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const each = BatchMode.EACH;

const leads = (...all: NewLead[]) => all.map((fields) => newLead(fields));
const named = (...names: string[]) => leads(...names.map((lastName) => ({ lastName })));

async function countOf(...lastNames: string[]) {
  const { rows } = await owner.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM lead WHERE last_name = ANY($1)",
    [lastNames],
  );
  return rows[0]?.count;
}

const full: NewLead = {
  phone: "+12125550111",
  ...{ lastName: "Full", email: "Lead@example.com", source: "A friend", avatar: "https://img.example/a.png" },
  phones: [{ number: "+12125550111" }, { number: "+12125550177", extension: "12" }],
  address: { address1: "12 Main Street", city: "Boston" },
  ...{ allocateStaffId: "staff_a1", preferredBusinessId: "biz_a1", referralSource: { id: "ref_a1" } },
  ...{ lifeCycle: { id: "lc_a1" }, actionStatus: { id: "as_a1" } },
  tags: [{ id: "tag_a1" }, { name: "New in the batch of leads" }],
  notes: [{ note: "Shy" }, { note: "Pays in cash" }],
  pets: [
    { ...aDog, petCodes: [{ id: "pc_a1" }], notes: [{ content: "Bites" }], vaccinations: [{ name: "Rabies" }] },
    { name: "Cat", type: 3 },
  ],
};

describe("a batch of leads", () => {
  it("stores what single creates store", async () => {
    const consent = { complianceConfig: { serviceRelatedChannels: { channels: [1] }, isConsented: true } };
    const single = await server.ok(createLead, { ...newLead(full), ...consent });
    const { results } = await server.ok(batchCreateLeads, {
      companyId,
      items: [{ ...newLead(full), ...consent }, newLead()],
      returnRecords: true,
    });
    const [made, plain] = results;
    const id = made?.id ?? "";
    expect(made).toMatchObject({ outcome: BatchOutcome.CREATED, etag: "1", replayed: false });
    expect(shapeOf(await server.ok(getLead, { id }))).toEqual(shapeOf(single));
    expect(shapeOf(made?.lead)).toEqual(shapeOf(single));
    expect(plain?.lead).toMatchObject({ pets: [], notes: [], tags: [], phone: "+12125550122" });
    const ledgerOf = async (of: string) => {
      const { rows } = await owner.query(
        `SELECT subject_kind, after, source, staff_id, ip, given_time = occurred_time AS given_now, recorded_by
         FROM consent_event WHERE subject_id = $1`,
        [of],
      );
      return rows;
    };
    expect(await ledgerOf(id)).toEqual(await ledgerOf(single.id));
    const changesOf = async (of: string) => {
      const { rows } = await owner.query(
        `SELECT kind, version, staff_id, changed_fields, location_before, location_after, client_address FROM change
         WHERE resource_id = $1 OR resource_id IN (SELECT id FROM pet WHERE lead_id = $1) ORDER BY kind, version`,
        [of],
      );
      return rows;
    };
    expect(await changesOf(id)).toEqual(await changesOf(single.id));
    const searched = await owner.query(
      "SELECT count(DISTINCT keys)::int AS kinds, count(*)::int AS rows FROM lead_search WHERE lead_id = ANY($1)",
      [[id, single.id]],
    );
    expect(searched.rows).toEqual([{ kinds: 1, rows: 2 }]);
    const historyOf = async (leadId: string) => {
      const { entries } = await server.ok(listLeadHistory, {
        ...{ companyId, subject: { case: "leadId", value: leadId } as const, pagination: {} },
      });
      return entries.length;
    };
    expect(await historyOf(id)).toBe(await historyOf(single.id));
  });

  it("gives a lead without a stage the default one", async () => {
    await owner.query("UPDATE life_cycle SET is_default = true WHERE company_id = 'cmp_a' AND id = 'lc_a1'");
    const { results } = await server.ok(batchCreateLeads, { companyId, items: named("Stage"), returnRecords: true });
    expect(results[0]?.lead?.lifeCycle?.id).toBe("lc_a1");
  });

  it("takes 500 items with everything that usual leads have, and no more", async () => {
    const items = Array.from({ length: 500 }, () => newLead({ ...full, tags: [{ name: "Many leads" }], pets: [aDog] }));
    const { results } = await server.ok(batchCreateLeads, { companyId, items });
    expect(new Set(results.map(({ id }) => id)).size).toBe(500);
    const tags = await owner.query("SELECT count(*)::int AS count FROM tag WHERE name = 'Many leads'");
    expect(tags.rows).toEqual([{ count: 1 }]);
    expect(await server.refused(batchCreateLeads, { companyId, items: [...items, newLead()] })).toMatchObject({
      violations: [{ field: "items", reason: "TOO_MANY" }],
    });
  });
});

describe("a batch of leads that is stored as a whole", () => {
  it("stores nothing if an item is refused, creates no tag, and lists all violations", async () => {
    const refused = await server.refused(batchCreateLeads, {
      companyId,
      items: [
        ...leads({ lastName: "Whole", phone: "12" }, { lastName: "Whole", firstName: "" }),
        { ...newLead({ lastName: "Whole", companyId: "cmp_b" }) },
        ...leads({ lastName: "Whole", pets: [{ name: "", type: 2 }] }, { id: "own" }),
        {},
      ],
    });
    expect(refused.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...[
        "items[0].lead.phone INVALID_FORMAT",
        "items[1].lead.first_name REQUIRED",
        "items[2].lead.company_id CONFLICT",
      ],
      ...["items[3].lead.pets[0].name REQUIRED", "items[4].lead.id NOT_ALLOWED", "items[5].lead REQUIRED"],
    ]);
    const later = await server.refused(batchCreateLeads, {
      companyId,
      items: leads(
        { lastName: "Whole", tags: [{ name: "Never made of a lead" }] },
        { allocateStaffId: "staff_none", tags: [{ id: "tag_none" }], lifeCycle: { id: "none" } },
        { preferredBusinessId: "biz_none", pets: [{ ...aDog, petCodes: [{ id: "pc_none" }] }] },
      ),
    });
    expect(later.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...["items[1].lead.allocate_staff_id NOT_FOUND", "items[1].lead.life_cycle.id NOT_FOUND"],
      ...["items[1].lead.tags[0].id NOT_FOUND", "items[2].lead.preferred_business_id NOT_FOUND"],
      "items[2].lead.pets[0].pet_codes[0].id NOT_FOUND",
    ]);
    expect(await countOf("Whole")).toBe(0);
    const { rows } = await owner.query("SELECT 1 FROM tag WHERE name = 'Never made of a lead'");
    expect(rows).toEqual([]);
  });
});

describe("a batch of leads item by item", () => {
  it("stores the others, and gives each refused item the error of a single request", async () => {
    const items = leads(
      { lastName: "Each" },
      { lastName: "Each", phone: "12" },
      { lastName: "Each", referralSource: { id: "none" } },
      { lastName: "Each", phone: "+15555551234", pets: [{ ...aDog, vet: { phoneNumber: "+15555551234" } }] },
    );
    const { results } = await server.ok(batchCreateLeads, { companyId, items, mode: each });
    expect(results.map(({ outcome }) => outcome)).toEqual([1, 4, 4, 1]);
    expect(refusalIn(results[1]).fields).toEqual(["lead.phone INVALID_FORMAT"]);
    expect(refusalIn(results[2]).fields).toEqual(["lead.referral_source.id NOT_FOUND"]);
    expect(results[3]?.warnings).toEqual(["PHONE_NOT_VALID lead.phones[0].number lead.pets[0].vet.phone_number"]);
    expect(await countOf("Each")).toBe(2);
  });

  it("gives a key limited to locations only what it may create", async () => {
    const items = leads(
      { lastName: "Limited" },
      { lastName: "Limited", preferredBusinessId: "biz_a2" },
      { lastName: "Limited", tags: [{ name: "Not by this key" }] },
    );
    const options = { key: keys.businessA1 };
    const { results } = await server.ok(
      batchCreateLeads,
      { companyId, items, mode: each, returnRecords: true },
      options,
    );
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...[undefined, "BUSINESS_NOT_ALLOWED", "SCOPE_REQUIRED"],
    ]);
    expect(results[0]?.lead?.preferredBusinessId).toBe("biz_a1");
    const whole = await server.refused(batchCreateLeads, { companyId, items }, options);
    expect(whole).toMatchObject({ code: "PERMISSION_DENIED", reason: "BUSINESS_NOT_ALLOWED" });
  });

  it("refuses leads that are too large", async () => {
    const pets = Array.from({ length: 50 }, () => ({
      ...aDog,
      notes: Array.from({ length: 4 }, () => ({ content: "🐶".repeat(9_000) })),
    }));
    const { results } = await server.ok(batchCreateLeads, {
      ...{ companyId, mode: each },
      items: leads({ pets: pets.slice(0, 25) }, { lastName: "Small" }),
    });
    const single = await server.call(createLead, newLead({ pets: pets.slice(0, 25) }));
    expect(refusalIn(results[0]).reason).toBe(single.ok ? undefined : "INVALID_REQUEST");
    expect(results[1]?.outcome).toBe(BatchOutcome.CREATED);
  });
});

describe("a repeated batch of leads", () => {
  it("returns what it stored, also after archive and promotion, and tries refused items again", async () => {
    const headers = { "idempotency-key": freshId() };
    const items = [...named("Again", "Again"), newLead({ lastName: "Again", tags: [{ id: "tag_later" }] })];
    const request = { companyId, items, mode: each };
    const first = await server.ok(batchCreateLeads, request, { headers });
    const [one = "", two = ""] = first.results.map(({ id }) => id);
    await server.ok(archiveLead, { companyId, id: one });
    await server.ok(promoteLead, { id: two });
    const again = await server.call(batchCreateLeads, request, { headers });
    if (!again.ok) throw new Error("a batch was refused");
    expect(again.headers).toMatchObject({ "idempotency-replayed": "true" });
    expect(again.message.results.map(({ id, replayed }) => [id, replayed])).toEqual([
      ...[
        [one, true],
        [two, true],
        ["", false],
      ],
    ]);
    await owner.query(
      `INSERT INTO tag (company_id, id, name, name_key, last_updated_time)
       VALUES ('cmp_a', 'tag_later', 'Later', 'later', now())`,
    );
    const third = await server.ok(batchCreateLeads, request, { headers });
    expect(third.results.map(({ replayed }) => replayed)).toEqual([true, true, false]);
    expect(await countOf("Again")).toBe(3);
    const other = { ...request, items: named("Again") };
    expect(await server.refused(batchCreateLeads, other, { headers })).toMatchObject({
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
  });

  it("stores an item with its own key once, in whatever batch it is sent, also at the same time", async () => {
    const shared = Array.from({ length: 5 }, freshId);
    const batches = Array.from({ length: 4 }, (_, turn) => {
      const items = shared.map((key) => ({ ...newLead({ lastName: `L ${key}` }), idempotencyKey: key }));
      return { companyId, items: turn % 2 === 0 ? items : items.toReversed() };
    });
    const sent = await Promise.all(batches.map((request) => server.ok(batchCreateLeads, request)));
    expect(new Set(sent.flatMap(({ results }) => results.map(({ id }) => id))).size).toBe(5);
    expect(await countOf(...shared.map((key) => `L ${key}`))).toBe(5);
  });

  it("tells that its lead was erased, and that it is out of reach", async () => {
    const items = ["Gone", "Gone"].map((lastName) => ({ ...newLead({ lastName }), idempotencyKey: freshId() }));
    const request = { companyId, items, mode: each };
    const { results } = await server.ok(batchCreateLeads, request, { key: keys.businessA1 });
    await server.ok(eraseLead, { companyId, id: results[0]?.id ?? "" });
    await owner.query("UPDATE lead SET preferred_business_id = 'biz_a2' WHERE id = $1", [results[1]?.id]);
    const again = await server.ok(batchCreateLeads, request, { key: keys.businessA1 });
    expect(again.results.map((result) => refusalIn(result).reason)).toEqual(["RESOURCE_ERASED", "RESOURCE_NOT_FOUND"]);
  });
});

describe("an imported lead of a batch", () => {
  const second = (n: number) => ({ seconds: BigInt(1_600_000_000 + n), nanos: 0 });
  const imported = (id: string) => ({
    ...newLead({
      notes: [{ id: `n${id}`, note: "Old", lastUpdatedBy: "staff_a1" }],
      pets: [{ ...aDog, id: `p${id}`, createdTime: second(0), lastUpdatedTime: second(0) }],
    }),
    ...{ id, createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1" },
  });

  it("keeps the ids, times and authors, as ImportLead keeps them", async () => {
    const [id, alone] = [freshId(), freshId()];
    await server.ok(batchCreateLeads, { companyId, items: [imported(id), ...named("Beside an import")] });
    await server.ok(importLead, { companyId, ...imported(alone) });
    const [stored, other] = [await server.ok(getLead, { id }), await server.ok(getLead, { id: alone })];
    expect(stored).toMatchObject({
      ...{ createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1" },
      ...{ notes: [{ id: `n${id}`, lastUpdatedTime: second(0) }], pets: [{ id: `p${id}`, createdTime: second(0) }] },
    });
    expect(shapeOf(stored)).toEqual(shapeOf(other));
    const { entries } = await server.ok(ConsentService.method.listConsentHistory, {
      ...{ companyId, subject: { case: "leadId", value: id } as const, pagination: {} },
    });
    expect(entries).toMatchObject([{ source: 2 }]);
  });

  it("needs the scope record:import, whatever else the batch has", async () => {
    await server.insertKeys([importless]);
    const request = { companyId, items: [...named("No scope"), imported(freshId())], mode: each };
    expect(await server.refused(batchCreateLeads, request, { key: importless })).toMatchObject({
      ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "record:import" } },
    });
    await server.ok(batchCreateLeads, { companyId, items: named("No scope") }, { key: importless });
  });

  it("is refused with an id that is in use, was erased, or is in the batch twice, its own or that of a pet", async () => {
    const [used, erased, twice] = [freshId(), freshId(), freshId()];
    await server.ok(batchCreateLeads, { companyId, items: [imported(used), imported(erased)] });
    await server.ok(eraseLead, { companyId, id: erased });
    await server.ok(PetAdminService.method.erasePet, { companyId, id: `p${used}` });
    const withPet = (id: string) => newLead({ pets: [{ ...aDog, id }] });
    const { results } = await server.ok(batchCreateLeads, {
      ...{ companyId, mode: each },
      items: [
        ...[used, erased, twice, twice].map((id) => ({ ...newLead(), id })),
        ...[withPet("pet_a1"), withPet(`p${used}`), withPet(`p${twice}`), withPet(`p${twice}`)],
      ],
    });
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...["ALREADY_EXISTS", "RESOURCE_ERASED", undefined, "INVALID_REQUEST"],
      ...["INVALID_REQUEST", "RESOURCE_ERASED", undefined, "INVALID_REQUEST"],
    ]);
    expect(refusalIn(results[4]).fields).toEqual(["lead.pets[0].id CONFLICT"]);
    expect(refusalIn(results[7]).fields).toEqual(["lead.pets[0].id CONFLICT"]);
  });

  it("is refused for every time, author and note id that is wrong", async () => {
    const noted = (note: string) => newLead({ notes: [{ id: "note_of_leads", note }] });
    const items = [
      { ...newLead(), createdTime: { seconds: 4_000_000_000n, nanos: 0 } },
      { ...newLead(), createdBy: "staff_none" },
      ...[noted("kept"), noted("taken")],
      { ...newLead({ id: "another" }), id: freshId() },
    ];
    const { results } = await server.ok(batchCreateLeads, { companyId, items, mode: each });
    expect(results.map((result) => refusalIn(result).fields)).toEqual([
      ["created_time OUT_OF_RANGE", "last_updated_time CONFLICT"],
      ["created_by NOT_FOUND"],
      [],
      ["lead.notes[0].id CONFLICT"],
      ["lead.id CONFLICT"],
    ]);
  });

  it("sent at the same time by several batches is stored by one of them", async () => {
    const ids = Array.from({ length: 6 }, freshId);
    const batches = [ids, ids.toReversed(), ids].map((some) => some.map((id) => ({ ...newLead(), id })));
    const sent = await Promise.all(
      batches.map((items) => server.ok(batchCreateLeads, { companyId, items, mode: each })),
    );
    const reasons = sent.flatMap(({ results }) => results.map((result) => refusalIn(result).reason ?? "created"));
    expect(reasons.filter((reason) => reason === "created").length).toBe(6);
    expect(reasons.filter((reason) => reason === "ALREADY_EXISTS").length).toBe(12);
  });
});

describe("a batch of leads of a company that refuses duplicates", () => {
  /** A key that the server does not know yet: what a company refuses is remembered for two seconds. */
  const key = fixtureKey("key_of_lead_batches", [{ type: "COMPANY", id: companyId }]);
  beforeAll(async () => {
    await owner.query("UPDATE company SET duplicate_policy = 3 WHERE id = 'cmp_a'");
    await server.insertKeys([key]);
  });
  afterAll(() => owner.query("UPDATE company SET duplicate_policy = 2 WHERE id = 'cmp_a'"));

  it("refuses those of stored customers and leads and of earlier items, and nothing else", async () => {
    const [one, two, three] = ["+12125580001", "+12125580002", "+12125580003"];
    const customer = await madeCustomer(server, { phone: one });
    const lead = await server.ok(createLead, newLead({ phone: two }), { key });
    const { results } = await server.ok(
      batchCreateLeads,
      {
        ...{ companyId, mode: each },
        items: [
          ...leads({ phone: one }, { phone: two }, { phone: three }, { phone: three }),
          { ...newLead({ phone: one }), allowDuplicate: true },
          { ...newLead({ phone: two }), id: freshId() },
        ],
      },
      { key },
    );
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...["DUPLICATE_RECORD", "DUPLICATE_RECORD", undefined, "DUPLICATE_RECORD", undefined, undefined],
    ]);
    expect(results.map((result) => refusalIn(result).metadata?.["id"])).toEqual([
      ...[customer.id, lead.id, undefined, results[2]?.id, undefined, undefined],
    ]);
  });
});

describe("a batch of leads with lines that are opted out", () => {
  it("permits what CreateLead permits", async () => {
    const out = "+12125590001";
    await server.ok(ConsentService.method.recordOptOut, {
      ...{ companyId, contact: { case: "phone", value: out } as const, channels: [1, 3] },
    });
    const consenting = (phone: string) => ({
      ...newLead({ phone }),
      complianceConfig: { serviceRelatedChannels: { channels: [1, 2] } },
    });
    const single = await server.ok(createLead, consenting(out));
    const { results } = await server.ok(batchCreateLeads, {
      ...{ companyId, returnRecords: true },
      items: [consenting(out), consenting("+12125590002")],
    });
    expect(results[0]?.lead?.complianceConfig).toEqual(single.complianceConfig);
    expect(results[1]?.lead?.complianceConfig?.serviceRelatedChannels).toEqual([1, 2]);
    const { rows } = await owner.query("SELECT withheld FROM consent_event WHERE subject_id = ANY($1)", [
      [single.id, results[0]?.id],
    ]);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0]?.withheld).not.toBeNull();
  });
});

describe("reading many leads", () => {
  it("returns them in the order of the request, archived and promoted ones too, and says which do not exist", async () => {
    const { results } = await server.ok(batchCreateLeads, { companyId, items: named("Read", "Read", "Read") });
    const ids = results.map(({ id }) => id).toReversed();
    const [archived = "", promoted = ""] = ids;
    await server.ok(archiveLead, { companyId, id: archived });
    await server.ok(promoteLead, { id: promoted });
    const read = await server.ok(batchGetLeads, { companyId, ids: [archived, "none", ...ids, "lcus_b1"] });
    expect(read.leads.map(({ id, deleted }) => [id, deleted])).toEqual([
      ...[
        [archived, true],
        [promoted, true],
        [ids[2], false],
      ],
    ]);
    expect(read.notFoundIds).toEqual(["none", "lcus_b1"]);
    await owner.query("UPDATE lead SET preferred_business_id = 'biz_a1' WHERE id = $1", [archived]);
    await owner.query("UPDATE lead SET preferred_business_id = 'biz_a2' WHERE id = $1", [ids[2]]);
    const limited = await server.ok(batchGetLeads, { companyId, ids }, { key: keys.businessA1 });
    expect(limited.leads.map(({ id }) => id)).toEqual([archived]);
  });
});

const importless = { ...keys.a, id: "key_importless", secret: "secret-of-key_importless-in-the-tests----", scopes: [] };
