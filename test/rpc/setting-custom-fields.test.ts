import { fromJson, type JsonObject, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import {
  type CreateCustomFieldRequestSchema,
  CustomFieldAdminService,
} from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import {
  CustomField_AssociationType as Association,
  type CustomField_Option,
  CustomField_OptionSchema,
  CustomField_Source,
  CustomField_Type,
  CustomField_ValueSchema,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { SettingService } from "../../src/gen/proto/moego/business/setting/v1/setting_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const companyId = "cmp_a";
const { method: rpc } = CustomFieldAdminService;
const { listCustomFields } = SettingService.method;
let made = 0;

/** A value of each type that takes one. */
const values: Readonly<Record<string, JsonObject>> = {
  SHORT_TEXT: { string: "a" },
  LONG_TEXT: { string: "a\nb" },
  NUMBER: { int64: "-7" },
  DATE: { timestampTime: "2024-02-29T00:00:00Z" },
  BOOLEAN: { bool: false },
  SELECT: { string: "red" },
  MULTI_SELECT: { stringList: { values: ["red", "blue"] } },
  RELATION: { relation: { entity: "CUSTOMER", refId: "cus_a1" } },
  MONEY: { money: { currencyCode: "USD", units: "5" } },
  TIME: { timeOfDay: { hours: 8 } },
  DATETIME: { timestampTime: "2024-02-29T10:00:00Z" },
};

describe("ListCustomFields", () => {
  it("gives every type, by display order, then by label, with options", async () => {
    const { customFields } = await server.ok(listCustomFields, { companyId, filter: { associationTypes: [1] } });
    expect(new Set(customFields.map(({ type }) => type)).size).toBe(12);
    expect(customFields.map(({ label }) => label)).toEqual(customFields.map(({ label }) => label).toSorted());
    const select = customFields.find(({ type }) => type === CustomField_Type.SELECT);
    expect(select).toMatchObject({ companyId, code: "field_select", source: CustomField_Source.CUSTOM });
    expect(select?.options.map(({ label }) => label)).toEqual(["blue", "green", "red"]);
  });

  it("gives those of customers, of leads, of pets or of several, and archived ones when they are asked for", async () => {
    const codes = async (associationTypes: Association[], showArchived = false) => {
      const request = { companyId, filter: { associationTypes }, showArchived };
      return (await server.ok(listCustomFields, request)).customFields.map(({ code }) => code);
    };
    expect(await codes([Association.LEAD])).toEqual(["field_of_leads"]);
    expect(await codes([Association.CUSTOMER])).toHaveLength(12);
    expect(await codes([Association.CUSTOMER, Association.LEAD])).toHaveLength(13);
    expect(await codes([Association.PET])).toHaveLength(12);
    expect(await codes([Association.LEAD, Association.PET])).toHaveLength(13);
    expect(await codes([])).toHaveLength(25);
    expect(await codes([Association.CUSTOMER], true)).toContain("field_archived");
    const unknown = { companyId, filter: { associationTypes: [0] } };
    expect((await server.refused(listCustomFields, unknown)).violations).toEqual([
      { field: "filter.association_types[0]", reason: "NOT_ALLOWED" },
    ]);
  });

  it("gives default values", async () => {
    const { customFields } = await server.ok(listCustomFields, { companyId: "cmp_b" }, { key: keys.b });
    expect(customFields.find(({ code }) => code === "field_defaulted")?.defaultValue?.value).toEqual({
      case: "int64",
      value: 7n,
    });
  });
});

describe("defining a custom field", () => {
  it.each(Object.entries(values))("takes a default of its type: %s", async (type, json) => {
    const { customField } = await server.ok(rpc.createCustomField, field(type, { defaultValue: value(json) }));
    expect(customField).toMatchObject({ id: expect.stringMatching(/^cf_/), defaultValue: value(json) });
    const request = { companyId, filter: { associationTypes: [Association.LEAD] } };
    expect((await server.ok(listCustomFields, request)).customFields).toContainEqual(customField);
  });

  it.each(Object.keys(values))("refuses a default of another type: %s", async (type) => {
    const wrong = type === "BOOLEAN" ? { int64: "1" } : { bool: true };
    expect(await server.refused(rpc.createCustomField, field(type, { defaultValue: value(wrong) }))).toMatchObject({
      ...{ code: "INVALID_ARGUMENT", violations: [{ field: "default_value", reason: "WRONG_TYPE" }] },
    });
  });

  it("refuses a default that is no option or points to no record of the company", async () => {
    const select = field("SELECT", { defaultValue: value({ string: "pink" }) });
    expect((await server.refused(rpc.createCustomField, select)).violations).toEqual([
      { field: "default_value", reason: "NOT_ALLOWED" },
    ]);
    const relation = value({ relation: { entity: "CUSTOMER", refId: "cus_c1" } });
    expect(
      (await server.refused(rpc.createCustomField, field("RELATION", { defaultValue: relation }))).violations,
    ).toEqual([{ field: "default_value", reason: "NOT_FOUND" }]);
  });

  it("refuses a group with a value, a select without options, and options where none belong", async () => {
    const group = field("GROUP", { isRequired: true, defaultValue: value({ bool: true }) });
    expect((await server.refused(rpc.createCustomField, group)).violations).toEqual([
      { field: "is_required", reason: "NOT_ALLOWED" },
      { field: "default_value", reason: "NOT_ALLOWED" },
    ]);
    expect((await server.refused(rpc.createCustomField, field("SELECT", { options: [] }))).violations).toEqual([
      { field: "options", reason: "TOO_FEW" },
    ]);
    expect(
      (await server.refused(rpc.createCustomField, field("NUMBER", { options: [option("1")] }))).violations,
    ).toEqual([{ field: "options", reason: "NOT_ALLOWED" }]);
  });

  it("refuses options that repeat a value or a label, or hold no text", async () => {
    const twice = [option("red"), option("red", "Rouge"), option("blue", "red")];
    expect((await server.refused(rpc.createCustomField, field("SELECT", { options: twice }))).violations).toEqual([
      { field: "options[1].value", reason: "CONFLICT" },
      { field: "options[2].label", reason: "CONFLICT" },
    ]);
    const numbered = fromJson(CustomField_OptionSchema, { value: { int64: "1" }, label: "One" });
    expect((await server.refused(rpc.createCustomField, field("SELECT", { options: [numbered] }))).violations).toEqual([
      { field: "options[0].value", reason: "INVALID_FORMAT" },
    ]);
  });

  it("keeps a code unique among the fields of customers, or among those of leads", async () => {
    const code = "field_of_leads";
    expect(await server.refused(rpc.createCustomField, { ...field("NUMBER"), code })).toMatchObject({
      ...{ code: "ALREADY_EXISTS", metadata: { resource: "CustomField", field: "code" } },
    });
    const ofCustomers = { ...field("NUMBER"), code, associationType: Association.CUSTOMER };
    expect((await server.ok(rpc.createCustomField, ofCustomers)).customField).toMatchObject({ code });
  });

  it("refuses an id that is a key of the call-centre answer, and a code of another shape", async () => {
    const bad = { ...field("NUMBER"), id: "tel", code: "a b" };
    expect((await server.refused(rpc.createCustomField, bad)).violations).toEqual([
      { field: "id", reason: "NOT_ALLOWED" },
      { field: "code", reason: "INVALID_FORMAT" },
    ]);
  });

  it("demands a required value of the next create, and keeps what is stored", async () => {
    const { customField } = await server.ok(rpc.createCustomField, {
      ...field("NUMBER", { isRequired: true }),
      associationType: Association.CUSTOMER,
    });
    const { id, code } = customField ?? { id: "", code: "" };
    const path = `custom_fields["${code}"]`;
    expect((await server.refused(CustomerService.method.createCustomer, newCustomer())).violations).toEqual([
      { field: path, reason: "REQUIRED" },
    ]);
    await server.ok(CustomerService.method.updateCustomer, { id: "cus_a1", companyId, source: "x" });
    await server.ok(rpc.archiveCustomField, { companyId, id });
    await server.ok(CustomerService.method.createCustomer, newCustomer());
  });
});

describe("changing a custom field", () => {
  it("leaves a default that points to a lead promoted since, and takes it no second time", async () => {
    const { id: refId } = await server.ok(LeadService.method.createLead, newLead());
    const defaultValue = value({ relation: { entity: "LEAD", refId } });
    const { customField } = await server.ok(rpc.createCustomField, field("RELATION", { defaultValue }));
    await server.ok(LeadService.method.promoteLead, { id: refId });
    const of = { companyId, id: customField?.id ?? "" };
    const renamed = await server.ok(rpc.updateCustomField, { ...of, label: "Who sent them" });
    expect(renamed.customField).toMatchObject({ label: "Who sent them", defaultValue });
    expect((await server.refused(rpc.createCustomField, field("RELATION", { defaultValue }))).violations).toEqual([
      { field: "default_value", reason: "NOT_FOUND" },
    ]);
    await server.ok(rpc.archiveCustomField, of);
  });

  it("keeps what is absent, and never touches code and type", async () => {
    const { customField: before } = await server.ok(
      rpc.createCustomField,
      field("SELECT", { defaultValue: value({ string: "red" }), helpText: "Which?" }),
    );
    const id = before?.id ?? "";
    const { customField: after } = await server.ok(rpc.updateCustomField, { companyId, id, label: "Color" });
    expect({ ...after, label: before?.label, updateTime: before?.updateTime }).toEqual(before);
    expect(after?.label).toBe("Color");
    for (const [member, text] of [
      ["code", "other"],
      ["type", "NUMBER"],
    ] as const) {
      expect(await server.callJson(rpc.updateCustomField, { companyId, id, [member]: text })).toMatchObject({
        code: "INVALID_ARGUMENT",
        violations: [{ field: member, reason: "IMMUTABLE" }],
      });
    }
  });

  it("lets an option go that records hold: it stays readable there and cannot be chosen any more", async () => {
    const { customField } = await server.ok(rpc.createCustomField, {
      ...field("SELECT"),
      associationType: Association.CUSTOMER,
    });
    const { id, code } = customField ?? { id: "", code: "" };
    const customFields = { [code]: value({ string: "red" }) };
    const customer = await server.ok(CustomerService.method.createCustomer, newCustomer({ customFields }));
    await server.ok(rpc.updateCustomField, { companyId, id, options: { options: [option("blue")] } });
    expect((await server.ok(CustomerService.method.getCustomer, { id: customer.id })).customFields).toEqual({
      [code]: { string: "red" },
    });
    expect(
      (await server.refused(CustomerService.method.createCustomer, newCustomer({ customFields }))).violations,
    ).toEqual([{ field: `custom_fields["${code}"]`, reason: "NOT_ALLOWED" }]);
  });

  it("keeps the default among the options, and clears it when asked to", async () => {
    const { customField } = await server.ok(
      rpc.createCustomField,
      field("SELECT", { defaultValue: value({ string: "red" }) }),
    );
    const named = { companyId, id: customField?.id ?? "" };
    const options = { options: [option("blue")] };
    expect((await server.refused(rpc.updateCustomField, { ...named, options })).violations).toEqual([
      { field: "default_value", reason: "NOT_ALLOWED" },
    ]);
    const cleared = await server.ok(rpc.updateCustomField, { ...named, options, clearDefaultValue: true });
    expect(cleared.customField?.defaultValue).toBeUndefined();
    const both = { ...named, clearDefaultValue: true, defaultValue: value({ string: "blue" }) };
    expect((await server.refused(rpc.updateCustomField, both)).violations).toEqual([
      { field: "clear_default_value", reason: "CONFLICT" },
    ]);
    expect((await server.refused(rpc.updateCustomField, { ...named, defaultValue: value({}) })).violations).toEqual([
      { field: "default_value", reason: "REQUIRED" },
    ]);
    expect((await server.refused(rpc.updateCustomField, { ...named, options: { options: [] } })).violations).toEqual([
      { field: "options.options", reason: "TOO_FEW" },
    ]);
  });
});

it("puts the fields of leads into an order of their own, counted from 1", async () => {
  const filter = { associationTypes: [Association.LEAD] };
  const ids = (await server.ok(listCustomFields, { companyId, filter })).customFields.map(({ id }) => id).toReversed();
  const order = { companyId, associationType: Association.LEAD, ids };
  const { customFields } = await server.ok(rpc.reorderCustomFields, order);
  expect(customFields.map(({ id, displayOrder }) => [id, displayOrder])).toEqual(
    ids.map((id, index) => [id, index + 1]),
  );
  const ofCustomers = await server.refused(rpc.reorderCustomFields, { ...order, ids: [...ids, "cf_short"] });
  expect(ofCustomers.violations).toEqual([{ field: `ids[${ids.length}]`, reason: "NOT_FOUND" }]);
});

it("never archives a field that comes with the product", async () => {
  const request = { companyId: "cmp_b", id: "cf_system" };
  expect(await server.refused(rpc.archiveCustomField, request, { key: keys.b })).toMatchObject({
    ...{ code: "FAILED_PRECONDITION", reason: "SYSTEM_FIELD" },
  });
});

type FieldInit = Exclude<MessageInitShape<typeof CreateCustomFieldRequestSchema>, Message>;

/** A field of leads with a code of its own; selects have three options. */
function field(type: string, more: FieldInit = {}): FieldInit {
  made += 1;
  const number = Object.entries(CustomField_Type).find(([name]) => name === type)?.[1];
  const isSelect = type === "SELECT" || type === "MULTI_SELECT";
  return {
    ...{ companyId, associationType: Association.LEAD, code: `made_${made}`, label: `Made ${made}` },
    ...(typeof number === "number" ? { type: number } : {}),
    options: isSelect ? ["red", "green", "blue"].map((text) => option(text)) : [],
    ...more,
  };
}

function option(text: string, label = text): CustomField_Option {
  return fromJson(CustomField_OptionSchema, { value: { string: text }, label });
}

function value(json: JsonObject) {
  return fromJson(CustomField_ValueSchema, json);
}
