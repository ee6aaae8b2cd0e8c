import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { protoEnum } from "../../src/api/proto-enum.js";
import { enumeration } from "../../src/core/enumeration.js";
import { Pet_StatusSchema, Pet_TypeSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { petTypes } from "../../src/resources/pets/pet.model.js";

const status = protoEnum(Pet_StatusSchema, enumeration("ALIVE", "PASSED_AWAY"));
const type = protoEnum(Pet_TypeSchema, petTypes);
const named = "NOT_ALLOWED: Must be ALIVE or PASSED_AWAY.";
const namedOrZero = "NOT_ALLOWED: Must be STATUS_UNSPECIFIED, ALIVE or PASSED_AWAY.";

function read(schema: z.ZodType<unknown>, number: number) {
  const result = schema.safeParse(number);
  if (result.success) return result.data;
  return result.error.issues
    .map((issue) => (issue.code === "custom" ? `${issue.params?.["reason"]}: ${issue.message}` : issue.code))
    .join();
}

describe("protoEnum", () => {
  it.each([
    ["lacks a value of the contract", ["ALIVE"], "PASSED_AWAY = 2 is only in the contract"],
    ["has a word more", ["ALIVE", "PASSED_AWAY", "LOST"], "LOST = 3 is only in the enumeration"],
    ["has another order", ["PASSED_AWAY", "ALIVE"], "ALIVE = 1 is only in the contract"],
  ])("throws for an enumeration that %s", (_, words, fault) => {
    const make = () => protoEnum(Pet_StatusSchema, enumeration(...words));
    expect(make).toThrow(`the enum moego.business.customer.v1.Pet.Status differs from its enumeration: `);
    expect(make).toThrow(fault);
  });

  it("does not compile with another number of words than the contract has", () => {
    // @ts-expect-error PASSED_AWAY has no word
    expect(() => protoEnum(Pet_StatusSchema, enumeration("ALIVE"))).toThrow("PASSED_AWAY = 2");
    // @ts-expect-error LOST has no value
    expect(() => protoEnum(Pet_StatusSchema, enumeration("ALIVE", "PASSED_AWAY", "LOST"))).toThrow("LOST = 3");
  });

  it.each([
    ["required", status.required, ["REQUIRED: Required.", named]],
    ["item", status.item, [named, named]],
    ["optional", status.optional, [undefined, namedOrZero]],
    ["withDefault", status.withDefault("ALIVE"), ["ALIVE", namedOrZero]],
  ] as const)("reads a number as %s", (_, schema, [zero, unknown]) => {
    expect([-1, 0, 1, 2, 3].map((number) => read(schema, number))).toEqual([
      ...[unknown, zero, "ALIVE", "PASSED_AWAY", unknown],
    ]);
  });

  it("names the enum instead of more than six values", () => {
    expect(read(type.required, 12)).toBe("NOT_ALLOWED: Must be a value of Pet.Type other than TYPE_UNSPECIFIED.");
    expect(read(type.optional, 12)).toBe("NOT_ALLOWED: Must be a value of Pet.Type.");
  });

  it("writes a word as its number, and no word as 0", () => {
    expect([status.toProto("PASSED_AWAY"), status.toProto(undefined), status.toProto("")]).toEqual([2, 0, 0]);
  });
});
