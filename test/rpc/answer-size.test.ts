import { toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  CustomerService,
  ListCustomerNotesResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { ListPetsResponseSchema, PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer, listCustomers, listCustomerNotes } = CustomerService.method;
const { getPet, listPets, listAllPets } = PetService.method;
const { createLead, getLead, listLeads, updateLead } = LeadService.method;

/** A default gRPC client takes no larger message. */
const clientLimit = 4 * 1024 * 1024;

// cus_a2 and its pet get 60 notes of a few bytes, cus_both 130 of 10,000 emoji, the pet of lcus_a1 60 of 1,000 bytes.
beforeAll(async () => {
  await server.database.owner.query(`
    INSERT INTO customer_note (company_id, id, customer_id, note, created_time, last_updated_by, last_updated_time)
    SELECT 'cmp_a', 'cxn_' || customer || to_char(n, 'FM000'), customer, repeat(letter, times),
           TIMESTAMPTZ '2025-01-01' + n * INTERVAL '1 s', '', TIMESTAMPTZ '2025-01-01'
    FROM (VALUES ('cus_a2', 60, 'x', 5), ('cus_both', 130, '🐶', 10000)) AS v (customer, notes, letter, times),
         generate_series(1, notes) AS n;
    INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
    SELECT 'cmp_a', 'pxn_' || pet || to_char(n, 'FM000'), pet, repeat('x', times),
           TIMESTAMPTZ '2025-01-01' + n * INTERVAL '1 s', '', TIMESTAMPTZ '2025-01-01'
    FROM (VALUES ('pet_a2', 5), ('pet_l1', 1000)) AS v (pet, times), generate_series(1, 60) AS n`);
});

it("gives a customer 50 notes by itself and 10 in a list, the newest", async () => {
  const { notes } = await server.ok(getCustomer, { id: "cus_a2" });
  expect(notes.map((note) => note.id)).toEqual(newest("cxn_cus_a2", 60, 50));
  expect((await listed("cus_a2"))?.notes).toEqual(notes.slice(0, 10));
});

it("gives a customer no note in a list that is longer than all may be together", async () => {
  const { notes } = await server.ok(getCustomer, { id: "cus_both" });
  expect(notes).toHaveLength(50);
  expect((await listed("cus_both"))?.notes).toEqual([]);
});

it("gives a pet 50 notes by itself, in every list the newest 10, as far as they take 4,096 bytes", async () => {
  const pet = await server.ok(getPet, { customerId: "cus_a2", id: "pet_a2" });
  expect(pet.notes).toHaveLength(50);
  const ofCustomer = await server.ok(listPets, { customerId: "cus_a2" });
  expect(ofCustomer.pets.map(({ notes }) => notes)).toEqual([pet.notes.slice(0, 10)]);
  const all = await server.ok(listAllPets, { companyId: "cmp_a", pagination: {} });
  expect(all.pets.find(({ id }) => id === "pet_a2")?.notes).toEqual(pet.notes.slice(0, 10));

  const lead = await server.ok(getLead, { id: "lcus_a1" });
  const { leads } = await server.ok(listLeads, { companyId: "cmp_a", pagination: {} });
  const listedPets = leads.find(({ id }) => id === "lcus_a1")?.pets;
  expect(lead.pets[0]?.notes).toHaveLength(50);
  expect(listedPets?.[0]?.notes.map((note) => note.id)).toEqual(newest("pxn_pet_l1", 60, 4));
});

it("gives each pet of one lead an equal share for its notes, so that a default client can read the lead", async () => {
  const { owner } = server.database;
  const lead = await server.ok(createLead, newLead({ pets: Array.from({ length: 50 }, () => aDog) }));
  await owner.query(
    `INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
     SELECT 'cmp_a', 'pxn_' || pet || '_' || n, id, repeat(letter, 10000), TIMESTAMPTZ '2025-01-01' + n * INTERVAL '1 s',
            '', TIMESTAMPTZ '2025-01-01'
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS v (id, letter, pet), generate_series(1, 50) AS n`,
    [lead.pets.map(({ id }) => id), lead.pets.map((_, at) => (at === 0 ? "🐶" : "x"))],
  );
  const full = await server.ok(getLead, { id: lead.id });
  expect(toBinary(LeadSchema, full).length).toBeLessThan(clientLimit);
  // 2 MiB / 50 are 41,943 bytes: one note of the first pet, which is as long as a note can be, four of the others.
  expect(full.pets.map(({ notes }) => notes.length)).toEqual([1, ...Array.from({ length: 49 }, () => 4)]);
  expect(full.pets[1]?.notes.map((note) => note.id)).toEqual([50, 49, 48, 47].map((n) => `pxn_2_${n}`));

  // Notes that are not shown are edited all the same.
  const edited = { id: full.pets[1]?.id ?? "", notes: [{ id: "pxn_2_1", content: "edited" }] };
  const after = await server.ok(updateLead, { id: lead.id, lead: { pets: [edited] } });
  expect(after.pets.map(({ notes }) => notes.length)).toEqual(full.pets.map(({ notes }) => notes.length));
  const { rows } = await owner.query(`SELECT count(*)::int AS notes, min(content) AS first
    FROM pet_note WHERE company_id = 'cmp_a' AND id LIKE 'pxn_2\\_%'`);
  expect(rows).toEqual([{ notes: 50, first: "edited" }]);
});

it("gives a default client all 500 pets that a customer can have, with as many notes as a list shows", async () => {
  const { id } = await server.ok(createCustomer, newCustomer());
  await server.database.owner.query(
    `WITH one AS (
       INSERT INTO pet (company_id, id, customer_id, name, type, breed, status, weight_unit, created_time, last_updated_time)
       SELECT 'cmp_a', 'pet_' || n, $1, 'Rex', 2, 'Beagle', 1, 1, now(), now() FROM generate_series(1, 500) AS n RETURNING id)
     INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
     SELECT 'cmp_a', 'pxn_' || one.id || '_' || n, one.id, repeat('x', 400), now(), 'staff_a1', now()
     FROM one, generate_series(1, 12) AS n`,
    [id],
  );
  const { pets } = await server.ok(listPets, { customerId: id });
  expect(pets.map(({ notes }) => notes.length)).toEqual(Array.from({ length: 500 }, () => 10));
});

it("gives a default client the pets of a customer in parts if their texts do not fit together", async () => {
  const { id } = await server.ok(createCustomer, newCustomer());
  await server.database.owner.query(
    `WITH made AS (
       INSERT INTO pet (company_id, id, customer_id, name, type, breed, coat, behavior, vet_name, vet_address, status,
         weight_unit, created_time, last_updated_time)
       SELECT 'cmp_a', 'pet_wide' || n, $1, 'Rex', 2, repeat('🐶', 255), repeat('🐶', 255), repeat('🐶', 255),
         repeat('🐶', 255), repeat('🐶', 255), 1, 1, date_trunc('second', now()), now() FROM generate_series(1, 500) AS n RETURNING id)
     INSERT INTO pet_vaccination (company_id, pet_id, position, name)
     SELECT 'cmp_a', id, n, repeat('🐶', 255) FROM made, generate_series(1, 8) AS n`,
    [id],
  );
  const seen: string[] = [];
  let pages = 0;
  for (let pageToken: string | undefined; pageToken !== ""; pages += 1) {
    const given = pageToken === undefined ? {} : { pagination: { pageSize: 500, pageToken } };
    const page = await server.ok(listPets, { customerId: id, ...given });
    expect(toBinary(ListPetsResponseSchema, page).length).toBeLessThan(clientLimit);
    seen.push(...page.pets.map((pet) => pet.id));
    pageToken = page.nextPageToken;
  }
  expect([pages > 1, new Set(seen).size, seen.length]).toEqual([true, 500, 500]);
});

it("closes a page that would be too large for a client, and goes on behind it until every row was given once", async () => {
  const seen: string[] = [];
  const sizes: number[] = [];
  let pageToken = "";
  do {
    const page = await server.ok(listCustomerNotes, { id: "cus_both", pagination: { pageSize: 500, pageToken } });
    expect(toBinary(ListCustomerNotesResponseSchema, page).length).toBeLessThan(clientLimit);
    seen.push(...page.notes.map((note) => note.id));
    sizes.push(page.notes.length);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen).toEqual(newest("cxn_cus_both", 130, 130));
  // 40,000 bytes each: 78 fit into 3 MiB.
  expect(sizes).toEqual([78, 52]);
});

it("gives by page number every row once, and refuses a page of which rows would be lost", async () => {
  const pageOf = (pageSize: number, pageToken: string) => ({ id: "cus_both", pagination: { pageSize, pageToken } });
  const counted: string[] = [];
  for (const pageToken of ["1", "2", "3"]) {
    const { notes } = await server.ok(listCustomerNotes, pageOf(60, pageToken));
    counted.push(...notes.map((note) => note.id));
  }
  expect(counted).toEqual(newest("cxn_cus_both", 130, 130));

  // 78 fit: of the first 100 rows 22 would stand on no page, for "2" begins behind them all.
  expect(await server.refused(listCustomerNotes, pageOf(100, "1"))).toMatchObject({
    ...{ code: "INVALID_ARGUMENT", reason: "PAGE_TOKEN_INVALID", text: expect.stringContaining("a smaller page_size") },
    violations: [{ field: "pagination.page_token", reason: "INVALID_FORMAT" }],
  });
  expect((await server.refused(listCustomerNotes, pageOf(79, "1"))).reason).toBe("PAGE_TOKEN_INVALID");
  expect((await server.ok(listCustomerNotes, pageOf(78, "1"))).notes).toHaveLength(78);
  expect((await server.ok(listCustomerNotes, pageOf(100, "2"))).notes).toHaveLength(30);
  expect((await server.ok(listCustomerNotes, pageOf(100, ""))).notes).toHaveLength(78);
});

it("refuses a page number of leads whose pets have no room, and gives all of them to who follows the tokens", async () => {
  await server.database.owner.query(
    `WITH made AS (
       INSERT INTO lead (company_id, id, first_name, service_related_channels, marketing_campaigns_channels,
         branded_app_enabled, is_agreed_marketing_policy, is_consented, created_time, last_updated_time)
       SELECT 'cmp_a', 'lcus_big' || to_char(n, 'FM00'), 'Big', '{}', '{}', false, false, false,
         now() + n * INTERVAL '1 s', now()
       FROM generate_series(1, 40) AS n RETURNING id),
     pets AS (
       INSERT INTO pet (company_id, id, lead_id, name, type, breed, status, weight_unit, created_time, last_updated_time)
       SELECT 'cmp_a', made.id || '_' || n, made.id, 'Rex', 2, 'Beagle', 1, 1, now(), now()
       FROM made, generate_series(1, 50) AS n RETURNING id)
     INSERT INTO pet_note (company_id, id, pet_id, content, created_time, last_updated_by, last_updated_time)
     SELECT 'cmp_a', 'pxn_' || id, id, repeat('x', 4096), now(), '', now() FROM pets`,
  );
  const pageOf = (pageToken: string) => ({ companyId: "cmp_a", pagination: { pageSize: 40, pageToken } });
  expect((await server.refused(listLeads, pageOf("1"))).reason).toBe("PAGE_TOKEN_INVALID");
  const seen: string[] = [];
  for (let pageToken = ""; seen.length < 40; ) {
    const page = await server.ok(listLeads, pageOf(pageToken));
    expect(page.leads.length).toBeLessThan(40);
    seen.push(...page.leads.map(({ id }) => id));
    pageToken = page.nextPageToken;
  }
  expect(seen.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, n) => `lcus_big${String(40 - n).padStart(2, "0")}`));
});

async function listed(id: string) {
  const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {} });
  return customers.find((customer) => customer.id === id);
}

function newest(prefix: string, last: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => prefix + String(last - n).padStart(3, "0"));
}
