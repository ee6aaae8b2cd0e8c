import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { acceptedValues, fieldValue, refusedValues } from "../support/field-values.js";
import { fieldCodes } from "../support/fixture-fields.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, updateCustomer } = CustomerService.method;

describe("a custom field at creation", () => {
  const read = acceptedValues.map(([type, value, stored]) => [type, value, stored ?? value] as const);
  it.each(read)("of type %s takes %j, and reads it in its JSON form", async (type, value, stored) => {
    const code = fieldCodes[type];
    const { id } = await server.ok(createCustomer, newCustomer({ customFields: { [code]: fieldValue(value) } }));
    expect((await server.ok(getCustomer, { id })).customFields).toEqual({ [code]: stored });
  });

  it.each(refusedValues)("of type %s refuses %j", async (type, value, reason) => {
    const code = fieldCodes[type];
    const refusal = await server.refused(createCustomer, newCustomer({ customFields: { [code]: fieldValue(value) } }));
    expect(refusal).toMatchObject(invalidField(`custom_fields["${code}"]`, reason));
  });

  it("has a test for every type of the contract", () => {
    const tried = [...acceptedValues, ...refusedValues].map(([type]) => type);
    expect(Object.keys(fieldCodes).filter((type) => !tried.some((one) => one === type))).toEqual([]);
  });

  it("relates to a customer by its raw id as well", async () => {
    const { rawId } = await server.ok(getCustomer, { id: "cus_a2" });
    const relation = { entity: "CUSTOMER", id: String(rawId) };
    const customFields = { field_relation: fieldValue({ relation }) };
    const { id } = await server.ok(createCustomer, newCustomer({ customFields }));
    expect((await server.ok(getCustomer, { id })).customFields).toEqual({
      field_relation: { relation: { ...relation, refId: "" } },
    });
    const mismatch = { field_relation: fieldValue({ relation: { ...relation, refId: "cus_a1" } }) };
    expect(await server.refused(createCustomer, newCustomer({ customFields: mismatch }))).toMatchObject(
      invalidField('custom_fields["field_relation"]', "NOT_FOUND"),
    );
  });

  it.each([
    ["field_unknown", "NOT_FOUND"],
    ["field_of_leads", "NOT_FOUND"],
    ["field_required", "NOT_FOUND"],
    ["field_archived", "ARCHIVED"],
  ])("is refused when the company has no such field for customers in use: %s", async (code, reason) => {
    const refusal = await server.refused(
      createCustomer,
      newCustomer({ customFields: { [code]: fieldValue({ string: "x" }) } }),
    );
    expect(refusal).toMatchObject(invalidField(`custom_fields["${code}"]`, reason));
  });

  it("is told with all others that are wrong, one violation a code", async () => {
    const customFields = {
      field_unknown: fieldValue({ string: "x" }),
      field_number: fieldValue({ string: "x" }),
      field_select: fieldValue({ string: "red" }),
    };
    const { violations } = await server.refused(
      createCustomer,
      newCustomer({ customFields, assignedStaffId: "staff_z" }),
    );
    expect(violations.toSorted((a, b) => (a.field < b.field ? -1 : 1))).toEqual([
      { field: "assigned_staff_id", reason: "NOT_FOUND" },
      { field: 'custom_fields["field_number"]', reason: "WRONG_TYPE" },
      { field: 'custom_fields["field_unknown"]', reason: "NOT_FOUND" },
    ]);
  });

  it("has at most 64 letters, digits and marks in its code", async () => {
    for (const code of ["", "a b", "x".repeat(65), "naïve"]) {
      const refusal = await server.refused(
        createCustomer,
        newCustomer({ customFields: { [code]: fieldValue({ string: "x" }) } }),
      );
      expect(refusal).toMatchObject({ violations: [{ field: `custom_fields["${code}"]`, reason: "INVALID_FORMAT" }] });
    }
  });
});

describe("a company with required fields and defaults", () => {
  const ofB = { companyId: "cmp_b", preferredBusinessId: "biz_b1" };
  const key = keys.b;

  it.each(["first", "second"])("reports other violations beside the required field, at the %s create", async () => {
    const { violations } = await server.refused(
      createCustomer,
      newCustomer({ ...ofB, referralSource: { id: "ref_nobody" } }),
      { key },
    );
    expect(violations.map(({ field }) => field)).toEqual(['custom_fields["field_required"]', "referral_source.id"]);
  });

  it("fills defaults in and demands the required field that has none", async () => {
    expect(await server.refused(createCustomer, newCustomer(ofB), { key })).toMatchObject(
      invalidField('custom_fields["field_required"]', "REQUIRED"),
    );
    const customFields = { field_required: fieldValue({ string: "here" }) };
    const created = await server.ok(createCustomer, newCustomer({ ...ofB, customFields }), { key });
    expect(created.customFields).toEqual({
      field_required: { string: "here" },
      field_defaulted: { int64: "7" },
      field_both: { bool: true },
    });
  });

  it("prefers what is given to the default, and takes an empty value for none", async () => {
    const customFields = { field_required: fieldValue({ string: "x" }), field_defaulted: fieldValue({ int64: "8" }) };
    const created = await server.ok(createCustomer, newCustomer({ ...ofB, customFields }), { key });
    expect(created.customFields).toMatchObject({ field_defaulted: { int64: "8" } });
    const empty = { ...customFields, field_required: fieldValue({}) };
    expect(await server.refused(createCustomer, newCustomer({ ...ofB, customFields: empty }), { key })).toMatchObject(
      invalidField('custom_fields["field_required"]', "REQUIRED"),
    );
  });

  it("does not ask for the required field in an update that does not name it, and refuses to clear it", async () => {
    const named = { id: "cus_b1", companyId: "cmp_b" };
    await server.ok(
      updateCustomer,
      { ...named, customFields: { field_defaulted: fieldValue({ int64: "1" }) } },
      { key },
    );
    const clearing = { ...named, customFields: { field_required: fieldValue({}) } };
    const replacing = {
      ...named,
      customFields: { field_both: fieldValue({ bool: false }) },
      updateMask: { paths: ["custom_fields"] },
    };
    for (const request of [clearing, replacing]) {
      expect(await server.refused(updateCustomer, request, { key })).toMatchObject(
        invalidField('custom_fields["field_required"]', "REQUIRED"),
      );
    }
  });
});

describe("custom fields in an update without a mask", () => {
  it("are merged: given codes replace, an empty value clears, the others stay", async () => {
    const customFields = {
      field_short: fieldValue({ string: "a" }),
      field_number: fieldValue({ int64: "1" }),
      field_select: fieldValue({ string: "red" }),
    };
    const { id } = await server.ok(createCustomer, newCustomer({ customFields }));
    const change = {
      field_number: fieldValue({ int64: "2" }),
      field_select: fieldValue({}),
      field_boolean: fieldValue({ bool: true }),
    };
    const updated = await server.ok(updateCustomer, { id, companyId: "cmp_a", customFields: change });
    const expected = { field_short: { string: "a" }, field_number: { int64: "2" }, field_boolean: { bool: true } };
    expect(updated.customFields).toEqual(expected);
    expect((await server.ok(getCustomer, { id })).customFields).toEqual(expected);
  });

  it("change nothing when one of them is refused", async () => {
    const { id } = await server.ok(
      createCustomer,
      newCustomer({ customFields: { field_short: fieldValue({ string: "a" }) } }),
    );
    const customFields = { field_short: fieldValue({ string: "b" }), field_number: fieldValue({ bool: true }) };
    await server.refused(updateCustomer, { id, companyId: "cmp_a", firstName: "B", customFields });
    expect(await server.ok(getCustomer, { id })).toMatchObject({
      firstName: "Ada",
      customFields: { field_short: { string: "a" } },
    });
  });
});
