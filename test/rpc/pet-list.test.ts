import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import {
  type ListAllPetsRequest_FilterSchema,
  PetService,
} from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { addPet, createPet } from "../support/new-pet.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

type Filter = MessageInitShape<typeof ListAllPetsRequest_FilterSchema>;

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;
const companyId = "cmp_a";
const at = (text: string) => timestampFromDate(new Date(text));

describe("ListAllPets", () => {
  it("lists the pets of a company's customers that are not archived, whole and newest first", async () => {
    expect(await idsOf({})).toEqual(["pet_both", "pet_a8", "pet_a2", "pet_a1"]);
    const { pets } = await server.ok(rpc.listAllPets, { companyId, pagination: {} });
    expect(pets[3]).toEqual(await server.ok(rpc.getPet, { customerId: "cus_a1", id: "pet_a1" }));
    expect(pets[3]?.notes).toHaveLength(1);
  });

  it.each<readonly [string, Filter, readonly string[]]>([
    ["a customer", { customerIds: ["cus_a2"] }, ["pet_a2"]],
    ["several customers", { customerIds: ["cus_a1", "cus_a2"] }, ["pet_a2", "pet_a1"]],
    ["a customer that nobody knows", { customerIds: ["cus_z"] }, []],
    ["a customer of another company", { customerIds: ["cus_c1"] }, []],
    ["a lead", { customerIds: ["lcus_a1"] }, []],
    ["an id that two companies hold", { customerIds: ["cus_both"] }, ["pet_both"]],
    ["no customer, which limits nothing", { customerIds: [] }, ["pet_both", "pet_a8", "pet_a2", "pet_a1"]],
    [
      "a time of change, the oldest first and archived pets among them",
      { lastUpdatedTime: {} },
      ["pet_a1", "pet_a2", "pet_a8", "pet_a9", "pet_both"],
    ],
    [
      "a time of change, from the start on",
      { lastUpdatedTime: { startTime: at("2024-05-04T10:00:00Z") } },
      ["pet_a9", "pet_both"],
    ],
    ["a time of change, before the end", { lastUpdatedTime: { endTime: at("2024-05-02T10:00:00Z") } }, ["pet_a1"]],
    [
      "a start that is a nanosecond late",
      { lastUpdatedTime: { startTime: { ...at("2024-05-04T10:00:00Z"), nanos: 1 } } },
      ["pet_both"],
    ],
    ["an empty interval", { lastUpdatedTime: interval("2024-05-02T10:00:00Z", "2024-05-02T10:00:00Z") }, []],
    [
      "a customer and a time of change",
      { customerIds: ["cus_a1"], lastUpdatedTime: { startTime: at("2024-05-02T00:00:00Z") } },
      ["pet_a9"],
    ],
  ])("filters by %s", async (_, filter, ids) => {
    expect(await idsOf(filter)).toEqual(ids);
  });

  it("marks an archived pet as deleted", async () => {
    const { pets } = await server.ok(rpc.listAllPets, { companyId, pagination: {}, filter: { lastUpdatedTime: {} } });
    expect(pets.filter(({ deleted }) => deleted).map(({ id }) => id)).toEqual(["pet_a9"]);
  });

  it.each<readonly [string, Filter, string, string]>([
    [
      "an interval that ends before it starts",
      { lastUpdatedTime: interval("2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z") },
      "filter.last_updated_time",
      "CONFLICT",
    ],
    [
      "101 customers",
      { customerIds: Array.from({ length: 101 }, (_, n) => `cus_${n}`) },
      "filter.customer_ids",
      "TOO_MANY",
    ],
    ["a text that can be no id", { customerIds: ["cus_a1", "a b"] }, "filter.customer_ids[1]", "INVALID_FORMAT"],
    ["an empty id", { customerIds: [""] }, "filter.customer_ids[0]", "REQUIRED"],
  ])("refuses %s", async (_, filter, field, reason) => {
    const refusal = await server.refused(rpc.listAllPets, { companyId, pagination: {}, filter });
    expect(refusal).toMatchObject(invalidField(field, reason));
  });

  it("shows a change to those who follow the time at once, in its latest state, behind all earlier ones", async () => {
    const key = keys.c;
    const before = await server.ok(
      rpc.createPet,
      { customerId: "cus_c1", pet: { name: "New", type: 2, breed: "x" } },
      { key },
    );
    const startTime = before.pet?.createdTime;
    if (!startTime) throw new Error("a pet has a time of creation");
    await server.ok(
      rpc.appendPetNotes,
      { customerId: "cus_c1", id: "pet_c1", notes: [{ content: "changed" }] },
      { key },
    );
    const request = { companyId: "cmp_c", pagination: {}, filter: { lastUpdatedTime: { startTime } } };
    const { pets } = await server.ok(rpc.listAllPets, request, { key });
    expect(pets.map(({ id }) => id)).toEqual([before.pet?.id, "pet_c1"]);
    expect(pets[1]?.notes[0]?.content).toBe("changed");
  });

  it("holds back what is newer than a change that is still under way", async () => {
    const key = keys.b;
    const slow = await server.database.owner.connect();
    try {
      await slow.query("BEGIN; SELECT begin_change()");
      const { lastUpdatedTime: startTime } = await server.ok(
        rpc.updatePet,
        { customerId: "cus_b1", id: "pet_b1", coat: "x" },
        { key },
      );
      if (!startTime) throw new Error("a pet has a time of change");
      const request = { companyId: "cmp_b", pagination: {}, filter: { lastUpdatedTime: { startTime } } };
      expect((await server.ok(rpc.listAllPets, request, { key })).pets).toEqual([]);
      await slow.query("COMMIT");
      await expect
        .poll(async () => (await server.ok(rpc.listAllPets, request, { key })).pets.map(({ id }) => id))
        .toEqual(["pet_b1"]);
    } finally {
      slow.release(true);
    }
  });
});

describe("ListPets", () => {
  it("gives all pets of the customer that are not archived, whole and newest first", async () => {
    const { id: customerId } = await server.ok(CustomerService.method.createCustomer, newCustomer());
    expect((await server.ok(rpc.listPets, { customerId })).pets).toEqual([]);
    const added = [];
    for (const name of ["one", "two", "three"]) added.push(await addPet(server, customerId, { name }));
    const { pets } = await server.ok(rpc.listPets, { customerId });
    expect(pets).toEqual(added.toReversed());
    const times = pets.map(({ createdTime }) => (createdTime ? timestampDate(createdTime).getTime() : 0));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it("gives archived pets too, marked, if asked for", async () => {
    const [kept, archived] = [await createPet(server), await createPet(server)];
    await server.ok(PetAdminService.method.archivePet, { companyId, id: archived.id });
    const ids = async (customerId: string, showArchived: boolean) =>
      (await server.ok(rpc.listPets, { customerId, showArchived })).pets.map(({ id, deleted }) => [id, deleted]);
    expect(await ids(archived.customerId, false)).toEqual([]);
    expect(await ids(archived.customerId, true)).toEqual([[archived.id, true]]);
    expect(await ids(kept.customerId, true)).toEqual([[kept.id, false]]);
  });

  it("gives pages that follow each other, and by number, if asked for", async () => {
    const { id: customerId } = await server.ok(CustomerService.method.createCustomer, newCustomer());
    for (const name of ["one", "two", "three"]) await addPet(server, customerId, { name });
    const whole = await server.ok(rpc.listPets, { customerId });
    expect(whole.nextPageToken).toBe("");
    const seen: string[] = [];
    for (let pageToken = "1"; pageToken !== ""; ) {
      const page = await server.ok(rpc.listPets, { customerId, pagination: { pageSize: 2, pageToken } });
      seen.push(...page.pets.map(({ name }) => name));
      pageToken = page.nextPageToken;
    }
    expect(seen).toEqual(["three", "two", "one"]);
    const second = await server.ok(rpc.listPets, { customerId, pagination: { pageSize: 2, pageToken: "2" } });
    expect(second).toMatchObject({ pets: [{ name: "one" }], nextPageToken: "" });
    expect(await server.refused(rpc.listPets, { customerId, pagination: { pageSize: 501 } })).toMatchObject({
      violations: [{ field: "pagination.page_size", reason: "OUT_OF_RANGE" }],
    });
    const foreign = { customerId: "cus_a1", pagination: { pageToken: whole.pets[0]?.id ?? "" } };
    expect((await server.refused(rpc.listPets, foreign)).reason).toBe("PAGE_TOKEN_INVALID");
  });

  it("puts pets of one instant in the order of their ids, the last one first", async () => {
    const { id: customerId } = await server.ok(CustomerService.method.createCustomer, newCustomer());
    for (const name of ["one", "two", "three"]) await addPet(server, customerId, { name });
    await server.database.owner.query("UPDATE pet SET created_time = '2024-01-01Z' WHERE customer_id = $1", [
      customerId,
    ]);
    const { pets } = await server.ok(rpc.listPets, { customerId });
    expect(pets.map(({ name }) => name)).toEqual(["three", "two", "one"]);
  });
});

async function idsOf(filter: Filter): Promise<string[]> {
  const { pets } = await server.ok(rpc.listAllPets, { companyId, pagination: {}, filter });
  return pets.map(({ id }) => id);
}

function interval(start: string, end: string) {
  return { startTime: at(start), endTime: at(end) };
}
