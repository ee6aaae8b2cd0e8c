import { afterAll, describe, expect, it } from "vitest";
import { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { aDog, newLead } from "../support/new-lead.js";
import { invalidField, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";
import { waitingStatements } from "../support/waiting-statements.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, getLead, updateLead } = LeadService.method;

describe("UpdateLead tells omitted and cleared apart", () => {
  it("without a mask the populated fields replace and the others stay", async () => {
    const before = messageJson(LeadSchema, await server.ok(getLead, { id: "lcus_a1" }));
    const updated = await server.ok(updateLead, { id: "lcus_a1", lead: { lastName: "New" } });
    expect(messageJson(LeadSchema, updated)).toEqual({
      ...before,
      ...{ lastName: "New", etag: "2", lastUpdatedTime: expect.any(String), lastUpdatedBy: "staff_a1" },
    });
    expect(await server.ok(getLead, { id: "lcus_a1" })).toEqual(updated);
  });

  it("with a mask a listed and empty field is cleared", async () => {
    const { id } = await server.ok(createLead, newLead({ lastName: "X", email: "a@b.example" }));
    const cleared = await server.ok(updateLead, { id, lead: {}, updateMask: { paths: ["last_name", "email"] } });
    expect(cleared).toMatchObject({ lastName: "", email: "", firstName: "Lena", phone: "+12125550122" });
  });

  it("the last of phone and email cannot be cleared", async () => {
    const { id } = await server.ok(createLead, newLead());
    expect(await server.refused(updateLead, { id, lead: {}, updateMask: { paths: ["phone"] } })).toMatchObject(
      invalidField("lead.phone", "REQUIRED"),
    );
  });

  it("what a lead points to may be sent back though it was archived since", async () => {
    await server.database.owner.query(
      "INSERT INTO life_cycle (company_id, id, name, last_updated_time) VALUES ('cmp_a', 'lc_gone', 'Gone', now())",
    );
    const { id } = await server.ok(createLead, newLead({ lifeCycle: { id: "lc_gone" } }));
    await server.database.owner.query("UPDATE life_cycle SET archived_time = now() WHERE id = 'lc_gone'");
    const lead = await server.ok(getLead, { id });
    expect(await server.ok(updateLead, { id, lead })).toMatchObject({ lifeCycle: { id: "lc_gone", archived: true } });
    const other = await server.ok(createLead, newLead());
    expect(await server.refused(updateLead, { id: other.id, lead: { lifeCycle: { id: "lc_gone" } } })).toMatchObject(
      invalidField("lead.life_cycle.id", "NOT_FOUND"),
    );
  });

  it("demands nothing", async () => {
    const { id, etag } = await server.ok(createLead, newLead());
    expect((await server.ok(updateLead, { id, lead: {} })).etag).not.toBe(etag);
  });
});

describe("the consent of an update", () => {
  it("changes beside the lead, in the record and in the ledger at once", async () => {
    const { id } = await server.ok(createLead, newLead());
    const updated = await server.ok(updateLead, { id, lead: {}, complianceConfig: { isConsented: true } });
    expect(updated.complianceConfig).toMatchObject({ isConsented: true, serviceRelatedChannels: [1, 2] });
    const { rows } = await server.database.owner.query(
      "SELECT before->'isConsented' AS before, after->'isConsented' AS after FROM consent_event WHERE subject_id = $1 ORDER BY occurred_time",
      [id],
    );
    expect(rows).toEqual([
      { before: null, after: false },
      { before: false, after: true },
    ]);
  });

  it("within the lead is accepted while it equals what is stored, and never clears anything", async () => {
    const lead = await server.ok(createLead, { ...newLead(), complianceConfig: { isConsented: true } });
    const { id, complianceConfig } = lead;
    if (!complianceConfig) throw new Error("a lead has a consent");
    await server.ok(updateLead, { id, lead: { complianceConfig, lastName: "Same" } });
    expect(await server.refused(updateLead, { id, lead: { complianceConfig: { isConsented: true } } })).toMatchObject(
      invalidField("lead.compliance_config", "NOT_ALLOWED"),
    );
    expect((await server.ok(getLead, { id })).complianceConfig).toEqual(complianceConfig);
  });
});

describe("the pets of an update", () => {
  it("with an id are edited, without one added, and the others stay", async () => {
    const { id, pets } = await server.ok(
      createLead,
      newLead({ pets: [aDog, { ...aDog, name: "Second", coat: "Curly" }] }),
    );
    const second = pets[1]?.id ?? "";
    const updated = await server.ok(updateLead, {
      id,
      lead: {
        pets: [
          { id: second, breed: "Poodle" },
          { ...aDog, name: "Third" },
        ],
      },
    });
    expect(updated.pets.map(({ name, breed, coat }) => [name, breed, coat])).toEqual([
      ["Rex", "Beagle", ""],
      ["Second", "Poodle", "Curly"],
      ["Third", "Beagle", ""],
    ]);
  });

  it("give a note that is edited the author and time of the edit, and leave the others as they were", async () => {
    const { id, pets } = await server.ok(createLead, newLead({ pets: [aDog] }));
    const [pet] = pets;
    const petId = pet?.id ?? "";
    await server.database.owner.query(
      `INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
       SELECT 'cmp_a', $1 || n, $1, 'Note ' || n, '2024-05-01', 'staff_a2', '2024-05-01' FROM generate_series(1, 2) n`,
      [petId],
    );
    const edited = { id: petId, notes: [{ id: `${petId}1`, content: "Edited" }] };
    const { pets: after } = await server.ok(updateLead, { id, lead: { pets: [edited] } });
    const notes = new Map(after[0]?.notes.map((note) => [note.content, note]));
    expect(notes.get("Note 2")).toMatchObject({
      lastUpdatedBy: "staff_a2",
      lastUpdatedTime: { seconds: 1_714_521_600n },
    });
    expect(notes.get("Edited")).toMatchObject({ id: `${petId}1`, lastUpdatedBy: "staff_a1" });
    expect(notes.get("Edited")?.lastUpdatedTime?.seconds).toBeGreaterThan(1_750_000_000n);
  });

  it("of another lead are not found, and nothing is written", async () => {
    const { pets } = await server.ok(createLead, newLead({ pets: [aDog] }));
    const { id } = await server.ok(createLead, newLead());
    const lead = { lastName: "No", pets: [{ ...aDog }, { id: pets[0]?.id ?? "", coat: "Stolen" }] };
    expect(await server.refused(updateLead, { id, lead })).toMatchObject(invalidField("lead.pets[1].id", "NOT_FOUND"));
    expect(await server.ok(getLead, { id })).toMatchObject({ lastName: "", pets: [] });
  });
});

describe("a pet named twice in an update", () => {
  it("is refused", async () => {
    const { id, pets } = await server.ok(createLead, newLead({ pets: [aDog] }));
    const twice = [
      { id: pets[0]?.id ?? "", coat: "short" },
      { id: pets[0]?.id ?? "", coat: "long" },
    ];
    expect(await server.refused(updateLead, { id, lead: { pets: twice } })).toMatchObject(
      invalidField("lead.pets[1].id", "DUPLICATE_FIELD"),
    );
  });
});

describe("the custom fields of an update", () => {
  const string = (value: string) => ({ value: { case: "string" as const, value } });

  it("are merged without a mask, and an empty value clears its code", async () => {
    const { id } = await server.ok(createLead, newLead({ customFields: { field_of_leads: string("a") } }));
    expect((await server.ok(updateLead, { id, lead: { lastName: "x" } })).customFields).toHaveProperty(
      "field_of_leads",
    );
    const cleared = await server.ok(updateLead, { id, lead: { customFields: { field_of_leads: {} } } });
    expect(cleared.customFields).toEqual({});
  });

  it("are refused with the code in the path", async () => {
    const { id } = await server.ok(createLead, newLead());
    expect(await server.refused(updateLead, { id, lead: { customFields: { nope: string("x") } } })).toMatchObject(
      invalidField('lead.custom_fields["nope"]', "NOT_FOUND"),
    );
  });
});

describe("an update is refused", () => {
  it("for the etag before a change that it has waited for", async () => {
    const { owner } = server.database;
    const { id, etag } = await server.ok(createLead, newLead());
    const blocker = await owner.connect();
    try {
      await blocker.query("BEGIN");
      await blocker.query("UPDATE lead SET version = version + 1 WHERE id = $1", [id]);
      const update = server.call(updateLead, { id, lead: { etag, lastName: "New" } });
      await expect.poll(() => waitingStatements(owner)).toBe(1);
      await blocker.query("COMMIT");
      expect(await update).toMatchObject({ ok: false, reason: "ETAG_MISMATCH" });
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
  });

  it("for an earlier etag, with the present one", async () => {
    const { id, etag } = await server.ok(createLead, newLead());
    const { etag: present } = await server.ok(updateLead, { id, lead: { lastName: "theirs", etag } });
    expect(await server.refused(updateLead, { id, lead: { lastName: "mine", etag } })).toMatchObject({
      code: "ABORTED",
      reason: "ETAG_MISMATCH",
      metadata: { etag: present },
    });
  });

  it("when the id or the company within differs", async () => {
    const { id } = await server.ok(createLead, newLead());
    expect(await server.refused(updateLead, { id, lead: { id: "lcus_a2" } })).toMatchObject(
      invalidField("lead.id", "CONFLICT"),
    );
    const call = { key: keys.enterprise };
    expect(await server.refused(updateLead, { id, lead: { companyId: "cmp_b" } }, call)).toMatchObject(
      invalidField("lead.company_id", "IMMUTABLE"),
    );
    await server.ok(updateLead, { id, lead: { id, companyId: "cmp_a" } });
  });

  it("for an archived lead, which is not found", async () => {
    expect(await server.refused(getLead, { id: "lcus_a9" })).toMatchObject(notFound);
    expect(await server.refused(updateLead, { id: "lcus_a9", lead: {} })).toMatchObject(notFound);
  });

  it("for a key of one location that moves it elsewhere", async () => {
    const call = { key: keys.businessA1 };
    expect(
      await server.refused(updateLead, { id: "lcus_a1", lead: { preferredBusinessId: "biz_a2" } }, call),
    ).toMatchObject({ reason: "BUSINESS_NOT_ALLOWED" });
    const cleared = { id: "lcus_a1", lead: {}, updateMask: { paths: ["preferred_business_id"] } };
    expect(await server.refused(updateLead, cleared, call)).toMatchObject({ reason: "BUSINESS_NOT_ALLOWED" });
  });
});
