import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Customer_Status } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import {
  CustomerService,
  type ListCustomersRequest_FilterSchema,
} from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { RecordOrder } from "../../src/gen/proto/moego/business/customer/v1/record_search_pb.js";
import { keys } from "../support/fixture-keys.js";
import { customer } from "../support/fixtures.js";
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

describe("ListCustomers searches", () => {
  const names: readonly (readonly [id: string, first: string, last: string])[] = [
    ["john", "John", "Smith"],
    ["mary", "Mary", "O'Brien-Smith"],
    ["zoe", "Zoë", "Müller"],
    ["jose", "JOSÉ", "Łukasz"],
    ["olga", "Ольга", "Иванова"],
    ["robert", "Robert", "de la Cruz"],
    ["chris", "Christina", "Montgomery"],
    ["topher", "Christopher", "Montgomery"],
  ];
  const fields = (more: object) => ({ custom_fields: more });
  const rows = [
    ...names.map(([id, first, last], index) =>
      customer("cmp_a", id, "biz_a1", `2024-05-0${index + 1}T10:00:00Z`, {
        status: 1,
        first_name: first,
        last_name: last,
      }),
    ),
    ...[
      fields({ field_number: { int64: "7" }, field_select: { string: "red" }, field_archived: { string: "Old Text" } }),
      fields({ field_number: { int64: "12" }, field_multi_select: { stringList: { values: ["red", "blue"] } } }),
      fields({ field_date: { timestampTime: "2024-05-01T00:00:00Z" }, field_boolean: { bool: false } }),
    ].map((more, index) =>
      customer("cmp_a", `f${index}`, "biz_a2", `2024-06-0${index + 1}T10:00:00Z`, { status: 1, ...more }),
    ),
    customer("cmp_c", "john_c", "biz_c1", "2024-05-01T10:00:00Z", {
      ...{ status: 1, first_name: "John" },
      last_name: "Smith",
    }),
    customer("cmp_a", "gone", "biz_a1", "2024-05-01T10:00:00Z", {
      ...{ first_name: "John", last_name: "Smith", archived_time: "2024-06-01T00:00:00Z", status: 2 },
    }),
    customer("cmp_a", "idle", "biz_a1", "2024-05-01T09:00:00Z", {
      ...{ first_name: "Idle", last_name: "Hands", status: 2, assigned_staff_id: "staff_a2" },
    }),
  ];
  beforeAll(() => server.insert([["customer", rows]]));

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["Smith", ["mary", "john"], ["mary", "john"]],
    ["smith j", ["john"], ["john"]],
    ["jo sm", ["john"], ["john"]],
    ["SMITH, JOHN", ["john"], ["john"]],
    ["Jhon", ["john"], []],
    ["jon", ["john"], []],
    ["smiht", ["mary", "john"], []],
    ["Smth john", ["john"], []],
    ["smithh", ["mary", "john"], []],
    ["obrien", ["mary"], ["mary"]],
    ["o'brien", ["mary"], ["mary"]],
    ["brien", ["mary"], ["mary"]],
    ["zoe muller", ["zoe"], ["zoe"]],
    ["zoae muller", ["zoe"], []],
    ["zoa muller", [], []],
    ["ZOË MUELLER", ["zoe"], []],
    ["jose lukasz", ["jose"], ["jose"]],
    ["ольга", ["olga"], ["olga"]],
    ["иванов", ["olga"], ["olga"]],
    ["cruz robert", ["robert"], ["robert"]],
    ["Christina", ["chris"], ["chris"]],
    ["christ mont", ["topher", "chris"], ["topher", "chris"]],
    ["montgomary", ["topher", "chris"], []],
    ["smith smith", ["mary", "john"], ["mary", "john"]],
    ["ohn", ["john"], []],
    ["mit", [], []],
    ["% _", [], []],
  ])("by the name %s", async (name, fuzzy, exact) => {
    const isRefused = fuzzy.length === 0 && name === "% _";
    if (isRefused) {
      const refusal = await server.refused(listCustomers, { companyId: "cmp_a", pagination: {}, filter: { name } });
      expect(refusal).toMatchObject(invalidField("filter.name", "INVALID_FORMAT"));
      return;
    }
    expect(await idsOf({ name })).toEqual(fuzzy);
    expect(await idsOf({ namePrefix: name })).toEqual(exact);
    expect(await idsOf({ name, preferredBusinessIds: ["biz_a2"] })).toEqual([]);
  });

  it("by a nickname, and by a name from the moment that it changes", async () => {
    const profile = { company_id: "cmp_a", customer_id: "robert", nickname: "Bobby" };
    await server.database.owner.query(
      "INSERT INTO customer_profile (company_id, customer_id, nickname) VALUES ($1, $2, $3)",
      Object.values(profile),
    );
    expect(await idsOf({ name: "bobby cruz" })).toEqual(["robert"]);
    await server.ok(updateCustomer, { id: "robert", companyId: "cmp_a", lastName: "Xylander" });
    expect(await idsOf({ name: "bobby xyl" })).toEqual(["robert"]);
    expect(await idsOf({ name: "bobby cruz" })).toEqual([]);
    await server.database.owner.query("UPDATE customer_profile SET nickname = '' WHERE customer_id = 'robert'");
    expect(await idsOf({ name: "bobby" })).toEqual([]);
  });

  it.each<readonly [string, Filter, readonly string[]]>([
    ["a number", { customFields: [{ field: "field_number", values: ["7"] }] }, ["f0"]],
    ["a field by its id", { customFields: [{ field: "cf_number", values: ["12", "9"] }] }, ["f1"]],
    ["a lowest number", { customFields: [{ field: "field_number", min: "8" }] }, ["f1"]],
    ["a range", { customFields: [{ field: "field_number", min: "7", max: "12" }] }, ["f1", "f0"]],
    ["a range without numbers", { customFields: [{ field: "field_number", min: "8", max: "11" }] }, []],
    ["any value", { customFields: [{ field: "field_number" }] }, ["f1", "f0"]],
    ["an option", { customFields: [{ field: "field_select", values: ["red", "green"] }] }, ["f0"]],
    ["one of several options", { customFields: [{ field: "field_multi_select", values: ["blue"] }] }, ["f1"]],
    ["a date", { customFields: [{ field: "field_date", values: ["2024-05-01"] }] }, ["f2"]],
    ["days", { customFields: [{ field: "field_date", min: "2024-05-01", max: "2024-05-31" }] }, ["f2"]],
    ["other days", { customFields: [{ field: "field_date", min: "2024-05-02" }] }, []],
    ["no", { customFields: [{ field: "field_boolean", values: ["false"] }] }, ["f2"]],
    ["a text of an archived field", { customFields: [{ field: "field_archived", values: ["old text"] }] }, ["f0"]],
    [
      "two fields",
      {
        customFields: [
          { field: "field_number", values: ["7"] },
          { field: "field_select", values: ["red"] },
        ],
      },
      ["f0"],
    ],
    [
      "two fields that no customer has",
      {
        customFields: [
          { field: "field_number", values: ["12"] },
          { field: "field_select", values: ["red"] },
        ],
      },
      [],
    ],
    ["a status", { statuses: [Customer_Status.INACTIVE] }, ["idle"]],
    [
      "several statuses",
      { statuses: [Customer_Status.INACTIVE, Customer_Status.ACTIVE], ids: ["idle", "f0"] },
      ["f0", "idle"],
    ],
    ["a staff member", { assignedStaffIds: ["staff_a2"] }, ["idle"]],
    ["a staff member and a name", { assignedStaffIds: ["staff_a2"], name: "hands" }, ["idle"]],
    ["a staff member of another company", { assignedStaffIds: ["staff_c1"] }, []],
  ])("by %s", async (_, filter, ids) => {
    expect(await idsOf(filter)).toEqual(ids);
  });

  it("tells options apart that differ by case alone", async () => {
    const { owner } = server.database;
    await owner.query(`INSERT INTO custom_field SELECT (jsonb_populate_record(f, jsonb_build_object(
        'id', 'cf_cased', 'code', 'field_cased', 'options', replace(replace(f.options::text, 'red', 'S'), 'green', 's')::jsonb))).*
      FROM custom_field f WHERE f.company_id = 'cmp_a' AND f.id = 'cf_multi_select'`);
    for (const [id, option] of [
      ["f0", "S"],
      ["f1", "s"],
    ])
      await owner.query(
        "UPDATE customer SET custom_fields = jsonb_set(custom_fields, '{field_cased}', $2) WHERE company_id = 'cmp_a' AND id = $1",
        [id, { stringList: { values: [option] } }],
      );
    const having = (...values: string[]) => idsOf({ customFields: [{ field: "field_cased", values }] });
    expect([await having("S"), await having("s"), await having("s", "S")]).toEqual([["f0"], ["f1"], ["f1", "f0"]]);
  });

  it("refuses conditions that no record can meet, with all violations", async () => {
    const filter: Filter = {
      customFields: [
        { field: "field_none", values: ["x"] },
        { field: "field_number", values: ["seven", "7"] },
        { field: "field_select", values: ["purple"] },
        { field: "field_short", min: "a" },
        { field: "field_date", min: "05/01/2024" },
        { field: "field_of_leads" },
      ],
    };
    const refusal = await server.refused(listCustomers, { companyId: "cmp_a", pagination: {}, filter });
    expect(refusal.violations).toEqual([
      { field: "filter.custom_fields[0].field", reason: "NOT_FOUND" },
      { field: "filter.custom_fields[1].values[0]", reason: "INVALID_FORMAT" },
      { field: "filter.custom_fields[2].values[0]", reason: "NOT_ALLOWED" },
      { field: "filter.custom_fields[3].min", reason: "NOT_ALLOWED" },
      { field: "filter.custom_fields[4].min", reason: "INVALID_FORMAT" },
      { field: "filter.custom_fields[5].field", reason: "NOT_FOUND" },
    ]);
    const other = await server.refused(listCustomers, {
      ...{ companyId: "cmp_a", pagination: {}, orderBy: RecordOrder.NAME_ASC },
      filter: {
        ...{ name: "a b c d e f", namePrefix: "...", lastUpdatedTime: { startTime: at("2024-01-01T00:00:00Z") } },
        ...{ statuses: [0], customFields: [{ field: "", values: ["1"], min: "1" }] },
      },
    });
    expect(other.violations.toSorted((one, two) => (one.field < two.field ? -1 : 1))).toEqual([
      { field: "filter.custom_fields[0].field", reason: "REQUIRED" },
      { field: "filter.custom_fields[0].values", reason: "CONFLICT" },
      { field: "filter.name", reason: "TOO_MANY" },
      { field: "filter.name_prefix", reason: "INVALID_FORMAT" },
      { field: "filter.statuses[0]", reason: "NOT_ALLOWED" },
    ]);
    const changes = await server.refused(listCustomers, {
      ...{ companyId: "cmp_a", pagination: {}, orderBy: RecordOrder.NAME_ASC },
      filter: { lastUpdatedTime: { startTime: at("2024-01-01T00:00:00Z") } },
    });
    expect(changes).toMatchObject(invalidField("order_by", "CONFLICT"));
  });

  it.each<readonly [string, RecordOrder, readonly string[]]>([
    ["newest first", RecordOrder.CREATED_DESC, ["topher", "chris", "olga", "jose", "zoe", "mary", "john"]],
    ["oldest first", RecordOrder.CREATED_ASC, ["john", "mary", "zoe", "jose", "olga", "chris", "topher"]],
    ["by change", RecordOrder.LAST_UPDATED_DESC, ["topher", "chris", "olga", "jose", "zoe", "mary", "john"]],
    ["by name", RecordOrder.NAME_ASC, ["chris", "topher", "john", "jose", "mary", "zoe", "olga"]],
    ["by name backwards", RecordOrder.NAME_DESC, ["olga", "zoe", "mary", "jose", "john", "topher", "chris"]],
  ])("in pages %s", async (_, orderBy, ids) => {
    const filter = { ids: [...ids] };
    const found: string[] = [];
    for (let pageToken = ""; ; ) {
      const page = await server.ok(listCustomers, {
        ...{ companyId: "cmp_a", filter, orderBy, pagination: { pageSize: 2, pageToken } },
      });
      found.push(...page.customers.map(({ id }) => id));
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    expect(found).toEqual(ids);
    const numbered = await server.ok(listCustomers, {
      ...{ companyId: "cmp_a", filter, orderBy, pagination: { pageSize: 2, pageToken: "2" } },
    });
    expect(numbered.customers.map(({ id }) => id)).toEqual(ids.slice(2, 4));
  });

  it.each([RecordOrder.CREATED_ASC, RecordOrder.LAST_UPDATED_DESC, RecordOrder.NAME_DESC])(
    "with all conditions in the order %s too",
    async (orderBy) => {
      const { owner } = server.database;
      await owner.query("UPDATE customer SET phone = '+12125550188' WHERE company_id = 'cmp_a' AND id = ANY($1)", [
        ["zoe", "chris"],
      ]);
      const ofMay = { startTime: at("2024-05-01T00:00:00Z"), endTime: at("2024-05-05T00:00:00Z") };
      const filter = { mainPhoneNumber: "(212) 555-0188", createdTime: ofMay };
      const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {}, orderBy, filter });
      expect(customers.map(({ id }) => id)).toEqual(["zoe"]);
    },
  );

  it("refuses a token by name whose record was renamed", async () => {
    const request = { companyId: "cmp_a", orderBy: RecordOrder.NAME_ASC, filter: { ids: ["f0", "f1", "f2"] } };
    const { nextPageToken } = await server.ok(listCustomers, { ...request, pagination: { pageSize: 1 } });
    await server.ok(updateCustomer, { id: "f0", companyId: "cmp_a", firstName: "Renamed" });
    const refusal = await server.refused(listCustomers, { ...request, pagination: { pageToken: nextPageToken } });
    expect(refusal).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
  });
});

async function idsOf(filter: Filter): Promise<string[]> {
  const { customers } = await server.ok(listCustomers, { companyId: "cmp_a", pagination: {}, filter });
  return customers.map(({ id }) => id);
}

function reversed(field: "lastUpdatedTime" | "createdTime"): Filter {
  return { [field]: { startTime: at("2024-01-02T00:00:00Z"), endTime: at("2024-01-01T00:00:00Z") } };
}
