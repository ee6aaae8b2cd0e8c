import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { authorizationOf, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const headers = { authorization: authorizationOf(keys.a), "content-type": "application/json" };
const { createCustomer } = CustomerService.method;

/** The phones of the customers that QueryCustomer returns by GET and by POST. */
async function phonesFound(tel: string, query = encodeURIComponent(tel)) {
  const url = `${server.app.httpUrl}/v1/customers:query`;
  const byGet = await fetch(`${url}?tel=${query}`, { headers });
  const byPost = await fetch(url, { method: "POST", headers, body: JSON.stringify({ tel }) });
  return [phoneOf(await byGet.json()), phoneOf(await byPost.json())];
}

function phoneOf(json: unknown): unknown {
  return json && typeof json === "object" && "tel" in json && json.tel !== "" ? json.tel : null;
}

const nobody = [null, null];

describe("QueryCustomer finds the customer by the phone as a line provides it", () => {
  beforeAll(async () => {
    for (const phone of ["+12125550711", "+6591234567", "+16591234567", "+4791234567", "+61298765432"]) {
      await server.ok(createCustomer, newCustomer({ phone }));
    }
  });

  it.each([
    ...["sip:+12125550711@pbx.example;user=phone", "sips:+12125550711@pbx.example", "<sip:+12125550711@pbx.example>"],
    ...["tel:+1-212-555-0711;ext=5", "whatsapp:+12125550711", "sip:2125550711;cpc=ordinary@pbx.example"],
    ...["+12125550711;verstat=TN-Validation-Passed", "sip:2125550711;isup-oli=62@pbx.example"],
    ...["tel:+12125550711;npdi;rn=+12125550000", "tel:2125550711;isub=12", "2125550711;phone-context=example.com"],
    ...["5550711;phone-context=+1212", "%2B12125550711", "%28212%29%20555-0711", "0012125550711", "'+12125550711"],
    ...["(212) 555-0711 x5", "(212) 555-0711 ext. 5", "2125550711,,5", "2125550711 (cell)"],
    ...["2.125550711E9", "2125550711.0"],
  ])("%s", async (tel) => {
    expect(await phonesFound(tel)).toEqual(["+12125550711", "+12125550711"]);
  });

  it("00612 98765432 from a line in the US", async () => {
    expect(await phonesFound("0061298765432")).toEqual(["+61298765432", "+61298765432"]);
  });

  it.each([
    ["+6591234567", " 6591234567", "+6591234567"],
    ["+4791234567", " 4791234567", "+4791234567"],
    ["6591234567", "6591234567", "+16591234567"],
  ])("%s in a query string, where an unescaped plus is a space", async (query, tel, phone) => {
    expect(await phonesFound(tel, query)).toEqual([phone, phone]);
  });

  it("always the same one, whatever was asked before", async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      expect(await phonesFound("5550711;phone-context=+1212")).toEqual(["+12125550711", "+12125550711"]);
      expect(await phonesFound("2125550711;phone-context=example.com")).toEqual(["+12125550711", "+12125550711"]);
    }
  });
});

describe("a caller who withholds the number", () => {
  const withheld = [
    ...["+7378742833", "7378742833", "+17378742833", "+266696687", "+86282452253", "2562533", "8656696"],
    ...["anonymous@anonymous.invalid", "sip:anonymous@192.0.2.4", "Restricted", "unavailable", "unknown", "private"],
    ...["asterisk", "0"],
  ];

  it.each(withheld)("is nobody: %s", async (tel) => {
    expect(await phonesFound(tel)).toEqual(nobody);
  });

  it.each(withheld)("is refused as a phone of a customer, with the reason: %s", async (phone) => {
    const response = await fetch(`${server.app.httpUrl}/v1/customers`, {
      method: "POST",
      headers,
      body: JSON.stringify({ companyId: "cmp_a", firstName: "Nobody", lastName: "Known", phone }),
    });
    expect(response.status).toBe(400);
    const description = "Telephone systems send this text for callers who withhold their number.";
    expect(await response.text()).toContain(description);
  });
});

describe("a phone that cannot be read", () => {
  it.each([
    ["+121255", "Read as +1 21255, which is too short."],
    ["+1212555011199", "Read as +1 212555011199, which is too long."],
    ["+9991234567", "Read as +9991234567, which has no known country code."],
    ["2125550111 or 2125550112", "It is not the spelling of one phone number."],
  ])("is refused with what was understood: %s", async (phone, understood) => {
    const { violations } = await server.refused(createCustomer, newCustomer({ phone }));
    expect(violations).toEqual([{ field: "phone", reason: "INVALID_FORMAT" }]);
    const body = JSON.stringify({ companyId: "cmp_a", firstName: "Nobody", lastName: "Known", phone });
    const response = await fetch(`${server.app.httpUrl}/v1/customers`, { method: "POST", headers, body });
    expect(await response.text()).toContain(`Must be a phone number, for example +12125551234 (E.164). ${understood}`);
  });

  it("finds nobody and is no error", async () => {
    expect(await phonesFound("+121255")).toEqual(nobody);
  });
});

it("numbers that customers hold are found whatever word the digits spell behind their country code", async () => {
  await server.ok(createCustomer, newCustomer({ phone: "+447378742833" }));
  expect(await phonesFound("+447378742833")).toEqual(["+447378742833", "+447378742833"]);
  expect(await phonesFound("7378742833")).toEqual(nobody);
});

describe("a number with two forms", () => {
  const { listCustomers } = CustomerService.method;

  /** A customer as an earlier build stored it. */
  async function storedAs(phone: string, given = "+12125550790") {
    const { id } = await server.ok(createCustomer, newCustomer({ phone: given }));
    await server.database.owner.query("UPDATE customer SET phone = $1 WHERE id = $2", [phone, id]);
    return id;
  }

  const listed = async (mainPhoneNumber: string) => {
    const request = { companyId: "cmp_a", pagination: {}, filter: { mainPhoneNumber } };
    return (await server.ok(listCustomers, request)).customers.map(({ id }) => id);
  };

  it.each([
    ["+52 1 55 1234 5678", "+525512345678", "+52 55 1234 5678"],
    ["+55 11 8765 4321", "+5511987654321", "+55 11 98765 4321"],
    ["+229 97 12 34 56", "+2290197123456", "+229 01 97 12 34 56"],
    ["+225 07 12 34 56", "+2250707123456", "+225 07 07 12 34 56"],
  ])("%s is stored as %s, and found as %s too", async (old, stored, today) => {
    const { id, phone } = await server.ok(createCustomer, newCustomer({ phone: old }));
    expect(phone).toBe(stored);
    for (const form of [old, stored, today]) {
      expect(await phonesFound(form)).toEqual([stored, stored]);
      expect(await listed(form)).toContain(id);
    }
  });

  it("Argentina keeps the given form, and either finds the customer", async () => {
    const { id, phone } = await server.ok(createCustomer, newCustomer({ phone: "+54 11 2345 6789" }));
    expect(phone).toBe("+541123456789");
    for (const form of ["+54 9 11 2345 6789", "+541123456789"]) {
      expect(await phonesFound(form)).toEqual(["+541123456789", "+541123456789"]);
      expect(await listed(form)).toContain(id);
    }
  });

  it("that an earlier build stored in the old form keeps its text and is found", async () => {
    const id = await storedAs("+5712345678");
    for (const form of ["+57 1 234 5678", "+57 601 234 5678"]) {
      expect(await phonesFound(form)).toEqual(["+5712345678", "+5712345678"]);
      expect(await listed(form)).toEqual([id]);
    }
  });
});

it("a lead is listed by either form of its phone", async () => {
  const { id, phone } = await server.ok(LeadService.method.createLead, newLead({ phone: "+54 9 351 345 6789" }));
  expect(phone).toBe("+5493513456789");
  const request = { companyId: "cmp_a", pagination: {}, filter: { mainPhoneNumber: "+54 351 345 6789" } };
  expect((await server.ok(LeadService.method.listLeads, request)).leads.map((lead) => lead.id)).toEqual([id]);
});
