import { afterAll, describe, expect, it } from "vitest";
import {
  ContactPhone_BelongsTo as BelongsTo,
  ContactPhone_Label as Label,
} from "../../src/gen/proto/moego/business/customer/v1/contact_phone_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { minimalCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { queryCustomer } = CallerService.method;
const { phone: _, ...withoutPhone } = minimalCustomer;

let numbers = 0;

/** A phone that nobody else has. */
function freshPhone(): string {
  numbers += 1;
  return `+1212555${String(4_000 + numbers)}`;
}

async function madeCustomer(phones: readonly object[], fields: object = {}) {
  const customer = { ...withoutPhone, phones: [...phones], ...fields };
  return (await server.ok(CustomerService.method.createCustomer, customer)).id;
}

/** What a format says over REST: the keys about the person, and the documented name. */
async function told(tel: string, format: string) {
  const headers = { authorization: authorizationOf(keys.a) };
  const query = new URLSearchParams({ tel, format });
  const response = await fetch(`${server.app.httpUrl}/v1/customers:query?${query}`, { headers });
  const text = await response.text();
  if (format === "TEXT") return text;
  const entries = format === "KEY_VALUE" ? new URLSearchParams(text) : Object.entries(JSON.parse(text));
  const values = new Map<unknown, unknown>(entries);
  return ["uname", "belongs_to", "person_name", "phone_label"].map((key) => values.get(key));
}

const phones = {
  lea: { belongsTo: BelongsTo.EMERGENCY_CONTACT, personName: "Lea Lund", label: Label.HOME },
  bob: { belongsTo: BelongsTo.PICKUP_PERSON, personName: "Bob", label: Label.WORK },
  unnamed: { belongsTo: BelongsTo.PICKUP_PERSON },
  own: { label: Label.MOBILE },
  plain: {},
} as const;

describe.each([
  ["an emergency contact", phones.lea, ["emergency_contact", "Lea Lund", "home"], "Lea Lund, emergency contact of"],
  ["a pick-up person", phones.bob, ["pickup_person", "Bob", "work"], "Bob, pick-up person of"],
  ["a person without a name", phones.unnamed, ["pickup_person", "", ""], "Pick-up person of"],
  ["the customer, with a label", phones.own, ["", "", "mobile"], ""],
  ["the customer", phones.plain, ["", "", ""], ""],
] as const)("a call from the phone of %s", (_name, phone, person, title) => {
  it.each(["the main phone", "another phone"])("says so, as %s", async (place) => {
    const [number, other] = [freshPhone(), freshPhone()];
    const listed = { number, ...phone };
    const list = place === "the main phone" ? [listed, { number: other }] : [{ number: other }, listed];
    const id = await madeCustomer(list);
    const { matches, answer } = await server.ok(queryCustomer, { tel: number });
    expect(matches).toMatchObject([{ id, matchedPhone: { belongsTo: BelongsTo.OWNER, ...listed } }]);
    expect(answer).toMatchObject({ id, uname: "Ada Lovelace" });
    for (const format of ["TWILIO", "AMAZON_CONNECT", "KEY_VALUE"])
      expect(await told(number, format), format).toEqual(["Ada Lovelace", ...person]);
    expect(await told(number, "TEXT")).toBe(`${title} Ada Lovelace`.trim());
    expect(await told(number, "PLAIN")).toEqual(["Ada Lovelace", undefined, undefined, undefined]);
  });
});

it("a lead says whose phone it is", async () => {
  const [number, other] = [freshPhone(), freshPhone()];
  const lead = { companyId, firstName: "Lena", phones: [{ number: other }, { number, ...phones.bob }] };
  const { id } = await server.ok(LeadService.method.createLead, { lead });
  const { matches } = await server.ok(queryCustomer, { tel: number });
  expect(matches).toMatchObject([{ id, matchedPhone: { number, ...phones.bob } }]);
  expect(await told(number, "TWILIO")).toEqual(["Lena", "pickup_person", "Bob", "work"]);
});

it("the owner comes before others, by main phone before another phone", async () => {
  const [number, ...others] = [freshPhone(), freshPhone(), freshPhone()];
  const [first, second] = others.map((other) => ({ number: other }));
  const main = await madeCustomer([{ number }]);
  const further = await madeCustomer([{ ...first }, { number }]);
  const ofAnother = await madeCustomer([{ ...second }, { number, ...phones.lea }]);
  const mainOfAnother = await madeCustomer([{ number, ...phones.bob }]);
  const { matches } = await server.ok(queryCustomer, { tel: number });
  expect(matches.map(({ id }) => id)).toEqual([main, further, mainOfAnother, ofAnother]);
  expect(matches.map(({ matchedPhone }) => matchedPhone?.personName)).toEqual(["", "", "Bob", "Lea Lund"]);
});

it("a customer who is found by other values has no matched phone", async () => {
  const id = await madeCustomer([{ number: freshPhone(), ...phones.lea }]);
  const { matches } = await server.ok(queryCustomer, { id });
  expect(matches).toMatchObject([{ id }]);
  expect(matches[0]?.matchedPhone).toBeUndefined();
});

it("a row that the previous build left behind says nothing of the main phone", async () => {
  const [number, other] = [freshPhone(), freshPhone()];
  const id = await madeCustomer([{ number, ...phones.lea }]);
  await server.database.owner.query("UPDATE customer SET phone = $1 WHERE company_id = $2 AND id = $3", [
    ...[other, companyId, id],
  ]);
  expect(await told(other, "TWILIO")).toEqual(["Ada Lovelace", "", "", ""]);
  expect((await server.ok(queryCustomer, { tel: number })).matches).toEqual([]);
});
