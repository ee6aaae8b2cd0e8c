import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { transports } from "../support/clients.js";
import { keys } from "../support/fixture-keys.js";
import { type NewCustomer, newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = CallerService.method;
const companyId = "cmp_a";
const anna = { companyId, id: "cus_a1" };

/** Whom key `a` finds, unless told otherwise. */
async function find(question: object, key = keys.a) {
  const { answer, customer, matchCount } = await server.ok(rpc.queryCustomer, question, { key });
  return { answer, id: customer?.id, matchCount };
}

const nobody = { answer: undefined, id: undefined, matchCount: 0 };

let numbers = 0;
let abroad: ReturnType<typeof made> | undefined;

/** A customer whose phone and email nobody else has. */
async function made(fields: NewCustomer = {}) {
  numbers += 1;
  const phone = `+1212555${String(2_000 + numbers)}`;
  const email = `caller${numbers}@example.com`;
  const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ phone, email, ...fields }));
  return { id, phone, email };
}

describe("a customer is found", () => {
  it("by the id", async () => {
    expect(await find({ id: "cus_a1" })).toMatchObject({ id: "cus_a1", matchCount: 1 });
  });

  it.each(["+12125550102", "(212) 555-0102", "212.555.0102", "2125550102", " 1 212 555 0102 ", "tel:+1-212-555-0102"])(
    "by the phone in any spelling, before a lead with it: %s",
    async (tel) => expect(await find({ tel })).toMatchObject({ id: "cus_a2", matchCount: 2 }),
  );

  it.each(["+33612345678", "33612345678", " 33612345678", "0033612345678", "011 33 6 12 34 56 78"])(
    "by the phone of another country, also without its plus or with an international prefix: %s",
    async (tel) => {
      abroad ??= made({ phone: "+33612345678" });
      const { id } = await abroad;
      expect(await find({ tel })).toMatchObject({ id, matchCount: 1 });
    },
  );

  it("by a national number of its company's country and no other", async () => {
    const customFields = { field_required: { value: { case: "string" as const, value: "x" } }, field_both: yes };
    const ofB = { companyId: "cmp_b", preferredBusinessId: "biz_b1", phone: "+14165550177", customFields };
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer(ofB), { key: keys.b });
    expect(await find({ tel: "416 555 0177" }, keys.b)).toMatchObject({ id });
    expect(await find({ tel: "416 555 0177" })).toEqual(nobody);
  });

  it.each(["Anna@Example.com", "anna@example.com", " ANNA@EXAMPLE.COM "])(
    "by the email whatever its case: %s",
    async (email) => expect(await find({ email })).toMatchObject({ id: "cus_a1", matchCount: 1 }),
  );

  it("by the id of an account of any of the ten kinds", async () => {
    const { id } = await made();
    for (let kind = ThirdAccountKind.PARTNER; kind <= ThirdAccountKind.DISCORD; kind += 1) {
      const accountId = `account ${kind} ü`;
      await server.ok(rpc.linkAccount, { companyId, customerId: id, kind, accountId });
      expect(await find({ thirdAccountId: accountId }), accountId).toMatchObject({ id, matchCount: 1 });
    }
    expect(await find({ thirdAccountId: "ACCOUNT 1 ü" })).toEqual(nobody);
  });

  it("once, though two of its accounts have the same id", async () => {
    const { id } = await made();
    for (const kind of [ThirdAccountKind.LINE, ThirdAccountKind.DISCORD])
      await server.ok(rpc.linkAccount, { companyId, customerId: id, kind, accountId: "twice the same" });
    expect(await find({ thirdAccountId: "twice the same" })).toMatchObject({ id, matchCount: 1 });
  });

  it("by everything at once, and by nothing that one part contradicts", async () => {
    const { id, phone, email } = await made();
    const thirdAccountId = `all of ${id}`;
    const kind = ThirdAccountKind.TELEGRAM;
    await server.ok(rpc.linkAccount, { companyId, customerId: id, kind, accountId: thirdAccountId });
    const whole = { id, tel: phone, email, thirdAccountId };
    const wrong = { id: "cus_a2", tel: "+12125550102", email: "anna@example.com", thirdAccountId: "wa-anna" };
    const parts = ["id", "tel", "email", "thirdAccountId"] as const;
    for (let set = 1; set < 16; set += 1) {
      const asked = parts.filter((_, bit) => set & (1 << bit));
      const question = Object.fromEntries(asked.map((part) => [part, whole[part]]));
      expect(await find(question), asked.join()).toMatchObject({ id, matchCount: 1 });
      if (asked.length < 2) continue;
      for (const part of asked)
        expect(await find({ ...question, [part]: wrong[part] }), `${asked.join()} but ${part}`).toEqual(nobody);
    }
  });
});

const yes = { value: { case: "bool" as const, value: true } };

describe("nobody is found", () => {
  it.each(transports)("when nothing is asked, on %s", async (transport) => {
    const options = { transport };
    expect(await server.ok(rpc.queryCustomer, {}, options)).toMatchObject({ matchCount: 0 });
    expect(await server.ok(rpc.queryCustomer, { id: "", tel: " ", email: "" }, options)).toMatchObject({
      matchCount: 0,
    });
  });

  it.each([
    ...["sip:anna@example.com", "+", "911911911911911911911", "٣٤٥"].map((tel) => ({ tel })),
    ...["x".repeat(100_000), "\u0000", "+1212555\u00000102"].map((tel) => ({ tel })),
    ...["not an email", "@", "x".repeat(100_000), "a\u0000b@example.com"].map((email) => ({ email })),
    ...["no id at all", "x".repeat(31), "cus_a1'--", "\u0000"].map((id) => ({ id })),
    ...["\u0000", "x".repeat(256), "a\nb"].map((thirdAccountId) => ({ thirdAccountId })),
  ])("by what can be no id, phone, email or account, and it is no error: %j", async (question) => {
    expect(await find(question)).toEqual(nobody);
    expect(await find({ ...question, email: "anna@example.com", ...question })).toEqual(nobody);
  });

  it.each(["anonymous", "unknown", "0"])("by the telephone text %s, and it is no error", async (tel) =>
    expect(await find({ tel })).toEqual(nobody),
  );

  it("who is archived, until the customer is restored", async () => {
    const { id, phone, email } = await made();
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id });
    for (const question of [{ id }, { tel: phone }, { email }]) expect(await find(question)).toEqual(nobody);
    await server.ok(CustomerAdminService.method.restoreCustomer, { companyId, id });
    expect(await find({ tel: phone })).toMatchObject({ id });
  });

  it("of another company", async () => {
    for (const question of [{ id: "cus_c1" }, { thirdAccountId: "wa-of-c" }]) {
      expect(await find(question)).toEqual(nobody);
      expect(await find(question, keys.c)).toMatchObject({ id: "cus_c1" });
    }
  });

  it("who prefers a location that the key does not cover", async () => {
    for (const question of [{ id: "cus_a2" }, { tel: "+12125550102" }, { thirdAccountId: "line-of-a2" }]) {
      expect(await find(question, keys.businessA1)).toEqual(nobody);
      expect(await find(question)).toMatchObject({ id: "cus_a2" });
    }
    expect(await find({ id: "cus_a1" }, keys.businessA1)).toMatchObject({ id: "cus_a1" });
  });
});

describe("of several that match", () => {
  const phone = "+12125559001";

  it("the one updated last is the answer, and all are counted", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.push((await made({ phone })).id);
    const [first, , last] = ids;
    expect(await find({ tel: phone })).toMatchObject({ id: last, matchCount: 3 });
    const update = { companyId, id: first ?? "", source: "Called again" };
    await server.ok(CustomerService.method.updateCustomer, update);
    expect(await find({ tel: phone })).toMatchObject({ id: first, matchCount: 3 });
  });

  it("a key counts those it sees alone", async () => {
    await made({ phone, preferredBusinessId: "biz_a2" });
    expect(await find({ tel: phone })).toMatchObject({ matchCount: 4 });
    expect(await find({ tel: phone }, keys.businessA1)).toMatchObject({ matchCount: 3 });
  });

  it("the smaller id decides when they were updated at the same moment", async () => {
    const same = { phone: "+12125559002", time: new Date("2024-06-01T00:00:00Z") };
    const ids = [(await made({ phone: same.phone })).id, (await made({ phone: same.phone })).id];
    await server.database.owner.query("UPDATE customer SET last_updated_time = $1 WHERE id = ANY ($2)", [
      same.time,
      ids,
    ]);
    expect(await find({ tel: same.phone })).toMatchObject({ id: ids.toSorted()[0], matchCount: 2 });
  });
});

describe("the company", () => {
  it("is the key's when it covers exactly one", async () => {
    expect(await find({ id: "cus_both" })).toMatchObject({ id: "cus_both" });
  });

  it("must be named by a key of several, whatever is asked", async () => {
    for (const question of [{ id: "cus_both" }, {}]) {
      const refusal = await server.refused(rpc.queryCustomer, question, { key: keys.enterprise });
      expect(refusal).toMatchObject(invalidField("company_id", "REQUIRED"));
    }
    const ofB = { companyId: "cmp_b", id: "cus_both" };
    const { customer } = await server.ok(rpc.queryCustomer, ofB, { key: keys.enterprise });
    expect(customer).toMatchObject({ companyId: "cmp_b", firstName: "Both of B" });
  });

  it("may be named in the header moego-company", async () => {
    const options = { key: keys.enterprise, headers: { "moego-company": "cmp_b" } };
    const { customer } = await server.ok(rpc.queryCustomer, { id: "cus_both" }, options);
    expect(customer).toMatchObject({ companyId: "cmp_b" });
  });
});

it("answers over gRPC with the whole customer as GetCustomer does", async () => {
  const { customer } = await server.ok(rpc.queryCustomer, anna);
  expect(customer).toEqual(await server.ok(CustomerService.method.getCustomer, { id: "cus_a1" }));
});
