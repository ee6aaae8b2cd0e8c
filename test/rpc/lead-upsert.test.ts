import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scopes } from "../../src/core/principal.js";
import { ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { ConsentService } from "../../src/gen/proto/moego/admin/v1/consent_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { type LeadUpsertResult, LeadUpsertService } from "../../src/gen/proto/moego/admin/v1/lead_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { aDog, type NewLead, newLead } from "../support/new-lead.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { upsertLead, batchUpsertLeads } = LeadUpsertService.method;
const { createLead, getLead, promoteLead } = LeadService.method;
const { archiveLead, eraseLead } = LeadAdminService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const { CREATED, UPDATED, UNCHANGED, REFUSED, SKIPPED } = BatchOutcome;
const skip = { onMatch: OnMatch.SKIP };

const without = (...lacking: string[]) =>
  scopes.filter((scope) => scope !== "platform:admin" && !lacking.includes(scope));
const unreading = fixtureKey("key_lead_upserts_unread", [{ type: "COMPANY", id: companyId }], {
  scopes: without("lead:read"),
});
const withoutImport = fixtureKey("key_lead_upserts_no_import", [{ type: "COMPANY", id: companyId }], {
  scopes: without("record:import"),
});
beforeAll(() => server.insertKeys([unreading, withoutImport]));

let last = 5000;
/** Keys that no other lead has. */
function fresh() {
  last += 1;
  return { phone: `+1212557${last}`, email: `lead${last}@upserts.example`, externalId: crm(`lead ${last}`) };
}
const crm = (id: string) => ({ system: "crm", id });

type Match = { id?: string; phone?: string; email?: string; externalId?: { system: string; id: string } };
type Options = Parameters<typeof server.ok>[2];
const requestOf = (match: Match, fields: NewLead, more: object) => ({
  ...{ companyId, match, ...newLead({ phone: match.phone ?? "+12125550122", ...fields }), ...more },
});
const upsert = (match: Match, fields: NewLead = {}, more: object = {}, options: Options = {}) =>
  server.ok(upsertLead, requestOf(match, fields, more), options);
const refused = (match: Match, fields: NewLead = {}, more: object = {}, options: Options = {}) =>
  server.refused(upsertLead, requestOf(match, fields, more), options);

function reasonOf(result: LeadUpsertResult | undefined) {
  return result?.error?.details.flatMap((one) => anyUnpack(one, ErrorInfoSchema) ?? [])[0]?.reason;
}

async function leadsWith(phone: string) {
  return (await owner.query<{ id: string }>("SELECT id FROM lead WHERE phone = $1", [phone])).rows;
}

describe("an upsert of a lead", () => {
  it("creates the lead with every key, its notes and pets, and the same request then changes nothing", async () => {
    const { phone, email, externalId } = fresh();
    const fields = { phone: "", tags: [{ name: "Upserted" }], notes: [{ note: "Once" }], pets: [aDog] };
    const send = () => upsert({ phone, email, externalId }, fields);
    const made = await send();
    expect(made.outcome).toBe(CREATED);
    expect(made.lead).toMatchObject({ phone, email, externalIds: [externalId], etag: "1", notes: [{ note: "Once" }] });
    expect(made.lead?.pets).toHaveLength(1);
    expect(made.lead?.lifeCycle?.isDefault).toBe(true);
    const again = await send();
    expect(again.outcome).toBe(UNCHANGED);
    expect(again.lead).toEqual(made.lead);
    const changes = await owner.query("SELECT version FROM change WHERE resource_id = $1", [made.lead?.id]);
    expect(changes.rows).toHaveLength(1);
  });

  it("finds a lead by its id, its external id, any of its phones in any format, and its email address in any case", async () => {
    const { phone, email, externalId } = fresh();
    const phones = [{ number: "+12125550122" }, { number: phone }];
    const { id } = await server.ok(createLead, newLead({ phones, email, externalIds: [externalId] }));
    const national = `(${phone.slice(2, 5)}) ${phone.slice(5, 8)}-${phone.slice(8)}`;
    const found = [
      await upsert({ id }, { phone, source: "1" }),
      await upsert({ externalId }, { phone, source: "2" }),
      await upsert({ phone: national }, { phone: "", source: "3" }),
      await upsert({ email: email.toUpperCase() }, { phone, email: "", source: "4" }),
    ];
    expect(found.map(({ outcome }) => outcome)).toEqual([UPDATED, UPDATED, UPDATED, UPDATED]);
    expect(new Set(found.map(({ lead }) => lead?.id))).toEqual(new Set([id]));
    expect(found.map(({ lead }) => lead?.source)).toEqual(["1", "2", "3", "4"]);
    expect(found[3]?.lead).toMatchObject({ email, phone });
  });

  it("changes what the request states as UpdateLead does, except that nothing is cleared, added twice or removed", async () => {
    const { phone, externalId } = fresh();
    const stored = await server.ok(
      createLead,
      newLead({
        ...{ phone, phones: [{ number: phone }, { number: "+12125550188" }], email: "old@example.com" },
        ...{ externalIds: [externalId], tags: [{ id: "tag_a1" }], notes: [{ note: "Old" }], pets: [aDog] },
        ...{ address: { address1: "1 First St", city: "Boston" }, allocateStaffId: "staff_a1" },
      }),
    );
    const { outcome, lead } = await upsert(
      { externalId },
      {
        ...{ phone, firstName: "Grace", externalIds: [crm(`more ${phone}`)], tags: [{ name: "By upsert" }] },
        ...{ address: { address1: "2 Second St" }, notes: [{ note: "New" }], pets: [aDog], lifeCycle: { id: "lc_a2" } },
        customFields: { field_of_leads: { value: { case: "string", value: "new" } } },
      },
    );
    expect(outcome).toBe(UPDATED);
    expect(lead).toMatchObject({
      ...{ id: stored.id, firstName: "Grace", email: "old@example.com", allocateStaffId: "staff_a1", etag: "2" },
      ...{ address: { address1: "2 Second St", city: "Boston", id: stored.address?.id }, notes: [{ note: "Old" }] },
      ...{ phones: [{ number: phone }, { number: "+12125550188" }], tags: [{ name: "By upsert" }] },
      ...{ lifeCycle: { id: "lc_a2" }, customFields: { field_of_leads: { value: { case: "string", value: "new" } } } },
      externalIds: [crm(`more ${phone}`), externalId].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    });
    expect(lead?.pets).toHaveLength(1);
    expect(await server.ok(getLead, { id: stored.id })).toEqual(lead);
    const { rows } = await owner.query(
      "SELECT version::int, staff_id, rpc, changed_fields, location_before FROM change WHERE resource_id = $1 AND version = 2",
      [stored.id],
    );
    const changed = ["first_name", "custom_fields", "tags", "address", "life_cycle_id", "external_ids"];
    expect(rows).toEqual([
      {
        ...{ version: 2, staff_id: "staff_a1", rpc: "moego.admin.v1.LeadUpsertService/UpsertLead" },
        ...{ changed_fields: expect.arrayContaining(changed), location_before: null },
      },
    ]);
    expect(rows[0]?.changed_fields).toHaveLength(changed.length);
  });

  it("replaces a list of phones, and records a new choice in the consent history once", async () => {
    const { phone, externalId } = fresh();
    const { lead } = await upsert({ externalId }, { phone });
    const phones = [{ number: "+12125550177" }, { number: phone }];
    const consent = {
      complianceConfig: { isConsented: true, serviceRelatedChannels: { channels: [1] } },
      consentProvenance: { source: 1, evidence: { reference: "form 7" } },
    };
    const changed = await upsert({ externalId }, { phone: "", phones }, consent);
    expect(changed.outcome).toBe(UPDATED);
    expect(changed.lead).toMatchObject({ phone: "+12125550177", phones, complianceConfig: { isConsented: true } });
    expect((await upsert({ externalId }, { phone: "", phones }, consent)).outcome).toBe(UNCHANGED);
    const { rows } = await owner.query(
      "SELECT before IS NULL AS first, evidence_reference FROM consent_event WHERE subject_id = $1 ORDER BY occurred_time",
      [lead?.id],
    );
    expect(rows).toEqual([
      { first: true, evidence_reference: "" },
      { first: false, evidence_reference: "form 7" },
    ]);
  });

  it("gives a lead that exists no consent of an earlier copy of it, neither less nor more", async () => {
    const { phone, externalId } = fresh();
    const { lead: first } = await upsert({ externalId }, { phone });
    const config = (...channels: number[]) => ({ isConsented: true, serviceRelatedChannels: { channels } });
    await upsert({ externalId }, { phone }, { complianceConfig: config(1, 2) });
    const { lead } = await upsert({ externalId }, { phone }, { complianceConfig: config(2) });
    for (const complianceConfig of [
      {},
      first?.complianceConfig,
      { isConsented: true, serviceRelatedChannels: [1, 2] },
    ]) {
      const { outcome } = await upsert({ externalId }, { phone, ...(complianceConfig ? { complianceConfig } : {}) });
      expect(outcome).toBe(UNCHANGED);
    }
    expect(await server.ok(getLead, { id: lead?.id ?? "" })).toMatchObject({
      complianceConfig: { isConsented: true, serviceRelatedChannels: [2] },
    });
  });

  it("fills what the lead does not have, and leaves the rest", async () => {
    const { phone, externalId } = fresh();
    const own = { phone, email: "mine@example.com", tags: [{ id: "tag_a1" }] };
    const stored = await server.ok(createLead, newLead(own));
    const fields = {
      ...{ firstName: "Other", email: "other@example.com", source: "Radio", tags: [{ id: "tag_a2" }] },
      ...{ address: { city: "Boston" }, lifeCycle: { id: "lc_a2" }, actionStatus: { id: "as_a1" } },
    };
    const fill = { onMatch: OnMatch.FILL_EMPTY, complianceConfig: { isConsented: true } };
    const { outcome, lead } = await upsert({ phone, externalId }, fields, fill);
    expect(outcome).toBe(UPDATED);
    expect(lead).toMatchObject({
      ...{ id: stored.id, firstName: "Lena", email: "mine@example.com", source: "Radio", tags: [{ id: "tag_a1" }] },
      ...{ address: { city: "Boston" }, complianceConfig: { isConsented: false }, externalIds: [externalId] },
      ...{ lifeCycle: { id: stored.lifeCycle?.id }, actionStatus: { id: "as_a1" } },
    });
    expect((await upsert({ phone, externalId }, fields, fill)).outcome).toBe(UNCHANGED);
  });

  it("skips a lead that exists, archived or promoted, and otherwise says what became of it", async () => {
    const { phone, externalId } = fresh();
    expect((await upsert({ externalId }, { phone }, skip)).outcome).toBe(CREATED);
    const { outcome, lead } = await upsert({ externalId }, { phone, firstName: "Other" }, skip);
    expect([outcome, lead?.firstName, lead?.etag]).toEqual([SKIPPED, "Lena", "1"]);
    await server.ok(archiveLead, { companyId, id: lead?.id ?? "" });
    expect((await upsert({ externalId }, { phone }, skip)).lead?.deleted).toBe(true);
    expect(await refused({ externalId }, { phone })).toMatchObject({ reason: "RESOURCE_ARCHIVED" });
    const other = fresh();
    const made = await upsert({ externalId: other.externalId }, { phone: other.phone });
    const { customer } = await server.ok(promoteLead, { id: made.lead?.id ?? "" });
    const again = await upsert({ externalId: other.externalId }, { phone: other.phone }, skip);
    expect([again.outcome, again.lead?.promotedCustomerId]).toEqual([SKIPPED, customer?.id]);
    expect(await refused({ externalId: other.externalId }, { phone: other.phone })).toMatchObject({
      ...{ code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { customerId: customer?.id } },
    });
    expect((await upsert({ phone: other.phone })).outcome).toBe(CREATED);
  });

  it("refuses several matches and names them, but takes leads with another id in the same system for other people", async () => {
    const { phone, email, externalId } = fresh();
    const one = await server.ok(createLead, newLead({ phone, externalIds: [externalId] }));
    const two = await server.ok(createLead, newLead({ email }));
    const ids = [one.id, two.id].toSorted().join(", ");
    expect(await refused({ phone, email })).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "AMBIGUOUS_MATCH", metadata: { resource: "Lead", ids } },
    });
    expect((await upsert({ phone, externalId: crm(`sibling of ${externalId.id}`) })).outcome).toBe(CREATED);
    expect(await refused({ phone }, {}, skip)).toMatchObject({ reason: "AMBIGUOUS_MATCH" });
  });

  it("creates a lead with a chosen id only for a key that may import", async () => {
    const id = freshId();
    const noImport = { key: withoutImport };
    expect(await refused({ id }, {}, {}, noImport)).toMatchObject({ code: "NOT_FOUND", metadata: { id } });
    const made = await upsert({ id });
    expect([made.outcome, made.lead?.id]).toEqual([CREATED, id]);
    expect((await upsert({ id }, { id, source: "x" }, {}, noImport)).outcome).toBe(UPDATED);
    await server.ok(eraseLead, { companyId, id });
    expect(await refused({ id })).toMatchObject({ reason: "RESOURCE_ERASED" });
  });

  it("refuses an external id that another lead has, and lists every violation of what it changes", async () => {
    const [one, two] = [fresh(), fresh()];
    await upsert({ externalId: one.externalId });
    await upsert({ externalId: two.externalId });
    const taken = { code: "ALREADY_EXISTS", metadata: { field: "external_ids" } };
    expect(await refused({ externalId: two.externalId }, { externalIds: [one.externalId] })).toMatchObject(taken);
    const bad = { tags: [{ id: "tag_none" }], allocateStaffId: "staff_none", lifeCycle: { id: "lc_none" } };
    const fields = ["lead.allocate_staff_id", "lead.life_cycle.id", "lead.tags[0].id"];
    for (const { externalId } of [one, fresh()]) {
      const { violations } = await refused({ externalId }, bad);
      expect(violations.map(({ field }) => field).toSorted()).toEqual(fields);
    }
    const many = { externalIds: Array.from({ length: 50 }, (_, place) => crm(`many ${place}`)) };
    const { violations } = await refused({ externalId: one.externalId }, many);
    expect(violations).toMatchObject([{ field: "lead.external_ids", reason: "TOO_MANY" }]);
  });

  it("refuses keys that contradict each other or the lead", async () => {
    const { phone, email, externalId } = fresh();
    const cases = [
      [{}, {}, "match REQUIRED"],
      [{ id: "x", phone }, {}, "match.id CONFLICT"],
      [{ phone }, { phone: "+12125550111" }, "match.phone CONFLICT"],
      [{ email }, { email: "other@example.com" }, "match.email CONFLICT"],
      [{ externalId }, { phone: "" }, "lead.phone REQUIRED"],
      [{ id: "x" }, { id: "y" }, "lead.id CONFLICT"],
      [{ externalId }, { id: "y" }, "lead.id NOT_ALLOWED"],
    ] as const;
    for (const [match, fields, expected] of cases) {
      const { violations } = await refused(match, fields);
      expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([expected]);
    }
  });

  it("goes to one of 16 requests with the same phone, and the others change nothing", async () => {
    const { phone } = fresh();
    const sent = await Promise.all(Array.from({ length: 16 }, () => upsert({ phone })));
    expect(sent.filter(({ outcome }) => outcome === CREATED)).toHaveLength(1);
    expect(await leadsWith(phone)).toHaveLength(1);
  });
});

describe("an upsert of a lead by an API key that may not see everything", () => {
  it("neither finds nor names leads of other locations", async () => {
    const limited = { key: keys.businessA1 };
    const { phone, externalId } = fresh();
    const elsewhere = newLead({ phone, externalIds: [externalId], preferredBusinessId: "biz_a2" });
    const hidden = await server.ok(createLead, elsewhere);
    const made = await upsert({ phone }, {}, {}, limited);
    expect([made.outcome, made.lead?.preferredBusinessId]).toEqual([CREATED, "biz_a1"]);
    const taken = { code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" };
    expect(await refused({ externalId }, {}, {}, limited)).toMatchObject(taken);
    expect(await refused({ id: hidden.id }, {}, {}, limited)).toMatchObject(taken);
    expect((await server.ok(getLead, { id: hidden.id })).etag).toBe("1");
    const foreign = await upsert({ id: "lcus_c1" });
    expect(foreign.outcome).toBe(CREATED);
    expect((await server.ok(getLead, { id: "lcus_c1" }, { key: keys.c })).etag).toBe("1");
  });

  it("needs the scope lead:read to match by a contact", async () => {
    const { phone, email, externalId } = fresh();
    for (const match of [{ phone }, { email }])
      expect(await refused(match, {}, {}, { key: unreading })).toMatchObject({ metadata: { scope: "lead:read" } });
    expect((await upsert({ externalId }, {}, {}, { key: unreading })).outcome).toBe(CREATED);
  });
});

describe("a batch of upserts of leads", () => {
  const item = (match: Match, fields: NewLead = {}, more: object = {}) => ({
    ...{ match, ...newLead({ phone: match.phone ?? "+12125550122", ...fields }), ...more },
  });

  it("creates, changes and leaves leads, refuses items, and returns the outcomes to a retry", async () => {
    const [known, same, added, bad] = [fresh(), fresh(), fresh(), fresh()];
    const { lead } = await upsert({ externalId: known.externalId }, { phone: known.phone });
    await upsert({ externalId: same.externalId }, { phone: same.phone });
    const request = {
      ...{ companyId, mode: BatchMode.EACH, returnRecords: true },
      items: [
        item({ externalId: known.externalId }, { phone: known.phone, source: "x", tags: [{ name: "Of a batch" }] }),
        item({ externalId: same.externalId }, { phone: same.phone }),
        item({ externalId: added.externalId }, { phone: added.phone, tags: [{ name: "Of a batch" }] }),
        item({ externalId: bad.externalId }, { allocateStaffId: "none" }),
        item({ phone: known.phone }),
      ],
    };
    const options = { headers: { "idempotency-key": `leads-${known.phone}` } };
    const { results } = await server.ok(batchUpsertLeads, request, options);
    expect(results.map(({ outcome }) => outcome)).toEqual([UPDATED, UNCHANGED, CREATED, REFUSED, REFUSED]);
    expect(results[0]).toMatchObject({
      id: lead?.id,
      etag: "2",
      lead: { source: "x", tags: [{ name: "Of a batch" }] },
    });
    expect(results[2]?.lead?.tags).toEqual(results[0]?.lead?.tags);
    expect([reasonOf(results[3]), reasonOf(results[4])]).toEqual(["INVALID_REQUEST", "INVALID_REQUEST"]);
    const again = await server.ok(batchUpsertLeads, request, options);
    expect(again.results.map(({ outcome, replayed }) => [outcome, replayed]).slice(0, 3)).toEqual([
      [UPDATED, true],
      [UNCHANGED, true],
      [CREATED, true],
    ]);
  });

  it("refuses an external id that another item gives, of a lead that is created or of one that exists, and that item alone", async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    await upsert({ phone: one.phone });
    await upsert({ phone: two.phone });
    const both = { externalIds: [three.externalId] };
    const given = [
      item({ phone: one.phone }, both),
      item({ phone: two.phone }, both),
      item({ externalId: three.externalId }, { phone: three.phone }),
    ];
    for (const items of [given, given.toReversed()]) {
      const { results } = await server.ok(batchUpsertLeads, { companyId, items, mode: BatchMode.EACH });
      expect(results.slice(1).map(({ outcome, error }) => [outcome, error?.code])).toEqual([
        [REFUSED, 3],
        [REFUSED, 3],
      ]);
      expect(results[0]?.outcome).not.toBe(REFUSED);
      await owner.query("DELETE FROM lead_external_id WHERE external_id = $1", [three.externalId.id]);
    }
  });

  it("is stored as a whole or not at all, and an item with an idempotency key once", async () => {
    const [one, two] = [fresh(), fresh()];
    const good = item({ externalId: one.externalId }, { phone: one.phone }, { idempotencyKey: `item-${one.phone}` });
    const bad = item({ externalId: two.externalId }, { phone: two.phone, lifeCycle: { id: "none" } });
    const { violations } = await server.refused(batchUpsertLeads, { companyId, items: [good, bad] });
    expect(violations).toMatchObject([{ field: "items[1].lead.life_cycle.id" }]);
    expect(await leadsWith(one.phone)).toEqual([]);
    await server.ok(batchUpsertLeads, { companyId, items: [good] });
    const { results } = await server.ok(batchUpsertLeads, { companyId, items: [bad, good], mode: BatchMode.EACH });
    expect(results.map(({ outcome, replayed }) => [outcome, replayed])).toEqual([
      [REFUSED, false],
      [CREATED, true],
    ]);
  });
});

it("says once that an opt-out withholds what is asked for again and again", async () => {
  const { phone, externalId } = fresh();
  const { lead } = await upsert({ externalId }, { phone });
  await server.ok(ConsentService.method.recordOptOut, {
    ...{ companyId, contact: { case: "phone", value: phone } },
    channels: [1],
  });
  const subject = { case: "leadId", value: lead?.id ?? "" } as const;
  const query = { companyId, subject, pagination: { pageSize: 100 } };
  const complianceConfig = { marketingCampaignsChannels: { channels: [1] } };
  const ask = async () => (await upsert({ externalId }, { phone }, { complianceConfig })).outcome;
  const outcomes = [await ask(), await ask()];
  expect(outcomes).toEqual([UPDATED, UNCHANGED]);
  expect((await server.ok(ConsentService.method.listConsentHistory, query)).entries).toHaveLength(3);
});
