import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  CustomField_Value_Relation_Entity,
  CustomField_ValueSchema,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { fieldCodes } from "../support/fixture-fields.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer, type TestServer } from "../support/server.js";

const callsAtOnce = 12;

let server: TestServer;

beforeAll(async () => {
  // A call that waits for a second connection while it holds the first finds none: all are held by calls like itself.
  server = await startServer({ environment: { DATABASE_POOL_SIZE: "2", DATABASE_POOL_WAIT_MS: "5000" } });
});
afterAll(() => server.stop());

function atOnce<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: callsAtOnce }, (_, index) => work(index)));
}

/** A value whose check asks for the field's definition and for the record that it points to. */
function relationTo(refId: string) {
  const { CUSTOMER: entity } = CustomField_Value_Relation_Entity;
  return create(CustomField_ValueSchema, { value: { case: "relation", value: { entity, refId } } });
}

describe("more calls at once than connections", () => {
  it("update the custom fields of customers, each on one connection", async () => {
    const { createCustomer, updateCustomer } = CustomerService.method;
    const customers = await atOnce(() => server.ok(createCustomer, newCustomer()));
    const answers = await atOnce((index) =>
      server.call(updateCustomer, {
        id: customers[index]?.id ?? "",
        companyId: "cmp_a",
        customFields: { [fieldCodes.RELATION]: relationTo("cus_a2") },
      }),
    );
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("update the custom fields of leads, each on one connection", async () => {
    const { createLead, updateLead } = LeadService.method;
    const leads = await atOnce(() => server.ok(createLead, newLead()));
    const known = create(CustomField_ValueSchema, { value: { case: "string", value: "Known" } });
    const answers = await atOnce((index) =>
      server.call(updateLead, { id: leads[index]?.id ?? "", lead: { customFields: { field_of_leads: known } } }),
    );
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("update the default of a custom field, each on one connection", async () => {
    const { updateCustomField } = CustomFieldAdminService.method;
    const answers = await atOnce((index) =>
      server.call(updateCustomField, {
        companyId: "cmp_a",
        id: "cf_relation",
        helpText: `Text ${index}`,
        defaultValue: relationTo(index % 2 === 0 ? "cus_a1" : "cus_a2"),
      }),
    );
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  });
});
