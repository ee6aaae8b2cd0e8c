import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { Organization_Type } from "../../src/gen/proto/moego/auth/apikey/v1/apikey_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  PossibleDuplicate_Kind as Kind,
  PossibleDuplicate_Match as Match,
  type PossibleDuplicates,
} from "../../src/gen/proto/moego/business/customer/v1/possible_duplicate_pb.js";
import { keys } from "../support/fixture-keys.js";
import { madeKey, using } from "../support/made-key.js";
import { minimalCustomer } from "../support/new-customer.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const customers = CustomerService.method;
const leads = LeadService.method;
const companyId = "cmp_a";
const { phone: _, ...withoutPhone } = minimalCustomer;

let last = 1000;
/** A number and an address that no other record has. */
function fresh() {
  last += 1;
  return { phone: `+1212556${last}`, email: `person${last}@duplicates.example` };
}

type Contact = { readonly phone?: string; readonly email?: string; readonly phones?: { number: string }[] };
type Options = Parameters<typeof server.ok>[2];

const customer = (contact: Contact, more: object = {}, options: Options = {}) =>
  server.ok(customers.createCustomer, { ...withoutPhone, ...contact, ...more }, options);
const lead = (contact: Contact, more: object = {}, options: Options = {}) =>
  server.ok(leads.createLead, { lead: { companyId, firstName: "Lena", ...contact, ...more } }, options);

/** `kind id: matches` of each, for a comparison at a glance. */
function named({ possibleDuplicates }: { readonly possibleDuplicates?: PossibleDuplicates | undefined } = {}) {
  return possibleDuplicates?.records.map(
    ({ kind, id, matches }) => `${Kind[kind]} ${id}: ${matches.map((match) => Match[match]).join(" ")}`,
  );
}

/** Every RPC that makes a customer or lead. */
const creates = {
  CreateCustomer: async (contact: Contact) => named(await customer(contact)),
  CreateLead: async (contact: Contact) => named(await lead(contact)),
  async ImportCustomer(contact: Contact) {
    const request = { companyId, id: freshId(), customer: { ...withoutPhone, ...contact } };
    return named((await server.ok(CustomerAdminService.method.importCustomer, request)).customer);
  },
  async ImportLead(contact: Contact) {
    const request = { companyId, id: freshId(), lead: { firstName: "Lena", ...contact } };
    return named((await server.ok(LeadAdminService.method.importLead, request)).lead);
  },
  async PromoteLead(contact: Contact) {
    const { id } = await lead(contact);
    return named((await server.ok(leads.promoteLead, { id })).customer);
  },
};

describe.each(Object.entries(creates))("the response of %s", (_name, make) => {
  it("names the customers and leads with the number or the address, and what matched", async () => {
    const { phone, email } = fresh();
    const one = await customer({ phone, email });
    const other = await lead({ phone: fresh().phone, email: email.toUpperCase() });
    const third = await lead({ phones: [{ number: fresh().phone }, { number: phone }] });
    const found = await make({ phone, email: email.replace("person", "Person") });
    expect(found).toEqual([`CUSTOMER ${one.id}: PHONE EMAIL`, `LEAD ${third.id}: PHONE`, `LEAD ${other.id}: EMAIL`]);
  });

  // The old and today's form of a line in Mexico.
  it("names the records with any form of any of its numbers", async () => {
    const digits = fresh().phone.slice(-8);
    const one = await customer({ phone: `+5255${digits}` });
    expect(await make({ phones: [{ number: fresh().phone }, { number: `+52155${digits}` }] })).toEqual([
      `CUSTOMER ${one.id}: PHONE`,
    ]);
  });

  it("has no duplicates if nobody has the number or the address", async () => {
    expect(await make(fresh())).toBeUndefined();
  });
});

describe("possible duplicates", () => {
  it("are those that the API key may read", async () => {
    const contact = fresh();
    const here = await customer(contact, { preferredBusinessId: "biz_a1" });
    await customer(contact, { preferredBusinessId: "biz_a2" });
    const theirs = await lead(contact, { preferredBusinessId: "biz_a1" });
    await lead(contact);
    await lead(contact, { companyId: "cmp_b" }, { key: keys.b });
    const limited = await customer(contact, {}, { key: keys.businessA1 });
    expect(named(limited)).toEqual([`CUSTOMER ${here.id}: PHONE EMAIL`, `LEAD ${theirs.id}: PHONE EMAIL`]);
  });

  it.each([
    ["customer:write", []],
    ["customer:write customer:read", ["CUSTOMER"]],
    ["customer:write lead:read", ["LEAD"]],
  ])("of an API key with %s are of the kinds %j", async (scopes, kinds) => {
    const contact = fresh();
    await customer(contact);
    await lead(contact);
    const key = await madeKey(server, { more: limitedTo(scopes.split(" ")) });
    const { possibleDuplicates } = await customer(contact, {}, using(key.secret));
    expect(possibleDuplicates?.records.map(({ kind }) => Kind[kind]) ?? []).toEqual(kinds);
  });

  it("are at most 10, the newest first, and say whether there are more", async () => {
    const { phone } = fresh();
    const ids: string[] = [];
    for (let n = 0; n < 11; n += 1) ids.push((await customer({ phone })).id);
    const { possibleDuplicates } = await customer({ phone });
    expect(possibleDuplicates).toMatchObject({ hasMore: true });
    const { rows } = await server.database.owner.query(
      "SELECT id FROM customer WHERE id = ANY($1) ORDER BY created_time DESC, id DESC LIMIT 10",
      [ids],
    );
    expect(possibleDuplicates?.records.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  });

  it("include archived customers, but neither archived nor promoted leads", async () => {
    const { phone } = fresh();
    const old = await customer({ phone });
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: old.id });
    const gone = await lead({ phone });
    await server.ok(LeadAdminService.method.archiveLead, { companyId, id: gone.id });
    const { possibleDuplicates } = await customer({ phone });
    expect(possibleDuplicates?.records).toMatchObject([{ kind: Kind.CUSTOMER, id: old.id, deleted: true }]);
  });

  it.each(["customer", "lead"] as const)(
    "of a %s are in the response of a retry, without the record itself",
    async (kind) => {
      const contact = fresh();
      const first = await customer(contact);
      const idempotent = { headers: { "idempotency-key": freshId() } };
      const send = () => (kind === "customer" ? customer(contact, {}, idempotent) : lead(contact, {}, idempotent));
      const made = await send();
      expect(named(made)).toEqual([`CUSTOMER ${first.id}: PHONE EMAIL`]);
      expect(await send()).toEqual(made);
    },
  );

  it("of a lead do not name the customer that it became", async () => {
    const contact = fresh();
    const idempotent = { headers: { "idempotency-key": freshId() } };
    const { id } = await lead(contact, {}, idempotent);
    await server.ok(leads.promoteLead, { id });
    expect(named(await lead(contact, {}, idempotent))).toBeUndefined();
  });
});

function limitedTo(scopes: string[]) {
  return {
    restrictions: {
      scopes,
      clientRestrictions: {
        case: "organizationRestrictions" as const,
        value: { organizations: [{ id: companyId, type: Organization_Type.COMPANY }] },
      },
    },
  };
}
