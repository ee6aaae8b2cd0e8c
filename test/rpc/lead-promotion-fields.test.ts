import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CustomField_ValueSchema } from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { newLead } from "../support/new-lead.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createLead, promoteLead } = LeadService.method;
const { updateCustomer } = CustomerService.method;
const companyId = "cmp_a";
const ofMask = { updateMask: { paths: ["custom_fields"] } };

const shortText = 1;
const select = 6;

/** Codes of LEAD fields beside the CUSTOMER fields of the fixtures that have the same codes. */
beforeAll(async () => {
  const options = JSON.stringify([{ value: { string: "violet" } }, { value: { string: "red" } }]);
  await server.database.owner.query(
    `INSERT INTO custom_field (company_id, id, association_type, code, label, type, options, created_time, last_updated_time)
     SELECT $1, 'cf_lead_' || code, 2, code, code, type, $2, now(), now()
     FROM unnest($3::text[], $4::smallint[]) AS one (code, type)`,
    [
      companyId,
      options,
      ["field_short", "field_number", "field_select", "field_archived", "field_only"],
      [shortText, shortText, select, shortText, shortText],
    ],
  );
});

describe("the custom fields of a promoted lead", () => {
  it("become the customer's where a customer field has the same code and type, and the option", async () => {
    expect(await promoted({ field_short: { string: "tall" }, field_select: { string: "red" } })).toMatchObject({
      customFields: { field_short: { string: "tall" }, field_select: { string: "red" } },
    });
  });

  it("keep their lead code where no customer field has it", async () => {
    expect((await promoted({ field_only: { string: "kept" } })).customFields).toEqual({
      field_only: { string: "kept" },
    });
  });

  it.each([
    ["of another type", "field_number", "twelve"],
    ["without the option", "field_select", "violet"],
    ["archived", "field_archived", "old"],
  ])("stand under lead: and the code beside a customer field %s", async (_, code, string) => {
    expect((await promoted({ [code]: { string } })).customFields).toEqual({ [`lead:${code}`]: { string } });
  });

  it("leave the customer's own field of the code free", async () => {
    const { id } = await promoted({ field_number: { string: "twelve" } });
    const customFields = values({ field_number: { int64: "12" } });
    expect((await server.ok(updateCustomer, { id, companyId, customFields })).customFields).toEqual({
      "lead:field_number": { string: "twelve" },
      field_number: { int64: "12" },
    });
  });
});

describe("the values that a lead left with its customer", () => {
  const left = { field_only: { string: "kept" }, "lead:field_number": { string: "twelve" } };
  const lead = { field_only: { string: "kept" }, field_number: { string: "twelve" } };

  it("stay in a merge that does not name them, and are cleared by one that does", async () => {
    const { id } = await promoted(lead);
    const merged = await server.ok(updateCustomer, {
      ...{ id, companyId, customFields: values({ field_short: { string: "a" } }) },
    });
    expect(merged.customFields).toEqual({ ...left, field_short: { string: "a" } });
    const cleared = await server.ok(updateCustomer, {
      ...{ id, companyId, customFields: values({ field_only: {}, "lead:field_number": {} }) },
    });
    expect(cleared.customFields).toEqual({ field_short: { string: "a" } });
  });

  it("may be sent back as read when the whole map is replaced, and go when they are not", async () => {
    const { id } = await promoted(lead);
    const whole = values({ ...left, field_short: { string: "a" } });
    const kept = await server.ok(updateCustomer, { id, companyId, customFields: whole, ...ofMask });
    expect(kept.customFields).toEqual({ ...left, field_short: { string: "a" } });
    const others = values({ field_short: { string: "b" } });
    const replaced = await server.ok(updateCustomer, { id, companyId, customFields: others, ...ofMask });
    expect(replaced.customFields).toEqual({ field_short: { string: "b" } });
  });

  it.each(["field_only", "lead:field_number"])("are not changed under %s", async (code) => {
    const { id } = await promoted(lead);
    const changed = values({ [code]: { string: "other" } });
    expect(await server.refused(updateCustomer, { id, companyId, customFields: changed })).toMatchObject(
      invalidField(`custom_fields["${code}"]`, "NOT_FOUND"),
    );
  });
});

describe("a value of a customer whose field was archived since", () => {
  it("may be sent back as it stands, and cleared, but not changed", async () => {
    const { id } = await promoted({ field_short: { string: "old" } });
    const { owner } = server.database;
    const archive = `UPDATE custom_field SET archived_time = $1 WHERE company_id = 'cmp_a' AND association_type = 1 AND code = 'field_short'`;
    await owner.query(archive, [new Date()]);
    const write = (customFields: Values) =>
      server.call(updateCustomer, { id, companyId, customFields: values(customFields) });
    expect(await write({ field_short: { string: "old" } })).toMatchObject({ ok: true });
    expect(await write({ field_short: { string: "new" } })).toMatchObject(
      invalidField('custom_fields["field_short"]', "ARCHIVED"),
    );
    expect(await write({ field_short: {} })).toMatchObject({ ok: true });
    await owner.query(archive, [null]);
  });
});

type Values = Readonly<Record<string, JsonObject>>;

function values(fields: Values) {
  return Object.fromEntries(
    Object.entries(fields).map(([code, json]) => [code, fromJson(CustomField_ValueSchema, json)]),
  );
}

async function promoted(fields: Values) {
  const { id } = await server.ok(createLead, newLead({ customFields: values(fields) }));
  const { customer } = await server.ok(promoteLead, { id });
  if (!customer) throw new Error("PromoteLead answers with the customer");
  return customer;
}
