import type { MessageInitShape } from "@bufbuild/protobuf";
import type { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  type CustomField_Value,
  CustomField_Value_Relation_Entity,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, listCustomers } = CustomerService.method;
const { listLeads } = LeadService.method;
const longAgo = -62_135_596_800n;

/** What the wire can carry and the database cannot hold ends as a refusal, never as INTERNAL. */
describe("a value that no database can hold", () => {
  it("is refused when it is the filter by email", async () => {
    const request = { companyId: "cmp_a", pagination: {}, filter: { email: "a\u0000b@example.com" } };
    const refused = invalidField("filter.email", "INVALID_FORMAT");
    expect(await server.refused(listCustomers, request)).toMatchObject(refused);
    expect(await server.refused(listLeads, request)).toMatchObject(refused);
  });

  it.each<readonly [string, MessageInitShape<typeof TimestampSchema>]>([
    ["far in the future", { seconds: 2n ** 62n }],
    ["far in the past", { seconds: -(2n ** 62n) }],
    ["before the year 1", { seconds: longAgo - 1n }],
    ["of negative nanoseconds", { seconds: 0n, nanos: -1 }],
    ["of more nanoseconds than a second has", { seconds: 0n, nanos: 1_000_000_000 }],
  ])("is a time %s: it is refused as a filter", async (_, startTime) => {
    for (const filter of [{ lastUpdatedTime: { startTime } }, { createdTime: { endTime: startTime } }]) {
      expect(await server.refused(listCustomers, { companyId: "cmp_a", pagination: {}, filter })).toMatchObject({
        code: "INVALID_ARGUMENT",
        violations: [{ reason: "OUT_OF_RANGE" }],
      });
    }
  });

  it.each<readonly [string, string, CustomField_Value["value"]]>([
    ["a date out of range", "field_date", { case: "timestampTime", value: timestamp(2n ** 62n) }],
    ["a moment before the year 1", "field_datetime", { case: "timestampTime", value: timestamp(longAgo - 1n) }],
    ["a number that is none", "field_number", { case: "doubleValue", value: Number.NaN }],
    ["a text with a NUL", "field_short", { case: "string", value: "a\u0000b" }],
    ["a reference with a NUL", "field_relation", relation("\u0000")],
    ["a reference longer than any id", "field_relation", relation("x".repeat(1_000))],
  ])("is refused as a custom field: %s", async (_, code, value) => {
    const customFields = { [code]: { value } };
    expect(await server.refused(createCustomer, newCustomer({ customFields }))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

function timestamp(seconds: bigint) {
  return { $typeName: "google.protobuf.Timestamp" as const, seconds, nanos: 0 };
}

function relation(refId: string): CustomField_Value["value"] {
  const $typeName = "moego.business.setting.v1.CustomField.Value.Relation" as const;
  return { case: "relation", value: { $typeName, entity: CustomField_Value_Relation_Entity.CUSTOMER, id: 0n, refId } };
}
