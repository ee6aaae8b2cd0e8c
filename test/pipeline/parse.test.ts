import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { address } from "../../src/api/address-fields.js";
import { channelList } from "../../src/api/consent-message.js";
import { newNotes } from "../../src/api/note-fields.js";
import { parse } from "../../src/api/parse.js";
import { DomainError } from "../../src/core/errors.js";
import { CreateCustomerRequestSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";

type Init = Parameters<typeof create<typeof CreateCustomerRequestSchema>>[1];

const required = {
  companyId: "cmp_001",
  preferredBusinessId: "biz_001",
  firstName: "Ann",
  lastName: "Lee",
  phone: "+12125551234",
};

function refusal(schema: z.ZodType, init: Init): DomainError["details"] {
  try {
    parse(CreateCustomerRequestSchema, create(CreateCustomerRequestSchema, { ...required, ...init }), schema);
  } catch (error) {
    if (error instanceof DomainError) return error.details;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a refused request", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "tells the coordinate %s as out of range, in words of ours",
    (value) => {
      const given = { address: { coordinate: { latitude: value, longitude: 1 } } };
      expect(refusal(z.object({ address }), given).violations).toEqual([
        { field: "address.coordinate.latitude", reason: "OUT_OF_RANGE", description: "Must be a finite number." },
      ]);
    },
  );

  it.each([
    z.object({ firstName: z.string().max(1) }),
    z.object({ firstName: z.literal("b") }),
    z.object({ firstName: z.number() }),
  ])("never speaks in zod's words", (schema) => {
    const [violation] = refusal(schema, { firstName: "abc" }).violations ?? [];
    expect(violation?.description).not.toMatch(/invalid input|expected|received|too big/i);
  });

  it("keeps 50 violations and counts them all", () => {
    const schema = z.object({ notes: z.array(z.object({ note: z.string().min(1) })) });
    const { violations, violationCount } = refusal(schema, { notes: Array.from({ length: 120 }, () => ({})) });
    expect(violations).toHaveLength(50);
    expect(violationCount).toBe(120);
  });

  it("looks at no item of a list that is too long", () => {
    const notes = Array.from({ length: 51 }, () => ({ note: "" }));
    const channels = Array.from({ length: 101 }, () => 9);
    expect(refusal(z.object({ notes: newNotes }), { notes }).violations).toEqual([
      { field: "notes", reason: "TOO_MANY", description: "Must have at most 50 items." },
    ]);
    expect(channelList.safeParse(channels).error?.issues).toHaveLength(1);
    expect(channelList.safeParse(channels.slice(1)).error?.issues).toHaveLength(100);
  });
});
