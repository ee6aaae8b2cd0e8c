import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { AuditService, RecordKind } from "../../src/gen/proto/moego/admin/v1/audit_service_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import {
  DuplicateConfidence as Confidence,
  DuplicateService,
  DuplicateMatch as Match,
} from "../../src/gen/proto/moego/admin/v1/duplicate_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { minimalCustomer } from "../support/new-customer.js";
import { addPet } from "../support/new-pet.js";
import { notFound } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = DuplicateService.method;
const customers = CustomerService.method;
const admin = CustomerAdminService.method;
const companyId = "cmp_a";
type Options = Parameters<typeof server.ok>[2];

// What is in the list is what the test has made.
beforeEach(async () => {
  await server.database.owner.query("UPDATE customer SET archived_time = now() WHERE company_id = $1", [companyId]);
});

let last = 1000;
/** A customer who has nothing in common with another one but what is given. */
async function customer(fields: object = {}) {
  last += 1;
  const own = { firstName: `Eve${last}`, lastName: `Nobody${last}`, phone: `+1212558${last}` };
  return (await server.ok(customers.createCustomer, { ...minimalCustomer, ...own, ...fields })).id;
}

const pet = (customerId: string, name: string, breed: string) => addPet(server, customerId, { name, breed });

/** `customer: duplicate CONFIDENCE MATCH MATCH, ...` of each entry. */
async function listed(request: object = {}, options: Options = {}) {
  const { customers: entries } = await server.ok(
    rpc.listDuplicates,
    { companyId, pagination: {}, minConfidence: Confidence.LOW, ...request },
    options,
  );
  return entries.map(({ customerId, duplicates }) => {
    const others = duplicates.map(
      ({ customerId: id, matches, confidence }) =>
        `${id} ${Confidence[confidence]} ${matches.map((match) => Match[match]).join(" ")}`,
    );
    return `${customerId}: ${others.join(", ")}`;
  });
}

describe("the list of duplicates", () => {
  it("has each pair once, with the newer customer, and what they have in common", async () => {
    const [phone, email] = ["+12125580001", "ada@pairs.example"];
    const one = await customer({ phone, email });
    const two = await customer({ phone });
    const three = await customer({ email: email.toUpperCase(), phone: "+12125580002" });
    expect(await listed()).toEqual([`${three}: ${one} MEDIUM EMAIL`, `${two}: ${one} MEDIUM PHONE`]);
  });

  it("compares all phones of both, in today's form", async () => {
    const one = await customer({ phone: "", phones: [{ number: "+12125580003" }, { number: "+5215558812345" }] });
    const two = await customer({ phone: "+525558812345" });
    expect(await listed()).toEqual([`${two}: ${one} MEDIUM PHONE`]);
  });

  it("ignores the case and the accents of names", async () => {
    const one = await customer({ firstName: "José", lastName: "Müller" });
    const two = await customer({ firstName: "jose", lastName: "MULLER" });
    expect(await listed()).toEqual([`${two}: ${one} LOW NAME`]);
  });

  it("compares the name and the breed of pets, if they have a breed", async () => {
    const [one, two, three] = [await customer(), await customer(), await customer()];
    const { id: petId } = await pet(one, "Béla", "Poodle");
    await pet(two, "BELA", "poodle");
    await pet(three, "Bela", "Beagle");
    const [four, five] = [await customer(), await customer()];
    for (const owner of [four, five]) {
      const { id } = await pet(owner, "Rex", "Boxer");
      await server.database.owner.query("UPDATE pet SET breed = '' WHERE company_id = $1 AND id = $2", [companyId, id]);
    }
    expect(await listed()).toEqual([`${two}: ${one} LOW PET`]);
    await server.ok(PetAdminService.method.archivePet, { companyId, id: petId });
    expect(await listed()).toEqual([]);
  });

  it("says how likely it is, and lists the likely ones first", async () => {
    const name = { firstName: "Ida", lastName: "Rowe" };
    const [phone, email] = ["+12125580004", "ida@pairs.example"];
    const byPhone = await customer({ phone });
    const byEmail = await customer({ email });
    const byName = await customer(name);
    const byNameAndPet = await customer(name);
    const byPhoneAndEmail = await customer({ phone, email });
    const newest = await customer({ ...name, phone, email });
    await pet(byNameAndPet, "Ido", "Poodle");
    await pet(newest, "Ido", "Poodle");
    const expected = [
      `${byPhoneAndEmail} HIGH PHONE EMAIL`,
      `${byNameAndPet} MEDIUM NAME PET`,
      `${byEmail} MEDIUM EMAIL`,
      `${byPhone} MEDIUM PHONE`,
      `${byName} LOW NAME`,
    ];
    const entry = async (request: object) => (await listed(request)).find((one) => one.startsWith(newest));
    expect(await entry({})).toBe(`${newest}: ${expected.join(", ")}`);
    // The default is MEDIUM.
    expect(await entry({ minConfidence: 0 })).toBe(`${newest}: ${expected.slice(0, 4).join(", ")}`);
    expect(await entry({ minConfidence: Confidence.HIGH })).toBe(`${newest}: ${expected[0]}`);
    expect(await entry({ matches: [Match.EMAIL] })).toBe(`${newest}: ${expected[0]}, ${expected[2]}`);
    expect(await entry({ matches: [Match.PET, Match.NAME] })).toBe(`${newest}: ${expected[1]}, ${expected[4]}`);
  });

  it("follows updates, archives and erasures at once", async () => {
    const phone = "+12125580005";
    const one = await customer({ phone });
    const two = await customer();
    expect(await listed()).toEqual([]);
    await server.ok(customers.updateCustomer, { companyId, id: two, phone });
    expect(await listed()).toEqual([`${two}: ${one} MEDIUM PHONE`]);
    await server.ok(admin.archiveCustomer, { companyId, id: one });
    expect(await listed()).toEqual([]);
    await server.ok(admin.restoreCustomer, { companyId, id: one });
    expect(await listed()).toHaveLength(1);
    await server.ok(admin.eraseCustomer, { companyId, id: one });
    expect(await listed()).toEqual([]);
  });

  it("shows an API key the pairs of which both are at its locations", async () => {
    const phone = "+12125580006";
    const one = await customer({ phone });
    await customer({ phone, preferredBusinessId: "biz_a2" });
    const three = await customer({ phone });
    expect(await listed({}, { key: keys.businessA1 })).toEqual([`${three}: ${one} MEDIUM PHONE`]);
    expect(await listed({}, { key: keys.a })).toHaveLength(2);
  });

  it("does not compare by a value alone that more than 20 customers have", async () => {
    const phone = "+12125580007";
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push(await customer({ phone }));
    const before = await listed();
    expect(before).toHaveLength(19);
    expect(before[0]?.match(/PHONE/g)).toHaveLength(19);
    // Two of them have something else in common.
    const name = { firstName: "Sam", lastName: "Same" };
    await server.ok(customers.updateCustomer, { companyId, id: ids[18] ?? "", ...name });
    const newest = await customer({ phone, ...name });
    expect(await listed()).toEqual([`${newest}: ${ids[18]} HIGH PHONE NAME`]);
  });

  it("lists at most 20 duplicates of a customer, and says that there are more", async () => {
    const [phone, email] = ["+12125580008", "many@pairs.example"];
    for (let n = 0; n < 15; n += 1) await customer({ phone });
    for (let n = 0; n < 15; n += 1) await customer({ email });
    const newest = await customer({ phone, email });
    const { customers: entries } = await server.ok(rpc.listDuplicates, { companyId, pagination: { pageSize: 1 } });
    expect(entries).toMatchObject([{ customerId: newest, hasMore: true }]);
    expect(entries[0]?.duplicates).toHaveLength(20);
  });

  it("has pairs that changed since a time, the earliest change first", async () => {
    const [one, two] = [await customer({ phone: "+12125580009" }), await customer({ phone: "+12125580009" })];
    const [three, four] = [await customer({ phone: "+12125580010" }), await customer({ phone: "+12125580010" })];
    const { lastUpdatedTime } = await server.ok(customers.getCustomer, { id: four });
    await server.ok(customers.updateCustomer, { companyId, id: one, source: "A friend" });
    const since = { seconds: lastUpdatedTime?.seconds ?? 0n, nanos: lastUpdatedTime?.nanos ?? 0 };
    // Only `one` and `four` changed since: `one` after all others.
    const expected = [`${four}: ${three} MEDIUM PHONE`, `${one}: ${two} MEDIUM PHONE`];
    await expect.poll(() => listed({ changedSince: since })).toEqual(expected);
    expect(await listed()).toEqual([expected[0], `${two}: ${one} MEDIUM PHONE`]);
  });
});

describe("a page of duplicates", () => {
  it("ends when it has read 5,000 customers, and the next one continues", async () => {
    const old = await customer({ phone: "+12125580011" });
    // Without their search keys, which take longer than all else.
    await server.database.owner.query("ALTER TABLE customer DISABLE TRIGGER customer_is_created");
    await server.database.owner.query(
      `INSERT INTO customer (company_id, id, preferred_business_id, first_name, last_name, phone, email, email_key,
         receive_auto_message, receive_auto_email, subscribe_to_marketing_emails, receive_appointment_reminder,
         service_related_channels, marketing_campaigns_channels, branded_app_enabled, is_agreed_marketing_policy,
         is_consented, created_time, last_updated_time)
       SELECT $1, 'cus_many_' || n, 'biz_a1', 'First' || n, 'Last' || n, '+1213' || (1000000 + n), '', '', true, true, true,
         true, '{}', '{}', false, false, false, now() + n * interval '1 millisecond', now()
       FROM generate_series(1, 5100) n`,
      [companyId],
    );
    await server.database.owner.query("ALTER TABLE customer ENABLE TRIGGER customer_is_created");
    // As autovacuum does, so that the plans of a small table are not used for this one.
    await server.database.owner.query("ANALYZE customer");
    await server.database.owner.query("UPDATE customer SET phone = '+12125580011' WHERE id = 'cus_many_1'");
    const page = (pageToken: string) => server.ok(rpc.listDuplicates, { companyId, pagination: { pageToken } });
    const first = await page("");
    expect(first.customers).toEqual([]);
    const second = await page(first.nextPageToken);
    expect(second).toMatchObject({
      customers: [{ customerId: "cus_many_1", duplicates: [{ customerId: old }] }],
      nextPageToken: "",
    });
    const counted = await server.refused(rpc.listDuplicates, { companyId, pagination: { pageToken: "1" } });
    expect(counted).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
  }, 120_000);
});

describe("a dismissed pair", () => {
  async function madePair() {
    const phone = `+1212559${1000 + last}`;
    const [one, two] = [await customer({ phone }), await customer({ phone })];
    return { one, two, pair: { companyId, customerId: two, otherCustomerId: one } };
  }

  it("is not listed until it is restored, whatever the order of the two", async () => {
    const { one, two, pair } = await madePair();
    await server.ok(rpc.dismissDuplicate, pair);
    expect(await listed()).toEqual([]);
    await server.ok(rpc.dismissDuplicate, { companyId, customerId: one, otherCustomerId: two });
    const third = await customer();
    await server.ok(customers.updateCustomer, { companyId, id: third, email: "third@pairs.example" });
    expect(await listed()).toEqual([]);
    await server.ok(rpc.restoreDuplicate, { companyId, customerId: one, otherCustomerId: two });
    expect(await listed()).toEqual([`${two}: ${one} MEDIUM PHONE`]);
    await server.ok(rpc.restoreDuplicate, pair);
  });

  it("is in the audit log of both, once", async () => {
    const { one, two, pair } = await madePair();
    const before = await server.ok(customers.getCustomer, { id: one });
    await server.ok(rpc.dismissDuplicate, pair);
    await server.ok(rpc.dismissDuplicate, pair);
    for (const id of [one, two]) {
      const record = { kind: RecordKind.CUSTOMER, id };
      const { changes } = await server.ok(AuditService.method.listChanges, { companyId, record, pagination: {} });
      expect(changes.map(({ changedFields }) => changedFields)).toEqual([["dismissed_duplicates"], []]);
    }
    expect(await server.ok(customers.getCustomer, { id: one })).toEqual(before);
  });

  it("is forgotten with one of the customers", async () => {
    const { one, pair } = await madePair();
    await server.ok(rpc.dismissDuplicate, pair);
    await server.ok(admin.eraseCustomer, { companyId, id: one });
    const { rows } = await server.database.owner.query(
      "SELECT 1 FROM dismissed_duplicate WHERE $1 IN (customer_id, other_customer_id)",
      [one],
    );
    expect(rows).toEqual([]);
  });

  it.each(["dismissDuplicate", "restoreDuplicate"] as const)(
    "needs two customers of the API key for %s",
    async (name) => {
      const here = await customer();
      const there = await customer({ preferredBusinessId: "biz_a2" });
      const refused = (pair: object, options: Options = {}) =>
        name === "dismissDuplicate"
          ? server.refused(rpc.dismissDuplicate, { companyId, ...pair }, options)
          : server.refused(rpc.restoreDuplicate, { companyId, ...pair }, options);
      const apart = { customerId: here, otherCustomerId: there };
      expect(await refused(apart, { key: keys.businessA1 })).toMatchObject({ ...notFound, metadata: { id: there } });
      expect(await refused({ ...apart, otherCustomerId: "cus_z" })).toMatchObject(notFound);
      expect(await refused({ ...apart, otherCustomerId: here })).toMatchObject({
        violations: [{ field: "other_customer_id", reason: "CONFLICT" }],
      });
    },
  );
});
