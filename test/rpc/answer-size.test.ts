import { toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  CustomerService,
  ListCustomerNotesResponseSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { getCustomer, listCustomers, listCustomerNotes } = CustomerService.method;
const { getPet, listPets, listAllPets } = PetService.method;
const { getLead, listLeads } = LeadService.method;

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

async function listed(id: string) {
  const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {} });
  return customers.find((customer) => customer.id === id);
}

function newest(prefix: string, last: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => prefix + String(last - n).padStart(3, "0"));
}
