import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer } from "../support/records.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { importCustomer, eraseCustomer } = CustomerAdminService.method;
const { importLead } = LeadAdminService.method;
const { importPet } = PetAdminService.method;
const customers = CustomerService.method;
const companyId = "cmp_a";
const time = (text: string) => timestampFromDate(new Date(text));
const [older, newer] = [time("2018-01-01T00:00:00Z"), time("2019-01-01T00:00:00Z")];
const fieldsOf = ({ violations }: { readonly violations: readonly { readonly field: string }[] }) =>
  violations.map(({ field }) => field).toSorted();

describe("ImportCustomer", () => {
  it("keeps the ids, times and authors of notes, and lists them by those times, and the id of the address", async () => {
    const [id, first, second, addressId] = [freshId(), freshId(), freshId(), freshId()];
    const notes = [
      { id: second, note: "newer", lastUpdatedTime: newer, lastUpdatedBy: "staff_a9" },
      { id: first, note: "older", lastUpdatedTime: older, lastUpdatedBy: "staff_a2" },
    ];
    const address = { id: addressId, city: "Boston" };
    const request = { companyId, id, createdTime: older, customer: newCustomer({ address, notes }) };
    const { customer } = await server.ok(importCustomer, request);
    expect(customer).toMatchObject({ notes, address: [address] });
    const listed = await server.ok(customers.listCustomerNotes, { id, pagination: {} });
    expect(listed.notes).toEqual(customer?.notes);
    await server.ok(customers.appendCustomerNotes, { id, notes: [{ note: "today" }] });
    const { notes: now } = await server.ok(customers.getCustomer, { id });
    expect(now.map(({ note }) => note)).toEqual(["today", "newer", "older"]);
    // What was kept can be named as anything else.
    const edit = { companyId, id, notes: [{ id: first, note: "edited" }], address: { id: addressId, city: "Salem" } };
    expect(await server.ok(customers.updateCustomer, edit)).toMatchObject({
      address: [{ id: addressId, city: "Salem" }],
    });
  });

  it("refuses nested ids that are taken, repeated or of erased records, each at its field", async () => {
    const [noteId, addressId] = [freshId(), freshId()];
    const within = { address: { id: addressId }, notes: [{ id: noteId, note: "x" }] };
    await server.ok(importCustomer, { companyId, id: freshId(), customer: newCustomer(within) });
    const again = newCustomer({
      ...within,
      notes: [...within.notes, { id: "twice", note: "x" }, { id: "twice", note: "x" }],
    });
    const refusal = await server.refused(importCustomer, { companyId, id: freshId(), customer: again });
    expect(refusal.violations).toEqual([
      { field: "customer.address.id", reason: "CONFLICT" },
      { field: "customer.notes[0].id", reason: "CONFLICT" },
      { field: "customer.notes[2].id", reason: "CONFLICT" },
    ]);
    const shaped = newCustomer({
      address: { id: "erased_1" },
      notes: [
        { id: "erased_2", note: "x" },
        { id: "a b", note: "x" },
      ],
    });
    const shapes = await server.refused(importCustomer, { companyId, id: freshId(), customer: shaped });
    expect(fieldsOf(shapes)).toEqual(["customer.address.id", "customer.notes[0].id", "customer.notes[1].id"]);
  });

  it("refuses notes that are to come, or by strangers", async () => {
    const notes = [{ note: "x", lastUpdatedTime: time("2199-01-01T00:00:00Z"), lastUpdatedBy: "staff_c1" }];
    const request = { companyId, id: freshId(), customer: newCustomer({ notes }) };
    expect((await server.refused(importCustomer, request)).violations).toEqual([
      { field: "customer.notes[0].last_updated_time", reason: "OUT_OF_RANGE" },
      { field: "customer.notes[0].last_updated_by", reason: "NOT_FOUND" },
    ]);
  });

  it("stores a note's id once, however many imports name it at once", async () => {
    const customer = newCustomer({ notes: [{ id: freshId(), note: "x" }] });
    const send = () => server.call(importCustomer, { companyId, id: freshId(), customer });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    const reasons = answers.flatMap((answer) => (answer.ok ? [] : [answer.reason]));
    expect(reasons.every((reason) => reason === "ALREADY_EXISTS" || reason === "INVALID_REQUEST")).toBe(true);
  });
});

describe("CreateCustomer and CreateLead", () => {
  it("give ids themselves, and refuse them for what is within", async () => {
    const given = newCustomer({ address: { id: "one" }, notes: [{ id: "two", note: "x" }] });
    expect(fieldsOf(await server.refused(customers.createCustomer, given))).toEqual(["address.id", "notes[0].id"]);
    const pets = [
      { ...aDog, id: "three" },
      { ...aDog, notes: [{ id: "four", content: "x" }] },
    ];
    const refusal = await server.refused(LeadService.method.createLead, newLead({ pets }));
    expect(fieldsOf(refusal)).toEqual(["lead.pets[0].id", "lead.pets[1].notes[0].id"]);
  });
});

describe("ImportLead", () => {
  it("keeps the ids, times and authors of its pets and of their notes", async () => {
    const [id, petId, noteId] = [freshId(), freshId(), freshId()];
    const notes = [{ id: noteId, content: "Shy", lastUpdatedTime: newer, lastUpdatedBy: "staff_a9" }];
    const stamp = { createdTime: older, lastUpdatedTime: newer, createdBy: "staff_a2", lastUpdatedBy: "staff_a9" };
    const pet = { ...aDog, id: petId, ...stamp, notes };
    const { lead } = await server.ok(importLead, { companyId, id, ...newLead({ pets: [aDog, pet] }) });
    expect(lead?.pets).toMatchObject([{ id: petId, ...stamp, notes }, { createdBy: "staff_a1" }]);
    const { customer } = await server.ok(LeadService.method.promoteLead, { id });
    const found = await server.ok(PetService.method.getPet, { customerId: customer?.id ?? "", id: petId });
    expect(found).toMatchObject({ id: petId, createdTime: older, notes });
  });

  it("refuses pets and notes whose ids are taken, times that are to come and strangers, each at its field", async () => {
    const pets = [
      { ...aDog, id: "pet_a1", createdTime: newer, lastUpdatedTime: older },
      {
        ...aDog,
        id: "pet_a1",
        createdBy: "staff_c1",
        notes: [
          { id: "same", content: "x" },
          { id: "same", content: "x" },
        ],
      },
      { ...aDog, createdTime: time("2199-01-01T00:00:00Z") },
    ];
    const refusal = await server.refused(importLead, { companyId, id: freshId(), ...newLead({ pets }) });
    expect(fieldsOf(refusal)).toEqual([
      ...["lead.pets[0].id", "lead.pets[0].last_updated_time", "lead.pets[1].created_by", "lead.pets[1].id"],
      ...["lead.pets[1].notes[1].id", "lead.pets[2].created_time", "lead.pets[2].last_updated_time"],
    ]);
  });

  it("does not bring an erased pet back", async () => {
    const owner = await madeCustomer(server);
    const petId = freshId();
    const of = { owner: { case: "customerId", value: owner.id } as const, pet: minimalPet };
    await server.ok(importPet, { companyId, id: petId, ...of });
    await server.ok(eraseCustomer, owner);
    const request = { companyId, id: freshId(), ...newLead({ pets: [{ ...aDog, id: petId }] }) };
    expect(await server.refused(importLead, request)).toMatchObject({
      ...{ code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED", metadata: { resource: "Pet", id: petId } },
    });
    expect((await server.refused(LeadService.method.getLead, { id: request.id })).code).toBe("NOT_FOUND");
  });
});

describe("ImportPet", () => {
  it("keeps the ids, times and authors of notes, and ignores times and authors within the pet", async () => {
    const [id, noteId] = [freshId(), freshId()];
    const notes = [
      { content: "Now" },
      { id: noteId, content: "Shy", lastUpdatedTime: older, lastUpdatedBy: "staff_a9" },
    ];
    const pet = { ...minimalPet, notes, createdTime: older, createdBy: "staff_c1" };
    const request = { companyId, id, owner: { case: "customerId", value: "cus_a1" } as const, pet };
    const stored = (await server.ok(importPet, request)).pet;
    expect(stored).toMatchObject({ createdBy: "staff_a1", notes });
    expect(stored?.createdTime).not.toEqual(older);
    const taken = await server.refused(importPet, { ...request, id: freshId() });
    expect(taken).toMatchObject(invalidField("pet.notes[1].id", "CONFLICT"));
  });
});
