import { toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { addPet } from "../support/new-pet.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, updateCustomer, getCustomer, listCustomers, appendCustomerNotes } = CustomerService.method;
const { appendPetNotes } = PetService.method;
const { createLead, updateLead } = LeadService.method;

describe("a record of 1 MiB", () => {
  const mebibyte = 1024 * 1024;
  const tooLarge = (field: string) => ({
    ...{ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST", violations: [{ field, reason: "TOO_LONG" }] },
    metadata: expect.objectContaining({ limitBytes: String(mebibyte), bytes: expect.stringMatching(/^\d{7}$/) }),
  });
  const codes = Array.from({ length: 125 }, (_, n) => `long_${n}`);
  const values = (count: number, chars: number) =>
    Object.fromEntries(
      codes.slice(0, count).map((code) => [code, { value: { case: "string" as const, value: "é".repeat(chars) } }]),
    );

  beforeAll(async () => {
    await server.insert([
      [
        "custom_field",
        codes.flatMap((code) =>
          ["1", "2"].map((association) => ({
            ...{
              company_id: "cmp_a",
              id: `${code}_${association}`,
              code,
              label: code,
              type: 2,
              source: 1,
              options: [],
            },
            ...{ association_type: association, display_order: 1, help_text: "", is_required: false },
            ...{ created_time: "now", last_updated_by: "", last_updated_time: "now" },
          })),
        ),
      ],
    ]);
  });

  it("is the most that a customer takes, by a create, an update or a note, and nothing of the rest is stored", async () => {
    expect(await server.refused(createCustomer, newCustomer({ customFields: values(125, 5000) }))).toMatchObject(
      tooLarge("custom_fields"),
    );
    const { id } = await server.ok(createCustomer, newCustomer({ customFields: values(50, 10_000) }));
    expect(
      await server.refused(updateCustomer, { companyId: "cmp_a", id, customFields: values(60, 10_000) }),
    ).toMatchObject(tooLarge("custom_fields"));
    const notes = Array.from({ length: 4 }, () => ({ note: "é".repeat(10_000) }));
    expect(await server.refused(appendCustomerNotes, { id, notes })).toMatchObject(tooLarge("custom_fields"));
    const stored = await server.ok(getCustomer, { id });
    expect([Object.keys(stored.customFields ?? {}).length, stored.notes.length]).toEqual([50, 0]);
  });

  it("counts the notes that a customer is not read with", async () => {
    const { id } = await server.ok(createCustomer, newCustomer());
    const append = (count: number, chars: number) =>
      server.call(appendCustomerNotes, {
        id,
        notes: Array.from({ length: count }, () => ({ note: "é".repeat(chars) })),
      });
    expect(await append(50, 10_000)).toMatchObject({ ok: true });
    expect(await append(50, 10)).toMatchObject({ ok: true });
    expect(await append(3, 10_000)).toMatchObject(tooLarge("notes"));
  });

  it("is no bar to reading and shrinking a customer that was stored with more, only to its growth", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ customFields: values(50, 10_000) }));
    await server.database.owner.query(
      `UPDATE customer SET custom_fields = (SELECT jsonb_object_agg('long_' || n, jsonb_build_object('string', repeat('x', 10000)))
       FROM generate_series(0, 119) n) WHERE company_id = 'cmp_a' AND id = $1`,
      [id],
    );
    const update = (customFields: ReturnType<typeof values>) =>
      server.call(updateCustomer, { companyId: "cmp_a", id, customFields });
    expect(Object.keys((await server.ok(getCustomer, { id })).customFields ?? {})).toHaveLength(120);
    expect(await update({ long_121: { value: { case: "string", value: "x" } } })).toMatchObject(
      tooLarge("custom_fields"),
    );
    expect(await update({ long_0: { value: { case: "string", value: "y".repeat(9_000) } } })).toMatchObject({
      ok: true,
    });
    expect(await server.call(updateCustomer, { companyId: "cmp_a", id, firstName: "Al" })).toMatchObject({ ok: true });
  });

  it("is passed by a stored customer of 7 MB, which is read in part, does not end a walk, and shrinks", async () => {
    const { id } = await server.ok(createCustomer, newCustomer({ firstName: "Huge" }));
    await server.database.owner.query(
      `UPDATE customer SET custom_fields = (SELECT jsonb_object_agg('long_' || n, jsonb_build_object('string', repeat('é', 28000 + n)))
       FROM generate_series(0, 124) n) WHERE company_id = 'cmp_a' AND id = $1`,
      [id],
    );
    const answer = await server.call(getCustomer, { id });
    expect(answer).toMatchObject({ ok: true, message: { firstName: "Huge" } });
    if (!answer.ok) return;
    expect(toBinary(CustomerSchema, answer.message).length).toBeLessThan(4 * mebibyte);
    // The largest are left out first.
    expect(answer.headers["moego-omitted"]).toMatch(/^customFields\.long_124,customFields\.long_123,.*\.\.\.$/);
    expect(answer.message.customFields).toHaveProperty("long_0");
    expect(answer.message.customFields).not.toHaveProperty("long_124");
    const { customers, nextPageToken } = await server.ok(listCustomers, {
      ...{ companyId: "cmp_a", pagination: { pageSize: 1 } },
    });
    expect(customers.map((customer) => customer.id)).toEqual([id]);
    expect(nextPageToken).not.toBe("");
    const shrunk = await server.call(updateCustomer, { companyId: "cmp_a", id, customFields: { long_124: {} } });
    expect(shrunk).toMatchObject({ ok: true, headers: { "moego-omitted": expect.stringContaining("long_123") } });
    const { rows } = await server.database.owner.query(
      "SELECT custom_fields ? 'long_124' AS kept, custom_fields ? 'long_123' AS other FROM customer WHERE company_id = 'cmp_a' AND id = $1",
      [id],
    );
    expect(rows).toEqual([{ kept: false, other: true }]);
    const usual = await server.call(getCustomer, { id: "cus_a1" });
    expect(usual.headers).not.toHaveProperty("moego-omitted");
  });

  it("is the most that a lead takes with its pets and their notes, and a pet with its own", async () => {
    const long = "é".repeat(10_000);
    const pets = Array.from({ length: 6 }, () => ({
      ...aDog,
      notes: Array.from({ length: 10 }, () => ({ content: long })),
    }));
    expect(await server.refused(createLead, newLead({ pets }))).toMatchObject(tooLarge("pets"));
    const lead = await server.ok(createLead, newLead({ pets: pets.slice(0, 5) }));
    expect(await server.refused(updateLead, { id: lead.id, lead: { pets: pets.slice(0, 1) } })).toMatchObject(
      tooLarge("pets"),
    );
    const { id: customerId } = await server.ok(createCustomer, newCustomer());
    const { id } = await addPet(server, customerId);
    const notes = Array.from({ length: 50 }, () => ({ content: long }));
    await server.ok(appendPetNotes, { customerId, id, notes });
    expect(await server.refused(appendPetNotes, { customerId, id, notes: notes.slice(0, 3) })).toMatchObject(
      tooLarge("notes"),
    );
  });
});
