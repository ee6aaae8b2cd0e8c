import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { CustomFieldAdminService } from "../../src/gen/proto/moego/admin/v1/custom_field_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { acceptedValues, fieldValue, refusedValues } from "../support/field-values.js";
import { fieldCodes } from "../support/fixture-fields.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { newLead } from "../support/new-lead.js";
import { addPet, createPet, minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer } from "../support/records.js";
import { invalidField } from "../support/refused-with.js";
import { startServer, succeeded } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const pets = PetService.method;
const { createLead, updateLead, promoteLead } = LeadService.method;
const { createCustomField, archiveCustomField } = CustomFieldAdminService.method;
const companyId = "cmp_a";
const ofPets = { companyId, associationType: CustomField_AssociationType.PET, type: CustomField_Type.SHORT_TEXT };

async function fieldsOf({ customerId, id }: { readonly customerId: string; readonly id: string }) {
  const pet = await server.ok(pets.getPet, { customerId, id });
  return messageJson(PetSchema, pet)["customFields"];
}

async function inJson(named: { readonly customerId: string; readonly id: string }, customFields: JsonObject) {
  const { customerId, id } = named;
  succeeded(pets.updatePet, await server.callJson(pets.updatePet, { customerId, id, customFields }));
  return fieldsOf(named);
}

describe("a custom field of a pet", () => {
  it("of every type takes and refuses what a field of a customer does", async () => {
    const { id: customerId } = await madeCustomer(server);
    for (const [type, value, stored = value] of acceptedValues) {
      const code = fieldCodes[type];
      const made = await addPet(server, customerId, { customFields: { [code]: fieldValue(value) } });
      expect(await fieldsOf(made)).toMatchObject({ [code]: stored });
    }
    for (const [type, value, reason] of refusedValues) {
      const code = fieldCodes[type];
      const pet = { ...minimalPet, customFields: { [code]: fieldValue(value) } };
      const expected = invalidField(`pet.custom_fields["${code}"]`, reason);
      expect(await server.refused(pets.createPet, { customerId, pet })).toMatchObject(expected);
    }
  });

  it("is merged by an update, cleared by null, replaced by a mask, and read in JSON as a customer's", async () => {
    const values = { field_short: fieldValue({ string: "a" }), field_number: fieldValue({ int64: "1" }) };
    const pet = await createPet(server, { customFields: values });
    expect(
      await inJson(pet, { field_number: null, field_date: "2024-05-01T00:00:00+10:00", field_boolean: true }),
    ).toEqual({
      ...{ field_short: { string: "a" }, field_date: { timestampTime: "2024-05-01T00:00:00Z" } },
      field_boolean: { bool: true },
    });
    expect(await inJson(pet, {})).toHaveProperty("field_short");
    const named = { customerId: pet.customerId, id: pet.id };
    const updateMask = { paths: ["custom_fields"] };
    await server.ok(pets.updatePet, {
      ...named,
      updateMask,
      customFields: { field_number: fieldValue({ int64: "2" }) },
    });
    expect(await fieldsOf(named)).toEqual({ field_number: { int64: "2" } });
    const { rows } = await server.database.owner.query(
      "SELECT DISTINCT changed_fields AS fields FROM change WHERE resource_id = $1 AND version IN (2, 4)",
      [pet.id],
    );
    expect(rows).toEqual([{ fields: ["custom_fields"] }]);
  });

  it("that is refused changes nothing, and all violations are reported", async () => {
    const pet = await createPet(server, { customFields: { field_short: fieldValue({ string: "a" }) } });
    const customFields = { field_short: fieldValue({ string: "b" }), field_of_leads: fieldValue({ string: "x" }) };
    const update = { customerId: pet.customerId, id: pet.id, coat: "Curly", customFields };
    const { violations } = await server.refused(pets.updatePet, {
      ...update,
      vet: { phoneNumber: "+12125550190" },
      birthday: { year: 2999 },
    });
    expect(violations.map(({ field }) => field).toSorted()).toEqual(["birthday", 'custom_fields["field_of_leads"]']);
    expect(await server.ok(pets.getPet, { customerId: pet.customerId, id: pet.id })).toEqual(pet);
  });

  it("that was archived keeps its values, and takes no new ones", async () => {
    const made = { ...ofPets, code: "pet_archived", label: "Archived" };
    const { customField } = await server.ok(createCustomField, made);
    const pet = await createPet(server, { customFields: { pet_archived: fieldValue({ string: "a" }) } });
    await server.ok(archiveCustomField, { companyId, id: customField?.id ?? "" });
    const named = { customerId: pet.customerId, id: pet.id };
    const set = (text: string) => ({ ...named, customFields: { pet_archived: fieldValue({ string: text }) } });
    await server.ok(pets.updatePet, set("a"));
    const refusal = await server.refused(pets.updatePet, set("b"));
    expect(refusal).toMatchObject(invalidField('custom_fields["pet_archived"]', "ARCHIVED"));
    expect(await inJson(named, { pet_archived: null })).toEqual({});
  });

  it("counts towards the size of the pet", async () => {
    const named = await createPet(server);
    const long = (code: string, type: CustomField_Type) => ({ ...ofPets, code, label: code, type });
    const codes = Array.from({ length: 27 }, (_, at) => `pet_long_${at}`);
    for (const code of codes) await server.ok(createCustomField, long(code, CustomField_Type.LONG_TEXT));
    const customFields = Object.fromEntries(
      codes.map((code) => [code, fieldValue({ string: "\u{1F415}".repeat(10_000) })]),
    );
    const refusal = await server.refused(pets.updatePet, { customerId: named.customerId, id: named.id, customFields });
    expect(refusal).toMatchObject(invalidField("custom_fields", "TOO_LONG"));
  });
});

describe("the pets of a lead", () => {
  it("have custom fields, which an update merges or replaces and a promotion and a move carry", async () => {
    const customFields = { field_short: fieldValue({ string: "a" }), field_number: fieldValue({ int64: "1" }) };
    const lead = await server.ok(createLead, newLead({ pets: [{ ...minimalPet, customFields }] }));
    const petId = lead.pets[0]?.id ?? "";
    const merged = { id: petId, customFields: { field_number: fieldValue({ int64: "2" }) } };
    await server.ok(updateLead, { id: lead.id, lead: { pets: [merged] } });
    const both = { field_short: { string: "a" }, field_number: { int64: "2" } };
    expect(await fieldsOf({ customerId: lead.id, id: petId })).toEqual(both);
    const bad = { ...minimalPet, customFields: { field_select: fieldValue({ string: "pink" }) } };
    const refusal = await server.refused(updateLead, { id: lead.id, lead: { pets: [{ id: petId, coat: "x" }, bad] } });
    expect(refusal).toMatchObject(invalidField('lead.pets[1].custom_fields["field_select"]', "NOT_ALLOWED"));
    const again = await server.refused(createLead, newLead({ pets: [bad] }));
    expect(again).toMatchObject(invalidField('lead.pets[0].custom_fields["field_select"]', "NOT_ALLOWED"));
    const { customer } = await server.ok(promoteLead, { id: lead.id });
    expect(await fieldsOf({ customerId: customer?.id ?? "", id: petId })).toEqual(both);
    const { id: customerId } = await madeCustomer(server);
    await server.ok(PetAdminService.method.movePet, { companyId, id: petId, customerId });
    expect(await fieldsOf({ customerId, id: petId })).toEqual(both);
  });

  it("lose their values when a mask replaces the pets without them", async () => {
    const customFields = { field_short: fieldValue({ string: "a" }) };
    const lead = await server.ok(createLead, newLead({ pets: [{ ...minimalPet, customFields }] }));
    const petId = lead.pets[0]?.id ?? "";
    await server.ok(updateLead, {
      id: lead.id,
      lead: { pets: [{ ...minimalPet, id: petId }] },
      updateMask: { paths: ["pets"] },
    });
    expect(await fieldsOf({ customerId: lead.id, id: petId })).toEqual({});
  });
});

it("an imported pet has custom fields under the rules of a new one", async () => {
  const { id: customerId } = await madeCustomer(server);
  const imported = (value: JsonObject) => ({
    ...{ companyId, id: freshId(), owner: { case: "customerId", value: customerId } as const },
    pet: { ...minimalPet, customFields: { field_number: fieldValue(value) } },
  });
  const { pet } = await server.ok(PetAdminService.method.importPet, imported({ int64: "3" }));
  expect(await fieldsOf({ customerId, id: pet?.id ?? "" })).toEqual({ field_number: { int64: "3" } });
  const refusal = await server.refused(PetAdminService.method.importPet, imported({ bool: true }));
  expect(refusal).toMatchObject(invalidField('pet.custom_fields["field_number"]', "WRONG_TYPE"));
});

it("a required field of pets is demanded of new pets and not cleared, and defaults are filled in", async () => {
  const key = keys.b;
  const ofB = { ...ofPets, companyId: "cmp_b", label: "Of pets" };
  await server.ok(createCustomField, { ...ofB, code: "pet_needed", isRequired: true }, { key });
  await server.ok(
    createCustomField,
    { ...ofB, code: "pet_default", defaultValue: fieldValue({ string: "d" }) },
    { key },
  );
  const required = invalidField('pet.custom_fields["pet_needed"]', "REQUIRED");
  expect(await server.refused(pets.createPet, { customerId: "cus_b1", pet: minimalPet }, { key })).toMatchObject(
    required,
  );
  const customFields = { pet_needed: fieldValue({ string: "x" }) };
  const made = { customerId: "cus_b1", pet: { ...minimalPet, customFields } };
  const { pet } = await server.ok(pets.createPet, made, { key });
  expect(Object.keys(pet?.customFields ?? {}).toSorted()).toEqual(["pet_default", "pet_needed"]);
  const clearing = { customerId: "cus_b1", id: pet?.id ?? "", customFields: { pet_needed: fieldValue({}) } };
  const refusal = await server.refused(pets.updatePet, clearing, { key });
  expect(refusal).toMatchObject(invalidField('custom_fields["pet_needed"]', "REQUIRED"));
  await server.ok(pets.updatePet, { customerId: "cus_b1", id: "pet_b1", coat: "Smooth" }, { key });
});
