import { afterAll, describe, expect, it } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { phone } from "../resources/customer-mask.js";
import { keys } from "../support/fixture-keys.js";
import { messageJson } from "../support/message-json.js";
import { minimalCustomer, type NewCustomer, newCustomer } from "../support/new-customer.js";
import { startServer } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

const { createCustomer, getCustomer } = CustomerService.method;
const invalid = (field: string, reason: string) => ({
  code: "INVALID_ARGUMENT",
  reason: "INVALID_REQUEST",
  violations: [{ field, reason }],
});

type Refused = readonly [what: string, fields: NewCustomer, field: string, reason: string | undefined];

const refusedFields: readonly Refused[] = [
  ["a location of another company", { preferredBusinessId: "biz_c1" }, "preferred_business_id", "NOT_FOUND"],
  ["an archived location", { preferredBusinessId: "biz_a9" }, "preferred_business_id", "NOT_FOUND"],
  ["a referral source of another company", { referralSource: { id: "ref_c1" } }, "referral_source.id", "NOT_FOUND"],
  ["an archived referral source", { referralSource: { id: "ref_a9" } }, "referral_source.id", "NOT_FOUND"],
  ["a referral source by name alone", { referralSource: { name: "A friend" } }, "referral_source.id", "REQUIRED"],
  ["staff of another company", { assignedStaffId: "staff_c1" }, "assigned_staff_id", "NOT_FOUND"],
  ["archived staff", { assignedStaffId: "staff_a9" }, "assigned_staff_id", "NOT_FOUND"],
  ["a tag of another company", { tags: [{ id: "tag_c1" }] }, "tags[0].id", "NOT_FOUND"],
  ["a note with an id", { notes: [{ id: "cxn_a1", note: "x" }] }, "notes[0].id", "NOT_ALLOWED"],
  ["an address with an id", { address: { id: "addr_a1", city: "x" } }, "address.id", "NOT_ALLOWED"],
  [
    "a latitude off the globe",
    { address: { coordinate: { latitude: 90.1 } } },
    "address.coordinate.latitude",
    "OUT_OF_RANGE",
  ],
  [
    "a longitude that is no number",
    { address: { coordinate: { longitude: Number.NaN } } },
    "address.coordinate.longitude",
    undefined,
  ],
  ["a color by name", { colorCode: "red" }, "color_code", "INVALID_FORMAT"],
  ["51 tags", { tags: Array.from({ length: 51 }, (_, n) => ({ name: `t${n}` })) }, "tags", "TOO_MANY"],
  ["51 notes", { notes: Array.from({ length: 51 }, () => ({ note: "x" })) }, "notes", "TOO_MANY"],
];

describe("CreateCustomer", () => {
  it("fills what is not given with the documented defaults", async () => {
    const customer = messageJson(CustomerSchema, await server.ok(createCustomer, newCustomer()));
    expect(customer).toEqual({
      ...minimalCustomer,
      id: expect.stringMatching(/^cus_[A-Za-z0-9]{22}$/),
      rawId: expect.stringMatching(/^\d+$/),
      ...{ email: "", avatar: "", colorCode: "", source: "", status: "ACTIVE", deleted: false },
      externalIds: [],
      phones: [phone("+12125550111")],
      ...{ address: [], notes: [], tags: [], assignedStaffId: "", sourceLeadId: "", mergedInto: "", etag: "1" },
      preference: {
        ...{ receiveAutoMessage: true, receiveAutoEmail: true },
        ...{ subscribeToMarketingEmails: false, receiveAppointmentReminder: true },
      },
      complianceConfig: {
        serviceRelatedChannels: ["COMPLIANCE_CHANNEL_SMS", "COMPLIANCE_CHANNEL_EMAIL"],
        marketingCampaignsChannels: [],
        ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
      },
      upcomingAppointmentsUrl: `https://book.example/a/${customer["id"]}`,
      ...{ createdBy: "staff_a1", lastUpdatedBy: "staff_a1" },
      createdTime: customer["lastUpdatedTime"],
      lastUpdatedTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  it("stores everything that is given, and GetCustomer reads the same", async () => {
    const created = await server.ok(
      createCustomer,
      newCustomer({
        ...{ email: "Ada@Example.com", phone: "+12125559876" },
        source: "Walk-in",
        colorCode: "#a1B2c3",
        assignedStaffId: "staff_a2",
        address: {
          address1: "1 First St",
          city: "New York",
          postalCode: "10001",
          coordinate: { latitude: -90, longitude: 180 },
        },
        preference: { receiveAutoEmail: true },
        tags: [{ id: "tag_a2" }, { name: "vip" }],
        notes: [{ note: "First" }, { note: "Second" }],
        referralSource: { id: "ref_a2", name: "ignored beside the id" },
        customFields: { field_boolean: { value: { case: "bool", value: false } } },
      }),
    );
    expect(messageJson(CustomerSchema, created)).toMatchObject({
      ...{ email: "Ada@Example.com", source: "Walk-in", colorCode: "#a1B2c3", assignedStaffId: "staff_a2" },
      address: [
        {
          id: expect.stringMatching(/^addr_/),
          ...{ address1: "1 First St", address2: "", city: "New York", postalCode: "10001", type: "PRIMARY" },
          coordinate: { latitude: -90, longitude: 180 },
        },
      ],
      tags: [
        { id: "tag_a1", name: "VIP", group: "Loyalty" },
        { id: "tag_a2", name: "Straße" },
      ],
      notes: [
        { note: "Second", lastUpdatedBy: "staff_a1" },
        { note: "First", lastUpdatedBy: "staff_a1" },
      ],
      referralSource: { id: "ref_a2", name: "A friend" },
      customFields: { field_boolean: { bool: false } },
    });
    expect(await server.ok(getCustomer, { id: created.id })).toEqual(created);
  });

  it("takes a preference as it stands: an omitted member is false", async () => {
    const { preference } = await server.ok(createCustomer, newCustomer({ preference: { receiveAutoEmail: true } }));
    expect(preference).toMatchObject({
      ...{ receiveAutoMessage: false, receiveAutoEmail: true },
      ...{ subscribeToMarketingEmails: false, receiveAppointmentReminder: false },
    });
  });

  it("ignores ids of authors and times of change inside tags and notes", async () => {
    const created = await server.ok(
      createCustomer,
      newCustomer({
        notes: [{ note: "Mine", lastUpdatedBy: "staff_a2", lastUpdatedTime: { seconds: 1n } }],
        tags: [{ id: "tag_a1", name: "ignored", lastUpdatedBy: "staff_a2", lastUpdatedTime: { seconds: 1n } }],
      }),
    );
    expect(created.notes[0]).toMatchObject({ lastUpdatedBy: "staff_a1", lastUpdatedTime: created.createdTime });
    expect(created.tags[0]).toMatchObject({ name: "VIP", lastUpdatedTime: { seconds: 1_672_567_200n } });
  });

  it("leaves the author empty for a key that acts as nobody", async () => {
    const created = await server.ok(createCustomer, newCustomer({ notes: [{ note: "x" }] }), { key: keys.aOther });
    expect(created).toMatchObject({ createdBy: "", lastUpdatedBy: "", notes: [{ lastUpdatedBy: "" }] });
  });

  it.each(refusedFields)("refuses %s, and stores nothing", async (_, fields, field, reason) => {
    const before = await countCustomers();
    const refusal = await server.refused(createCustomer, newCustomer(fields));
    expect(refusal).toMatchObject(
      reason ? invalid(field, reason) : { code: "INVALID_ARGUMENT", violations: [{ field }] },
    );
    expect(await countCustomers()).toBe(before);
  });

  it("refuses a number that is no value of an enum", async () => {
    const request = { ...minimalCustomer, address: { type: 3 } };
    expect(await server.callJson(createCustomer, request)).toMatchObject(invalid("address.type", "NOT_ALLOWED"));
  });

  it("lists all faults at once, those of the text and those that only the database knows", async () => {
    const { violations } = await server.refused(
      createCustomer,
      newCustomer({
        firstName: "",
        phone: "12",
        email: "nobody",
        colorCode: "#12345",
        tags: [{ name: "fine" }, { name: " " }],
      }),
    );
    expect(violations.map(({ field }) => field).toSorted()).toEqual([
      "color_code",
      "email",
      "first_name",
      "phone",
      "tags[1].name",
    ]);
    const referring = await server.refused(
      createCustomer,
      newCustomer({
        preferredBusinessId: "biz_z",
        assignedStaffId: "staff_z",
        referralSource: { id: "ref_z" },
        ...{ tags: [{ id: "tag_z" }], customFields: { field_z: {} } },
      }),
    );
    expect(referring.violations.map(({ field }) => field).toSorted()).toEqual([
      "assigned_staff_id",
      'custom_fields["field_z"]',
      "preferred_business_id",
      "referral_source.id",
      "tags[0].id",
    ]);
  });

  it("holds the company to its quota, and tells the limit", async () => {
    const create = () =>
      server.call(createCustomer, newCustomer({ companyId: "cmp_quota", preferredBusinessId: "biz_q1" }), {
        key: keys.quota,
      });
    const answers = await Promise.all(Array.from({ length: 8 }, create));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(2);
    expect(await create()).toMatchObject({
      ok: false,
      code: "RESOURCE_EXHAUSTED",
      reason: "CUSTOMER_QUOTA_EXCEEDED",
      metadata: { companyId: "cmp_quota", limit: "2" },
      detailTypes: ["google.rpc.ErrorInfo", "google.rpc.QuotaFailure"],
    });
  });
});

async function countCustomers(): Promise<number> {
  const { rows } = await server.database.owner.query<{ count: number }>("SELECT count(*)::int AS count FROM customer");
  return rows[0]?.count ?? 0;
}
