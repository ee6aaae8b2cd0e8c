import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { fieldsOf } from "../support/answer.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { freshId, madeCustomer } from "../support/records.js";
import { invalidField, isArchived, notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const admin = CustomerAdminService.method;
const { getCustomer, listCustomers, updateCustomer, createCustomer } = CustomerService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const quota = { companyId: "cmp_quota", preferredBusinessId: "biz_q1" };
const asQuota = { key: keys.quota };
const time = (text: string) => timestampFromDate(new Date(text));

describe("an archived customer", () => {
  it("is out of use until it is restored, and both move its version", async () => {
    const named = await madeCustomer(server);
    const { customer: archived } = await server.ok(admin.archiveCustomer, named);
    expect(archived).toMatchObject({ id: named.id, deleted: true, etag: "2" });
    expect(await server.refused(updateCustomer, { ...named, source: "x" })).toMatchObject(isArchived);
    const { customers } = await server.ok(listCustomers, { companyId, pagination: { pageSize: 500 } });
    expect(customers.map(({ id }) => id)).not.toContain(named.id);
    const { customer: restored } = await server.ok(admin.restoreCustomer, named);
    expect(restored).toMatchObject({ deleted: false, etag: "3" });
    await server.ok(updateCustomer, { ...named, source: "x" });
  });

  it("archived again, or restored again, stays as it is", async () => {
    const named = await madeCustomer(server);
    const first = await server.ok(admin.archiveCustomer, named);
    expect(await server.ok(admin.archiveCustomer, named)).toEqual(first);
    const back = await server.ok(admin.restoreCustomer, named);
    expect(await server.ok(admin.restoreCustomer, named)).toEqual(back);
  });

  it("gives its place under the quota back, and a restored one takes one again", async () => {
    const made = await Promise.all(
      ["1", "2"].map((lastName) => server.ok(createCustomer, newCustomer({ ...quota, lastName }), asQuota)),
    );
    const [one] = made.map(({ id }) => ({ companyId: "cmp_quota", id }));
    if (!one) throw new Error("nothing was made");
    expect((await server.refused(createCustomer, newCustomer(quota), asQuota)).reason).toBe("CUSTOMER_QUOTA_EXCEEDED");
    await server.ok(admin.archiveCustomer, one, asQuota);
    const { id } = await server.ok(createCustomer, newCustomer(quota), asQuota);
    expect(await server.refused(admin.restoreCustomer, one, asQuota)).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "CUSTOMER_QUOTA_EXCEEDED",
    });
    await server.ok(admin.eraseCustomer, { companyId: "cmp_quota", id }, asQuota);
    await server.ok(admin.restoreCustomer, one, asQuota);
    await expectCounted();
  });

  it("keeps the count true while everything happens at once", async () => {
    await owner.query("UPDATE company SET max_customers = 20 WHERE id = 'cmp_quota'");
    const made = await Promise.all(
      Array.from({ length: 12 }, () => server.ok(createCustomer, newCustomer(quota), asQuota)),
    );
    const named = made.map(({ id }) => ({ companyId: "cmp_quota", id }));
    const calls = (one: { companyId: string; id: string }, index: number) => ({
      archive: [1, 2].map(() => server.call(admin.archiveCustomer, one, asQuota)),
      restore: [server.call(admin.restoreCustomer, one, asQuota)],
      erase: index % 3 === 0 ? [server.call(admin.eraseCustomer, one, asQuota)] : [],
      create: [server.call(createCustomer, newCustomer(quota), asQuota)],
      import: [server.call(admin.importCustomer, { ...one, id: freshId(), customer: newCustomer(quota) }, asQuota)],
    });
    const sent = named.map(calls);
    const outcomesOf = async (kind: keyof ReturnType<typeof calls>) => {
      const answers: readonly { readonly ok: boolean; readonly reason?: string }[] = await Promise.all(
        sent.flatMap((one): readonly Promise<{ readonly ok: boolean }>[] => one[kind]),
      );
      return answers.map(({ ok, reason = "none" }) => (ok ? "OK" : reason));
    };
    // Whatever is refused is refused for what another call did: an erasure, or the last place taken.
    const [archived, restored, erased, created, imported] = await Promise.all([
      ...[
        outcomesOf("archive"),
        outcomesOf("restore"),
        outcomesOf("erase"),
        outcomesOf("create"),
        outcomesOf("import"),
      ],
    ]);
    expect(erased).toEqual(["OK", "OK", "OK", "OK"]);
    expect(archived?.filter((reason) => reason === "OK").length).toBeGreaterThanOrEqual(2 * (12 - 4));
    expect(archived?.filter((reason) => !["OK", "RESOURCE_NOT_FOUND"].includes(reason))).toEqual([]);
    const full = ["OK", "CUSTOMER_QUOTA_EXCEEDED"];
    expect(restored?.filter((reason) => ![...full, "RESOURCE_NOT_FOUND"].includes(reason))).toEqual([]);
    expect([...(created ?? []), ...(imported ?? [])].filter((reason) => !full.includes(reason))).toEqual([]);
    expect([...(created ?? []), ...(imported ?? [])].filter((reason) => reason === "OK").length).toBeGreaterThanOrEqual(
      8,
    );
    await expectCounted();
  });

  it("is not found by a key of another location", async () => {
    const call = { key: keys.businessA1 };
    const other = { companyId, id: "cus_a2" };
    expect(await server.refused(admin.archiveCustomer, other, call)).toMatchObject(notFound);
    expect(await server.refused(admin.restoreCustomer, other, call)).toMatchObject(notFound);
    expect(await server.refused(admin.eraseCustomer, other, call)).toMatchObject(notFound);
  });
});

describe("an erased customer", () => {
  it("is gone with all it had, and with the lead it once was", async () => {
    const lead = await server.ok(LeadService.method.createLead, newLead({ pets: [aDog], firstName: "Forgetme" }));
    const { customer } = await server.ok(LeadService.method.promoteLead, { id: lead.id });
    const named = { companyId, id: customer?.id ?? "" };
    const notes = [{ note: "Forgetme note" }];
    await server.ok(CustomerService.method.appendCustomerNotes, { id: named.id, notes });
    await server.ok(CustomerService.method.genCustomerCofLink, { id: named.id });
    await server.ok(admin.eraseCustomer, named);
    expect(await server.refused(getCustomer, { id: named.id })).toMatchObject(notFound);
    expect(await server.refused(LeadService.method.getLead, { id: lead.id })).toMatchObject(notFound);
    // Followers of lists are told which records are gone (docs/erasure.md).
    expect(await tablesNaming([named.id, lead.id])).toEqual(["departure"]);
    expect(await tablesNaming(["Forgetme"])).toEqual([]);
  });

  it("leaves its ledgers under a salted hash of its id", async () => {
    const named = await madeCustomer(server);
    const before = await historyOf(named.id);
    expect(before.length).toBeGreaterThan(0);
    await server.ok(admin.eraseCustomer, named);
    expect(await historyOf(named.id)).toEqual([]);
    const { rows } = await owner.query<{ resource_id: string }>(
      "SELECT resource_id FROM change WHERE rpc LIKE '%EraseCustomer' ORDER BY id DESC LIMIT 1",
    );
    const hash = rows[0]?.resource_id ?? "";
    expect(hash).toMatch(/^erased_[A-Za-z0-9_-]{23}$/);
    const after = await historyOf(hash);
    expect(after.slice(0, -1)).toEqual(before);
    expect(after.at(-1)).toMatchObject({ rpc: expect.stringContaining("EraseCustomer") });
    const { rows: consents } = await owner.query("SELECT 1 FROM consent_event WHERE subject_id = $1", [hash]);
    expect(consents).toHaveLength(1);
  });

  it("keeps its packages, under the hash too", async () => {
    const named = await madeCustomer(server);
    await owner.query(
      `INSERT INTO package (company_id, id, customer_id, business_id, name, purchase_time, created_time, last_updated_time)
       VALUES ($1, 'pkg_erased', $2, 'biz_a1', 'Ten baths', now(), now(), now())`,
      [companyId, named.id],
    );
    await server.ok(admin.eraseCustomer, named);
    const { rows } = await owner.query("SELECT customer_id FROM package WHERE id = 'pkg_erased'");
    expect(rows).toEqual([{ customer_id: expect.stringMatching(/^erased_/) }]);
  });

  it("is not found by another erasure", async () => {
    const named = await madeCustomer(server);
    await server.ok(admin.eraseCustomer, named);
    expect(await server.refused(admin.eraseCustomer, named)).toMatchObject(notFound);
  });
});

describe("ImportCustomer", () => {
  it("takes no id under which the history of an erased customer could stand", async () => {
    const refusal = await server.refused(admin.importCustomer, { companyId, id: "erased_x1", customer: newCustomer() });
    expect(refusal).toMatchObject(invalidField("id", "NOT_ALLOWED"));
  });

  const times = { createdTime: time("2019-05-01T10:00:00.123Z"), lastUpdatedTime: time("2020-05-01T10:00:00Z") };

  it("keeps the id, times, authors and status that another system gave", async () => {
    const id = freshId();
    const given = {
      ...{ companyId, id, ...times, createdBy: "staff_a2", lastUpdatedBy: "staff_a9", status: 2 },
      ...{ lastAppointmentTime: time("2020-04-01T10:00:00Z"), nextAppointmentTime: time("2031-04-01T10:00:00Z") },
      customer: newCustomer({
        ...{ companyId: "", tags: [{ id: "tag_a1" }, { name: "Imported" }], notes: [{ note: "old" }] },
        address: { address1: "1 First St" },
      }),
    };
    const { customer } = await server.ok(admin.importCustomer, given);
    expect(customer).toMatchObject({
      ...{ companyId, id, ...times, createdBy: "staff_a2", lastUpdatedBy: "staff_a9", status: 2, etag: "1" },
      ...{ lastAppointmentDate: given.lastAppointmentTime, nextAppointmentDate: given.nextAppointmentTime },
      ...{ notes: [{ note: "old", lastUpdatedBy: "staff_a2" }], address: [{ address1: "1 First St" }] },
    });
    expect(customer?.tags.map(({ name }) => name).toSorted()).toEqual(["Imported", "VIP"]);
    expect(await server.ok(getCustomer, { id })).toEqual({ ...customer, possibleDuplicates: undefined });
  });

  it("takes now and whom the key acts for when nothing is said", async () => {
    const { customer } = await server.ok(admin.importCustomer, { companyId, id: freshId(), customer: newCustomer() });
    expect(customer).toMatchObject({ createdBy: "staff_a1", lastUpdatedBy: "staff_a1", status: 1 });
    expect(customer?.createdTime).toEqual(customer?.lastUpdatedTime);
  });

  it("of an id that the company has, archived or not, is ALREADY_EXISTS", async () => {
    for (const id of ["cus_a1", "cus_a9"]) {
      expect(await server.refused(admin.importCustomer, { companyId, id, customer: newCustomer() })).toMatchObject({
        code: "ALREADY_EXISTS",
        reason: "ALREADY_EXISTS",
      });
    }
    // The id of another tenant's customer is free here.
    await server.ok(admin.importCustomer, { companyId, id: "cus_c1", customer: newCustomer() });
  });

  it("names everything that is wrong at once, with paths from its request", async () => {
    const refusal = await server.refused(admin.importCustomer, {
      ...{ companyId, id: freshId(), createdTime: time("2020-01-01T00:00:00Z"), createdBy: "staff_c1" },
      lastUpdatedTime: time("2019-01-01T00:00:00Z"),
      customer: newCustomer({ assignedStaffId: "staff_c1", tags: [{ id: "tag_c1" }] }),
    });
    expect(fieldsOf(refusal)).toEqual([
      ...["created_by", "customer.assigned_staff_id", "customer.tags[0].id", "last_updated_time"],
    ]);
    const shape = await server.refused(admin.importCustomer, {
      ...{ companyId, id: freshId(), customer: newCustomer({ companyId: "cmp_b", phone: "12" }) },
    });
    expect(fieldsOf(shape)).toEqual(["customer.company_id", "customer.phone"]);
    const future = { companyId, id: freshId(), customer: newCustomer(), createdTime: time("2199-01-01T00:00:00Z") };
    expect(fieldsOf(await server.refused(admin.importCustomer, future))).toContain("created_time");
  });

  it("counts under the quota", async () => {
    await owner.query("UPDATE company SET max_customers = 0 WHERE id = 'cmp_quota'");
    const given = { companyId: "cmp_quota", id: freshId(), customer: newCustomer(quota) };
    expect((await server.refused(admin.importCustomer, given, asQuota)).reason).toBe("CUSTOMER_QUOTA_EXCEEDED");
  });
});

describe("the appointments of a customer", () => {
  const [last, next] = [time("2020-04-01T10:00:00.123Z"), time("2031-04-01T10:00:00Z")];
  const set = admin.updateCustomerAppointments;

  it("are set, kept when absent, and cleared by mask or by null", async () => {
    const named = await madeCustomer(server);
    const { customer } = await server.ok(set, { ...named, lastAppointmentDate: last, nextAppointmentDate: next });
    expect(customer).toMatchObject({ lastAppointmentDate: last, nextAppointmentDate: next, etag: "2" });
    const later = time("2032-04-01T10:00:00Z");
    const { customer: moved } = await server.ok(set, { ...named, nextAppointmentDate: later });
    expect(moved).toMatchObject({ lastAppointmentDate: last, nextAppointmentDate: later, etag: "3" });
    const { customer: cleared } = await server.ok(set, { ...named, updateMask: { paths: ["next_appointment_date"] } });
    expect([cleared?.lastAppointmentDate, cleared?.nextAppointmentDate]).toEqual([last, undefined]);
    const inJson = { ...named, lastAppointmentDate: null, nextAppointmentDate: "2031-04-01T12:00:00+02:00" };
    expect(await server.callJson(set, inJson)).toMatchObject({ ok: true });
    const stored = await server.ok(getCustomer, { id: named.id });
    expect([stored.lastAppointmentDate, stored.nextAppointmentDate, stored.etag]).toEqual([undefined, next, "5"]);
  });

  it("reach a follower and the audit log once, and the same times again change nothing", async () => {
    const named = await madeCustomer(server);
    const { customer } = await server.ok(set, { ...named, nextAppointmentDate: next });
    expect((await server.ok(set, { ...named, nextAppointmentDate: next })).customer).toEqual(customer);
    const lastUpdatedTime = { startTime: customer?.lastUpdatedTime };
    const { customers } = await server.ok(listCustomers, { companyId, pagination: {}, filter: { lastUpdatedTime } });
    expect(customers).toContainEqual(expect.objectContaining({ id: named.id, nextAppointmentDate: next }));
    const { rows } = await owner.query(
      "SELECT changed_fields AS fields FROM change WHERE resource_id = $1 AND version > 1",
      [named.id],
    );
    expect(rows).toEqual([{ fields: ["next_appointment_date"] }]);
  });

  it("are refused without a time, of an archived customer, and with an old etag, and nothing changes", async () => {
    const named = await madeCustomer(server);
    const required = invalidField("last_appointment_date", "REQUIRED");
    expect(await server.refused(set, named)).toMatchObject(required);
    const stale = { ...named, nextAppointmentDate: next, etag: "9" };
    expect(await server.refused(set, stale)).toMatchObject({ reason: "ETAG_MISMATCH" });
    expect(await server.refused(set, { companyId, id: "cus_a9", nextAppointmentDate: next })).toMatchObject(isArchived);
    const outOfRange = { ...named, nextAppointmentDate: { seconds: 253_402_300_800n, nanos: 0 } };
    expect(await server.refused(set, outOfRange)).toMatchObject(invalidField("next_appointment_date", "OUT_OF_RANGE"));
    const { etag, nextAppointmentDate } = await server.ok(getCustomer, { id: named.id });
    expect([etag, nextAppointmentDate]).toEqual(["1", undefined]);
  });
});

describe("RemoveCustomerTags", () => {
  it("takes tags off a customer, passes over those it does not carry, and returns what remains", async () => {
    const named = await madeCustomer(server, { tags: [{ id: "tag_a1" }, { id: "tag_a2" }] });
    const { tags } = await server.ok(admin.removeCustomerTags, { ...named, tagIds: ["tag_a1", "tag_a3", "tag_z"] });
    expect(tags.map(({ id }) => id)).toEqual(["tag_a2"]);
    expect((await server.ok(getCustomer, { id: named.id })).tags).toEqual(tags);
  });

  it("leaves an archived customer alone", async () => {
    const named = { companyId, id: "cus_a9", tagIds: ["tag_a1"] };
    expect(await server.refused(admin.removeCustomerTags, named)).toMatchObject(isArchived);
  });
});

async function expectCounted(): Promise<void> {
  const { rows } = await owner.query(
    `SELECT (SELECT count(*)::int FROM customer WHERE company_id = 'cmp_quota' AND archived_time IS NULL) AS present,
       (SELECT customers FROM company_customer_count WHERE company_id = 'cmp_quota') AS counted`,
  );
  expect(rows[0].counted).toBe(rows[0].present);
}

async function historyOf(id: string): Promise<{ rpc: string }[]> {
  const { rows } = await owner.query(
    "SELECT kind, version, rpc, changed_time FROM change WHERE resource_id = $1 ORDER BY id",
    [id],
  );
  return rows;
}

/** Tables with a row in which any of the texts stands; claims live for a day and hold ids alone. */
async function tablesNaming(texts: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query<{ table_name: string }>(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  );
  const naming: string[] = [];
  for (const { table_name: table } of rows) {
    const found = await owner.query(`SELECT 1 FROM "${table}" t WHERE to_jsonb(t)::text LIKE ANY($1::text[]) LIMIT 1`, [
      texts.map((text) => `%${text}%`),
    ]);
    if (found.rows.length > 0 && table !== "idempotency") naming.push(table);
  }
  return naming;
}
