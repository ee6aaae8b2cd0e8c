import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scopes } from "../../src/core/principal.js";
import { ErrorInfoSchema } from "../../src/gen/proto/google/rpc/error_details_pb.js";
import { BatchMode, BatchOutcome } from "../../src/gen/proto/moego/admin/v1/batch_pb.js";
import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { PetBatchService } from "../../src/gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import { type PetUpsertResult, PetUpsertService } from "../../src/gen/proto/moego/admin/v1/pet_upsert_service_pb.js";
import { OnMatch } from "../../src/gen/proto/moego/admin/v1/upsert_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { Pet_Gender, Pet_Status } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { fixtureKey, keys } from "../support/fixture-keys.js";
import { aDog, newLead } from "../support/new-lead.js";
import { addPet, minimalPet, type PetInit } from "../support/new-pet.js";
import { freshId, madeCustomer } from "../support/records.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { upsertPet, batchUpsertPets } = PetUpsertService.method;
const { createPet, getPet, updatePet, listAllPets } = PetService.method;
const { archivePet, erasePet, importPet } = PetAdminService.method;
const { createLead, updateLead, getLead } = LeadService.method;
const { owner } = server.database;
const companyId = "cmp_a";
const { CREATED, UPDATED, UNCHANGED, REFUSED, SKIPPED } = BatchOutcome;
const skip = { onMatch: OnMatch.SKIP };

const without = (...lacking: string[]) =>
  scopes.filter((scope) => scope !== "platform:admin" && !lacking.includes(scope));
const withoutLeads = fixtureKey("key_pet_upserts_no_leads", [{ type: "COMPANY", id: companyId }], {
  scopes: without("lead:write"),
});
const withoutImport = fixtureKey("key_pet_upserts_no_import", [{ type: "COMPANY", id: companyId }], {
  scopes: without("record:import"),
});
beforeAll(() => server.insertKeys([withoutLeads, withoutImport]));

const crm = (id: string) => ({ system: "crm", id });
const idsOf = ({ externalIds }: { readonly externalIds: readonly { system: string; id: string }[] }) =>
  externalIds.map(({ system, id }) => `${system}/${id}`);
const none = { externalIds: [] };
const ofCustomer = (value: string) => ({ owner: { case: "customerId", value } as const });
const ofLead = (value: string) => ({ owner: { case: "leadId", value } as const });
let last = 0;
function fresh() {
  last += 1;
  return crm(`pet ${last}`);
}

type Match = { id?: string; externalId?: { system: string; id: string } };
type Owner = ReturnType<typeof ofCustomer> | ReturnType<typeof ofLead>;
type Options = Parameters<typeof server.ok>[2];
const requestOf = (match: Match, of: Owner, fields: PetInit, more: object) => ({
  ...{ companyId, match, ...of, pet: { ...minimalPet, ...fields }, ...more },
});
const upsert = (match: Match, of: Owner, fields: PetInit = {}, more: object = {}, options: Options = {}) =>
  server.ok(upsertPet, requestOf(match, of, fields, more), options);
const refused = (match: Match, of: Owner, fields: PetInit = {}, more: object = {}, options: Options = {}) =>
  server.refused(upsertPet, requestOf(match, of, fields, more), options);

function reasonOf(result: PetUpsertResult | undefined) {
  return result?.error?.details.flatMap((one) => anyUnpack(one, ErrorInfoSchema) ?? [])[0]?.reason;
}

describe("the external ids of a pet", () => {
  it("are stored by creates, imports, batches and leads, and found by every read", async () => {
    const { id: customerId } = await madeCustomer(server);
    const made = await addPet(server, customerId, { externalIds: [crm("b"), crm("a")] });
    expect(idsOf(made)).toEqual(["crm/a", "crm/b"]);
    expect(idsOf(await server.ok(getPet, { customerId, id: made.id }))).toEqual(idsOf(made));
    const filter = { externalIds: [crm("a"), crm("nobody")] };
    const { pets } = await server.ok(listAllPets, { companyId, pagination: {}, filter });
    expect(pets.map(({ id }) => id)).toEqual([made.id]);
    const pet = { ...minimalPet, externalIds: [crm("imported")] };
    const imported = await server.ok(importPet, { companyId, id: freshId(), ...ofCustomer(customerId), pet });
    expect(idsOf(imported.pet ?? none)).toEqual(["crm/imported"]);
    const item = { ...ofCustomer(customerId), pet: { ...minimalPet, externalIds: [crm("batch")] } };
    const batch = { companyId, returnRecords: true, mode: BatchMode.EACH, items: [item, item] };
    const { results } = await server.ok(PetBatchService.method.batchCreatePets, batch);
    expect(results.map((result) => idsOf(result.pet ?? none))).toEqual([["crm/batch"], []]);
    expect(results[1]?.error?.code).toBe(6);
    const lead = await server.ok(createLead, newLead({ pets: [{ ...aDog, externalIds: [crm("of lead")] }] }));
    expect(lead.pets.map(idsOf)).toEqual([["crm/of lead"]]);
    const edited = { id: lead.pets[0]?.id ?? "", externalIds: [crm("edited")] };
    const changed = await server.ok(updateLead, { id: lead.id, lead: { pets: [edited] } });
    expect(changed.pets.map(idsOf)).toEqual([["crm/edited"]]);
  });

  it("belong to one pet of a company, whatever writes them, and are free once it was erased", async () => {
    const { id: customerId } = await madeCustomer(server);
    const pet = { ...minimalPet, externalIds: [crm("single")] };
    const first = await addPet(server, customerId, pet);
    const other = await addPet(server, customerId);
    const taken = { code: "ALREADY_EXISTS", metadata: { resource: "Pet", field: "external_ids" } };
    expect(await server.refused(createPet, { customerId, pet })).toMatchObject(taken);
    const update = { customerId, id: other.id, externalIds: [crm("single")] };
    expect(await server.refused(updatePet, update)).toMatchObject(taken);
    expect(await server.refused(createLead, newLead({ pets: [pet] }))).toMatchObject(taken);
    const imported = { companyId, id: freshId(), ...ofCustomer(customerId), pet };
    expect(await server.refused(importPet, imported)).toMatchObject(taken);
    await server.ok(erasePet, { companyId, id: first.id });
    expect(idsOf(await server.ok(updatePet, update))).toEqual(["crm/single"]);
  });
});

describe("an upsert of a pet", () => {
  it("creates the pet with its key and notes, and the same request then changes nothing", async () => {
    const { id: customerId } = await madeCustomer(server);
    const externalId = fresh();
    const send = () =>
      upsert({ externalId }, ofCustomer(customerId), { notes: [{ content: "Once" }], weight: { value: 7 } });
    const made = await send();
    expect(made.outcome).toBe(CREATED);
    expect(made.pet).toMatchObject({ customerId, externalIds: [externalId], notes: [{ content: "Once" }] });
    const again = await send();
    expect([again.outcome, again.pet]).toEqual([UNCHANGED, made.pet]);
    const changes = await owner.query("SELECT version FROM change WHERE resource_id = $1", [made.pet?.id]);
    expect(changes.rows).toHaveLength(1);
  });

  it("changes nothing if PostgreSQL and JavaScript order the external ids of the pet otherwise", async () => {
    const { id: customerId } = await madeCustomer(server);
    const externalId = fresh();
    // The second one comes first by the units of UTF-16.
    const externalIds = ["\uff21", "\u{1f415}"].map(crm);
    const send = () => upsert({ externalId }, ofCustomer(customerId), { externalIds });
    expect([(await send()).outcome, (await send()).outcome]).toEqual([CREATED, UNCHANGED]);
  });

  it("changes what the request states as UpdatePet does, and leaves its owner, its notes and what is not stated", async () => {
    const { id: customerId } = await madeCustomer(server);
    const externalId = fresh();
    const stored = await addPet(server, customerId, {
      ...{
        externalIds: [externalId],
        notes: [{ content: "Old" }],
        vet: { name: "Dr. A", phoneNumber: "+12125550190" },
      },
      ...{ petCodes: [{ id: "pc_a1" }], vaccinations: [{ name: "Rabies" }], coat: "Curly", status: 2, gender: 2 },
      ...{ weight: { value: 12, unit: 2 }, customFields: { field_short: { value: { case: "string", value: "old" } } } },
    });
    const { outcome, pet } = await upsert({ externalId }, ofCustomer("cus_a1"), {
      ...{ name: "Luna", vet: { address: "1 Vet St" }, petCodes: [{ id: "pc_a2" }], notes: [{ content: "New" }] },
      ...{ vaccinations: [{ name: "Lyme" }], weight: { value: 13 }, externalIds: [crm(`more ${externalId.id}`)] },
      customFields: { field_number: { value: { case: "int64", value: 7n } } },
    });
    expect(outcome).toBe(UPDATED);
    expect(pet).toMatchObject({
      ...{ id: stored.id, customerId, name: "Luna", coat: "Curly", notes: [{ content: "Old" }] },
      ...{ status: Pet_Status.PASSED_AWAY, gender: Pet_Gender.FEMALE, weight: { value: 13, unit: 2 } },
      ...{ vet: { name: "Dr. A", phoneNumber: "+12125550190", address: "1 Vet St" }, petCodes: [{ id: "pc_a2" }] },
      ...{ vaccinations: [{ name: "Lyme" }], externalIds: [crm(`more ${externalId.id}`), externalId] },
      customFields: {
        field_short: { value: { case: "string", value: "old" } },
        field_number: { value: { case: "int64", value: 7n } },
      },
    });
    expect(await server.ok(getPet, { customerId, id: stored.id })).toEqual(pet);
    const { rows } = await owner.query(
      "SELECT version::int, rpc, changed_fields, location_before FROM change WHERE resource_id = $1 AND version = 2",
      [stored.id],
    );
    const changed = ["name", "vet", "pet_codes", "vaccinations", "weight", "custom_fields", "external_ids"];
    expect(rows).toEqual([
      {
        ...{ version: 2, rpc: "moego.admin.v1.PetUpsertService/UpsertPet", location_before: "biz_a1" },
        changed_fields: expect.arrayContaining(changed),
      },
    ]);
    expect(rows[0]?.changed_fields).toHaveLength(changed.length);
  });

  it("fills what the pet does not have, or skips it", async () => {
    const { id: customerId } = await madeCustomer(server);
    const stored = await addPet(server, customerId, {
      coat: "Curly",
      vet: { name: "Dr. A" },
      petCodes: [{ id: "pc_a1" }],
    });
    const fields: PetInit = {
      ...{ name: "Other", coat: "Smooth", color: "Red", status: 2, petCodes: [{ id: "pc_a2" }] },
      ...{ vet: { name: "Dr. B", address: "1 Vet St" }, vaccinations: [{ name: "Lyme" }] },
    };
    const skipped = await upsert({ id: stored.id }, ofCustomer(customerId), fields, skip);
    expect([skipped.outcome, skipped.pet]).toEqual([SKIPPED, stored]);
    const fill = { onMatch: OnMatch.FILL_EMPTY };
    const filled = await upsert({ id: stored.id }, ofCustomer(customerId), fields, fill);
    expect(filled.outcome).toBe(UPDATED);
    expect(filled.pet).toMatchObject({
      ...{ name: "Bella", coat: "Curly", color: "Red", status: Pet_Status.ALIVE, petCodes: [{ id: "pc_a1" }] },
      ...{ vet: { name: "Dr. A", address: "1 Vet St" }, vaccinations: [{ name: "Lyme" }] },
    });
    const withoutStatus = { ...fields, status: 0 };
    expect((await upsert({ id: stored.id }, ofCustomer(customerId), withoutStatus, fill)).outcome).toBe(UNCHANGED);
  });

  it("changes the lead with its pet, needs lead:write for that, and never names pets of other locations", async () => {
    const externalId = fresh();
    const lead = await server.ok(createLead, newLead({ pets: [{ ...aDog, externalIds: [externalId] }] }));
    const scope = { code: "PERMISSION_DENIED", metadata: { scope: "lead:write" } };
    const noLeads = { key: withoutLeads };
    expect(await refused({ externalId }, ofCustomer("cus_a1"), {}, {}, noLeads)).toMatchObject(scope);
    expect(await refused({ externalId }, ofLead(lead.id), {}, {}, noLeads)).toMatchObject(scope);
    expect((await upsert({ externalId }, ofLead(lead.id), { coat: "Curly" })).outcome).toBe(UPDATED);
    const { etag, pets } = await server.ok(getLead, { id: lead.id });
    expect([etag, pets[0]?.coat]).toEqual(["2", "Curly"]);
    const hidden = await refused({ externalId }, ofCustomer("cus_a1"), {}, {}, { key: keys.businessA1 });
    expect(hidden).toMatchObject({ code: "ALREADY_EXISTS", reason: "ALREADY_EXISTS" });
    expect((await upsert({ id: "pet_c1" }, ofCustomer("cus_a1"))).outcome).toBe(CREATED);
  });

  it("refuses archived pets, pets of archived customers, ids that it may not choose, and ids of erased pets", async () => {
    const { id: customerId } = await madeCustomer(server);
    const of = ofCustomer(customerId);
    const id = freshId();
    expect(await refused({ id }, of, {}, {}, { key: withoutImport })).toMatchObject({ code: "NOT_FOUND" });
    expect((await upsert({ id }, of, { id })).pet?.id).toBe(id);
    await server.ok(archivePet, { companyId, id });
    expect(await refused({ id }, of)).toMatchObject({ reason: "RESOURCE_ARCHIVED", metadata: { id } });
    await server.ok(erasePet, { companyId, id });
    expect(await refused({ id }, of)).toMatchObject({ reason: "RESOURCE_ERASED" });
    const externalId = fresh();
    await upsert({ externalId }, of);
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: customerId });
    const archived = { reason: "RESOURCE_ARCHIVED", metadata: { id: customerId } };
    expect(await refused({ externalId }, of)).toMatchObject(archived);
    const { violations } = await refused({ externalId: fresh() }, of);
    expect(violations).toMatchObject([{ field: "customer_id", reason: "NOT_FOUND" }]);
  });

  it("lists every violation, of a pet that is created and of one that is changed", async () => {
    const { id: customerId } = await madeCustomer(server);
    const of = ofCustomer(customerId);
    const externalId = fresh();
    await upsert({ externalId }, of);
    const bad: PetInit = {
      ...{ petCodes: [{ id: "pc_none" }], birthday: { year: 2999, month: 1, day: 1 } },
      customFields: { none: { value: { case: "string", value: "x" } } },
    };
    const fields = ["pet.birthday", 'pet.custom_fields["none"]', "pet.pet_codes[0].id"];
    for (const key of [externalId, fresh()]) {
      const { violations } = await refused({ externalId: key }, of, bad);
      expect(violations.map(({ field }) => field).toSorted()).toEqual(fields);
    }
    const other = fresh();
    await upsert({ externalId: other }, of);
    const taken = { code: "ALREADY_EXISTS", metadata: { field: "external_ids" } };
    expect(await refused({ externalId }, of, { externalIds: [other] })).toMatchObject(taken);
    const cases = [
      [{}, {}, "match REQUIRED"],
      [{ id: "x", externalId: other }, {}, "match.id CONFLICT"],
      [{ id: "x" }, { id: "y" }, "pet.id CONFLICT"],
      [{ externalId: other }, { breed: "" }, "pet.breed REQUIRED"],
    ] as const;
    for (const [match, given, expected] of cases) {
      const { violations } = await refused(match, of, given);
      expect(violations.map(({ field, reason }) => `${field} ${reason}`)).toEqual([expected]);
    }
  });

  it("goes to one of 16 requests with the same key, and the others change nothing", async () => {
    const { id: customerId } = await madeCustomer(server);
    const externalId = fresh();
    const sent = await Promise.all(Array.from({ length: 16 }, () => upsert({ externalId }, ofCustomer(customerId))));
    expect(sent.filter(({ outcome }) => outcome === CREATED)).toHaveLength(1);
    expect(new Set(sent.map(({ pet }) => pet?.id)).size).toBe(1);
  });
});

describe("the size of a pet with long codes", () => {
  const codes = Array.from({ length: 45 }, (_, n) => ({ id: `pc_long_${n}` }));
  beforeAll(() =>
    owner.query(
      `INSERT INTO pet_code (company_id, id, abbreviation, description, color, display_order, last_updated_by, last_updated_time)
       SELECT $1, 'pc_long_' || n, 'L', repeat('x', 25000), '', 100 + n, '', now() FROM generate_series(0, 44) AS n`,
      [companyId],
    ),
  );
  const tooLarge = { reason: "INVALID_REQUEST", violations: [{ reason: "TOO_LONG" }] };

  it("counts the codes that an upsert gives it, of a new pet and of one that is found", async () => {
    const { id: customerId } = await madeCustomer(server);
    const externalId = fresh();
    expect(await refused({ externalId }, ofCustomer(customerId), { petCodes: codes })).toMatchObject(tooLarge);
    await upsert({ externalId }, ofCustomer(customerId));
    expect(await refused({ externalId }, ofCustomer(customerId), { petCodes: codes })).toMatchObject(tooLarge);
    expect((await upsert({ externalId }, ofCustomer(customerId), { petCodes: codes.slice(40) })).outcome).toBe(UPDATED);
  });

  it("is judged by what a batch leaves of a lead, wherever the item is that makes room for another", async () => {
    const lead = await server.ok(createLead, newLead());
    const [known, added] = [fresh(), fresh()];
    const item = (externalId: { system: string; id: string }, petCodes: { id: string }[]) => ({
      ...{ match: { externalId }, ...ofLead(lead.id), pet: { ...minimalPet, petCodes } },
    });
    await upsert({ externalId: known }, ofLead(lead.id), { petCodes: codes.slice(0, 35) });
    const items = [item(added, codes.slice(0, 20)), item(known, codes.slice(0, 5))];
    const { results } = await server.ok(batchUpsertPets, { companyId, mode: BatchMode.ALL_OR_NOTHING, items });
    expect(results.map(({ outcome }) => outcome)).toEqual([CREATED, UPDATED]);
    const grown = [item(added, codes.slice(0, 20)), item(known, codes.slice(0, 35))];
    const each = await server.ok(batchUpsertPets, { companyId, mode: BatchMode.EACH, items: grown });
    expect(each.results.map(({ outcome }) => outcome)).toEqual([UNCHANGED, REFUSED]);
  });
});

describe("a batch of upserts of pets", () => {
  it("creates, changes and leaves pets of several owners, refuses items, and returns the outcomes to a retry", async () => {
    const { id: customerId } = await madeCustomer(server);
    const lead = await server.ok(createLead, newLead());
    const [known, same, added, bad] = [fresh(), fresh(), fresh(), fresh()];
    const item = (externalId: { system: string; id: string }, of: Owner, fields: PetInit = {}) => ({
      ...{ match: { externalId }, ...of, pet: { ...minimalPet, ...fields } },
    });
    await upsert({ externalId: known }, ofLead(lead.id));
    await upsert({ externalId: same }, ofCustomer(customerId));
    const request = {
      ...{ companyId, mode: BatchMode.EACH, returnRecords: true },
      items: [
        item(known, ofLead(lead.id), { coat: "Curly" }),
        item(same, ofCustomer(customerId)),
        { ...item(added, ofLead(lead.id)), idempotencyKey: `item-${last}` },
        item(bad, ofCustomer("nobody")),
        item(known, ofLead(lead.id)),
        item(fresh(), ofCustomer(customerId), { externalIds: [added] }),
      ],
    };
    const options = { headers: { "idempotency-key": `pets-${last}` } };
    const { results } = await server.ok(batchUpsertPets, request, options);
    expect(results.map(({ outcome }) => outcome)).toEqual([UPDATED, UNCHANGED, CREATED, REFUSED, REFUSED, REFUSED]);
    expect(results[0]?.pet).toMatchObject({ coat: "Curly", customerId: lead.id });
    expect(reasonOf(results[3])).toBe("INVALID_REQUEST");
    expect((await server.ok(getLead, { id: lead.id })).etag).toBe("3");
    const again = await server.ok(batchUpsertPets, request, options);
    expect(again.results.slice(0, 3).map(({ outcome, replayed }) => [outcome, replayed])).toEqual([
      [UPDATED, true],
      [UNCHANGED, true],
      [CREATED, true],
    ]);
    const [, , third] = request.items;
    const whole = { companyId, items: third ? [third, item(bad, ofCustomer("nobody"))] : [] };
    const { violations } = await server.refused(batchUpsertPets, whole);
    expect(violations).toMatchObject([{ field: "items[1].customer_id" }]);
  });
});
