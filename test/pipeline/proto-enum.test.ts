import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { protoEnum } from "../../src/api/proto-enum.js";
import { enumeration } from "../../src/core/enumeration.js";
import { Customer_StatusSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { Pet_TypeSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { petTypes } from "../../src/resources/pets/pet.model.js";

const status = protoEnum(Customer_StatusSchema, enumeration("ACTIVE", "INACTIVE"));
const type = protoEnum(Pet_TypeSchema, petTypes);
const named = "NOT_ALLOWED: Must be ACTIVE or INACTIVE.";
const namedOrZero = "NOT_ALLOWED: Must be STATUS_UNSPECIFIED, ACTIVE or INACTIVE.";

function read(schema: z.ZodType<unknown>, number: number) {
  const result = schema.safeParse(number);
  if (result.success) return result.data;
  return result.error.issues
    .map((issue) => (issue.code === "custom" ? `${issue.params?.["reason"]}: ${issue.message}` : issue.code))
    .join();
}

describe("protoEnum", () => {
  it.each([
    ["lacks a value of the contract", ["ACTIVE"], "INACTIVE = 2 is only in the contract"],
    ["has a word more", ["ACTIVE", "INACTIVE", "LOST"], "LOST = 3 is only in the enumeration"],
    ["has another order", ["INACTIVE", "ACTIVE"], "ACTIVE = 1 is only in the contract"],
  ])("throws for an enumeration that %s", (_, words, fault) => {
    const make = () => protoEnum(Customer_StatusSchema, enumeration(...words));
    expect(make).toThrow(`the enum moego.business.customer.v1.Customer.Status differs from its enumeration: `);
    expect(make).toThrow(fault);
  });

  it("does not compile with another number of words than the contract has", () => {
    // @ts-expect-error INACTIVE has no word
    expect(() => protoEnum(Customer_StatusSchema, enumeration("ACTIVE"))).toThrow("INACTIVE = 2");
    // @ts-expect-error LOST has no value
    expect(() => protoEnum(Customer_StatusSchema, enumeration("ACTIVE", "INACTIVE", "LOST"))).toThrow("LOST = 3");
  });

  it.each([
    ["required", status.required, ["REQUIRED: Required.", named]],
    ["item", status.item, [named, named]],
    ["optional", status.optional, [undefined, namedOrZero]],
    ["withDefault", status.withDefault("ACTIVE"), ["ACTIVE", namedOrZero]],
  ] as const)("reads a number as %s", (_, schema, [zero, unknown]) => {
    expect([-1, 0, 1, 2, 3].map((number) => read(schema, number))).toEqual([
      ...[unknown, zero, "ACTIVE", "INACTIVE", unknown],
    ]);
  });

  it("names the enum instead of more than six values", () => {
    expect(read(type.required, 12)).toBe("NOT_ALLOWED: Must be a value of Pet.Type other than TYPE_UNSPECIFIED.");
    expect(read(type.optional, 12)).toBe("NOT_ALLOWED: Must be a value of Pet.Type.");
  });

  it("writes a word as its number, and no word as 0", () => {
    expect([status.toProto("INACTIVE"), status.toProto(undefined), status.toProto("")]).toEqual([2, 0, 0]);
  });
});
