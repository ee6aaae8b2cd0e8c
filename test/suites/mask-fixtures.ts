import type { DescMethodUnary, JsonObject } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { address, customer, note } from "../support/fixtures.js";
import { messageJson } from "../support/message-json.js";
import type { TestServer } from "../support/server.js";

/** What the suite of masks must know of an rpc that takes one. */
export interface MaskFixture {
  readonly method: DescMethodUnary;
  /** Fields of the request that say which resource: outside every mask. */
  readonly naming: readonly string[];
  /** Makes a resource with every field filled; returns the request that names it, in JSON. */
  make(server: TestServer): Promise<JsonObject>;
  /** The resource in JSON. */
  read(server: TestServer, named: JsonObject): Promise<JsonObject>;
  /** Members of the resource that every change moves. */
  readonly moving: readonly string[];
  /** Every path that can be written. */
  readonly paths: Readonly<Record<string, PathFixture>>;
  /** Paths of fields that exist and yet cannot be written alone. */
  readonly closedPaths: readonly string[];
  /** A request member that belongs to no other path, and the path of it. */
  readonly other: { readonly path: string; readonly set: JsonObject };
}

export interface PathFixture {
  /** Request members that carry the new value. */
  readonly set: JsonObject;
  /** Request members whose field counts as filled; `set` unless given. */
  readonly populated?: JsonObject;
  /** Members of the resource after it, given what it was. */
  after(before: JsonObject): Readonly<Record<string, unknown>>;
  /** The same when the path is listed and its field is empty; absent where that is refused. */
  cleared?(before: JsonObject): Readonly<Record<string, unknown>>;
}

const customers = CustomerService.method;
let made = 0;

/** One fixture for every rpc that takes a mask (update-masks.test.ts fails without it). */
export const maskFixtures: readonly MaskFixture[] = [
  {
    method: customers.updateCustomer,
    naming: ["id", "company_id", "etag", "update_mask"],
    moving: ["lastUpdatedTime", "lastUpdatedBy", "etag"],
    other: { path: "source", set: { source: "Outside" } },
    closedPaths: [
      ...["address.id", "address.coordinate.latitude", "address.coordinate.longitude"],
      ...["referral_source.id", "referral_source.name", "referral_source.archived"],
      ...["compliance_config.service_related_channels.channels"],
      ...["compliance_config.marketing_campaigns_channels.channels"],
    ],
    async make(server) {
      made += 1;
      const id = `cus_mask_${made}`;
      const time = "2024-05-01T10:00:00Z";
      await server.insert([
        ["customer", [{ ...customer("cmp_a", id, "biz_a1", time), ...filled }]],
        [
          "customer_address",
          [
            address("cmp_a", `addr_m1_${made}`, id, 1, "1 First St"),
            address("cmp_a", `addr_m2_${made}`, id, 2, "2 Second St"),
          ],
        ],
        ["customer_tag", [{ company_id: "cmp_a", customer_id: id, tag_id: "tag_a1" }]],
        ["customer_note", [note("cmp_a", `cxn_m_${made}`, id, time)]],
      ]);
      return { id, companyId: "cmp_a" };
    },
    read: async (server, { id }) =>
      messageJson(CustomerSchema, await server.ok(customers.getCustomer, { id: String(id) })),
    paths: {
      preferred_business_id: required("preferredBusinessId", "biz_a2"),
      first_name: required("firstName", "Neo"),
      last_name: required("lastName", "Newman"),
      phone: { set: { phone: "(212) 555-0199" }, after: () => ({ phone: "+12125550199" }) },
      status: required("status", "INACTIVE"),
      avatar_path: {
        set: { avatarPath: "https://img.example/new.png" },
        after: () => ({ avatar: "https://img.example/new.png" }),
        cleared: () => ({ avatar: "" }),
      },
      email: text("email", "New@Example.org"),
      color_code: text("colorCode", "#ABCDEF"),
      source: text("source", "Radio"),
      assigned_staff_id: text("assignedStaffId", "staff_a2"),
      referral_source: {
        set: { referralSource: { id: "ref_a2" } },
        after: () => ({ referralSource: { id: "ref_a2", name: "A friend", archived: false } }),
        cleared: () => ({ referralSource: undefined }),
      },
      tags: {
        set: { tags: [{ id: "tag_a3" }] },
        after: () => ({ tags: [expect.objectContaining({ id: "tag_a3", name: "Newcomer" })] }),
        cleared: () => ({ tags: [] }),
      },
      notes: {
        set: { notes: [{ note: "The only one" }] },
        after: () => ({ notes: [expect.objectContaining({ note: "The only one" })] }),
        cleared: () => ({ notes: [] }),
      },
      custom_fields: {
        set: { customFields: { field_number: { int64: "5" } } },
        after: () => ({ customFields: { field_number: { int64: "5" } } }),
        cleared: () => ({ customFields: {} }),
      },
      address: {
        set: { address: { address1: "9 New St", city: "Boston" } },
        after: (before) => ({
          address: [
            { ...addressOf(before, 0), ...emptyLines, address1: "9 New St", city: "Boston", coordinate: undefined },
            addressOf(before, 1),
          ],
        }),
        cleared: (before) => ({ address: [addressOf(before, 1)] }),
      },
      "address.address1": addressLine("address1", "10 Tenth St"),
      "address.address2": addressLine("address2", "Floor 10"),
      "address.city": addressLine("city", "Boston"),
      "address.state": addressLine("state", "MA"),
      "address.postal_code": addressLine("postalCode", "02101"),
      "address.country": addressLine("country", "CA"),
      "address.coordinate": addressPart("coordinate", { latitude: 1.5, longitude: 2.5 }, undefined),
      // The customer keeps one primary address at most and may have none.
      "address.type": {
        set: { address: { type: "SECONDARY" } },
        after: (before) => ({ address: [{ ...addressOf(before, 0), type: "SECONDARY" }, addressOf(before, 1)] }),
      },
      preference: {
        set: { preference: { receiveAutoEmail: true } },
        after: () => ({ preference: { ...noPreference, receiveAutoEmail: true } }),
        cleared: () => ({ preference: noPreference }),
      },
      "preference.receive_auto_message": flag("preference", "receiveAutoMessage"),
      "preference.receive_auto_email": flag("preference", "receiveAutoEmail"),
      "preference.subscribe_to_marketing_emails": flag("preference", "subscribeToMarketingEmails"),
      "preference.receive_appointment_reminder": flag("preference", "receiveAppointmentReminder"),
      compliance_config: {
        set: { complianceConfig: { isConsented: false, serviceRelatedChannels: { channels: [] } } },
        after: (before) => ({
          complianceConfig: { ...memberOf(before, "complianceConfig"), isConsented: false, serviceRelatedChannels: [] },
        }),
        cleared: () => ({ complianceConfig: noConsent }),
      },
      "compliance_config.service_related_channels": channels("serviceRelatedChannels"),
      "compliance_config.marketing_campaigns_channels": channels("marketingCampaignsChannels"),
      "compliance_config.branded_app_enabled": flag("complianceConfig", "brandedAppEnabled"),
      "compliance_config.is_agreed_marketing_policy": flag("complianceConfig", "isAgreedMarketingPolicy"),
      "compliance_config.is_consented": flag("complianceConfig", "isConsented"),
    },
  },
];

const filled = {
  ...{ avatar: "https://img.example/a.png", color_code: "#112233", source: "Walk-in" },
  ...{ email: "Anna@Example.com", email_key: "anna@example.com" },
  ...{
    referral_source_id: "ref_a1",
    assigned_staff_id: "staff_a1",
    custom_fields: { field_short: { string: "kept" } },
  },
};
const emptyLines = { address2: "", state: "", postalCode: "", country: "" };
const noPreference = {
  ...{ receiveAutoMessage: false, receiveAutoEmail: false },
  ...{ subscribeToMarketingEmails: false, receiveAppointmentReminder: false },
};
const noConsent = {
  ...{ serviceRelatedChannels: [], marketingCampaignsChannels: [] },
  ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
};

function required(member: string, value: string): PathFixture {
  return { set: { [member]: value }, after: () => ({ [member]: value }) };
}

function text(member: string, value: string): PathFixture {
  return { ...required(member, value), cleared: () => ({ [member]: "" }) };
}

function addressLine(part: string, value: string): PathFixture {
  return addressPart(part, value, "");
}

function addressPart(part: string, value: JsonObject | string, empty: "" | undefined): PathFixture {
  const withPart = (before: JsonObject, content: unknown) => ({
    address: [{ ...addressOf(before, 0), [part]: content }, addressOf(before, 1)],
  });
  return {
    set: { address: { [part]: value } },
    after: (before) => withPart(before, value),
    cleared: (before) => withPart(before, empty),
  };
}

/** A flag that is true: writing false and clearing are the same. */
function flag(member: string, part: string): PathFixture {
  const off = (before: JsonObject) => ({ [member]: { ...memberOf(before, member), [part]: false } });
  // Without presence, false is no value that was filled in.
  const populated = { [member]: { [part]: true } };
  return { set: { [member]: { [part]: false } }, populated, after: off, cleared: off };
}

function channels(part: string): PathFixture {
  const withPart = (before: JsonObject, list: readonly string[]) => ({
    complianceConfig: { ...memberOf(before, "complianceConfig"), [part]: list },
  });
  return {
    set: { complianceConfig: { [part]: { channels: ["COMPLIANCE_CHANNEL_EMAIL"] } } },
    after: (before) => withPart(before, ["COMPLIANCE_CHANNEL_EMAIL"]),
    cleared: (before) => withPart(before, []),
  };
}

function addressOf({ address: list }: JsonObject, index: number): JsonObject {
  const item = Array.isArray(list) ? list[index] : undefined;
  return memberOf({ item: item ?? null }, "item");
}

function memberOf(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value;
}
