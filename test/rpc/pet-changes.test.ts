import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import type { Pet } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { createPet, minimalPet } from "../support/new-pet.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const rpc = PetService.method;

type Headers = Readonly<Record<string, string>>;

/** Every way to change a pet that carries `pc_a1` and has a note. */
const changes = [
  ["UpdatePet", (pet: Named, headers: Headers) => server.ok(rpc.updatePet, pet, { headers })],
  [
    "AppendPetCodes",
    (pet: Named, headers: Headers) => server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a2"] }, { headers }),
  ],
  [
    "DeletePetCode",
    (pet: Named, headers: Headers) => server.ok(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" }, { headers }),
  ],
  [
    "AppendPetNotes",
    (pet: Named, headers: Headers) => server.ok(rpc.appendPetNotes, { ...pet, notes: [{ content: "x" }] }, { headers }),
  ],
  [
    "UpdatePetNote",
    async (pet: Named, headers: Headers) =>
      server.ok(rpc.updatePetNote, { ...pet, noteId: await noteOf(pet), content: "x" }, { headers }),
  ],
  [
    "DeletePetNote",
    async (pet: Named, headers: Headers) =>
      server.ok(rpc.deletePetNote, { ...pet, noteId: await noteOf(pet) }, { headers }),
  ],
] as const;

interface Named {
  readonly customerId: string;
  readonly id: string;
}

describe.each(changes)("%s", (name, change) => {
  it("moves the pet's time and version, and nothing of its customer", async () => {
    const before = await coded();
    const customer = await server.ok(CustomerService.method.getCustomer, { id: before.customerId });
    await change(named(before), {});
    const after = await server.ok(rpc.getPet, named(before));
    expect(timeOf(after)).toBeGreaterThan(timeOf(before));
    expect(after.createdTime).toEqual(before.createdTime);
    const { rows } = await server.database.owner.query("SELECT version FROM pet WHERE id = $1", [before.id]);
    expect(rows).toEqual([{ version: "2" }]);
    expect(await server.ok(CustomerService.method.getCustomer, { id: before.customerId })).toEqual(customer);
  });

  it("leaves one row with version, rpc, key, staff and request id", async () => {
    const before = await coded();
    await change(named(before), { "x-request-id": `request-of-${name}` });
    const after = await server.ok(rpc.getPet, named(before));
    expect((await changesOf(before.id)).slice(1)).toEqual([
      {
        ...{ kind: "pet", version: "2", rpc: `moego.business.customer.v1.PetService/${name}` },
        ...{ key_id: keys.a.id, staff_id: "staff_a1", request_id: `request-of-${name}` },
        changed_time: new Date(timeOf(after)),
      },
    ]);
  });

  it("moves the time by a millisecond at least when the clock stands before the last change", async () => {
    const pet = named(await coded());
    const future = new Date(Date.UTC(2099, 0, 1));
    await server.database.owner.query("UPDATE pet SET last_updated_time = $2 WHERE id = $1", [pet.id, future]);
    await change(pet, {});
    expect(timeOf(await server.ok(rpc.getPet, pet))).toBe(future.getTime() + 1);
  });
});

describe("CreatePet", () => {
  it("leaves a row of version 1", async () => {
    const { customerId } = await coded();
    const headers = { "x-request-id": "request-of-create" };
    const { pet } = await server.ok(rpc.createPet, { customerId, pet: minimalPet }, { headers });
    expect(await changesOf(pet?.id ?? "")).toEqual([
      {
        ...{ kind: "pet", version: "1", rpc: "moego.business.customer.v1.PetService/CreatePet" },
        ...{ key_id: keys.a.id, staff_id: "staff_a1", request_id: "request-of-create" },
        changed_time: pet?.createdTime && timestampDate(pet.createdTime),
      },
    ]);
  });
});

describe("a write that changes nothing or is refused", () => {
  it("leaves no row", async () => {
    const pet = named(await coded());
    await server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a1"] });
    await server.refused(rpc.appendPetCodes, { ...pet, petCodeIds: ["pc_a2", "pc_z"] });
    await server.refused(rpc.deletePetCode, { ...pet, petCodeId: "pc_z" });
    await server.refused(rpc.updatePet, { ...pet, name: "" });
    await server.refused(rpc.createPet, {
      customerId: pet.customerId,
      pet: { ...minimalPet, petCodes: [{ id: "pc_z" }] },
    });
    expect(await changesOf(pet.id)).toHaveLength(1);
    const { rows } = await server.database.owner.query("SELECT id FROM pet WHERE customer_id = $1", [pet.customerId]);
    expect(rows).toEqual([{ id: pet.id }]);
  });
});

describe("concurrent calls", () => {
  it("append all their notes and codes to one pet, each with a version of its own", async () => {
    const pet = named(await createPet(server));
    await Promise.all([
      ...Array.from({ length: 8 }, (_, n) => server.ok(rpc.appendPetNotes, { ...pet, notes: [{ content: `${n}` }] })),
      ...["pc_a1", "pc_a2"].map((code) => server.ok(rpc.appendPetCodes, { ...pet, petCodeIds: [code] })),
      server.ok(rpc.updatePet, { ...pet, coat: "Changed" }),
      server.ok(rpc.updatePet, { ...pet, behavior: "Changed" }),
    ]);
    const after = await server.ok(rpc.getPet, pet);
    expect(after).toMatchObject({ coat: "Changed", behavior: "Changed" });
    expect(after.notes.map(({ content }) => content).toSorted()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
    expect(after.petCodes.map(({ id }) => id)).toEqual(["pc_a1", "pc_a2"]);
    const versions = (await changesOf(pet.id)).map((row) => Number(row["version"]));
    expect(versions).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
  });

  it("take one code off once: the others find it gone", async () => {
    const pet = named(await coded());
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => server.call(rpc.deletePetCode, { ...pet, petCodeId: "pc_a1" })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.flatMap((answer) => (answer.ok ? [] : [answer.code]))).toEqual(Array(5).fill("NOT_FOUND"));
  });

  it("write nothing to a pet whose customer is archived at the same moment", async () => {
    const pet = named(await createPet(server));
    const archiving = await server.database.owner.connect();
    try {
      await archiving.query("BEGIN");
      await archiving.query("UPDATE customer SET archived_time = now() WHERE id = $1", [pet.customerId]);
      const late = server.refused(rpc.updatePet, { ...pet, coat: "Late" });
      const created = server.refused(rpc.createPet, { customerId: pet.customerId, pet: minimalPet });
      await archiving.query("SELECT pg_sleep(0.3)");
      await archiving.query("COMMIT");
      for (const refusal of await Promise.all([late, created])) expect(refusal.reason).toBe("RESOURCE_ARCHIVED");
    } finally {
      archiving.release(true);
    }
    expect(await server.ok(rpc.getPet, pet)).toMatchObject({ coat: "" });
  });

  it("do not wait for a change of another customer's pet", async () => {
    const [pet, other] = [named(await createPet(server)), named(await createPet(server))];
    const holding = await server.database.owner.connect();
    try {
      await holding.query("BEGIN");
      await holding.query("SELECT FROM customer WHERE id = $1 FOR UPDATE", [pet.customerId]);
      expect(await server.ok(rpc.updatePet, { ...other, coat: "Done" })).toMatchObject({ coat: "Done" });
    } finally {
      holding.release(true);
    }
  });
});

/** A new pet that carries a code and has a note. */
function coded(): Promise<Pet> {
  return createPet(server, { petCodes: [{ id: "pc_a1" }], notes: [{ content: "Old" }] });
}

async function noteOf(pet: Named): Promise<string> {
  const { notes } = await server.ok(rpc.getPet, pet);
  return notes[0]?.id ?? "";
}

function named({ customerId, id }: Pet): Named {
  return { customerId, id };
}

function timeOf({ lastUpdatedTime }: Pet): number {
  if (!lastUpdatedTime) throw new Error("a pet has a time of change");
  return timestampDate(lastUpdatedTime).getTime();
}

async function changesOf(resourceId: string): Promise<Readonly<Record<string, unknown>>[]> {
  const { rows } = await server.database.owner.query(
    `SELECT kind, version, rpc, key_id, staff_id, request_id, changed_time FROM change
     WHERE company_id = 'cmp_a' AND resource_id = $1 ORDER BY id`,
    [resourceId],
  );
  return rows;
}
