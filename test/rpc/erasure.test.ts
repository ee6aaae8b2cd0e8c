import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { columnsHolding, createCanaries } from "../support/canaries.js";
import { keys } from "../support/fixture-keys.js";
import { addRelationFields, knownCustomer, knownLead, pointTo } from "../support/known-person.js";
import { newCustomer } from "../support/new-customer.js";
import { newLead } from "../support/new-lead.js";
import { minimalPet } from "../support/new-pet.js";
import { freshId, madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { eraseCustomer, importCustomer } = CustomerAdminService.method;
const { eraseLead, importLead } = LeadAdminService.method;
const { importPet } = PetAdminService.method;
const { getCustomer, createCustomer } = CustomerService.method;
const { createPet } = PetService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const isErased = { code: "FAILED_PRECONDITION", reason: "RESOURCE_ERASED" } as const;

beforeAll(() => addRelationFields(server));

/** Where a person's texts and ids stand while it is known. A column that is missing here is one that nobody looks at. */
const columnsOfLead = [
  ...["key_use.records", "import_record.record_id"],
  ...["consent_event.evidence_address", "consent_event.evidence_reference"],
  ...["change.resource_id", "consent_event.subject_id", "custom_field.default_value", "customer.custom_fields"],
  ...["idempotency.resource_ids", "lead.address", "lead.avatar", "lead.custom_fields", "lead.email", "lead.email_key"],
  ...[
    "lead.first_name",
    "lead.id",
    "lead.last_name",
    "lead.phone",
    "lead.source",
    "lead_external_id.external_id",
    "lead_external_id.lead_id",
    "lead_history.lead_id",
    "lead_note.id",
    "lead_note.lead_id",
    "lead_note.note",
    "lead_phone.lead_id",
    "lead_phone.number",
    "lead_phone.person_name",
    "pet.behavior",
    "pet.breed",
    "pet.coat",
  ],
  ...["pet.id", "pet.lead_id", "pet.name", "pet.photo", "pet.vet_address", "pet.vet_name", "pet.vet_phone"],
  ...["allergies", "color", "custom_fields", "feeding", "medication", "microchip", "special_needs"].map(
    (column) => `pet.${column}`,
  ),
  ...["pet_note.content", "pet_note.id", "pet_note.pet_id", "pet_pet_code.pet_id", "pet_vaccination.name"],
  ...["pet_vaccination.pet_id", "pet_external_id.external_id", "pet_external_id.pet_id"],
];
const columnsOfCustomer = [
  ...columnsOfLead.filter((column) => column !== "pet.lead_id" && !column.startsWith("lead_note.")),
  ...["brand", "customer_id", "last_four", "payment_method_id", "provider_customer_id"].map(
    (c) => `customer_card.${c}`,
  ),
  ...[
    "card_link.customer_id",
    "card_link.provider_session_id",
    "customer.avatar",
    "customer.email",
    "customer.email_key",
    "customer.first_name",
  ],
  ...["customer.id", "customer.last_name", "customer.phone", "customer.source", "customer.source_lead_id"],
  ...["address1", "address2", "city", "customer_id", "id", "postal_code", "state"].map((c) => `customer_address.${c}`),
  ...["customer_note.customer_id", "customer_note.id", "customer_note.note", "lead.promoted_customer_id"],
  ...["customer_phone.customer_id", "customer_phone.number", "customer_phone.person_name", "change.related_id"],
  ...["package.customer_id", "package.description", "package.name", "package_ledger.appointment_id"],
  ...["package_ledger.note", "package_ledger.order_id", "pet.customer_id", "dismissed_duplicate.customer_id"],
  ...["customer_external_id.customer_id", "customer_external_id.external_id", "package_external_id.external_id"],
];

/** Waits until a query of the person is stored. */
async function read(kind: "customer" | "lead", id: string): Promise<void> {
  await server.ok(CallerService.method.queryCustomer, { companyId, id });
  const stored = "SELECT client_address FROM key_use WHERE records @> ARRAY[$1]";
  const addresses = async () => (await owner.query(stored, [`${kind}/${id}`])).rows;
  await expect.poll(addresses, { timeout: 10_000 }).toEqual([{ client_address: "127.0.0.0" }]);
}

/** What an import remembers of a customer or lead. */
async function rememberImport(kind: "customer" | "lead", id: string): Promise<void> {
  const job = {
    company_id: companyId,
    id: `job_${kind}`,
    name: "default",
    kind: `${kind}s`,
    file_digest: "",
    state: "DONE",
  };
  const entry = { company_id: companyId, job_id: job.id, kind, key: "key", record_id: id, content_hash: "" };
  await server.insert([
    ["import_job", [{ ...job, author: "", started_time: "2026-01-01T00:00:00Z" }]],
    ["import_record", [{ ...entry, row_number: 2, state: "CREATED", recorded_time: "2026-01-01T00:00:00Z" }]],
  ]);
}

describe("erasure leaves nothing", () => {
  it("of a customer that was a lead: no text and no id of it in any column of any table", async () => {
    const canaries = createCanaries();
    const person = await knownCustomer(server, canaries);
    await pointTo(server, "CUSTOMER", person.id);
    await read("customer", person.id);
    await rememberImport("customer", person.id);
    const sought = [...canaries.all, ...person.ids];
    expect(await columnsHolding(owner, sought)).toEqual(expect.arrayContaining(columnsOfCustomer));
    await server.ok(eraseCustomer, { companyId, id: person.id });
    // Opaque ids, for as long as followers of lists have to learn of the erasure.
    expect(await columnsHolding(owner, sought)).toEqual(["departure.customer_id", "departure.resource_id"]);
    expect(await columnsHolding(owner, canaries.all)).toEqual([]);
  });

  it("of a lead: no text and no id of it in any column of any table", async () => {
    const canaries = createCanaries();
    const person = await knownLead(server, canaries);
    await pointTo(server, "LEAD", person.id);
    await read("lead", person.id);
    await rememberImport("lead", person.id);
    const sought = [...canaries.all, ...person.ids];
    expect(await columnsHolding(owner, sought)).toEqual(expect.arrayContaining(columnsOfLead));
    await server.ok(eraseLead, { companyId, id: person.id });
    expect(await columnsHolding(owner, sought)).toEqual(["departure.resource_id"]);
    expect(await columnsHolding(owner, canaries.all)).toEqual([]);
  });

  it("of the address from which its consent was given", async () => {
    const person = await knownCustomer(server, createCanaries());
    const blank = async () => {
      const { rows } = await owner.query("SELECT count(*)::int AS count FROM consent_event WHERE ip = ''");
      return rows[0].count;
    };
    const before = await blank();
    await server.ok(eraseCustomer, { companyId, id: person.id });
    // As a lead, by the promotion, and by the update of what it permits.
    expect(await blank()).toBe(before + 3);
  });

  it("of the addresses in the audit log: of its changes, those of its pets and packages, and of its promotion", async () => {
    const person = await knownCustomer(server, createCanaries());
    const known = `SELECT array_agg(id) AS ids FROM change
      WHERE company_id = $1 AND client_address <> '' AND (resource_id = ANY ($2) OR related_id = ANY ($2)
        OR resource_id IN (SELECT id FROM package WHERE customer_id = $3))`;
    const { rows } = await owner.query<{ ids: readonly string[] }>(known, [companyId, person.ids, person.id]);
    const ids = rows[0]?.ids ?? [];
    expect(ids.length).toBeGreaterThan(8);
    const addressed = "SELECT kind FROM change WHERE id = ANY ($1) AND client_address <> ''";
    expect((await owner.query(addressed, [ids])).rows).toHaveLength(ids.length);
    await server.ok(eraseCustomer, { companyId, id: person.id });
    expect((await owner.query(addressed, [ids])).rows).toEqual([]);
  });

  it("in tables to come: whatever refers to a customer, a lead or a pet goes with it", async () => {
    const { rows } = await owner.query<{ name: string; on_delete: string }>(
      `SELECT conname AS name, confdeltype AS on_delete FROM pg_constraint WHERE contype = 'f'
         AND confrelid IN ('customer'::regclass, 'lead'::regclass, 'pet'::regclass)`,
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter(({ on_delete: onDelete }) => onDelete !== "c")).toEqual([]);
  });
});

describe("what stays after an erasure", () => {
  it("is the books of the packages: units, prices and that a redemption named something", async () => {
    const person = await knownCustomer(server, createCanaries());
    const books = `SELECT k.id, k.price_units, k.purchase_time, k.version, e.kind, e.quantity, e.occurred_time,
        e.appointment_id <> '' AS appointment, e.order_id <> '' AS "order"
      FROM package k JOIN package_ledger e ON e.company_id = k.company_id AND e.package_id = k.id
      WHERE k.company_id = $1 AND k.id = $2 ORDER BY e.occurred_time, e.id`;
    const { rows: packages } = await owner.query("SELECT id FROM package WHERE customer_id = $1", [person.id]);
    const { rows: before } = await owner.query(books, [companyId, packages[0].id]);
    expect(before).toHaveLength(4);
    await server.ok(eraseCustomer, { companyId, id: person.id });
    const { rows: after } = await owner.query(books, [companyId, packages[0].id]);
    const version = String(BigInt(before[0].version) + 1n);
    expect(after).toEqual(before.map((row) => ({ ...row, version })));
  });

  it("is what others had beside the relation, and they count as changed", async () => {
    const person = await knownLead(server, createCanaries());
    const id = await pointTo(server, "LEAD", person.id);
    await server.ok(eraseLead, { companyId, id: person.id });
    const customer = await server.ok(getCustomer, { id });
    expect(Object.keys(customer.customFields ?? {})).toEqual(["field_number"]);
    expect(customer.etag).toBe("2");
    const { rows } = await owner.query("SELECT rpc FROM change WHERE resource_id = $1 AND version = 2", [id]);
    expect(rows).toEqual([{ rpc: expect.stringContaining("EraseLead") }]);
  });

  it("is what the pets of others had beside the relation, and they count as changed, a lead with its pets", async () => {
    const person = await knownCustomer(server, createCanaries());
    const customerId = await pointTo(server, "CUSTOMER", person.id);
    await server.ok(eraseCustomer, { companyId, id: person.id });
    const { pets } = await server.ok(PetService.method.listPets, { customerId });
    expect(pets.map(({ customFields }) => Object.keys(customFields))).toEqual([["field_number"]]);
    const { rows } = await owner.query(
      `SELECT DISTINCT p.version, l.version AS of_lead, c.kind, c.changed_fields AS fields FROM pet p
       LEFT JOIN lead l ON l.company_id = p.company_id AND l.id = p.lead_id
       JOIN change c ON c.company_id = p.company_id AND c.resource_id IN (p.id, l.id) AND c.version = 2
       WHERE p.id = $1 OR p.name = 'Of a lead' AND p.custom_fields = '{"field_number": {"int64": "7"}}'
       ORDER BY of_lead NULLS FIRST, c.kind`,
      [pets[0]?.id],
    );
    expect(rows).toEqual([
      { version: "2", of_lead: null, kind: "pet", fields: ["custom_fields"] },
      { version: "2", of_lead: "2", kind: "lead", fields: ["pets"] },
      { version: "2", of_lead: "2", kind: "pet", fields: ["custom_fields"] },
    ]);
  });

  it("is everything of everybody else", async () => {
    const [gone, stays] = [createCanaries(), createCanaries()];
    const person = await knownCustomer(server, gone);
    const other = await knownCustomer(server, stays);
    const sought = other.ids;
    const before = await columnsHolding(owner, sought);
    await server.ok(eraseCustomer, { companyId, id: person.id });
    expect(await columnsHolding(owner, sought)).toEqual(before);
  });
});

describe("nothing points to an erased record", () => {
  it("however many calls store relations to it while it is erased", async () => {
    for (let round = 0; round < 3; round += 1) {
      const { id } = await server.ok(createCustomer, newCustomer());
      const relation = { value: { case: "relation", value: { entity: 1, refId: id } } } as const;
      const pointing = newCustomer({ customFields: { field_relation: relation } });
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, () => server.call(createCustomer, pointing)),
        server.call(eraseCustomer, { companyId, id }),
        ...Array.from({ length: 6 }, () => server.call(createCustomer, pointing)),
      ]);
      const refusals = answers.flatMap((answer) => (answer.ok ? [] : [answer.code]));
      expect(["INVALID_ARGUMENT", "ABORTED"]).toEqual(expect.arrayContaining([...new Set(refusals)]));
      expect(await columnsHolding(owner, [id])).toEqual(["departure.resource_id"]);
    }
  });
});

describe("an erased record does not come back by a repeated create, which tells no pseudonym of it", () => {
  const erasedOf = (resource: string) => ({ ...isErased, metadata: { resource } });

  it("as a customer", async () => {
    const call = { headers: { "idempotency-key": "created-and-erased" } };
    const { id } = await server.ok(createCustomer, newCustomer(), call);
    await server.ok(eraseCustomer, { companyId, id });
    const refusal = await server.refused(createCustomer, newCustomer(), call);
    expect(refusal).toMatchObject(erasedOf("Customer"));
    expect(refusal.wire).not.toContain("erased_");
  });

  it("as a lead, erased itself or with the customer that it became", async () => {
    for (const promoted of [false, true]) {
      const call = { headers: { "idempotency-key": `lead-erased-${promoted}` } };
      const { id } = await server.ok(LeadService.method.createLead, newLead(), call);
      if (promoted) {
        const { customer } = await server.ok(LeadService.method.promoteLead, { id });
        await server.ok(eraseCustomer, { companyId, id: customer?.id ?? "" });
      } else await server.ok(eraseLead, { companyId, id });
      const refusal = await server.refused(LeadService.method.createLead, newLead(), call);
      expect(refusal).toMatchObject(erasedOf("Lead"));
      expect(refusal.wire).not.toContain("erased_");
    }
  });

  it("as a pet, whose customer's id is by now that of a customer in another company of the key", async () => {
    const [customerId, pet] = [freshId(), minimalPet];
    const call = { key: keys.enterprise, headers: { "idempotency-key": "pet-erased" } };
    await server.ok(importCustomer, { companyId, id: customerId, customer: newCustomer() });
    await server.ok(createPet, { customerId, pet }, call);
    await server.ok(eraseCustomer, { companyId, id: customerId });
    expect(await server.refused(createPet, { customerId, pet }, call)).toMatchObject(erasedOf("Pet"));
    const elsewhere = { companyId: "cmp_b", preferredBusinessId: "biz_b1", ...requiredByB };
    await server.ok(
      importCustomer,
      { companyId: "cmp_b", id: customerId, customer: newCustomer(elsewhere) },
      { key: keys.b },
    );
    const refusal = await server.refused(createPet, { customerId, pet }, call);
    expect(refusal).toMatchObject(erasedOf("Pet"));
    expect(refusal.wire).not.toContain("erased_");
  });
});

describe("an erased record does not come back by import", () => {
  it("as a customer, whatever the key of the call, while the id is free in another company", async () => {
    const id = freshId();
    const request = { companyId, id, customer: newCustomer() };
    const call = { headers: { "idempotency-key": "nightly" } };
    await server.ok(importCustomer, request, call);
    await server.ok(eraseCustomer, { companyId, id });
    const refusal = { ...isErased, metadata: { resource: "Customer", id } };
    expect(await server.refused(importCustomer, request)).toMatchObject(refusal);
    expect(await server.refused(importCustomer, request, call)).toMatchObject(refusal);
    expect(await columnsHolding(owner, [`"${id}"`, id])).toEqual(["departure.resource_id"]);
    const elsewhere = { companyId: "cmp_b", preferredBusinessId: "biz_b1", ...requiredByB };
    await server.ok(importCustomer, { companyId: "cmp_b", id, customer: newCustomer(elsewhere) }, { key: keys.b });
  });

  it("as a lead, erased itself or with the customer that it became", async () => {
    for (const promoted of [false, true]) {
      const id = freshId();
      const request = { companyId, id, ...newLead() };
      await server.ok(importLead, request);
      if (promoted) {
        const { customer } = await server.ok(LeadService.method.promoteLead, { id });
        await server.ok(eraseCustomer, { companyId, id: customer?.id ?? "" });
      } else await server.ok(eraseLead, { companyId, id });
      expect(await server.refused(importLead, request)).toMatchObject({
        ...isErased,
        metadata: { resource: "Lead", id },
      });
    }
  });

  it("as a pet, whoever it is to belong to, and by a repeated call", async () => {
    const keeper = await madeCustomer(server);
    const id = freshId();
    const of = (value: string) => ({ companyId, id, pet: minimalPet, owner: { case: "customerId", value } as const });
    const call = { headers: { "idempotency-key": "nightly-pet" } };
    await server.ok(importPet, of(keeper.id), call);
    await server.ok(eraseCustomer, keeper);
    const refusal = { ...isErased, metadata: { resource: "Pet", id } };
    expect(await server.refused(importPet, of("cus_a1"))).toMatchObject(refusal);
    expect(await server.refused(importPet, of(keeper.id), call)).toMatchObject(refusal);
    expect(await columnsHolding(owner, [`"${id}"`, id])).toEqual(["departure.resource_id"]);
  });

  it("as a pet, however many imports of it run while its owner is erased", async () => {
    for (let round = 0; round < 4; round += 1) {
      const erasedOwner = await madeCustomer(server);
      const id = freshId();
      const of = (value: string) => ({ companyId, id, pet: minimalPet, owner: { case: "customerId", value } as const });
      await server.ok(importPet, of(erasedOwner.id));
      const imports = () => Array.from({ length: 6 }, () => server.call(importPet, of("cus_a1")));
      await Promise.all([...imports(), server.call(eraseCustomer, erasedOwner), ...imports()]);
      expect(await server.refused(importPet, of("cus_a1"))).toMatchObject(isErased);
    }
  });

  it("however many imports of its id run while it is imported and erased", async () => {
    for (let round = 0; round < 4; round += 1) {
      const id = freshId();
      const [customer, lead] = [
        { companyId, id, customer: newCustomer() },
        { companyId, id, ...newLead() },
      ];
      const imports = () => [
        ...Array.from({ length: 4 }, () => server.call(importCustomer, customer)),
        ...Array.from({ length: 4 }, () => server.call(importLead, lead)),
      ];
      const erasures = () => [server.call(eraseCustomer, { companyId, id }), server.call(eraseLead, { companyId, id })];
      await Promise.all([...imports(), ...erasures(), ...imports(), ...erasures(), ...imports()]);
      await Promise.all(erasures());
      expect(await server.refused(importCustomer, customer)).toMatchObject(isErased);
      expect(await server.refused(importLead, lead)).toMatchObject(isErased);
      const { rows } = await owner.query(
        `SELECT kind, count(*) FILTER (WHERE rpc LIKE '%/Import%')::int AS imports FROM change
         WHERE resource_id IN (SELECT resource_id FROM change ORDER BY id DESC LIMIT 2) GROUP BY kind`,
      );
      expect(rows.every(({ imports: stored }) => stored === 1)).toBe(true);
    }
  });
});

/** Company B has custom fields that must be filled in. */
const requiredByB = {
  customFields: { field_required: { value: { case: "string", value: "given" } } },
} as const satisfies Parameters<typeof newCustomer>[0];
