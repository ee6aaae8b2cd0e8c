import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../src/core/principal.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { DirectoryAdminService } from "../../src/gen/proto/moego/admin/v1/directory_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { Company_DuplicatePolicy as Policy } from "../../src/gen/proto/moego/business/company/v1/company_pb.js";
import { CompanyService } from "../../src/gen/proto/moego/business/company/v1/company_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { asAdmin } from "../support/database.js";
import { type FixtureKey, fixtureKey } from "../support/fixture-keys.js";
import { minimalCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const customers = CustomerService.method;
const leads = LeadService.method;
const { updateCompany } = DirectoryAdminService.method;
const companyId = "cmp_a";
const { phone: _, ...withoutPhone } = minimalCustomer;

let last = 1000;
/** A number and an address that no other record has. */
function fresh() {
  last += 1;
  return { phone: `+1212557${last}`, email: `person${last}@policies.example` };
}

type Contact = { readonly phone?: string; readonly email?: string; readonly phones?: { number: string }[] };
type Options = Parameters<typeof server.ok>[2];

const newCustomer = (contact: Contact, more: object = {}) => ({ ...withoutPhone, ...contact, ...more });
const newLead = (contact: Contact, more: object = {}) => ({
  lead: { companyId, firstName: "Lena", ...contact },
  ...more,
});
const customer = (contact: Contact, more: object = {}, options: Options = {}) =>
  server.ok(customers.createCustomer, newCustomer(contact, more), options);
const lead = (contact: Contact, more: object = {}, options: Options = {}) =>
  server.ok(leads.createLead, newLead(contact, more), options);

let keyNumber = 0;
/** A key that the server does not know yet: what a company refuses is remembered for two seconds. */
async function newKey(scopes?: readonly Scope[], businessId?: string): Promise<{ readonly key: FixtureKey }> {
  keyNumber += 1;
  const organization = businessId
    ? ({ type: "BUSINESS", companyId, id: businessId } as const)
    : ({ type: "COMPANY", id: companyId } as const);
  const key = fixtureKey(`key_of_policies_${keyNumber}`, [organization], scopes ? { scopes } : {});
  await server.insertKeys([key]);
  return { key };
}

async function under(duplicatePolicy: Policy) {
  const { company } = await server.ok(updateCompany, { companyId, duplicatePolicy });
  expect(company?.duplicatePolicy).toBe(duplicatePolicy);
  return newKey();
}

const textOf = (answer: object) => JSON.stringify(answer, (_key, value) => (typeof value === "bigint" ? "" : value));

/** Every RPC that a policy is about. */
const creates = {
  CreateCustomer: (contact: Contact, more: object, options: Options) =>
    server.call(customers.createCustomer, newCustomer(contact, more), options),
  CreateLead: (contact: Contact, more: object, options: Options) =>
    server.call(leads.createLead, newLead(contact, more), options),
  async PromoteLead(contact: Contact, more: object, options: Options) {
    const { id } = await lead(contact, { allowDuplicate: true }, options);
    return server.call(leads.promoteLead, { id, ...more }, options);
  },
};

describe("the duplicate policy of a company", () => {
  it("is WARN at first, and kept by an update without one", async () => {
    const get = () => server.ok(CompanyService.method.getCompany, { id: companyId });
    expect((await get()).duplicatePolicy).toBe(Policy.WARN);
    await under(Policy.REFUSE);
    await server.ok(updateCompany, { companyId, name: "Company A" });
    expect((await get()).duplicatePolicy).toBe(Policy.REFUSE);
    await under(Policy.WARN);
  });

  it.each(Object.entries(creates))(
    "lets %s store duplicates without naming them if it is ALLOW",
    async (_name, make) => {
      const options = await under(Policy.ALLOW);
      const contact = fresh();
      await customer(contact);
      const answer = await make(contact, {}, options);
      expect(answer.ok).toBe(true);
      expect(textOf(answer)).not.toContain("possibleDuplicates");
    },
  );
});

describe("a company that refuses duplicates", () => {
  let options: { readonly key: FixtureKey };
  beforeAll(async () => {
    options = await under(Policy.REFUSE);
  });

  it.each(Object.entries(creates))("has %s refused with the customer that is stored", async (_name, make) => {
    const { phone, email } = fresh();
    const { id } = await customer({ phone, email });
    const refusal = { ok: false, code: "ALREADY_EXISTS", reason: "DUPLICATE_RECORD" };
    const named = { companyId, kind: "CUSTOMER", id, count: "1" };
    expect(await make({ phone }, {}, options)).toMatchObject({ ...refusal, metadata: { ...named, matches: "PHONE" } });
    const bySecond = { phones: [{ number: fresh().phone }, { number: phone }], email: email.toUpperCase() };
    expect(await make(bySecond, {}, options)).toMatchObject({
      ...refusal,
      metadata: { ...named, matches: "PHONE, EMAIL" },
    });
    expect(await make({ phone: fresh().phone, email }, {}, options)).toMatchObject({
      ...refusal,
      metadata: { ...named, matches: "EMAIL" },
    });
  });

  it.each(Object.entries(creates))("has %s stored and warned of with allow_duplicate", async (_name, make) => {
    const contact = fresh();
    const { id } = await customer(contact);
    const answer = await make(contact, { allowDuplicate: true }, options);
    expect(textOf(answer)).toContain(id);
  });

  it("names the best match first, and counts the others", async () => {
    const { phone, email } = fresh();
    const both = await customer({ phone, email });
    await customer({ phone }, { allowDuplicate: true });
    await customer({ phone: fresh().phone, email }, { allowDuplicate: true });
    expect(await server.refused(customers.createCustomer, newCustomer({ phone, email }), options)).toMatchObject({
      metadata: { id: both.id, matches: "PHONE, EMAIL", count: "3" },
    });
  });

  // The old and today's form of a line in Mexico.
  it("knows a number in all its forms", async () => {
    const digits = fresh().phone.slice(-8);
    const { id } = await customer({ phone: `+5255${digits}` });
    const again = newCustomer({ phone: `+52155${digits}` });
    expect(await server.refused(customers.createCustomer, again, options)).toMatchObject({ metadata: { id } });
  });

  it("has a lead refused because of a lead, but no customer", async () => {
    const contact = fresh();
    const { id } = await lead(contact, {}, options);
    expect(await server.refused(leads.createLead, newLead(contact), options)).toMatchObject({
      metadata: { kind: "LEAD", id },
    });
    const { possibleDuplicates } = await customer(contact, {}, options);
    expect(possibleDuplicates?.records.map((record) => record.id)).toEqual([id]);
  });

  it("counts neither archived records nor promoted leads", async () => {
    const contact = fresh();
    const old = await customer(contact, {}, options);
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: old.id });
    const gone = await lead(contact, {}, options);
    await server.ok(LeadAdminService.method.archiveLead, { companyId, id: gone.id });
    const promoted = await lead(contact, {}, options);
    const became = (await server.ok(leads.promoteLead, { id: promoted.id }, options)).customer;
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: became?.id ?? "" });
    const { possibleDuplicates } = await customer(contact, {}, options);
    expect(possibleDuplicates?.records.map(({ deleted }) => deleted)).toEqual([true, true]);
  });

  it("stores nothing of what it refuses", async () => {
    const contact = fresh();
    await customer(contact);
    const { id } = await lead(contact, { allowDuplicate: true });
    const before = await counts();
    const idempotent = { ...options, headers: { "idempotency-key": freshId() } };
    await server.refused(leads.promoteLead, { id }, idempotent);
    await server.refused(customers.createCustomer, newCustomer(contact, { tags: [{ name: freshId() }] }), options);
    await server.refused(leads.createLead, newLead(contact), options);
    expect(await counts()).toEqual(before);
    expect((await server.ok(leads.getLead, { id })).promotedCustomerId).toBe("");
    // The refusal was no result, so the key is free.
    expect((await server.ok(leads.promoteLead, { id, allowDuplicate: true }, options)).customer?.id).toMatch(/^cus_/);
  });

  it("reports what is invalid first", async () => {
    const contact = fresh();
    await customer(contact);
    const invalid = newCustomer(contact, { assignedStaffId: "staff_z" });
    expect(await server.refused(customers.createCustomer, invalid, options)).toMatchObject({
      violations: [{ field: "assigned_staff_id" }],
    });
  });

  it.each(["customer", "lead"] as const)("answers the retry of a %s with the first response", async (kind) => {
    const contact = fresh();
    const idempotent = { ...options, headers: { "idempotency-key": freshId() } };
    const send = () => (kind === "customer" ? customer(contact, {}, idempotent) : lead(contact, {}, idempotent));
    const made = await Promise.all(Array.from({ length: 8 }, send));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await send()).id).toBe(made[0]?.id);
  });

  it.each(["CreateCustomer", "CreateLead"] as const)("has one of 16 at once stored by %s", async (name) => {
    const { phone, email } = fresh();
    const extra = fresh().phone;
    // Any two have a line in common, in different orders.
    const forms: readonly Contact[] = [
      { phone, email },
      { phone: extra, phones: [{ number: extra }, { number: phone }] },
      { phones: [{ number: phone }, { number: extra }] },
      { phone: extra, email },
    ];
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => creates[name](forms[n % forms.length] ?? {}, {}, options)),
    );
    const stored = answers.filter(({ ok }) => ok);
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.reason]));
    expect(stored.length).toBe(1);
    expect(new Set(refused)).toEqual(new Set(["DUPLICATE_RECORD"]));
  });

  it("has one of several leads promoted at once", async () => {
    const contact = fresh();
    const made = await Promise.all(Array.from({ length: 8 }, () => lead(contact, { allowDuplicate: true })));
    const answers = await Promise.all(made.map(({ id }) => server.call(leads.promoteLead, { id }, options)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("locks the contacts of a lead before the lead that is promoted, as upserts do, so that neither waits for the other", async () => {
    const { owner, name } = server.database;
    const { id } = await lead(fresh());
    const upserting = await owner.connect();
    try {
      await upserting.query("BEGIN");
      await upserting.query("SELECT pg_advisory_xact_lock(hashtext('new contacts'), hashtext($1))", [companyId]);
      const promoted = server.call(leads.promoteLead, { id }, options);
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = '${name}' AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await asAdmin(waiting)).rowCount, { interval: 5 }).toBe(1);
      const ofLead = "SELECT id FROM lead WHERE company_id = $1 AND id = $2 FOR NO KEY UPDATE NOWAIT";
      await expect(upserting.query(ofLead, [companyId, id])).resolves.toMatchObject({ rows: [{ id }] });
      await upserting.query("COMMIT");
      expect(await promoted).toMatchObject({ ok: true });
    } finally {
      await upserting.query("ROLLBACK");
      upserting.release();
    }
  });

  it("refuses neither imports nor updates", async () => {
    const contact = fresh();
    const { id } = await customer(contact);
    const request = { companyId, id: freshId(), customer: newCustomer(contact) };
    const imported = await server.ok(CustomerAdminService.method.importCustomer, request, options);
    expect(imported.customer?.possibleDuplicates?.records.map((record) => record.id)).toEqual([id]);
    const imports = { companyId, id: freshId(), lead: { firstName: "Lena", ...contact } };
    expect((await server.ok(LeadAdminService.method.importLead, imports, options)).lead?.id).toBe(imports.id);
    const other = await customer(fresh(), {}, options);
    const update = { companyId, id: other.id, phone: contact.phone };
    expect((await server.ok(customers.updateCustomer, update, options)).phone).toBe(contact.phone);
  });
});

describe("an API key cannot find out who is a customer", () => {
  it.each([
    ["customer:write", true],
    ["customer:write lead:read", true],
    ["customer:write customer:read", false],
  ])("by CreateCustomer with %s", async (scopes, isStored) => {
    await under(Policy.REFUSE);
    const contact = fresh();
    await customer(contact);
    const options = await newKey(scopes.split(" ").filter(isScope));
    expect((await server.call(customers.createCustomer, newCustomer(contact), options)).ok).toBe(isStored);
  });

  it("at other locations than its own", async () => {
    await under(Policy.REFUSE);
    const [here, there] = [fresh(), fresh()];
    await customer(here, { preferredBusinessId: "biz_a1" });
    await customer(there, { preferredBusinessId: "biz_a2" });
    const options = await newKey(undefined, "biz_a1");
    expect((await server.call(customers.createCustomer, newCustomer(here), options)).ok).toBe(false);
    expect((await server.call(customers.createCustomer, newCustomer(there), options)).ok).toBe(true);
  });
});

const isScope = (scope: string): scope is Scope => scope.includes(":");

async function counts() {
  const { rows } = await server.database.owner.query(`SELECT (SELECT count(*) FROM customer) AS customers,
    (SELECT count(*) FROM lead) AS leads, (SELECT count(*) FROM change) AS changes, (SELECT count(*) FROM tag) AS tags,
    (SELECT count(*) FROM idempotency) AS records, (SELECT count(*) FROM consent_event) AS entries`);
  return rows[0];
}
