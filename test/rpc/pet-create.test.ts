import type { JsonValue } from "@bufbuild/protobuf";
import { afterAll, describe, expect, it } from "vitest";
import { localDate } from "../../src/core/time-zones.js";
import {
  Pet_EvaluationStatus,
  Pet_Gender,
  Pet_Status,
  Pet_Type,
} from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { Weight_Unit } from "../../src/gen/proto/moego/common/v1/weight_pb.js";
import { keys } from "../support/fixture-keys.js";
import { addPet, createPet, minimalPet, type PetInit } from "../support/new-pet.js";
import { pet } from "../support/pet-rows.js";
import { invalidField } from "../support/refused-with.js";
import { jsonTransports, startServer, succeeded } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;
const customerId = "cus_a1";
/** Enums are open on the wire. */
const noValue: number = 99;
const long = (length: number) => "é".repeat(length);
const day = (year: number, month: number, date: number) => ({ year, month, day: date });
const refusalOf = (fields: PetInit) => server.refused(rpc.createPet, { customerId, pet: { ...minimalPet, ...fields } });

describe("CreatePet", () => {
  it("needs a name, a type and a breed, and says nothing more of the pet", async () => {
    const created = await createPet(server);
    expect(created).toMatchObject({
      ...{ id: expect.stringMatching(/^pet_[0-9A-Za-z]{22}$/), ...minimalPet, status: Pet_Status.ALIVE },
      ...{ gender: Pet_Gender.GENDER_UNSPECIFIED, fixed: "", coat: "", behavior: "", photo: "", deleted: false },
      ...{ petCodes: [], notes: [], vaccinations: [], evaluationStatus: 0 },
    });
    for (const absent of [created.birthday, created.weight, created.vet]) expect(absent).toBeUndefined();
    expect(created.rawId).toBeGreaterThan(0n);
    expect(created.createdTime).toEqual(created.lastUpdatedTime);
  });

  it("stores everything that is sent, and GetPet returns the same", async () => {
    const sent = {
      ...{ name: " Bella ", birthday: day(2020, 2, 29), type: Pet_Type.GUINEA_PIG, breed: "Crested" },
      ...{ gender: Pet_Gender.FEMALE, weight: { value: 7, unit: Weight_Unit.POUND }, fixed: "unknown", coat: "Long" },
      ...{ behavior: "Shy", status: Pet_Status.PASSED_AWAY, evaluationStatus: Pet_EvaluationStatus.FAIL },
      photo: "https://img.example/bella.png",
      vet: { name: "Dr. Vet", phoneNumber: "(212) 555-0190", address: "1 Vet St" },
      petCodes: [{ id: "pc_a2" }, { id: "pc_a1", abbreviation: "ignored" }, { id: "pc_a2" }],
      notes: [{ content: "first" }, { content: "second\n\tline" }],
      vaccinations: [
        { name: "Rabies", expiredAt: { seconds: 1_800_000_000n, nanos: 5_000_000 } },
        { name: "Distemper" },
      ],
      ...{ customerId: "cus_zz", deleted: true, rawId: 5n, createdTime: { seconds: 5n } },
    };
    const created = await addPet(server, customerId, sent);
    expect(created).toMatchObject({
      ...sent,
      ...{ name: "Bella", customerId, deleted: false, vet: { ...sent.vet, phoneNumber: "+12125550190" } },
      ...{ rawId: created.rawId, createdTime: created.lastUpdatedTime },
      petCodes: [
        { id: "pc_a1", abbreviation: "B", description: "Bites", color: "#FF0000" },
        { id: "pc_a2", abbreviation: "N" },
      ],
      notes: [
        { content: "second\n\tline", lastUpdatedBy: "staff_a1" },
        { content: "first", lastUpdatedBy: "staff_a1" },
      ],
    });
    expect(created.rawId).not.toBe(5n);
    expect(await server.ok(rpc.getPet, { customerId, id: created.id })).toEqual(created);
  });

  it.each(jsonTransports)("reads the documented spellings of a date on %s", async (transport) => {
    const request = { customerId, pet: { name: "Bella", type: "DOG", breed: "Beagle", birthday: "2020-02-29" } };
    const { message } = succeeded(rpc.createPet, await server.callJson(rpc.createPet, request, { transport }));
    expect(message).toMatchObject({ pet: { birthday: day(2020, 2, 29), type: "DOG", notes: [], deleted: false } });
  });

  it.each([
    ["the first day", day(1, 1, 1)],
    ["29 February of a leap year", day(2024, 2, 29)],
    ["29 February of a century that is one", day(2000, 2, 29)],
    ["29 February of the year 4", day(4, 2, 29)],
    ["a day of the change of calendars", day(1582, 10, 10)],
  ])("keeps %s as it was said", async (_, birthday) => {
    const created = await addPet(server, customerId, { birthday });
    expect(created.birthday).toMatchObject(birthday);
    const { rows } = await server.database.owner.query("SELECT birthday::text AS day FROM pet WHERE id = $1", [
      created.id,
    ]);
    const [year, month, date] = String(rows[0]?.day).split("-").map(Number);
    expect({ year, month, day: date }).toEqual(birthday);
  });

  it.each([
    ["29 February of a common year", day(2023, 2, 29)],
    ["29 February of a century that is none", day(1900, 2, 29)],
    ["31 April", day(2024, 4, 31)],
    ["a day without a month", day(2024, 0, 4)],
    ["a day without a year", day(0, 4, 1)],
    ["a month without a year", day(0, 4, 0)],
    ["a day to come", day(9999, 12, 31)],
    ["a month to come", day(9999, 12, 0)],
    ["a year to come", day(9999, 0, 0)],
    ["a 13th month without a day", day(2024, 13, 0)],
    ["the year 10000", day(10_000, 1, 1)],
    ["a 13th month", day(2024, 13, 1)],
    ["negative parts", day(2024, -1, -1)],
  ])("refuses %s", async (_, birthday) => {
    expect(await refusalOf({ birthday })).toMatchObject(invalidField("pet.birthday", "OUT_OF_RANGE"));
  });

  it.each([
    ["a year", "2019", day(2019, 0, 0)],
    ["a year and a month", "2019-05", day(2019, 5, 0)],
  ])("keeps %s alone as such, in every encoding", async (_, text, birthday) => {
    const created = await addPet(server, customerId, { birthday });
    expect(created.birthday).toMatchObject(birthday);
    const request = { customerId, id: created.id, birthday: text };
    const { message } = succeeded(rpc.updatePet, await server.callJson(rpc.updatePet, request));
    expect(message).toMatchObject({ birthday });
    const whole = await server.ok(rpc.updatePet, { customerId, id: created.id, birthday: day(2019, 5, 4) });
    expect(whole.birthday).toMatchObject(day(2019, 5, 4));
  });

  it("reckons a birthday to come by the time zone of the company", async () => {
    const zone = (id: string, name: string) =>
      server.database.owner.query("UPDATE company SET time_zone = $2 WHERE id = $1", [id, name]);
    // 26 hours lie between the zones, so their days always differ.
    await zone("cmp_c", "Etc/GMT+12");
    await zone("cmp_b", "Pacific/Kiritimati");
    const [year = 0, month = 0, date = 0] = localDate("Pacific/Kiritimati", new Date()).split("-").map(Number);
    const pet = { ...minimalPet, birthday: day(year, month, date) };
    const early = await server.refused(rpc.createPet, { customerId: "cus_c1", pet }, { key: keys.c });
    expect(early).toMatchObject(invalidField("pet.birthday", "OUT_OF_RANGE"));
    await server.ok(rpc.createPet, { customerId: "cus_b1", pet }, { key: keys.b });
  });

  it("keeps what other systems know of a pet, within its limits", async () => {
    const care = { allergies: "Chicken\nGrain", feeding: "Twice", medication: "½ tablet", specialNeeds: "Deaf" };
    const fields = { ...care, microchip: " 985112345678901 ", color: "Black" };
    const created = await addPet(server, customerId, fields);
    expect(created).toMatchObject({ ...fields, microchip: "985112345678901" });
    const long = { ...{ microchip: "9".repeat(65), color: "x".repeat(256), specialNeeds: "é".repeat(2_001) } };
    for (const [field, value] of Object.entries(long)) {
      const name = field === "specialNeeds" ? "pet.special_needs" : `pet.${field}`;
      expect(await refusalOf({ [field]: value })).toMatchObject(invalidField(name, "TOO_LONG"));
    }
  });

  it.each<readonly [string, JsonValue, object]>([
    ["a number", { value: 12.5, unit: "KILOGRAM" }, { value: 13, unit: "KILOGRAM", exactValue: "12.5" }],
    ["a text with decimals", { value: "12.5" }, { value: 13, unit: "KILOGRAM", exactValue: "12.5" }],
    ["a text with a unit", "4.25 lbs", { value: 4, unit: "POUND", exactValue: "4.25" }],
    ["a message with decimals", { value: 0.3, unit: "kg" }, { value: 0, unit: "KILOGRAM", exactValue: "0.3" }],
    ["a whole number", { value: 12 }, { value: 12, unit: "KILOGRAM" }],
  ])("reads a weight in JSON as %s, and keeps its unit when a later one has none", async (_, weight, stored) => {
    const pet = { name: "Bella", type: "DOG", breed: "Beagle", weight: { value: 9, unit: "lb" } };
    const made = succeeded(
      rpc.createPet,
      await server.callJson(rpc.createPet, { customerId, pet: { ...pet, weight } }),
    );
    expect(made.message).toMatchObject({ pet: { weight: stored } });
    const { id } = await addPet(server, customerId, { weight: { value: 9, unit: Weight_Unit.POUND } });
    const { weight: kept } = await server.ok(rpc.updatePet, { customerId, id, weight: { value: 10 } });
    expect(kept).toMatchObject({ value: 10, unit: Weight_Unit.POUND });
  });

  it("reads an empty date as none", async () => {
    expect((await addPet(server, customerId, { birthday: day(0, 0, 0) })).birthday).toBeUndefined();
  });

  it.each([
    ["the heaviest weight", { value: 4_294_967_295, unit: Weight_Unit.KILOGRAM }],
    ["a weight in pounds", { value: 1, unit: Weight_Unit.POUND }],
  ])("keeps %s", async (_, weight) => {
    expect((await addPet(server, customerId, { weight })).weight).toMatchObject(weight);
  });

  it("reads a weight without a unit as kilograms, and a weight of 0 as unknown", async () => {
    const { weight } = await addPet(server, customerId, { weight: { value: 3 } });
    expect(weight).toMatchObject({ value: 3, unit: Weight_Unit.KILOGRAM });
    expect((await addPet(server, customerId, { weight: { value: 0 } })).weight).toBeUndefined();
  });

  it.each([
    ["the first time", -62_135_596_800n],
    ["the last second", 253_402_300_799n],
  ])("keeps a vaccination that ends at %s", async (_, seconds) => {
    const { vaccinations } = await addPet(server, customerId, {
      vaccinations: [{ name: "x", expiredAt: { seconds } }],
    });
    expect(vaccinations[0]?.expiredAt?.seconds).toBe(seconds);
  });

  it.each<readonly [string, PetInit, string, string]>([
    ["no name", { name: " " }, "pet.name", "REQUIRED"],
    ["no breed", { breed: "" }, "pet.breed", "REQUIRED"],
    ["no type", { type: Pet_Type.TYPE_UNSPECIFIED }, "pet.type", "REQUIRED"],
    ["a type that is none", { type: noValue }, "pet.type", "NOT_ALLOWED"],
    ["an id", { id: "pet_mine" }, "pet.id", "NOT_ALLOWED"],
    ["a name that is too long", { name: long(101) }, "pet.name", "TOO_LONG"],
    ["a breed that is too long", { breed: long(256) }, "pet.breed", "TOO_LONG"],
    ["a control character", { coat: "a\u0007" }, "pet.coat", "INVALID_FORMAT"],
    ["a word that says nothing of neutering", { fixed: "maybe" }, "pet.fixed", "NOT_ALLOWED"],
    ["a unit that is none", { weight: { value: 1, unit: noValue } }, "pet.weight.unit", "NOT_ALLOWED"],
    ["a status that is none", { status: noValue }, "pet.status", "NOT_ALLOWED"],
    ["a photo without TLS", { photo: "http://img.example/a.png" }, "pet.photo", "INVALID_FORMAT"],
    ["a vet without a possible phone", { vet: { phoneNumber: "12" } }, "pet.vet.phone_number", "INVALID_FORMAT"],
    ["a vaccination without a name", { vaccinations: [{ name: "" }] }, "pet.vaccinations[0].name", "REQUIRED"],
    [
      "a vaccination beyond the years",
      { vaccinations: [{ name: "x", expiredAt: { seconds: 253_402_300_800n } }] },
      "pet.vaccinations[0].expired_at",
      "OUT_OF_RANGE",
    ],
    ["51 vaccinations", { vaccinations: times(51, { name: "x" }) }, "pet.vaccinations", "TOO_MANY"],
    ["51 notes", { notes: times(51, { content: "x" }) }, "pet.notes", "TOO_MANY"],
    ["an empty note", { notes: [{ content: "a" }, { content: " " }] }, "pet.notes[1].content", "REQUIRED"],
    ["a note with an id", { notes: [{ id: "cxn_x", content: "a" }] }, "pet.notes[0].id", "NOT_ALLOWED"],
    ["51 codes", { petCodes: times(51, { id: "pc_a1" }) }, "pet.pet_codes", "TOO_MANY"],
    ["a code without an id", { petCodes: [{ abbreviation: "B" }] }, "pet.pet_codes[0].id", "REQUIRED"],
    ["a code that nobody has", { petCodes: [{ id: "pc_a1" }, { id: "pc_z" }] }, "pet.pet_codes[1].id", "NOT_FOUND"],
    ["an archived code", { petCodes: [{ id: "pc_a9" }] }, "pet.pet_codes[0].id", "NOT_FOUND"],
    ["a code of another company", { petCodes: [{ id: "pc_c1" }] }, "pet.pet_codes[0].id", "NOT_FOUND"],
  ])("refuses %s", async (_, fields, field, reason) => {
    expect(await refusalOf(fields)).toMatchObject(invalidField(field, reason));
  });

  it("names everything that is wrong at once, and stores nothing", async () => {
    const before = await countPets();
    const refusal = await server.refused(rpc.createPet, {
      customerId,
      pet: { fixed: "x", birthday: day(2024, 0, 1), notes: [{ content: "" }] },
    });
    expect(refusal.violations.map(({ field }) => field).toSorted()).toEqual(
      ["pet.birthday", "pet.breed", "pet.fixed", "pet.name", "pet.notes[0].content", "pet.type"].toSorted(),
    );
    await refusalOf({ notes: [{ content: "kept?" }], petCodes: [{ id: "pc_z" }] });
    expect(await countPets()).toEqual(before);
  });

  it("gives a customer 500 pets and not one more, archived ones not counted", async () => {
    const owner = (await createPet(server)).customerId;
    const time = "2024-01-01T00:00:00Z";
    await server.insert([
      [
        "pet",
        [
          ...Array.from({ length: 498 }, (_, n) => pet("cmp_a", `pet_many_${n}`, owner, time)),
          pet("cmp_a", "pet_many_gone", owner, time, { archived_time: time }),
        ],
      ],
    ]);
    await addPet(server, owner);
    const refusal = await server.refused(rpc.createPet, {
      customerId: owner,
      pet: { ...minimalPet, petCodes: [{ id: "pc_z" }] },
    });
    expect(refusal.violations).toEqual([
      { field: "pet", reason: "TOO_MANY" },
      { field: "pet.pet_codes[0].id", reason: "NOT_FOUND" },
    ]);
    expect((await server.ok(rpc.listPets, { customerId: owner })).pets).toHaveLength(500);
  });
});

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

async function countPets(): Promise<unknown> {
  const { rows } = await server.database.owner.query("SELECT count(*) FROM pet");
  return rows[0];
}
