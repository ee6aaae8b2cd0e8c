import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import {
  ContactPhone_BelongsTo as BelongsTo,
  type ContactPhoneSchema,
  ContactPhone_Label as Label,
} from "../../src/gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CallerLookupService } from "../../src/gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import {
  CallerService,
  QueryCustomerResponse_Kind as Kind,
  QueryCustomerResponse_Status as Status,
} from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { lead } from "../support/lead-rows.js";
import { type NewLead, newLead } from "../support/new-lead.js";
import { bought } from "../support/package-rows.js";
import { madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { lookupCaller } = CallerLookupService.method;
const { queryCustomer } = CallerService.method;
const companyId = "cmp_a";
const url = `${server.app.httpUrl}/v1/callcenter/callers:lookup`;
const headers = { authorization: authorizationOf(keys.a) };

const lookup = (tel: string, key = keys.a) => server.ok(lookupCaller, { tel, companyId }, { key });

/** The same over REST by GET, by POST and by a form, whose answers must be equal. */
async function overRest(tel: string): Promise<JsonObject> {
  const json = { ...headers, "content-type": "application/json" };
  const query = new URLSearchParams({ tel, company_id: companyId });
  const [got, ...others] = await Promise.all(
    [
      await fetch(`${url}?${query}&CallSid=CA1`, { headers }),
      await fetch(url, { method: "POST", headers: json, body: JSON.stringify({ tel, companyId }) }),
      await fetch(url, { method: "POST", headers, body: query }),
    ].map(async (response) => ({ status: response.status, json: JSON.parse(await response.text()) })),
  );
  for (const other of others) expect(other).toEqual(got);
  expect(got?.status).toBe(200);
  return got?.json;
}

let numbers = 0;

/** A phone that nobody else has. */
function freshPhone(): string {
  numbers += 1;
  return `+1212555${String(6_000 + numbers)}`;
}

type NewPhone = MessageInitShape<typeof ContactPhoneSchema>;

async function madeLead(fields: NewLead) {
  return (await server.ok(LeadService.method.createLead, newLead(fields))).id;
}

describe("the status of a lookup", () => {
  it.each([
    ["(212) 555-0101", "FOUND", "+12125550101"],
    ["sip:+12125550101@pbx.example;user=phone", "FOUND", "+12125550101"],
    ["2125550101 x5", "FOUND", "+12125550101"],
    ["212 555 9999", "UNKNOWN", "+12125559999"],
    ["", "UNKNOWN", ""],
    [" ", "UNKNOWN", ""],
    ["anonymous", "WITHHELD", ""],
    ["+7378742833", "WITHHELD", ""],
    ["anonymous@anonymous.invalid", "WITHHELD", ""],
    ["sip:anna@example.com", "UNREADABLE", ""],
    ["+121255", "UNREADABLE", ""],
    ["x".repeat(10_000), "UNREADABLE", ""],
  ] as const)("of %s is %s, with the number as understood", async (tel, status, number) => {
    const found = await lookup(tel);
    expect(found).toMatchObject({ status: Status[status], number });
    expect(found.matches.length > 0).toBe(status === "FOUND");
    expect(found.matchCount).toBe(found.matches.length);
    expect(await overRest(tel)).toMatchObject({ status: `STATUS_${status}`, number, matchCount: found.matchCount });
  });

  it("reads an unescaped plus in a query string as a plus", async () => {
    const singaporean = await madeCustomer(server, { phone: "+6591234567" });
    await madeCustomer(server, { phone: "+16591234567" });
    const response = await fetch(`${url}?tel=+6591234567&company_id=${companyId}`, { headers });
    expect(await response.json()).toMatchObject({ number: "+6591234567", matches: [{ id: singaporean.id }] });
  });

  it("is no error for how a value is written over REST", async () => {
    for (const query of ["tel=2125550101&tel=1", "tel=2125550101&From=%zz"]) {
      const response = await fetch(`${url}?${query}`, { headers });
      expect([response.status, await response.json()]).toMatchObject([200, { status: "STATUS_FOUND" }]);
    }
  });

  it("needs a company unless the key has one, as QueryCustomer does", async () => {
    const tel = "2125550101";
    const ofTwo = { key: keys.enterprise };
    const required = { code: "INVALID_ARGUMENT", violations: [{ field: "company_id", reason: "REQUIRED" }] };
    expect(await server.refused(lookupCaller, { tel }, ofTwo)).toMatchObject(required);
    expect(await server.refused(queryCustomer, { tel }, ofTwo)).toMatchObject(required);
    const refusal = await server.refused(lookupCaller, { companyId: "cmp_c", tel });
    expect(refusal).toMatchObject({ code: "PERMISSION_DENIED", reason: "COMPANY_NOT_ALLOWED" });
    expect(await server.ok(lookupCaller, { tel })).toMatchObject({ status: Status.FOUND });
  });
});

describe("everybody with a number", () => {
  const phone = freshPhone();
  const other = (more: NewPhone = {}) => [{ number: freshPhone() }, { number: phone, label: Label.WORK, ...more }];
  const contact = { belongsTo: BelongsTo.EMERGENCY_CONTACT, personName: "Lea" };

  it("is in the answer: owners by main phone, by another, other people, then leads", async () => {
    const made = async (phones: NewPhone[]) => (await madeCustomer(server, { phone: "", phones })).id;
    const leadOfContact = await madeLead({ phone: "", phones: other(contact) });
    const contactOf = await made(other(contact));
    const secondOwner = await made(other());
    const neighborsMain = await made([{ number: phone, belongsTo: BelongsTo.PICKUP_PERSON, personName: "Max" }]);
    const first = await made([{ number: phone, extension: "7", label: Label.HOME }]);
    const lead = await madeLead({ phone });
    const household = await madeCustomer(server, { phone });
    const { matches, matchCount, status } = await lookup(phone);
    const owner = { belongsTo: BelongsTo.OWNER, number: phone };
    expect({ matchCount, status }).toEqual({ matchCount: 7, status: Status.FOUND });
    expect(matches).toMatchObject([
      { id: household.id, isMainPhone: true, phone, matchedPhone: { ...owner, label: Label.LABEL_UNSPECIFIED } },
      { id: first, isMainPhone: true, matchedPhone: { ...owner, label: Label.HOME, extension: "7" } },
      { id: secondOwner, isMainPhone: false, matchedPhone: { ...owner, label: Label.WORK } },
      { id: neighborsMain, isMainPhone: true, matchedPhone: { belongsTo: BelongsTo.PICKUP_PERSON, personName: "Max" } },
      { id: contactOf, isMainPhone: false, matchedPhone: { number: phone, label: Label.WORK, ...contact } },
      { id: lead, isMainPhone: true, matchedPhone: owner },
      { id: leadOfContact, isMainPhone: false, matchedPhone: { number: phone, ...contact } },
    ]);
    expect(matches.map(({ kind }) => kind)).toEqual([...Array(5).fill(Kind.CUSTOMER), Kind.LEAD, Kind.LEAD]);
    expect((await overRest(phone)).matches).toHaveLength(7);
  });

  it("is found by the other form of the number, with the form that is stored", async () => {
    const { id } = await madeCustomer(server, { phone: "+54 11 2345 6001" });
    const { matches, number } = await lookup("+54 9 11 2345 6001");
    expect(number).toBe("+5491123456001");
    expect(matches).toMatchObject([{ id, matchedPhone: { number: "+541123456001" } }]);
  });

  it("is listed up to 20, and counted", async () => {
    const crowd = freshPhone();
    const rows = Array.from({ length: 22 }, (_, number) =>
      lead("cmp_a", `lcus_crowd_${number}`, "biz_a1", "2024-05-01T10:00:00Z", { phone: crowd }),
    );
    await server.insert([["lead", rows]]);
    const { matches, matchCount } = await lookup(crowd);
    expect({ listed: matches.length, matchCount }).toEqual({ listed: 20, matchCount: 22 });
  });

  it("is not found by a number that the previous build has replaced", async () => {
    const [former, main] = [freshPhone(), freshPhone()];
    const { id } = await madeCustomer(server, { phone: "", phones: [{ number: former, label: Label.HOME }] });
    await server.database.owner.query("UPDATE customer SET phone = $1 WHERE id = $2", [main, id]);
    expect((await lookup(former)).matchCount).toBe(0);
    const plain = { number: main, label: Label.LABEL_UNSPECIFIED, belongsTo: BelongsTo.OWNER };
    expect((await lookup(main)).matches).toMatchObject([{ id, isMainPhone: true, matchedPhone: plain }]);
  });
});

describe("a key limited to a location", () => {
  it("finds only customers and leads that prefer it, and packages that it sold", async () => {
    const phone = freshPhone();
    const here = await madeCustomer(server, { phone });
    await madeCustomer(server, { phone, preferredBusinessId: "biz_a2" });
    const lead = await madeLead({ phone, preferredBusinessId: "biz_a1" });
    await madeLead({ phone, preferredBusinessId: "biz_a2" });
    await madeLead({ phone });
    const sold = (id: string, businessId: string) => bought("cmp_a", id, here.id, businessId, "2024-05-01T10:00:00Z");
    await server.insert([["package", [sold("pkg_here", "biz_a1"), sold("pkg_there", "biz_a2")]]]);
    expect((await lookup(phone)).matchCount).toBe(5);
    const { matches, matchCount } = await lookup(phone, keys.businessA1);
    expect(matchCount).toBe(2);
    expect(matches.map(({ id }) => id)).toEqual([here.id, lead]);
    expect(matches[0]).toMatchObject({ packages: [{ id: "pkg_here" }], packageCount: 1 });
    expect((await lookup(phone)).matches.find(({ id }) => id === here.id)).toMatchObject({ packageCount: 2 });
  });
});
