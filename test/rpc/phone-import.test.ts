import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { importCustomer } = CustomerAdminService.method;
const { importLead } = LeadAdminService.method;
const companyId = "cmp_a";
let imported = 0;
const freshId = () => `imp_phone_${++imported}`;

const customerWith = (phone: string) => ({ companyId, id: freshId(), customer: newCustomer({ phone }) });
const leadWith = (phone: string) => ({ ...newLead({ phone }), companyId, id: freshId() });

describe("an import", () => {
  it.each([
    ["2.125550711E9", "+12125550711"],
    ["'+12125550711", "+12125550711"],
    ["(212) 555-0711 (cell)", "+12125550711"],
    ["2,125,550,711", "+12125550711"],
    ["0061298765432", "+61298765432"],
    ["+52 1 55 1234 5678", "+525512345678"],
    ["+54 11 2345 6789", "+541123456789"],
  ])("reads %s as %s, for customers and leads", async (text, phone) => {
    expect((await server.ok(importCustomer, customerWith(text))).customer?.phone).toBe(phone);
    expect((await server.ok(importLead, leadWith(text))).lead?.phone).toBe(phone);
  });

  it.each(["+7378742833", "Restricted", "2.12555E+09", "555-0142", "212-555-0111 / 212-555-0112"])(
    "refuses %s, for customers and leads",
    async (text) => {
      const customer = await server.refused(importCustomer, customerWith(text));
      expect(customer.violations).toEqual([{ field: "customer.phone", reason: "INVALID_FORMAT" }]);
      const lead = await server.refused(importLead, leadWith(text));
      expect(lead.violations).toEqual([{ field: "lead.phone", reason: "INVALID_FORMAT" }]);
    },
  );
});
