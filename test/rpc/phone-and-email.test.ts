import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { freshId } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, listCustomers, updateCustomer } = CustomerService.method;
const spellings = [
  "+1 212 555 0147",
  "+12125550147",
  "(212) 555-0147",
  "212.555.0147",
  "1-212-555-0147",
  " 2125550147 ",
];

describe("a phone number", () => {
  it.each(spellings)("of a company in the US may be spelled %s, and is stored as E.164", async (phone) => {
    expect((await server.ok(createCustomer, newCustomer({ phone }))).phone).toBe("+12125550147");
  });

  it("of any country may be given in E.164", async () => {
    expect((await server.ok(createCustomer, newCustomer({ phone: "+44 20 7946 0018" }))).phone).toBe("+442079460018");
  });

  it.each(["12", "555-0147", "+1212555", "not a number", "+", "00000000000000000000", "++12125550147"])(
    "that is not possible is refused: %s",
    async (phone) => {
      const { violations } = await server.refused(createCustomer, newCustomer({ phone }));
      expect(violations).toEqual([{ field: "phone", reason: "INVALID_FORMAT" }]);
    },
  );

  it("may be shared by two customers", async () => {
    await server.ok(createCustomer, newCustomer({ phone: "+12125550190" }));
    await server.ok(createCustomer, newCustomer({ phone: "+12125550190" }));
    expect((await listed({ mainPhoneNumber: "+12125550190" })).length).toBe(2);
  });

  it.each(spellings)("is found by the filter %s", async (mainPhoneNumber) => {
    await server.ok(createCustomer, newCustomer({ phone: "+12125550147" }));
    const found = await listed({ mainPhoneNumber });
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ phone }) => phone))).toEqual(new Set(["+12125550147"]));
  });

  it("that is not possible is refused as a filter", async () => {
    const request = { companyId: "cmp_a", pagination: {}, filter: { mainPhoneNumber: "12" } };
    const { violations } = await server.refused(listCustomers, request);
    expect(violations).toEqual([{ field: "filter.main_phone_number", reason: "INVALID_FORMAT" }]);
  });

  it("is read in the country of its own company, also by a key of several", async () => {
    const request = { id: "cus_b1", companyId: "cmp_b", phone: "416 555 0198" };
    expect((await server.ok(updateCustomer, request, { key: keys.enterprise })).phone).toBe("+14165550198");
  });
});

describe("an email address", () => {
  it("is kept as it was written and found whatever its case", async () => {
    const { id, email } = await server.ok(createCustomer, newCustomer({ email: " Grace.Hopper@Navy.Example " }));
    expect(email).toBe("Grace.Hopper@Navy.Example");
    for (const filter of ["grace.hopper@navy.example", "GRACE.HOPPER@NAVY.EXAMPLE", " Grace.Hopper@navy.example "]) {
      expect((await listed({ email: filter })).map((found) => found.id)).toEqual([id]);
    }
  });

  it("is found whatever its case in any script", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ email: "jürgen@straße.example" }));
    expect((await listed({ email: "JÜRGEN@STRASSE.EXAMPLE" })).map((found) => found.id)).toEqual([id]);
  });

  it("of every write is found whatever its case: create, update and import of customers and leads", async () => {
    const companyId = "cmp_a";
    const written = async (write: (email: string) => Promise<unknown>, email: string) => {
      await write(email);
      const filter = { email: email.toLowerCase() };
      const { customers } = await server.ok(listCustomers, { companyId, pagination: {}, filter });
      const { leads } = await server.ok(LeadService.method.listLeads, { companyId, pagination: {}, filter });
      return customers.length + leads.length;
    };
    const [customer, lead] = await Promise.all([
      server.ok(createCustomer, newCustomer()),
      server.ok(LeadService.method.createLead, newLead()),
    ]);
    const ways: readonly ((email: string) => Promise<unknown>)[] = [
      (email) => server.ok(createCustomer, newCustomer({ email })),
      (email) => server.ok(updateCustomer, { companyId, id: customer.id, email }),
      (email) =>
        server.ok(CustomerAdminService.method.importCustomer, {
          ...{ companyId, id: freshId(), customer: newCustomer({ email }) },
        }),
      (email) => server.ok(LeadService.method.createLead, newLead({ email })),
      (email) => server.ok(LeadService.method.updateLead, { id: lead.id, lead: { email } }),
      (email) => server.ok(LeadAdminService.method.importLead, { companyId, id: freshId(), ...newLead({ email }) }),
    ];
    const found = await Promise.all(ways.map((write, at) => written(write, `Ann.${at}@Fold.Example`)));
    expect(found).toEqual(ways.map(() => 1));
  });

  it.each([
    "a@b.co",
    "first+tag@sub.domain.example",
    "o'neil@example.com",
    "用户@例え.jp",
    `${"a".repeat(64)}@example.com`,
  ])("may be %s", async (email) => {
    expect((await server.ok(createCustomer, newCustomer({ email }))).email).toBe(email);
  });

  it.each([
    "nobody",
    "@example.com",
    "a@",
    "a@b",
    "a b@example.com",
    "a@@example.com",
    "a@example..com",
    "<a@example.com>",
    ".a@example.com",
  ])("is not %s", async (email) => {
    const { violations } = await server.refused(createCustomer, newCustomer({ email }));
    expect(violations).toEqual([{ field: "email", reason: "INVALID_FORMAT" }]);
  });
});

async function listed(filter: { mainPhoneNumber?: string; email?: string }) {
  const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {}, filter });
  return customers;
}
