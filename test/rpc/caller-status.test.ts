import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  CallerService,
  QueryCustomerResponse_Kind as Kind,
  QueryCustomerResponse_Status as Status,
} from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { queryCustomer } = CallerService.method;
const headers = { authorization: authorizationOf(keys.a), "content-type": "application/json" };
const url = `${server.app.httpUrl}/v1/customers:query`;

type Question = Readonly<Record<string, string>>;

interface Read {
  readonly json: JsonObject | null;
  readonly matchCount: string | null;
}

/** A query over REST by GET and by POST, whose answers must be the same. */
async function ask(question: Question, format = "ANSWER_FORMAT_PLAIN"): Promise<Read> {
  const asked = { ...question, format };
  const [byGet, byPost] = [
    await fetch(`${url}?${new URLSearchParams(asked)}`, { headers }),
    await fetch(url, { method: "POST", headers, body: JSON.stringify(asked) }),
  ];
  const read = async (response: Response): Promise<Read> => ({
    json: JSON.parse(await response.text()),
    matchCount: response.headers.get("moego-match-count"),
  });
  const got = await read(byGet);
  expect(await read(byPost)).toEqual(got);
  return got;
}

const twilio = async (question: Question) => (await ask(question, "ANSWER_FORMAT_TWILIO")).json;

let numbers = 0;

/** A phone that nobody else has. */
function freshPhone(): string {
  numbers += 1;
  return `+1212555${String(3_000 + numbers)}`;
}

async function madeLead(fields: object = {}) {
  const phone = freshPhone();
  const { lead } = newLead({ phone, lastName: "Lead", ...fields });
  const { id } = await server.ok(LeadService.method.createLead, { lead });
  return { id, phone };
}

describe("the status of a query", () => {
  it.each([
    [{ tel: "(212) 555-0101" }, "FOUND", "+12125550101"],
    [{ id: "cus_a1" }, "FOUND", ""],
    [{ id: "cus_a1", tel: "2125550101" }, "FOUND", "+12125550101"],
    [{ tel: "212 555 9999" }, "UNKNOWN", "+12125559999"],
    [{ id: "cus_a2", tel: "212 555 9999" }, "UNKNOWN", "+12125559999"],
    [{}, "UNKNOWN", ""],
    [{ tel: "sip:anna@example.com" }, "UNREADABLE", ""],
    [{ tel: "2125550101", email: "x".repeat(1_000) }, "UNREADABLE", "+12125550101"],
    [{ id: "no id at all" }, "UNREADABLE", ""],
  ] as const)("of %j is %s, with the number as understood", async (question, status, number) => {
    expect(await twilio(question)).toMatchObject({ number, status: status.toLowerCase() });
    expect(await server.ok(queryCustomer, question)).toMatchObject({ number, status: Status[status] });
  });
});

describe.each(["anonymous", "Restricted", "+7378742833", "anonymous@anonymous.invalid"])(
  "a withheld number, %s",
  (tel) => {
    it("finds nobody after an earlier match, and is not a phone number", async () => {
      expect((await ask({ tel })).json).toBeNull();
      const nobody = { found: "false", status: "withheld", kind: "", number: "", match_count: "0", id: "", isVip: "" };
      expect(await twilio({ tel })).toMatchObject(nobody);
      expect(await server.ok(queryCustomer, { tel })).toMatchObject({ status: Status.WITHHELD, matchCount: 0 });
    });

    it("leaves the decision to other values", async () => {
      for (const question of [{ id: "cus_a1" }, { email: "anna@example.com" }, { thirdAccountId: "wa-anna" }])
        expect(await twilio({ tel, ...question })).toMatchObject({ status: "found", id: "cus_a1", number: "" });
      expect(await twilio({ tel, id: "cus_nobody" })).toMatchObject({ status: "withheld", id: "" });
      expect(await twilio({ tel, id: "no id" })).toMatchObject({ status: "withheld", id: "" });
    });
  },
);

describe("a lead that calls", () => {
  it("is found with its stage and what the documented keys have of it", async () => {
    const found = await twilio({ id: "lcus_a1" });
    expect(found).toMatchObject({
      ...{ found: "true", status: "found", kind: "lead", match_count: "1" },
      ...{ stage: "Qualified", action_status: "To call", id: "lcus_a1", tel: "+12125550121" },
      ...{ email: "Lena@Example.com", nick: "Lena", uname: "Lena Lead", sourceName: "Web search" },
      ...{ countryName: "US", provice_name: "NY", city_name: "New York", liableServiceName: "Alice Tester" },
      ...{ userStatusName: "normal", isVip: "2", isblack: "0", userLabel: "", whatsappid: "", cf_short: "" },
    });
    const keysOfCustomer = Object.keys((await twilio({ id: "cus_a1" })) ?? {});
    expect(Object.keys(found ?? {})).toEqual(keysOfCustomer);
  });

  it("is found by phone, email and id, and typed with everything", async () => {
    const { id, phone } = await madeLead({ email: "Lead.Of@Status.example" });
    for (const question of [{ tel: phone }, { email: "lead.of@status.EXAMPLE" }, { id }]) {
      const { answer, lead, customer, status, matchCount, matches } = await server.ok(queryCustomer, question);
      expect(answer).toMatchObject({ id, tel: phone, uname: "Lena Lead" });
      expect(lead).toMatchObject({ id, phone, lifeCycle: { name: "New" } });
      expect(customer).toBeUndefined();
      expect({ status, matchCount }).toEqual({ status: Status.FOUND, matchCount: 1 });
      expect(matches).toMatchObject([{ kind: Kind.LEAD, id, name: "Lena Lead", phone }]);
    }
  });

  it("is in the plain answer with the documented keys alone", async () => {
    const { json, matchCount } = await ask({ id: "lcus_a1" });
    expect(matchCount).toBe("1");
    expect(Object.keys(json ?? {})).toEqual(Object.keys((await ask({ id: "cus_a1" })).json ?? {}));
    expect(json).toMatchObject({ id: "lcus_a1", uname: "Lena Lead" });
  });

  it("comes after a customer with the same phone, by phone and by email", async () => {
    const email = "lead.and.customer@status.example";
    const { id: lead, phone } = await madeLead({ email });
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ phone, email }));
    for (const question of [{ tel: phone }, { email }, { tel: phone, email }]) {
      const { customer, matches, matchCount } = await server.ok(queryCustomer, question);
      expect({ customer: customer?.id, matchCount }).toEqual({ customer: id, matchCount: 2 });
      expect(matches).toMatchObject([
        { kind: Kind.CUSTOMER, id },
        { kind: Kind.LEAD, id: lead },
      ]);
      expect(await twilio(question)).toMatchObject({ kind: "customer", id, stage: "", match_count: "2" });
    }
    expect((await ask({ tel: phone })).matchCount).toBe("2");
  });

  it("does not count beside a customer once it is archived", async () => {
    const { id: lead, phone } = await madeLead();
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ phone }));
    await server.ok(LeadAdminService.method.archiveLead, { companyId: "cmp_a", id: lead });
    expect(await twilio({ tel: phone })).toMatchObject({ kind: "customer", id, match_count: "1" });
  });

  it("is not found once it is promoted, its customer is", async () => {
    const { id, phone } = await madeLead({ preferredBusinessId: "biz_a1" });
    const { customer } = await server.ok(LeadService.method.promoteLead, { id });
    expect(customer?.id).toMatch(/^cus_/);
    expect(await twilio({ tel: phone })).toMatchObject({ kind: "customer", id: customer?.id, match_count: "1" });
    expect(await twilio({ id })).toMatchObject({ status: "unknown", match_count: "0" });
  });

  it("is not found while archived, for another company, or at a location that the key does not cover", async () => {
    const unseen = { status: Status.UNKNOWN, matchCount: 0 };
    expect(await server.ok(queryCustomer, { id: "lcus_a9" })).toMatchObject(unseen);
    expect(await server.ok(queryCustomer, { id: "lcus_c1" })).toMatchObject(unseen);
    for (const id of ["lcus_a2", "lcus_a3"]) {
      expect(await server.ok(queryCustomer, { id })).toMatchObject({ lead: { id } });
      expect(await server.ok(queryCustomer, { id }, { key: keys.businessA1 })).toMatchObject(unseen);
    }
    expect(await server.ok(queryCustomer, { id: "lcus_a1" }, { key: keys.businessA1 })).toMatchObject({
      lead: { id: "lcus_a1" },
    });
  });

  it("has no accounts", async () => {
    expect(await twilio({ id: "lcus_a1", thirdAccountId: "wa-anna" })).toMatchObject({ status: "unknown", kind: "" });
  });
});

describe("a household", () => {
  const phone = "+12125559100";

  it("is counted in every format, and the typed answer lists all", async () => {
    const made: string[] = [];
    for (const firstName of ["Ada", "Bea", "Cleo"])
      made.unshift((await server.ok(CustomerService.method.createCustomer, newCustomer({ phone, firstName }))).id);
    expect((await ask({ tel: phone })).matchCount).toBe("3");
    expect(await twilio({ tel: phone })).toMatchObject({ id: made[0], match_count: "3" });
    const { matches, matchCount } = await server.ok(queryCustomer, { tel: phone });
    expect(matchCount).toBe(3);
    expect(matches.map(({ id }) => id)).toEqual(made);
    expect(matches.map(({ name }) => name)).toEqual(["Cleo Lovelace", "Bea Lovelace", "Ada Lovelace"]);
    for (const match of matches) expect(match).toMatchObject({ kind: Kind.CUSTOMER, phone });
  });

  it("of more than 20 is counted as a whole and lists 20", async () => {
    const crowd = freshPhone();
    for (let count = 0; count < 23; count += 1) await madeLead({ phone: crowd });
    const { matches, matchCount, lead } = await server.ok(queryCustomer, { tel: crowd });
    expect({ listed: matches.length, matchCount }).toEqual({ listed: 20, matchCount: 23 });
    expect(matches[0]?.id).toBe(lead?.id);
  });
});

it("counts nobody in the header of the plain answer", async () => {
  expect(await ask({ tel: "+12125559999" })).toEqual({ json: null, matchCount: "0" });
});
