import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/api/canonical.js";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import {
  CreateCustomerRequestSchema,
  CustomerService,
  GetCustomerRequestSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { createClaims } from "../../src/server/pipeline/idempotency-key.js";

const { createCustomer, appendCustomerNotes, getCustomer } = CustomerService.method;
const key = new Uint8Array(32).fill(1);
const formerKey = new Uint8Array(32).fill(2);
const claimOf = createClaims([key]);
const request = (init: MessageInitShape<typeof CreateCustomerRequestSchema>) =>
  create(CreateCustomerRequestSchema, init);
const fingerprint = (init: MessageInitShape<typeof CreateCustomerRequestSchema>) =>
  Buffer.from(claimOf(createCustomer, request(init), { key: "k", company: undefined })?.fingerprint ?? []).toString(
    "hex",
  );
const text = (value: string) => ({ value: { case: "string", value } }) as const;

describe("a claim", () => {
  it("is made by a key on an rpc that changes something", () => {
    expect(claimOf(createCustomer, request({}), { key: "k", company: undefined })).toMatchObject({
      key: "k",
      replayed: false,
    });
    expect(claimOf(createCustomer, request({}), { key: undefined, company: undefined })).toBeUndefined();
    expect(claimOf(getCustomer, create(GetCustomerRequestSchema), { key: "k", company: undefined })).toBeUndefined();
  });

  it.each(["", " ", "a b", "é", "a\nb", "k".repeat(256)])("refuses the key %j", (key) => {
    expect(() => claimOf(createCustomer, request({}), { key, company: undefined })).toThrow(/idempotency-key/);
  });

  it("takes a key of 255 visible characters", () => {
    expect(claimOf(createCustomer, request({}), { key: "~".repeat(255), company: undefined })).toBeDefined();
  });
});

describe("the fingerprint", () => {
  it("does not depend on the order of maps", () => {
    const one = fingerprint({ customFields: { b: text("2"), a: text("1"), "10": text("3"), "9": text("4") } });
    const two = fingerprint({ customFields: { "9": text("4"), "10": text("3"), a: text("1"), b: text("2") } });
    expect(one).toBe(two);
  });

  it("depends on every value, on presence, on the order of lists, and on the rpc", () => {
    const all = [
      fingerprint({}),
      fingerprint({ firstName: "a" }),
      fingerprint({ lastName: "a" }),
      fingerprint({ complianceConfig: {} }),
      fingerprint({ complianceConfig: { isConsented: false } }),
      fingerprint({ tags: [{ name: "a" }, { name: "b" }] }),
      fingerprint({ tags: [{ name: "b" }, { name: "a" }] }),
      fingerprint({ customFields: { a: text("1") } }),
      fingerprint({ customFields: { a: text("2") } }),
      Buffer.from(
        claimOf(appendCustomerNotes, create(appendCustomerNotes.input), { key: "k", company: undefined })
          ?.fingerprint ?? [],
      ).toString("hex"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("depends on the company that the caller narrows its key to", () => {
    const of = (company: string) => claimOf(createCustomer, request({}), { key: "k", company })?.fingerprint;
    expect(of("cmp_a")).not.toEqual(of("cmp_b"));
  });

  it("depends on the key that the database does not hold, and is known again under the former ones", () => {
    const of = (...keys: Parameters<typeof createClaims>[0]) =>
      createClaims(keys)(createCustomer, request({ firstName: "a" }), { key: "k", company: undefined });
    const [before, after] = [of(formerKey), of(key, formerKey)];
    expect(after?.fingerprint).not.toEqual(before?.fingerprint);
    expect(after?.olderFingerprints).toEqual([before?.fingerprint]);
    expect(of(key)?.olderFingerprints).toBeUndefined();
  });

  it("does not depend on fields that this server does not know", () => {
    const known = request({ firstName: "a" });
    const more = request({ firstName: "a" });
    more.$unknown = [{ no: 999, wireType: 0, data: new Uint8Array([1]) }];
    expect(canonicalBytes(CreateCustomerRequestSchema, more)).toEqual(
      canonicalBytes(CreateCustomerRequestSchema, known),
    );
  });

  it("sorts free-form objects at every depth, and leaves the message as it was", () => {
    const one = create(CustomerSchema, { customFields: { b: { y: 1, x: [{ q: 1, p: 2 }] }, a: null } });
    const two = create(CustomerSchema, { customFields: { a: null, b: { x: [{ p: 2, q: 1 }], y: 1 } } });
    expect(canonicalBytes(CustomerSchema, one)).toEqual(canonicalBytes(CustomerSchema, two));
    expect(Object.keys(one.customFields ?? {})).toEqual(["b", "a"]);
  });
});
