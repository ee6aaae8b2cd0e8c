import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { ApiKeyService } from "../../src/gen/proto/moego/admin/v1/api_key_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, updateCustomer, appendCustomerNotes, listCustomerNotes } = CustomerService.method;
const { createLead } = LeadService.method;
const { createApiKey, rotateApiKey, revokeApiKey } = ApiKeyService.method;
const enterprise = [{ type: "ENTERPRISE", id: "ent_ab" }] as const;
/** Acts for a staff member of company A, and covers company B beside it. */
const acting = fixtureKey("key_ent_staff", enterprise, { staffId: "staff_a1" });
const hour = 3_600_000;
const nextYear = new Date(Date.now() + 365 * 24 * hour);
const temporary = fixtureKey("key_temporary", [{ type: "COMPANY", id: "cmp_a" }], {
  expiredTime: nextYear.toISOString(),
});
const temporaryPlatform = fixtureKey("key_platform_temp", [], {
  scopes: ["platform:admin", "key:admin"],
  expiredTime: nextYear.toISOString(),
});
await server.insertKeys([acting, temporary, temporaryPlatform]);

const ofB = newCustomer({
  ...{ companyId: "cmp_b", preferredBusinessId: "biz_b1", phone: "+14165550111" },
  customFields: { field_required: { value: { case: "string", value: "x" } } },
});
const { owner } = server.database;

describe("a key of several companies that acts for a staff member of one", () => {
  const call = { key: acting };

  it("is the author of what it writes there", async () => {
    const made = await server.ok(createCustomer, newCustomer(), call);
    expect(made).toMatchObject({ createdBy: "staff_a1", lastUpdatedBy: "staff_a1" });
    await server.ok(appendCustomerNotes, { id: made.id, notes: [{ note: "x" }] }, call);
    const { notes } = await server.ok(listCustomerNotes, { id: made.id, pagination: {} }, call);
    expect(notes).toMatchObject([{ lastUpdatedBy: "staff_a1" }]);
    expect(await authorsOf(made.id)).toEqual(["staff_a1"]);
  });

  it("writes for nobody in the others, neither in records nor in ledgers", async () => {
    const made = await server.ok(createCustomer, ofB, call);
    expect(made).toMatchObject({ companyId: "cmp_b", createdBy: "", lastUpdatedBy: "" });
    const update = { id: "cus_b1", companyId: "cmp_b", tags: [{ name: "Made by nobody" }], source: "x" };
    expect(await server.ok(updateCustomer, update, call)).toMatchObject({
      ...{ lastUpdatedBy: "", tags: [{ name: "Made by nobody", lastUpdatedBy: "" }] },
    });
    await server.ok(appendCustomerNotes, { id: "cus_b1", notes: [{ note: "x" }] }, call);
    const { notes } = await server.ok(listCustomerNotes, { id: "cus_b1", pagination: {} }, call);
    expect(notes).toMatchObject([{ lastUpdatedBy: "" }]);
    const lead = await server.ok(createLead, newLead({ companyId: "cmp_b", phone: "+14165550112" }), call);
    expect(lead.createdBy).toBe("");
    for (const id of [made.id, "cus_b1", lead.id]) expect(new Set(await authorsOf(id))).toEqual(new Set([""]));
  });

  it("writes for whoever has the id in the other company only where that one has it too", async () => {
    await server.insert([
      ["staff", [{ company_id: "cmp_b", id: "staff_a1", first_name: "Ann", last_name: "B", working_business_ids: [] }]],
    ]);
    const known = fixtureKey("key_ent_staff_2", enterprise, { staffId: "staff_a1" });
    await server.insertKeys([known]);
    expect(await server.ok(createCustomer, ofB, { key: known })).toMatchObject({ createdBy: "staff_a1" });
  });
});

describe("a key with key:admin", () => {
  const wanted = (staffId: string) => ({ ...request(), staffId });

  it("names any staff member of the company it hands out, whomever it acts for itself", async () => {
    for (const key of [keys.a, keys.aOther]) {
      const { key: made } = await server.ok(createApiKey, wanted("staff_a2"), { key });
      const child = { key: { secret: made?.secret ?? "" } };
      expect(await server.ok(createCustomer, newCustomer(), child)).toMatchObject({ createdBy: "staff_a2" });
    }
  });

  it("names nobody of a company that the key to make does not cover, though it covers it itself", async () => {
    expect(await server.refused(createApiKey, wanted("staff_b1"), { key: keys.enterprise })).toMatchObject(
      invalidField("staff_id", "NOT_FOUND"),
    );
  });
});

describe("a key that expires", () => {
  const exceeds = { code: "PERMISSION_DENIED", reason: "REACH_EXCEEDED", metadata: { exceeded: "expiry" } };
  const until = (date: Date) => ({ expiredTime: timestampFromDate(date) });

  it.each([
    ["of a tenant", temporary, request()],
    ["of the platform", temporaryPlatform, { name: "p", restrictions: { scopes: ["platform:admin"] } }],
  ])("makes keys that end with it or before, and no other: one %s", async (_, key, wanted) => {
    for (const end of [nextYear, new Date(nextYear.getTime() - hour)]) {
      await server.ok(createApiKey, { ...wanted, ...until(end) }, { key });
    }
    for (const longer of [{}, until(new Date(nextYear.getTime() + 1))]) {
      expect(await server.refused(createApiKey, { ...wanted, ...longer }, { key })).toMatchObject(exceeds);
    }
  });

  it("rotates itself, whose end stays, and no key that would outlive it", async () => {
    const { key } = await server.ok(rotateApiKey, { id: temporary.id }, { key: temporary });
    expect(key?.expiredTime).toEqual(timestampFromDate(nextYear));
    expect(await server.refused(rotateApiKey, { id: keys.aOther.id }, { key: temporary })).toMatchObject(exceeds);
  });

  it("is no limit to one that does not", async () => {
    await server.ok(createApiKey, request());
    await server.ok(createApiKey, { ...request(), ...until(nextYear) });
  });
});

describe("a revoked key", () => {
  it("leaves the keys that it made in force", async () => {
    const admin = fixtureKey("key_soon_revoked", [{ type: "COMPANY", id: "cmp_a" }]);
    await server.insertKeys([admin]);
    const { key } = await server.ok(createApiKey, request(), { key: admin });
    await server.ok(revokeApiKey, { id: admin.id });
    await server.ok(createCustomer, newCustomer(), { key: { secret: key?.secret ?? "" } });
  });
});

function request() {
  const organizations = [{ type: 2, id: "cmp_a" }];
  const clientRestrictions = { case: "organizationRestrictions" as const, value: { organizations } };
  return { name: "Wanted", restrictions: { scopes: ["customer:read", "customer:write"], clientRestrictions } };
}

/** Whom the ledgers name as the author of a record's changes. */
async function authorsOf(id: string): Promise<string[]> {
  const { rows } = await owner.query<{ staff_id: string }>(
    `SELECT DISTINCT staff_id FROM (SELECT staff_id FROM change WHERE resource_id = $1
     UNION ALL SELECT staff_id FROM consent_event WHERE subject_id = $1) AS e`,
    [id],
  );
  return rows.map((row) => row.staff_id);
}
