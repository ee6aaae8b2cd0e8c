import pg from "pg";
import { afterAll, expect, it, vi } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CustomField_AssociationType } from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { Address_Type } from "../../src/gen/proto/moego/common/v1/address_pb.js";
import { fieldValue } from "../support/field-values.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { sellPackage } from "../support/new-package.js";
import { newField } from "../support/new-setting.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

/** The database answers once for every Sync and every simple query, whatever else is sent before it. */
const syncs = vi.spyOn(pg.Connection.prototype, "sync");
const queries = vi.spyOn(pg.Connection.prototype, "query");
const binds = vi.spyOn(pg.Connection.prototype, "bind");
afterAll(() => {
  for (const spy of [syncs, queries, binds]) spy.mockRestore();
});

/** Round trips of a call beside the check of its key, which is remembered for some time and has connections of its own. */
async function roundTripsOf(call: () => Promise<unknown>): Promise<number> {
  const counts: number[] = [];
  // The server has work of its own now and then.
  for (let turn = 0; turn < 3; turn += 1) {
    for (const spy of [syncs, queries, binds]) spy.mockClear();
    await call();
    const ofKeys = binds.mock.contexts.filter((_, index) => isOfKeys(binds.mock.calls[index]?.[0]));
    const answered = [...syncs.mock.contexts, ...queries.mock.contexts];
    counts.push(answered.filter((connection) => !ofKeys.includes(connection)).length);
  }
  return Math.min(...counts);
}

function isOfKeys(bound: pg.BindConfig | null | undefined): boolean {
  return bound?.statement?.startsWith("keys.") ?? false;
}

const { on, item } = await sellPackage(server, {
  packageServices: [{ services: [{ serviceId: "srv_a1" }], quantity: 50 }],
});
const packages = PackageAdminService.method;
const customers = CustomerService.method;
const unit = { ...on, packageServiceId: item, quantity: 1 };
const leads = LeadAdminService.method;
const notes = [{ note: "A note" }];
const [appended] = (await server.ok(customers.appendCustomerNotes, { id: "cus_a1", notes })).notes;
const ofCustomer = { customerId: "cus_a1", noteId: appended?.id ?? "" };
let made = 0;
const { id: updatedId } = await server.ok(customers.createCustomer, newCustomer());
const updated = { id: updatedId, companyId: "cmp_a" };
const everything = () => ({
  ...{ ...updated, phone: phone(), notes: [{ note: "Again" }], tags: [{ name: `Tag ${made}` }, { id: "tag_a1" }] },
  ...{
    addresses: [{ address1: `${made} Main Street`, type: Address_Type.SECONDARY }],
    preference: { receiveAutoEmail: true },
  },
  customFields: { field_short: fieldValue({ string: `Brown ${made}` }) },
});
const toPromote = await Promise.all(
  ["1", "2", "3"].map(async (last) => {
    const lead = newLead({
      phone: `+1212555200${last}`,
      pets: [aDog],
      notes: [{ note: "A lead" }],
      tags: [{ name: "Lead" }],
    });
    return (await server.ok(LeadService.method.createLead, lead)).id;
  }),
);
/** A number that no other has: a create asks for possible duplicates only if there are some. */
const phone = () => `+1212555${1_000 + made++}`;

it.each<readonly [name: string, roundTrips: number, call: () => Promise<unknown>]>([
  ["CreateCustomer", 1, () => server.ok(customers.createCustomer, newCustomer({ phone: phone() }))],
  ["UpdateCustomer", 2, () => server.ok(customers.updateCustomer, { ...updated, firstName: `Name ${made++}` })],
  ["UpdateCustomer of everything", 2, () => server.ok(customers.updateCustomer, everything())],
  [
    "AppendCustomerTags",
    2,
    () => server.ok(customers.appendCustomerTags, { id: updatedId, tags: [{ name: `T${made++}` }] }),
  ],
  ["PromoteLead", 2, () => server.ok(LeadService.method.promoteLead, { id: toPromote.pop() ?? "" })],
  ["RedeemPackage", 2, () => server.ok(packages.redeemPackage, unit)],
  ["AppendCustomerNotes", 2, () => server.ok(customers.appendCustomerNotes, { id: "cus_a1", notes })],
  ["UpdateCustomerNote", 2, () => server.ok(customers.updateCustomerNote, { ...ofCustomer, note: "Changed" })],
  ["AppendLeadNotes", 2, () => server.ok(leads.appendLeadNotes, { companyId: "cmp_a", id: "lcus_a1", notes })],
  ["RefundPackage", 2, () => server.ok(packages.refundPackage, unit)],
])("%s takes %i round trips to the database", async (_, roundTrips, call) => {
  expect(await roundTripsOf(call)).toBe(roundTrips);
});

it("CreateCustomer takes one round trip again once its company expects no custom field", async () => {
  const fields = CustomFieldAdminService.method;
  const create = () => server.ok(customers.createCustomer, newCustomer({ phone: phone() }));
  const defaultValue = fieldValue({ string: "Brown" });
  const field = { ...newField(), associationType: CustomField_AssociationType.CUSTOMER, defaultValue };
  const { customField } = await server.ok(fields.createCustomField, field);
  expect(await roundTripsOf(create)).toBe(2);
  await server.ok(fields.archiveCustomField, { companyId: "cmp_a", id: customField?.id ?? "" });
  expect(await roundTripsOf(create)).toBe(1);
});
