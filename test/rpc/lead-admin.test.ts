import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { keys } from "../support/fixture-keys.js";
import { aDog, newLead } from "../support/new-lead.js";
import { freshId, madeLead } from "../support/records.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const admin = LeadAdminService.method;
const { getLead, promoteLead, createLead, updateLead } = LeadService.method;
const companyId = "cmp_a";
const time = (text: string) => timestampFromDate(new Date(text));

describe("an archived lead", () => {
  it("is not found until it is restored", async () => {
    const named = await madeLead(server);
    const { lead } = await server.ok(admin.archiveLead, named);
    expect(lead).toMatchObject({ id: named.id, etag: "2" });
    expect((await server.ok(admin.archiveLead, named)).lead).toEqual(lead);
    expect(await server.refused(getLead, { id: named.id })).toMatchObject(notFound);
    const { lead: restored } = await server.ok(admin.restoreLead, named);
    expect(restored).toEqual(await server.ok(getLead, { id: named.id }));
  });

  it("can be erased, and then cannot be restored", async () => {
    const named = await madeLead(server);
    await server.ok(admin.archiveLead, named);
    await server.ok(admin.eraseLead, named);
    expect(await server.refused(admin.restoreLead, named)).toMatchObject(notFound);
  });
});

describe("a promoted lead", () => {
  it("is neither archived, restored nor erased, and tells its customer", async () => {
    const named = await madeLead(server);
    const { customer } = await server.ok(promoteLead, { id: named.id });
    const promoted = { code: "NOT_FOUND", reason: "LEAD_PROMOTED", metadata: { customerId: customer?.id } };
    expect(await server.refused(admin.archiveLead, named)).toMatchObject(promoted);
    expect(await server.refused(admin.restoreLead, named)).toMatchObject(promoted);
    expect(await server.refused(admin.eraseLead, named)).toMatchObject(promoted);
  });
});

describe("an erased lead", () => {
  it("is gone with its pets, its ledgers go on under a salted hash, and its id is never imported again", async () => {
    const { id } = await server.ok(createLead, newLead({ pets: [aDog] }));
    await server.ok(admin.eraseLead, { companyId, id });
    expect(await server.refused(getLead, { id })).toMatchObject(notFound);
    const { rows } = await server.database.owner.query(
      `SELECT (SELECT count(*)::int FROM pet WHERE lead_id = $1) + (SELECT count(*)::int FROM change WHERE resource_id = $1)
         + (SELECT count(*)::int FROM consent_event WHERE subject_id = $1) AS count`,
      [id],
    );
    expect(rows).toEqual([{ count: 0 }]);
    expect((await server.refused(admin.importLead, { companyId, id, ...newLead() })).reason).toBe("RESOURCE_ERASED");
  });
});

describe("the authors of a lead", () => {
  it("are whom the key acts for: of CreateLead both, of UpdateLead the last", async () => {
    const made = await server.ok(createLead, newLead());
    expect(made).toMatchObject({ createdBy: "staff_a1", lastUpdatedBy: "staff_a1" });
    const edited = await server.ok(
      updateLead,
      { id: made.id, lead: { lastName: "Ray", createdBy: "staff_z" } },
      { key: keys.aOther },
    );
    expect(edited).toMatchObject({ createdBy: "staff_a1", lastUpdatedBy: "" });
    const masked = { id: made.id, lead: { lastUpdatedBy: "x" }, updateMask: { paths: ["last_updated_by"] } };
    expect((await server.refused(updateLead, masked)).code).toBe("INVALID_ARGUMENT");
  });
});

describe("ImportLead", () => {
  it("keeps the id and times that another system gave, and everything of the lead", async () => {
    const id = freshId();
    const times = { createdTime: time("2019-05-01T10:00:00Z"), lastUpdatedTime: time("2020-05-01T10:00:00Z") };
    const given = newLead({ id, companyId: "", pets: [aDog], address: { city: "Boston" } });
    const { lead } = await server.ok(admin.importLead, {
      ...{ companyId, id, ...times, ...given },
      complianceConfig: { isConsented: true },
    });
    expect(lead).toMatchObject({
      ...{ companyId, id, ...times, lifeCycle: { id: "lc_a1" }, pets: [{ name: "Rex" }], address: { city: "Boston" } },
      complianceConfig: { isConsented: true },
    });
    expect(await server.ok(getLead, { id })).toEqual({ ...lead, possibleDuplicates: undefined });
  });

  it("keeps the authors, whether they still are on the staff or not; unstated ones are whom the key acts for", async () => {
    const authors = { createdBy: "staff_a9", lastUpdatedBy: "staff_a2" };
    const { lead } = await server.ok(admin.importLead, { companyId, id: freshId(), ...authors, ...newLead() });
    expect(lead).toMatchObject(authors);
    const { lead: own } = await server.ok(admin.importLead, { companyId, id: freshId(), ...newLead() });
    expect(own).toMatchObject({ createdBy: "staff_a1", lastUpdatedBy: "staff_a1" });
    const strangers = { createdBy: "staff_c1", lastUpdatedBy: "staff_z" };
    const refusal = await server.refused(admin.importLead, { companyId, id: freshId(), ...strangers, ...newLead() });
    expect(refusal.violations).toEqual([
      { field: "created_by", reason: "NOT_FOUND" },
      { field: "last_updated_by", reason: "NOT_FOUND" },
    ]);
  });

  it("of an id that the company has or had is ALREADY_EXISTS", async () => {
    const { id } = await madeLead(server);
    await server.ok(promoteLead, { id });
    for (const taken of ["lcus_a1", "lcus_a9", id]) {
      const refusal = await server.refused(admin.importLead, { companyId, id: taken, ...newLead() });
      expect(refusal).toMatchObject({ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" });
    }
  });

  it("names everything that is wrong at once", async () => {
    const id = freshId();
    const refusal = await server.refused(admin.importLead, {
      ...{ companyId, id, createdTime: time("2199-01-01T00:00:00Z") },
      ...newLead({ lifeCycle: { id: "lc_c1" }, pets: [{ ...aDog, petCodes: [{ id: "pc_a9" }] }] }),
    });
    expect(fieldsOf(refusal)).toEqual([
      ...["created_time", "last_updated_time", "lead.life_cycle.id", "lead.pets[0].pet_codes[0].id"],
    ]);
    expect(await server.refused(admin.importLead, { companyId, id, ...newLead({ id: "other" }) })).toMatchObject(
      invalidField("lead.id", "CONFLICT"),
    );
  });

  it("by a key of one location is for that location", async () => {
    const call = { key: keys.businessA1 };
    const { lead } = await server.ok(admin.importLead, { companyId, id: freshId(), ...newLead() }, call);
    expect(lead?.preferredBusinessId).toBe("biz_a1");
    const elsewhere = { companyId, id: freshId(), ...newLead({ preferredBusinessId: "biz_a2" }) };
    expect((await server.refused(admin.importLead, elsewhere, call)).reason).toBe("BUSINESS_NOT_ALLOWED");
  });
});
