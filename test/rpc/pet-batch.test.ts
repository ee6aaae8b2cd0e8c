import { afterAll, describe, expect, it } from "vitest";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { LeadAdminService } from "../../src/gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import { MergeService } from "../../src/gen/proto/moego/admin/v1/merge_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { PetBatchService } from "../../src/gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { refusalIn, shapeOf } from "../support/batch-results.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { addPet, minimalPet, type PetInit } from "../support/new-pet.js";
import { freshId, madeCustomer, madeLead } from "../support/records.js";
import { startServer } from "../support/server.js";
import { waitingStatements } from "../support/waiting-statements.js";

const server = await startServer();
afterAll(() => server.stop());

const { batchCreatePets, batchGetPets } = PetBatchService.method;
const { getPet, createPet } = PetService.method;
const { getLead } = LeadService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const each = BatchMode.EACH;

const ofCustomer = (value: string, fields: PetInit = {}) => ({
  owner: { case: "customerId", value } as const,
  pet: { ...minimalPet, ...fields },
});
const ofLead = (value: string, fields: PetInit = {}) => ({
  owner: { case: "leadId", value } as const,
  pet: { ...minimalPet, ...fields },
});

async function petsOf(id: string) {
  const { rows } = await owner.query<{ name: string }>(
    "SELECT name FROM pet WHERE company_id = 'cmp_a' AND (customer_id = $1 OR lead_id = $1) ORDER BY name",
    [id],
  );
  return rows.map(({ name }) => name);
}

describe("a batch of pets", () => {
  it("stores what single creates store", async () => {
    const { id } = await madeCustomer(server);
    const full = {
      ...{ birthday: { year: 2020, month: 2, day: 29 }, gender: 2, weight: { value: 7, unit: 2 }, fixed: "yes" },
      ...{ coat: "Long", behavior: "Shy", status: 2, evaluationStatus: 2, photo: "https://img.example/bella.png" },
      vet: { name: "Dr. Vet", phoneNumber: "(212) 555-0190", address: "1 Vet St" },
      petCodes: [{ id: "pc_a2" }, { id: "pc_a1" }, { id: "pc_a2" }],
      notes: [{ content: "first" }, { content: "second\n\tline" }],
      vaccinations: [
        { name: "Rabies", expiredAt: { seconds: 1_800_000_000n, nanos: 5_000_000 } },
        { name: "Distemper" },
      ],
      ...{
        microchip: "985",
        color: "Brown",
        allergies: "Nuts",
        feeding: "Twice",
        medication: "None",
        specialNeeds: "A",
      },
    };
    const single = await addPet(server, id, full);
    const { results } = await server.ok(batchCreatePets, {
      companyId,
      items: [ofCustomer(id, full), ofCustomer(id, { name: "Plain" })],
      returnRecords: true,
    });
    const [made, plain] = results;
    expect(made).toMatchObject({ outcome: BatchOutcome.CREATED, replayed: false });
    const read = await server.ok(getPet, { customerId: id, id: made?.id ?? "" });
    expect(shapeOf(read)).toEqual(shapeOf(single));
    expect(shapeOf(made?.pet)).toEqual(shapeOf(single));
    expect(read.notes.map(({ content }) => content)).toEqual(single.notes.map(({ content }) => content));
    expect(read.createdTime).toEqual(read.lastUpdatedTime);
    expect(plain?.pet).toMatchObject({ name: "Plain", petCodes: [], notes: [], vaccinations: [] });
    const changesOf = async (petId: string) => {
      const { rows } = await owner.query(
        "SELECT kind, version, staff_id, changed_fields, location_before, location_after, client_address FROM change WHERE resource_id = $1",
        [petId],
      );
      return rows;
    };
    expect(await changesOf(made?.id ?? "")).toEqual(await changesOf(single.id));
  });

  it("changes a lead once for all its new pets, as single creates change it", async () => {
    const [one, other] = [await madeLead(server), await madeLead(server)];
    await server.ok(createPet, { customerId: one.id, pet: minimalPet });
    const items = [ofLead(other.id, { name: "A" }), ofLead(other.id, { name: "B" })];
    const { results } = await server.ok(batchCreatePets, { companyId, items });
    const lead = await server.ok(getLead, { id: other.id });
    expect(lead.pets.map(({ id }) => id).toSorted()).toEqual(results.map(({ id }) => id).toSorted());
    expect(lead.etag).toBe((await server.ok(getLead, { id: one.id })).etag);
    const changesOf = async (id: string) => {
      const { rows } = await owner.query(
        `SELECT kind, version, changed_fields, location_before, location_after, client_address, staff_id FROM change
         WHERE kind = 'lead' AND resource_id = $1 OR resource_id IN (SELECT id FROM pet WHERE lead_id = $1) ORDER BY kind, version`,
        [id],
      );
      return rows;
    };
    const changes = await changesOf(other.id);
    expect(changes.filter(({ kind }) => kind === "pet")).toHaveLength(2);
    expect([...changes.slice(0, 2), changes.at(-1)]).toEqual(await changesOf(one.id));
  });

  it("takes 500 items for many owners, and no more", async () => {
    const owners = [await madeCustomer(server), await madeCustomer(server), await madeLead(server)];
    const [first, second, lead] = owners.map(({ id }) => id);
    const items = Array.from({ length: 500 }, (_, position) => {
      if (position < 20) return ofLead(lead ?? "", { notes: [{ content: "n" }] });
      return ofCustomer((position % 2 === 0 ? first : second) ?? "", { vaccinations: [{ name: "Rabies" }] });
    });
    const { results } = await server.ok(batchCreatePets, { companyId, items });
    expect(new Set(results.map(({ id }) => id)).size).toBe(500);
    expect((await petsOf(lead ?? "")).length).toBe(20);
    const more = [...items, ofCustomer(first ?? "")];
    expect(await server.refused(batchCreatePets, { companyId, items: more })).toMatchObject({
      violations: [{ field: "items", reason: "TOO_MANY" }],
    });
  });
});

describe("a batch of pets that is stored as a whole", () => {
  it("stores nothing if an item is refused, and lists all violations", async () => {
    const { id } = await madeCustomer(server);
    const refused = await server.refused(batchCreatePets, {
      companyId,
      items: [
        ofCustomer(id),
        ofCustomer(id, { name: "", breed: "" }),
        { pet: minimalPet },
        ofCustomer("not an id"),
        ofCustomer(id, { id: "own" }),
        { owner: { case: "customerId", value: id } },
      ],
    });
    expect(refused).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_REQUEST" });
    expect(refused.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...["items[1].pet.name REQUIRED", "items[1].pet.breed REQUIRED", "items[2].owner REQUIRED"],
      ...["items[3].customer_id INVALID_FORMAT", "items[4].pet.id NOT_ALLOWED", "items[5].pet REQUIRED"],
    ]);
    const later = await server.refused(batchCreatePets, {
      companyId,
      items: [
        ofCustomer(id),
        ofCustomer("cus_a9", { petCodes: [{ id: "pc_none" }] }),
        ofCustomer(id, { birthday: { year: 2100 }, customFields: { none: { value: { case: "string", value: "x" } } } }),
      ],
    });
    expect(later.violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      ...["items[1].customer_id NOT_FOUND", "items[1].pet.pet_codes[0].id NOT_FOUND"],
      ...["items[2].pet.birthday OUT_OF_RANGE", 'items[2].pet.custom_fields["none"] NOT_FOUND'],
    ]);
    expect(await petsOf(id)).toEqual([]);
  });
});

describe("a batch of pets item by item", () => {
  it("stores the others, and gives each refused item the error of a single request", async () => {
    const { id } = await madeCustomer(server);
    const items = [
      ofCustomer(id, { name: "One" }),
      ofCustomer(id, { vet: { phoneNumber: "12" } }),
      ofCustomer("cus_b1"),
      ofLead("lead_none"),
      ofCustomer(id, { name: "Two", vet: { phoneNumber: "+15555551234" } }),
    ];
    const { results } = await server.ok(batchCreatePets, { companyId, items, mode: each });
    expect(results.map(({ outcome }) => outcome)).toEqual([1, 4, 4, 4, 1]);
    expect(results.map((result) => refusalIn(result).fields)).toEqual([
      ...[[], ["pet.vet.phone_number INVALID_FORMAT"], ["customer_id NOT_FOUND"], ["lead_id NOT_FOUND"], []],
    ]);
    expect(results.map(({ warnings }) => warnings)).toEqual([
      ...[[], [], [], [], ["PHONE_NOT_VALID pet.vet.phone_number"]],
    ]);
    expect(await petsOf(id)).toEqual(["One", "Two"]);
  });

  it("gives a key limited to locations only the owners that it can access", async () => {
    const [here, there] = [await madeCustomer(server), await madeCustomer(server, { preferredBusinessId: "biz_a2" })];
    const items = [ofCustomer(here.id), ofCustomer(there.id)];
    const { results } = await server.ok(batchCreatePets, { companyId, items, mode: each }, { key: keys.businessA1 });
    expect(results.map((result) => refusalIn(result).fields)).toEqual([[], ["customer_id NOT_FOUND"]]);
    expect([await petsOf(here.id), await petsOf(there.id)]).toEqual([["Bella"], []]);
  });

  it("needs the scopes for leads, whatever else the batch has", async () => {
    const { id } = await madeCustomer(server);
    await server.insertKeys([leadless]);
    const request = { companyId, items: [ofCustomer(id), ofLead("lcus_a1")], mode: each };
    expect(await server.refused(batchCreatePets, request, { key: leadless })).toMatchObject({
      ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "lead:write" } },
    });
    await server.ok(batchCreatePets, { companyId, items: [ofCustomer(id)] }, { key: leadless });
    const read = await server.ok(batchGetPets, { companyId, ids: ["pet_a1", "pet_l1"] }, { key: leadless });
    expect([read.pets.map((pet) => pet.id), read.notFoundIds]).toEqual([["pet_a1"], ["pet_l1"]]);
  });

  it("refuses owners that are archived, promoted or merged", async () => {
    const [archived, promoted] = [await madeLead(server), await madeLead(server)];
    const [merged, survivor] = [await madeCustomer(server), await madeCustomer(server)];
    await server.ok(LeadAdminService.method.archiveLead, archived);
    await server.ok(LeadService.method.promoteLead, { id: promoted.id });
    await server.ok(MergeService.method.mergeCustomers, { ...survivor, fromId: merged.id });
    const items = [ofLead(archived.id), ofLead(promoted.id), ofCustomer(merged.id), ofCustomer(survivor.id)];
    const { results } = await server.ok(batchCreatePets, { companyId, items, mode: each });
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...["INVALID_REQUEST", "INVALID_REQUEST", "RESOURCE_MERGED", undefined],
    ]);
    const single = await server.refused(createPet, { customerId: merged.id, pet: minimalPet });
    expect(single.reason).toBe("RESOURCE_MERGED");
  });

  it("admits items up to the limits of their owners, exactly, whatever is sent at once", async () => {
    const [lead, customer] = [await madeLead(server), await madeCustomer(server)];
    await owner.query(
      `INSERT INTO pet (company_id, id, customer_id, name, type, created_time, last_updated_time)
       SELECT 'cmp_a', 'full-' || n, $1, 'Full', 1, now(), now() FROM generate_series(1, 495) n`,
      [customer.id],
    );
    const items = Array.from({ length: 20 }, () => [ofLead(lead.id), ofCustomer(customer.id)]).flat();
    const send = () => server.ok(batchCreatePets, { companyId, items, mode: each });
    const sent = await Promise.all([send(), send(), send(), send()]);
    expect([(await petsOf(lead.id)).length, (await petsOf(customer.id)).length]).toEqual([50, 500]);
    const refusals = sent.flatMap(({ results }) => results.flatMap((result) => refusalIn(result).fields));
    expect([refusals.length, new Set(refusals)]).toEqual([160 - 55, new Set(["pet TOO_MANY"])]);
  });

  it("refuses pets that would make their lead too large, and stores those before them", async () => {
    const lead = await madeLead(server);
    const notes = Array.from({ length: 40 }, () => ({ content: "🐶".repeat(9_000) }));
    const large = ofLead(lead.id, { notes });
    const sent: (string | undefined)[] = [];
    for (let turn = 0; turn < 12 && !sent.includes("INVALID_REQUEST"); turn += 1) {
      const { results } = await server.ok(batchCreatePets, { companyId, items: [large, large], mode: each });
      sent.push(...results.map((result) => refusalIn(result).reason));
      for (const result of results) expect(["", "pet TOO_LONG"]).toContain(refusalIn(result).fields.join());
    }
    const stored = sent.filter((reason) => reason === undefined).length;
    expect([sent.at(-1), (await petsOf(lead.id)).length]).toEqual(["INVALID_REQUEST", stored]);
    const alone = await server.refused(createPet, { customerId: lead.id, pet: large.pet });
    expect(alone.violations[0]?.reason).toBe("TOO_LONG");
    await server.ok(createPet, { customerId: lead.id, pet: minimalPet });
  });
});

describe("a repeated batch of pets", () => {
  it("returns what it stored, and tries refused items again", async () => {
    const { id } = await madeCustomer(server);
    const later = freshId();
    const headers = { "idempotency-key": freshId() };
    const request = { companyId, items: [ofCustomer(id, { name: "Again" }), ofCustomer(later)], mode: each };
    const first = await server.ok(batchCreatePets, request, { headers });
    const again = await server.call(batchCreatePets, request, { headers });
    if (!again.ok) throw new Error("a batch was refused");
    expect(again.headers).toMatchObject({ "idempotency-replayed": "true" });
    expect(again.message.results.map((result) => [result.id, result.replayed])).toEqual([
      [first.results[0]?.id, true],
      ["", false],
    ]);
    await server.ok(CustomerAdminService.method.importCustomer, {
      ...{ companyId, id: later, customer: newCustomer() },
    });
    const third = await server.ok(batchCreatePets, request, { headers });
    expect(third.results.map(({ replayed }) => replayed)).toEqual([true, false]);
    expect(await petsOf(id)).toEqual(["Again"]);
    const other = { companyId, items: [ofCustomer(id, { name: "Other" }), ofCustomer(later)], mode: each };
    expect(await server.refused(batchCreatePets, other, { headers })).toMatchObject({
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
  });

  it("stores an item with its own key once, in whatever batch it is sent, also at the same time", async () => {
    const { id } = await madeCustomer(server);
    const shared = Array.from({ length: 5 }, freshId);
    const batches = Array.from({ length: 4 }, (_, turn) => {
      const items = shared.map((key) => ({ ...ofCustomer(id, { name: `K ${key}` }), idempotencyKey: key }));
      return { companyId, items: turn % 2 === 0 ? items : items.toReversed() };
    });
    const sent = await Promise.all(batches.map((request) => server.ok(batchCreatePets, request)));
    const ids = sent.flatMap(({ results }) => results.map((result) => result.id));
    expect(new Set(ids).size).toBe(5);
    expect((await petsOf(id)).length).toBe(5);
    const used = { ...ofCustomer(id, { name: "Another" }), idempotencyKey: shared[0] ?? "" };
    const { results } = await server.ok(batchCreatePets, { companyId, items: [used], mode: each });
    expect(refusalIn(results[0])).toMatchObject({ reason: "IDEMPOTENCY_KEY_REUSED" });
  });

  it.each([
    ["batch", "at the same time with ids of its own", {}],
    ["item", "at the same time with ids of its own, item by item", { mode: each }],
  ])("answers a %s that is sent twice %s as the first one", async (of, _, mode) => {
    const { id } = await madeCustomer(server);
    const key = freshId();
    const item = { ...ofCustomer(id), id: freshId(), ...(of === "item" ? { idempotencyKey: key } : {}) };
    const headers = of === "batch" ? { "idempotency-key": key } : {};
    const send = () => server.ok(batchCreatePets, { companyId, items: [item], ...mode }, { headers });
    // Both have found no earlier request when they wait for the customer.
    const holder = await owner.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM customer WHERE id = $1 FOR UPDATE", [id]);
    const both = Promise.all([send(), send()]);
    await expect.poll(() => waitingStatements(owner)).toBe(2);
    await holder.query("COMMIT");
    holder.release();
    const results = (await both).flatMap((answer) => answer.results);
    expect(results.map((result) => result.id)).toEqual([item.id, item.id]);
    expect(results.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
  });

  it("tells that a pet was erased, that it is out of reach, and where it has gone with its owner", async () => {
    const [customer, lead] = [await madeCustomer(server), await madeLead(server)];
    const items = [ofCustomer(customer.id), ofCustomer(customer.id), ofLead(lead.id)].map((item) => ({
      ...{ ...item, idempotencyKey: freshId() },
    }));
    const send = () => server.ok(batchCreatePets, { companyId, items, mode: each, returnRecords: true }, options);
    const options = { key: keys.businessA1 };
    await owner.query("UPDATE lead SET preferred_business_id = 'biz_a1' WHERE id = $1", [lead.id]);
    const { results } = await send();
    await server.ok(PetAdminService.method.erasePet, { companyId, id: results[0]?.id ?? "" });
    await owner.query("UPDATE customer SET preferred_business_id = 'biz_a2' WHERE id = $1", [customer.id]);
    const { customer: promoted } = await server.ok(LeadService.method.promoteLead, { id: lead.id });
    const again = await send();
    expect(again.results.map((result) => refusalIn(result).reason)).toEqual([
      ...["RESOURCE_ERASED", "RESOURCE_NOT_FOUND", undefined],
    ]);
    expect(again.results[2]).toMatchObject({ id: results[2]?.id, pet: { customerId: promoted?.id } });
  });
});

describe("an imported pet of a batch", () => {
  const second = (n: number) => ({ seconds: BigInt(1_600_000_000 + n), nanos: 0 });
  const imported = (customerId: string, id: string) => ({
    ...ofCustomer(customerId, { notes: [{ id: `n${id}`, content: "Old", lastUpdatedBy: "staff_a1" }] }),
    ...{ id, createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1" },
  });

  it("keeps its id, times and authors, as ImportPet keeps them", async () => {
    const [{ id: customerId }, id, alone] = [await madeCustomer(server), freshId(), freshId()];
    await server.ok(batchCreatePets, { companyId, items: [imported(customerId, id), ofCustomer(customerId)] });
    const { owner: of, ...single } = imported(customerId, alone);
    await server.ok(PetAdminService.method.importPet, { companyId, owner: of, ...single });
    const [stored, other] = [
      await server.ok(getPet, { customerId, id }),
      await server.ok(getPet, { customerId, id: alone }),
    ];
    expect(stored).toMatchObject({
      ...{ createdTime: second(0), lastUpdatedTime: second(1), createdBy: "staff_a1", lastUpdatedBy: "staff_a1" },
      notes: [{ id: `n${id}`, content: "Old", lastUpdatedBy: "staff_a1" }],
    });
    expect(shapeOf(stored)).toEqual(shapeOf(other));
  });

  it("needs the scope record:import, whatever else the batch has", async () => {
    const { id } = await madeCustomer(server);
    await server.insertKeys([importless]);
    const request = { companyId, items: [ofCustomer(id), imported(id, freshId())], mode: each };
    expect(await server.refused(batchCreatePets, request, { key: importless })).toMatchObject({
      ...{ code: "PERMISSION_DENIED", reason: "SCOPE_REQUIRED", metadata: { scope: "record:import" } },
    });
    await server.ok(batchCreatePets, { companyId, items: [ofCustomer(id)] }, { key: importless });
  });

  it("is refused with an id that is in use, was erased, or is in the batch twice", async () => {
    const { id: customerId } = await madeCustomer(server);
    const [used, erased, twice] = [freshId(), freshId(), freshId()];
    await server.ok(batchCreatePets, { companyId, items: [imported(customerId, used), imported(customerId, erased)] });
    await server.ok(PetAdminService.method.erasePet, { companyId, id: erased });
    const { results } = await server.ok(batchCreatePets, {
      ...{ companyId, mode: each },
      items: [used, erased, twice, twice].map((id) => ({ ...ofCustomer(customerId), id })),
    });
    expect(results.map((result) => refusalIn(result).reason)).toEqual([
      ...["ALREADY_EXISTS", "RESOURCE_ERASED", undefined, "INVALID_REQUEST"],
    ]);
  });

  it("is refused for every time, author and note id that is wrong", async () => {
    const { id } = await madeCustomer(server);
    const noted = (content: string) => ofCustomer(id, { notes: [{ id: "note_of_pets", content }] });
    const items = [
      { ...ofCustomer(id), createdTime: { seconds: 4_000_000_000n, nanos: 0 } },
      { ...ofCustomer(id), createdBy: "staff_none" },
      noted("kept"),
      noted("taken"),
      { ...ofCustomer(id, { id: "another" }), id: freshId() },
    ];
    const { results } = await server.ok(batchCreatePets, { companyId, items, mode: each });
    expect(results.map((result) => refusalIn(result).fields)).toEqual([
      ["created_time OUT_OF_RANGE", "last_updated_time CONFLICT"],
      ["created_by NOT_FOUND"],
      [],
      ["pet.notes[0].id CONFLICT"],
      ["pet.id CONFLICT"],
    ]);
  });

  it("sent at the same time by several batches is stored by one of them", async () => {
    const { id: customerId } = await madeCustomer(server);
    const ids = Array.from({ length: 6 }, freshId);
    const batches = [ids, ids.toReversed(), ids].map((some) => some.map((id) => ({ ...ofCustomer(customerId), id })));
    const sent = await Promise.all(
      batches.map((items) => server.ok(batchCreatePets, { companyId, items, mode: each })),
    );
    const reasons = sent.flatMap(({ results }) => results.map((result) => refusalIn(result).reason ?? "created"));
    expect(reasons.filter((reason) => reason === "created").length).toBe(6);
    expect(reasons.filter((reason) => reason === "ALREADY_EXISTS").length).toBe(12);
  });
});

describe("reading many pets", () => {
  it("returns them in the order of the request, and says which do not exist", async () => {
    const [customer, lead] = [await madeCustomer(server), await madeLead(server)];
    const items = [ofCustomer(customer.id), ofLead(lead.id), ofCustomer(customer.id)];
    const { results } = await server.ok(batchCreatePets, { companyId, items });
    const ids = results.map(({ id }) => id).toReversed();
    const read = await server.ok(batchGetPets, { companyId, ids: [ids[0] ?? "", "none", ...ids, "pet_b1"] });
    expect(read.pets.map(({ id }) => id)).toEqual(ids);
    expect(read.notFoundIds).toEqual(["none", "pet_b1"]);
    await server.ok(LeadAdminService.method.archiveLead, lead);
    await server.ok(PetAdminService.method.archivePet, { companyId, id: ids[0] ?? "" });
    await owner.query("UPDATE customer SET preferred_business_id = 'biz_a2' WHERE id = $1", [customer.id]);
    const later = await server.ok(batchGetPets, { companyId, ids });
    expect(later.pets.map(({ id, deleted }) => [id, deleted])).toEqual([
      [ids[0], true],
      [ids[2], false],
    ]);
    const limited = await server.ok(batchGetPets, { companyId, ids }, { key: keys.businessA1 });
    expect(limited.notFoundIds).toEqual(ids);
  });
});

const importless = { ...keys.a, id: "key_importless", secret: "secret-of-key_importless-in-the-tests----", scopes: [] };
const leadless = fixtureKey("key_leadless", [{ type: "COMPANY", id: companyId }], {
  scopes: ["pet:read", "pet:write"],
});
