import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import {
  Pet_EvaluationStatus,
  Pet_Gender,
  Pet_Status,
  Pet_Type,
} from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import {
  PetService,
  type UpdatePetRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { Weight_Unit } from "../../src/gen/proto/moego/common/v1/weight_pb.js";
import { keys } from "../support/fixture-keys.js";
import { createPet, type PetInit } from "../support/new-pet.js";
import { invalidField } from "../support/refused-with.js";
import { jsonTransports, startServer, succeeded } from "../support/server.js";

type Update = MessageInitShape<typeof UpdatePetRequestSchema>;

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;
/** Enums are open on the wire. */
const noValue: number = 99;

const everything = {
  ...{ birthday: { year: 2020, month: 2, day: 29 }, gender: Pet_Gender.MALE, weight: { value: 7, unit: 2 } },
  ...{ fixed: "yes", coat: "Curly", behavior: "Calm", photo: "https://img.example/a.png" },
  vet: { name: "Dr. Vet", phoneNumber: "+12125550190", address: "1 Vet St" },
  evaluationStatus: Pet_EvaluationStatus.PASS,
  ...{ petCodes: [{ id: "pc_a1" }], notes: [{ content: "kept" }] },
  vaccinations: [{ name: "Rabies", expiredAt: { seconds: 1_800_000_000n } }, { name: "Distemper" }],
} satisfies PetInit;

describe("UpdatePet", () => {
  it("keeps whatever is absent, and moves the time alone", async () => {
    const before = await createPet(server, everything);
    const after = await update(before, {});
    expect(after).toEqual({ ...before, lastUpdatedTime: after.lastUpdatedTime });
    expect(timeOf(after)).toBeGreaterThan(timeOf(before));
    expect(await server.ok(rpc.getPet, { customerId: before.customerId, id: before.id })).toEqual(after);
  });

  it.each<readonly [string, Update]>([
    ["the name", { name: "Luna" }],
    ["the birthday", { birthday: { year: 2021, month: 1, day: 31 } }],
    ["the type", { type: Pet_Type.CHINCHILLA }],
    ["the breed", { breed: "Mixed" }],
    ["the gender", { gender: Pet_Gender.UNKNOWN }],
    ["the weight with its unit", { weight: { value: 3, unit: Weight_Unit.KILOGRAM } }],
    ["whether it is neutered", { fixed: "no" }],
    ["the coat", { coat: "Smooth" }],
    ["the temperament", { behavior: "Wild" }],
    ["the evaluation", { evaluationStatus: Pet_EvaluationStatus.FAIL }],
    ["the photo", { photo: "https://img.example/b.png" }],
    ["the vet as a whole", { vet: { name: "Other", phoneNumber: "+12125550155", address: "2 Vet St" } }],
    ["all vaccinations", { vaccinations: [{ name: "Lyme" }] }],
    ["that it died", { status: Pet_Status.PASSED_AWAY }],
    ["that it is not brought in any more", { status: Pet_Status.INACTIVE }],
  ])("changes %s alone", async (_, change) => {
    const before = await createPet(server, everything);
    const after = await update(before, change);
    expect(after).toMatchObject(change);
    const changed = Object.fromEntries(Object.keys(change).map((field) => [field, undefined]));
    expect({ ...after, ...changed }).toEqual({ ...before, ...changed, lastUpdatedTime: after.lastUpdatedTime });
  });

  it.each<readonly [string, Update, keyof typeof everything, unknown]>([
    ["a birthday", { birthday: {} }, "birthday", undefined],
    ["a gender", { gender: Pet_Gender.GENDER_UNSPECIFIED }, "gender", 0],
    ["a weight", { weight: {} }, "weight", undefined],
    ["a weight of 0 pounds", { weight: { value: 0, unit: Weight_Unit.POUND } }, "weight", undefined],
    ["whether it is neutered", { fixed: "" }, "fixed", ""],
    ["a coat", { coat: " " }, "coat", ""],
    ["a temperament", { behavior: "" }, "behavior", ""],
    ["a vet", { vet: {} }, "vet", undefined],
    ["an evaluation", { evaluationStatus: 0 }, "evaluationStatus", 0],
    ["a photo", { photo: "" }, "photo", ""],
  ])("clears %s that is sent empty", async (_, change, field, empty) => {
    const before = await createPet(server, everything);
    const after = await update(before, change);
    expect(after[field]).toEqual(empty);
    expect({ ...after, [field]: 0 }).toEqual({ ...before, [field]: 0, lastUpdatedTime: after.lastUpdatedTime });
    // A second time there is nothing left to clear.
    expect((await update(before, change))[field]).toEqual(empty);
  });

  it("brings a pet back to life that was marked as dead by mistake, in JSON too", async () => {
    const { customerId, id } = await createPet(server, { status: Pet_Status.PASSED_AWAY });
    expect(await update({ customerId, id }, { status: Pet_Status.ALIVE })).toMatchObject({ status: Pet_Status.ALIVE });
    const request = { customerId, id, status: "INACTIVE" };
    const { message } = succeeded(rpc.updatePet, await server.callJson(rpc.updatePet, request));
    expect(message).toMatchObject({ status: "INACTIVE" });
  });

  it.each(jsonTransports)("tells absent from empty on %s", async (transport) => {
    const { customerId, id } = await createPet(server, everything);
    const request = { customerId, id, coat: "", birthday: {}, weight: { value: 0 } };
    const { message } = succeeded(rpc.updatePet, await server.callJson(rpc.updatePet, request, { transport }));
    expect(message).toMatchObject({ coat: "", behavior: "Calm", fixed: "yes" });
    expect(message).not.toHaveProperty("birthday");
    expect(message).not.toHaveProperty("weight");
  });

  it.each(jsonTransports)(
    "clears vaccinations that are sent empty, and keeps the rest of a vet, on %s",
    async (transport) => {
      const { customerId, id } = await createPet(server, everything);
      const write = async (change: object) => {
        const answer = await server.callJson(rpc.updatePet, { customerId, id, ...change }, { transport });
        return succeeded(rpc.updatePet, answer).message;
      };
      const vet = { name: "Dr. New", phoneNumber: "+12125550190", address: "1 Vet St" };
      expect(await write({ vet: { name: "Dr. New" } })).toMatchObject({
        vet,
        vaccinations: [{ name: "Rabies" }, { name: "Distemper" }],
      });
      expect(await write({ vaccinations: [], vet: { address: "" } })).toMatchObject({
        ...{ vet: { ...vet, address: "" }, vaccinations: [] },
      });
      expect((await write({ vet: {} })).vet).toBeUndefined();
    },
  );

  it("keeps codes and notes, which have rpcs of their own", async () => {
    const { petCodes, notes } = await update(await createPet(server, everything), { name: "Luna" });
    expect(petCodes.map(({ id }) => id)).toEqual(["pc_a1"]);
    expect(notes.map(({ content }) => content)).toEqual(["kept"]);
  });

  it.each<readonly [string, Update, string, string]>([
    ["an empty name", { name: " " }, "name", "REQUIRED"],
    ["an empty breed", { breed: "" }, "breed", "REQUIRED"],
    ["a type that says nothing", { type: Pet_Type.TYPE_UNSPECIFIED }, "type", "REQUIRED"],
    ["a type that is none", { type: noValue }, "type", "NOT_ALLOWED"],
    ["a status that says nothing", { status: 0 }, "status", "REQUIRED"],
    ["a status that is none", { status: noValue }, "status", "NOT_ALLOWED"],
    ["a gender that is none", { gender: noValue }, "gender", "NOT_ALLOWED"],
    ["an evaluation that is none", { evaluationStatus: noValue }, "evaluation_status", "NOT_ALLOWED"],
    ["half a birthday", { birthday: { year: 2020, day: 3 } }, "birthday", "OUT_OF_RANGE"],
    ["a birthday to come", { birthday: { year: 2999 } }, "birthday", "OUT_OF_RANGE"],
    ["29 February of a common year", { birthday: { year: 2023, month: 2, day: 29 } }, "birthday", "OUT_OF_RANGE"],
    ["a unit that is none", { weight: { value: 0, unit: noValue } }, "weight.unit", "NOT_ALLOWED"],
    ["a word that says nothing of neutering", { fixed: "YES" }, "fixed", "NOT_ALLOWED"],
    ["a photo without TLS", { photo: "ftp://img.example" }, "photo", "INVALID_FORMAT"],
    ["a vet without a possible phone", { vet: { phoneNumber: "12" } }, "vet.phone_number", "INVALID_FORMAT"],
    ["51 vaccinations", { vaccinations: times(51) }, "vaccinations", "TOO_MANY"],
    ["a vaccination without a name", { vaccinations: [{}] }, "vaccinations[0].name", "REQUIRED"],
  ])("refuses %s and changes nothing", async (_, change, field, reason) => {
    const { customerId, id } = await createPet(server, everything);
    const before = await server.ok(rpc.getPet, { customerId, id });
    const refusal = await server.refused(rpc.updatePet, { customerId, id, ...change });
    expect(refusal).toMatchObject(invalidField(field, reason));
    expect(await server.ok(rpc.getPet, { customerId, id })).toEqual(before);
  });

  it("names everything that is wrong at once", async () => {
    const refusal = await server.refused(rpc.updatePet, { customerId: "", id: "a b", name: "", fixed: "x", type: 0 });
    expect(refusal.violations).toEqual([
      { field: "customer_id", reason: "REQUIRED" },
      { field: "id", reason: "INVALID_FORMAT" },
      { field: "name", reason: "REQUIRED" },
      { field: "type", reason: "REQUIRED" },
      { field: "fixed", reason: "NOT_ALLOWED" },
    ]);
  });
});

describe("the phone of a vet", () => {
  const vet = { phoneNumber: "030 901820" };

  it("is read in the country of the customer's company, with a key of several countries too", async () => {
    await server.database.owner.query("UPDATE company SET country = 'DE' WHERE id = 'cmp_b'");
    const key = keys.enterprise;
    const ofB = await server.ok(rpc.updatePet, { customerId: "cus_b1", id: "pet_b1", vet }, { key });
    expect(ofB.vet?.phoneNumber).toBe("+4930901820");
    const ofA = await server.ok(
      rpc.updatePet,
      { customerId: "cus_a1", id: "pet_a1", vet: { phoneNumber: "212 555 0191" } },
      { key },
    );
    expect(ofA.vet?.phoneNumber).toBe("+12125550191");
    expect(await server.refused(rpc.updatePet, { customerId: "cus_a1", id: "pet_a1", vet }, { key })).toMatchObject(
      invalidField("vet.phone_number", "INVALID_FORMAT"),
    );
  });

  it("tells nothing of a customer that the key does not see", async () => {
    const key = keys.enterprise;
    const headers = { "x-request-id": "the-same" };
    for (const phoneNumber of ["212 555 0191", "+12125550191"]) {
      const [foreign, absent] = await Promise.all(
        ["cus_c1", "cus_zz"].map((customerId) =>
          server.refused(rpc.updatePet, { customerId, id: "pet_c1", vet: { phoneNumber } }, { key, headers }),
        ),
      );
      expect(foreign?.wire.replaceAll("cus_c1", "??????")).toBe(absent?.wire.replaceAll("cus_zz", "??????"));
    }
  });
});

function update({ customerId, id }: { customerId: string; id: string }, change: Update) {
  return server.ok(rpc.updatePet, { customerId, id, ...change });
}

function timeOf({ lastUpdatedTime }: Awaited<ReturnType<typeof update>>): number {
  if (!lastUpdatedTime) throw new Error("a pet has a time of change");
  return timestampDate(lastUpdatedTime).getTime();
}

function times(count: number) {
  return Array.from({ length: count }, () => ({ name: "x" }));
}
