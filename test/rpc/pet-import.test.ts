import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { asAdmin } from "../support/database.js";
import { keys } from "../support/fixture-keys.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer, madeLead } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { importPet } = PetAdminService.method;
const { getPet, updatePet } = PetService.method;
const { getLead, updateLead, promoteLead } = LeadService.method;
const companyId = "cmp_a";
const time = (text: string) => timestampFromDate(new Date(text));
const ofCustomer = (value: string) => ({ owner: { case: "customerId", value } as const, pet: minimalPet });
const ofLead = (value: string) => ({ owner: { case: "leadId", value } as const, pet: minimalPet });

/** Cancels the statements of the service that wait for a lock. */
const cancelWaiting = `SELECT pg_cancel_backend(l.pid) FROM pg_locks l
  JOIN pg_database d ON d.oid = l.database WHERE d.datname = '${server.database.name}' AND NOT l.granted`;

describe("ImportPet", () => {
  it("keeps the id, times and authors that another system gave, and everything of the pet", async () => {
    const { id: customerId } = await madeCustomer(server);
    const id = freshId();
    const stamp = {
      ...{ createdTime: time("2019-05-01T10:00:00Z"), lastUpdatedTime: time("2020-05-01T10:00:00Z") },
      ...{ createdBy: "staff_a2", lastUpdatedBy: "staff_a9" },
    };
    const given = { ...minimalPet, id, coat: "Curly", petCodes: [{ id: "pc_a1" }], notes: [{ content: "Shy" }] };
    const { pet } = await server.ok(importPet, { companyId, id, ...stamp, ...ofCustomer(customerId), pet: given });
    expect(pet).toMatchObject({ id, customerId, ...stamp, coat: "Curly", notes: [{ content: "Shy" }] });
    expect(pet?.petCodes).toMatchObject([{ id: "pc_a1" }]);
    expect(await server.ok(getPet, { customerId, id })).toEqual(pet);
    const edited = await server.ok(updatePet, { customerId, id, coat: "Short" });
    expect(edited).toMatchObject({ createdBy: "staff_a2", lastUpdatedBy: "staff_a1" });
  });

  it("of a lead changes the lead, and the pet goes with it when it is promoted", async () => {
    const { id: leadId } = await madeLead(server);
    const id = freshId();
    const { pet } = await server.ok(importPet, { companyId, id, ...ofLead(leadId) });
    expect(pet).toMatchObject({ id, customerId: leadId, createdBy: "staff_a1", lastUpdatedBy: "staff_a1" });
    expect(await server.ok(getLead, { id: leadId })).toMatchObject({ etag: "2", pets: [{ id }] });
    const { customer } = await server.ok(promoteLead, { id: leadId });
    expect(await server.ok(getPet, { customerId: customer?.id ?? "", id })).toMatchObject({ id });
  });

  it("of an id that the company has or had is ALREADY_EXISTS", async () => {
    const { id: leadId } = await madeLead(server);
    const gone = freshId();
    await server.ok(importPet, { companyId, id: gone, ...ofLead(leadId) });
    await server.ok(updateLead, { id: leadId, lead: {}, updateMask: { paths: ["pets"] } });
    for (const id of ["pet_a1", "pet_a9", "pet_l1", gone]) {
      const refusal = await server.refused(importPet, { companyId, id, ...ofCustomer("cus_a1") });
      expect(refusal).toMatchObject({ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" });
    }
    expect((await server.ok(importPet, { companyId, id: "pet_c1", ...ofCustomer("cus_a1") })).pet?.id).toBe("pet_c1");
  });

  it("names everything that is wrong at once", async () => {
    const refusal = await server.refused(importPet, {
      ...{ companyId, id: freshId(), createdTime: time("2199-01-01T00:00:00Z"), createdBy: "staff_c1" },
      ...{ ...ofCustomer("cus_c1"), pet: { ...minimalPet, petCodes: [{ id: "pc_a9" }] } },
    });
    expect(refusal.violations.map(({ field }) => field).toSorted()).toEqual([
      ...["created_by", "created_time", "customer_id", "last_updated_time", "pet.pet_codes[0].id"],
    ]);
    const shapeless = { companyId, id: "erased_1", pet: { id: "other" } };
    expect((await server.refused(importPet, shapeless)).violations.map(({ field }) => field).toSorted()).toEqual([
      ...["id", "owner", "pet.breed", "pet.id", "pet.name", "pet.type"],
    ]);
  });

  it("finds no owner that is archived, promoted or beyond the key's locations", async () => {
    const { id: promoted } = await madeLead(server);
    await server.ok(promoteLead, { id: promoted });
    for (const owner of [ofCustomer("cus_a9"), ofLead("lcus_a9"), ofLead(promoted)]) {
      const { violations } = await server.refused(importPet, { companyId, id: freshId(), ...owner });
      const field = owner.owner.case === "leadId" ? "lead_id" : "customer_id";
      expect(violations).toEqual([{ field, reason: "NOT_FOUND" }]);
    }
    const call = { key: keys.businessA1 };
    const { id: leadId } = await madeLead(server);
    const elsewhere = await server.refused(importPet, { companyId, id: freshId(), ...ofLead(leadId) }, call);
    expect(elsewhere.violations).toEqual([{ field: "lead_id", reason: "NOT_FOUND" }]);
  });

  it("that fails at the lock of its owner says why, and not that the owner is missing", async () => {
    const { owner } = server.database;
    const owners = [ofCustomer((await madeCustomer(server)).id), ofLead((await madeLead(server)).id)];
    const blocker = await owner.connect();
    try {
      await blocker.query("BEGIN; LOCK TABLE customer, lead IN ACCESS EXCLUSIVE MODE");
      const calls = owners.map((one) => server.call(importPet, { companyId, id: freshId(), ...one }));
      let cancelled = 0;
      const cancel = async () => {
        cancelled += (await asAdmin(cancelWaiting)).rows.length;
        return cancelled;
      };
      await expect.poll(cancel).toBeGreaterThanOrEqual(2);
      for (const answer of await Promise.all(calls)) {
        expect(answer).toMatchObject({ ok: false, reason: "STATEMENT_TIMEOUT", violations: [] });
      }
    } finally {
      await blocker.query("ROLLBACK");
      blocker.release();
    }
  });

  it("by 8 at once under one id stores one pet", async () => {
    const id = freshId();
    const call = () => server.call(importPet, { companyId, id, ...ofCustomer("cus_a1") });
    const answers = await Promise.all(Array.from({ length: 8 }, call));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    const reasons = answers.flatMap((answer) => (answer.ok ? [] : [answer.reason]));
    expect(reasons).toEqual(Array.from({ length: 7 }, () => "ALREADY_EXISTS"));
  });
});
