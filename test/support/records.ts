import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { type NewCustomer, newCustomer } from "./new-customer.js";
import { newLead } from "./new-lead.js";
import type { TestServer } from "./server.js";

let made = 0;

/** An id as another system might have given it, never the same. */
export function freshId(): string {
  made += 1;
  return `old-${made}`;
}

/** A new customer of company A, as an administrator names it. */
export async function madeCustomer(server: TestServer, fields: NewCustomer = {}) {
  const { companyId, id } = await server.ok(CustomerService.method.createCustomer, newCustomer(fields));
  return { companyId, id };
}

/** A new lead of company A, as an administrator names it. */
export async function madeLead(server: TestServer) {
  const { companyId, id } = await server.ok(LeadService.method.createLead, newLead());
  return { companyId, id };
}
