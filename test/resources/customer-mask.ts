import type { JsonObject } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { address, customer, note } from "../support/fixtures.js";
import { messageJson } from "../support/message-json.js";
import {
  addedChannel,
  channels,
  flag,
  type MaskTraits,
  memberOf,
  type PathFixture,
  required,
  text,
  withEffect,
} from "./mask.js";

const customers = CustomerService.method;
let made = 0;

const byCall = ["COMPLIANCE_CHANNEL_AUTO_CALL"];
const noPreference = {
  ...{ receiveAutoMessage: false, receiveAutoEmail: false },
  ...{ subscribeToMarketingEmails: false, receiveAppointmentReminder: false },
};

/** UpdateCustomer. */
export const customerMask: MaskTraits = {
  naming: ["id", "company_id", "etag", "update_mask", "consent_provenance", "addresses"],
  moving: ["lastUpdatedTime", "lastUpdatedBy", "etag"],
  other: { path: "source", set: { source: "Outside" } },
  together: (before) => ({
    preference: { ...noPreference, receiveAutoEmail: true },
    ...consenting({ isConsented: false, serviceRelatedChannels: [], marketingCampaignsChannels: byCall })(before),
  }),
  closedPaths: [
    ...["address.id", "address.coordinate.latitude", "address.coordinate.longitude"],
    ...["referral_source.id", "referral_source.name", "referral_source.archived"],
    ...["compliance_config.service_related_channels.channels"],
    ...["compliance_config.marketing_campaigns_channels.channels"],
  ],
  async make(server) {
    made += 1;
    const id = `cus_mask_${made}`;
    // Of the one before, which got it by the mask.
    await server.database.owner.query("DELETE FROM customer_external_id WHERE system = 'masked'");
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
      ["customer_external_id", [{ company_id: "cmp_a", customer_id: id, system: "crm", external_id: id }]],
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
    phone: {
      set: { phone: "(212) 555-0199" },
      after: () => ({ phone: "+12125550199", phones: [phone("+12125550199")] }),
    },
    phones: {
      set: {
        phones: [
          { number: "(212) 555-0199", extension: "7" },
          { number: "+12125550198", label: "WORK" },
        ],
      },
      after: () => ({
        phone: "+12125550199",
        phones: [phone("+12125550199", { extension: "7" }), phone("+12125550198", { label: "WORK" })],
      }),
    },
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
    external_ids: {
      set: { externalIds: [{ system: "masked", id: "1" }] },
      after: () => ({ externalIds: [{ system: "masked", id: "1" }] }),
      cleared: () => ({ externalIds: [] }),
    },
    notes: {
      set: { notes: [{ note: "The only one" }] },
      after: () => ({ notes: [expect.objectContaining({ note: "The only one" })] }),
      cleared: () => ({ notes: [] }),
    },
    custom_fields: {
      set: { customFields: { field_number: { int64: "5" } } },
      after: () => ({ customFields: { field_number: { int64: "5" } } }),
      cleared: () => ({ customFields: undefined }),
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
    // A preference of false withdraws its channel, and a withdrawn channel sets its preference to false.
    preference: withEffect(
      {
        set: { preference: { receiveAutoEmail: true } },
        after: () => ({ preference: { ...noPreference, receiveAutoEmail: true } }),
        cleared: () => ({ preference: noPreference }),
      },
      consenting({ serviceRelatedChannels: [], marketingCampaignsChannels: byCall }),
    ),
    "preference.receive_auto_message": withEffect(
      flag("preference", "receiveAutoMessage"),
      consenting({ serviceRelatedChannels: [] }),
    ),
    "preference.receive_auto_email": flag("preference", "receiveAutoEmail"),
    "preference.subscribe_to_marketing_emails": withEffect(
      flag("preference", "subscribeToMarketingEmails"),
      consenting({ marketingCampaignsChannels: byCall }),
    ),
    "preference.receive_appointment_reminder": flag("preference", "receiveAppointmentReminder"),
    compliance_config: withEffect(
      {
        set: { complianceConfig: { isConsented: false, serviceRelatedChannels: { channels: [] } } },
        after: consenting({ isConsented: false, serviceRelatedChannels: [] }),
        cleared: () => ({ complianceConfig: noConsent }),
      },
      wanting({ receiveAutoMessage: false, receiveAutoEmail: false }),
      wanting({ ...noPreference, receiveAppointmentReminder: true }),
    ),
    "compliance_config.service_related_channels": withEffect(
      addedChannel("serviceRelatedChannels"),
      wanting({ receiveAutoMessage: false }),
      wanting({ receiveAutoMessage: false, receiveAutoEmail: false }),
    ),
    "compliance_config.marketing_campaigns_channels": withEffect(
      channels("marketingCampaignsChannels"),
      () => ({}),
      wanting({ subscribeToMarketingEmails: false }),
    ),
    "compliance_config.branded_app_enabled": flag("complianceConfig", "brandedAppEnabled"),
    "compliance_config.is_agreed_marketing_policy": withEffect(
      flag("complianceConfig", "isAgreedMarketingPolicy"),
      wanting({ subscribeToMarketingEmails: false }),
    ),
    "compliance_config.is_consented": flag("complianceConfig", "isConsented"),
  },
};

function consenting(parts: JsonObject) {
  return (before: JsonObject): JsonObject => ({
    complianceConfig: { ...memberOf(before, "complianceConfig"), ...parts },
  });
}

function wanting(parts: JsonObject) {
  return (before: JsonObject): JsonObject => ({ preference: { ...memberOf(before, "preference"), ...parts } });
}

/** A phone as it is returned. */
export function phone(number: string, more: JsonObject = {}): JsonObject {
  return { number, extension: "", label: "LABEL_UNSPECIFIED", belongsTo: "OWNER", personName: "", ...more };
}

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
const noConsent = {
  ...{ serviceRelatedChannels: [], marketingCampaignsChannels: [] },
  ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
};

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

function addressOf({ address: list }: JsonObject, index: number): JsonObject {
  const item = Array.isArray(list) ? list[index] : undefined;
  return memberOf({ item: item ?? null }, "item");
}
