import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import {
  CustomerService,
  type ListCustomersRequest_FilterSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { keys } from "../support/fixture-keys.js";
import { newCustomer } from "../support/new-customer.js";
import { invalidField } from "../support/refused-with.js";
import { startServer } from "../support/server.js";

type Filter = MessageInitShape<typeof ListCustomersRequest_FilterSchema>;

const server = await startServer();
afterAll(() => server.stop());

const { listCustomers, getCustomer, createCustomer, updateCustomer } = CustomerService.method;
const at = (text: string) => timestampFromDate(new Date(text));
const many = (id: string) => Array.from({ length: 101 }, (_, n) => `${id}_${n}`);

describe("ListCustomers", () => {
  it("lists the customers of one company that are not archived, whole and newest first", async () => {
    expect(await idsOf({})).toEqual(["cus_both", "cus_a2", "cus_a1"]);
    const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {} });
    expect(customers[2]).toEqual(await server.ok(getCustomer, { id: "cus_a1" }));
  });

  it.each<readonly [string, Filter, readonly string[]]>([
    ["a tag", { tagIds: ["tag_a1"] }, ["cus_a1"]],
    ["any of several tags", { tagIds: ["tag_a2", "tag_a1"] }, ["cus_a1"]],
    ["an unknown tag", { tagIds: ["tag_z"] }, []],
    ["a tag of another company", { tagIds: ["tag_c1"] }, []],
    ["a location", { preferredBusinessIds: ["biz_a2"] }, ["cus_a2"]],
    ["several locations", { preferredBusinessIds: ["biz_a2", "biz_a1"] }, ["cus_both", "cus_a2", "cus_a1"]],
    ["a location of another company", { preferredBusinessIds: ["biz_c1"] }, []],
    ["a referral source", { referralSourceIds: ["ref_a1"] }, ["cus_a1"]],
    ["an email whatever its case", { email: "ANNA@EXAMPLE.COM" }, ["cus_a1"]],
    ["an email that nobody has", { email: "nobody@example.com" }, []],
    ["a phone in national spelling", { mainPhoneNumber: "(212) 555-0102" }, ["cus_a2"]],
    ["two conditions that one customer meets", { tagIds: ["tag_a1"], email: "anna@example.com" }, ["cus_a1"]],
    ["two conditions that none meets", { tagIds: ["tag_a1"], preferredBusinessIds: ["biz_a2"] }, []],
    [
      "a time of creation, from the start on",
      { createdTime: { startTime: at("2024-03-02T10:00:00Z") } },
      ["cus_both", "cus_a2"],
    ],
    ["a time of creation, before the end", { createdTime: { endTime: at("2024-03-02T10:00:00Z") } }, ["cus_a1"]],
    [
      "an empty interval of creation",
      { createdTime: { startTime: at("2024-03-02T10:00:00Z"), endTime: at("2024-03-02T10:00:00Z") } },
      [],
    ],
    [
      "empty lists and texts, which limit nothing",
      { tagIds: [], email: " ", mainPhoneNumber: "" },
      ["cus_both", "cus_a2", "cus_a1"],
    ],
    [
      "a time of change, from the start on",
      { lastUpdatedTime: { startTime: at("2024-03-03T10:00:00Z") } },
      ["cus_a9", "cus_both"],
    ],
    [
      "a time of change, before the end",
      { lastUpdatedTime: { endTime: at("2024-03-03T10:00:00Z") } },
      ["cus_a1", "cus_a2"],
    ],
    [
      "a start that is a nanosecond late",
      { lastUpdatedTime: { startTime: { ...at("2024-03-03T10:00:00Z"), nanos: 1 } } },
      ["cus_both"],
    ],
    [
      "a start that is less than half a millisecond early",
      { lastUpdatedTime: { startTime: { ...at("2024-03-03T09:59:59Z"), nanos: 999_600_000 } } },
      ["cus_a9", "cus_both"],
    ],
  ])("filters by %s", async (_, filter, ids) => {
    expect(await idsOf(filter)).toEqual(ids);
  });

  it.each<readonly [string, Filter, string, string]>([
    [
      "an interval of change that ends before it starts",
      reversed("lastUpdatedTime"),
      "filter.last_updated_time",
      "CONFLICT",
    ],
    ["an interval of creation that ends before it starts", reversed("createdTime"), "filter.created_time", "CONFLICT"],
    ["101 tags", { tagIds: many("tag") }, "filter.tag_ids", "TOO_MANY"],
    ["101 locations", { preferredBusinessIds: many("biz") }, "filter.preferred_business_ids", "TOO_MANY"],
    ["101 referral sources", { referralSourceIds: many("ref") }, "filter.referral_source_ids", "TOO_MANY"],
    ["a text that can be no id", { tagIds: ["tag_a1", "a b"] }, "filter.tag_ids[1]", "INVALID_FORMAT"],
    ["an empty id", { tagIds: [""] }, "filter.tag_ids[0]", "REQUIRED"],
  ])("refuses %s", async (_, filter, field, reason) => {
    const refusal = await server.refused(listCustomers, { companyId: "cmp_a", pagination: {}, filter });
    expect(refusal).toMatchObject(invalidField(field, reason));
  });

  it("shows a change to those who follow the time at once, in its latest state, behind all earlier ones", async () => {
    const { id, createdTime } = await server.ok(
      createCustomer,
      newCustomer({ companyId: "cmp_c", preferredBusinessId: "biz_c1" }),
      { key: keys.c },
    );
    if (!createdTime) throw new Error("a customer has a time of creation");
    await server.ok(updateCustomer, { id: "cus_c1", companyId: "cmp_c", source: "changed" }, { key: keys.c });
    const filter = { lastUpdatedTime: { startTime: createdTime } };
    const { customers } = await server.ok(
      listCustomers,
      { companyId: "cmp_c", pagination: {}, filter },
      { key: keys.c },
    );
    expect(customers.map((one) => one.id)).toEqual([id, "cus_c1"]);
    expect(customers[1]?.source).toBe("changed");
  });

  it("lets a key of one location filter by its own location, and by no other", async () => {
    const key = keys.businessA1;
    const request = (id: string) => ({ companyId: "cmp_a", pagination: {}, filter: { preferredBusinessIds: [id] } });
    const { customers } = await server.ok(listCustomers, request("biz_a1"), { key });
    expect(customers.map((one) => one.id)).toEqual(["cus_both", "cus_a1"]);
    const other = await server.call(listCustomers, request("biz_a2"), { key });
    expect(other.ok ? other.message.customers : []).toEqual([]);
  });
});

async function idsOf(filter: Filter): Promise<string[]> {
  const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {}, filter });
  return customers.map(({ id }) => id);
}

function reversed(field: "lastUpdatedTime" | "createdTime"): Filter {
  return { [field]: { startTime: at("2024-01-02T00:00:00Z"), endTime: at("2024-01-01T00:00:00Z") } };
}
