import type { JsonObject } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { lead, leadAddress } from "../support/lead-rows.js";
import { messageJson } from "../support/message-json.js";
import { phone } from "./customer-mask.js";
import { addedChannel, channels, flag, type MaskTraits, memberOf, type PathFixture } from "./mask.js";

const rpc = LeadService.method;
let made = 0;

const noConsent = {
  ...{ serviceRelatedChannels: [], marketingCampaignsChannels: [] },
  ...{ brandedAppEnabled: false, isAgreedMarketingPolicy: false, isConsented: false },
};
/** UpdateLead, whose paths are relative to the lead, but for the permissions beside it. */
export const leadMask: MaskTraits = {
  holder: "lead",
  naming: [
    ...["id", "company_id", "etag", "update_mask", "consent_provenance"],
    ...["created_time", "created_by", "last_updated_time", "last_updated_by"],
    ...["deleted", "departure", "promoted_customer_id", "possible_duplicates"],
  ],
  moving: ["lastUpdatedTime", "lastUpdatedBy", "etag"],
  other: { path: "last_name", set: { lead: { lastName: "Outside" } } },
  closedPaths: [
    ...["address.id", "address.coordinate.latitude", "address.coordinate.longitude"],
    ...["id", "name", "is_default", "archived"].map((part) => `life_cycle.${part}`),
    ...["id", "name", "color", "archived"].map((part) => `action_status.${part}`),
    ...["id", "name", "archived"].map((part) => `referral_source.${part}`),
    "compliance_config.service_related_channels.channels",
    "compliance_config.marketing_campaigns_channels.channels",
  ],
  async make(server) {
    made += 1;
    const id = `lcus_mask_${made}`;
    // Of the one before, which got it by the mask.
    await server.database.owner.query("DELETE FROM lead_external_id WHERE system = 'masked'");
    const time = "2024-05-01T10:00:00Z";
    const address = leadAddress(`addr_lm_${made}`);
    const pet = { company_id: "cmp_a", id: `pet_lm_${made}`, lead_id: id, name: "Rex", type: 2, breed: "Beagle" };
    const traits = { status: 1, gender: 0, weight_unit: 1, fixed: "", coat: "", behavior: "", vet_name: "" };
    const rest = { vet_phone: "", vet_address: "", evaluation_status: 0, photo: "", version: 1 };
    await server.insert([
      ["lead", [lead("cmp_a", id, "biz_a1", time, { ...filled, address })]],
      ["lead_external_id", [{ company_id: "cmp_a", lead_id: id, system: "crm", external_id: id }]],
      ["lead_tag", [{ company_id: "cmp_a", lead_id: id, tag_id: "tag_a1" }]],
      ["lead_note", [{ company_id: "cmp_a", id: `note_lm_${made}`, lead_id: id, note: "Before", ...noteStamp }]],
      ["pet", [{ ...pet, ...traits, ...rest, created_time: time, last_updated_time: time }]],
    ]);
    return { id, lead: {} };
  },
  read: async (server, { id }) => messageJson(LeadSchema, await server.ok(rpc.getLead, { id: String(id) })),
  paths: {
    first_name: required("firstName", "Neo"),
    last_name: text("lastName", "Newman"),
    avatar: text("avatar", "https://img.example/new.png"),
    source: text("source", "A flyer"),
    phone: {
      set: { lead: { phone: "(212) 555-0199" } },
      after: () => ({ phone: "+12125550199", phones: [phone("+12125550199")] }),
      cleared: () => ({ phone: "", phones: [] }),
    },
    phones: {
      set: {
        lead: {
          phones: [
            { number: "(212) 555-0199", extension: "7" },
            { number: "+12125550198", label: "WORK" },
          ],
        },
      },
      after: () => ({
        phone: "+12125550199",
        phones: [phone("+12125550199", { extension: "7" }), phone("+12125550198", { label: "WORK" })],
      }),
      cleared: () => ({ phone: "", phones: [] }),
    },
    email: text("email", "New@Example.org"),
    address: {
      set: { lead: { address: { address1: "9 New St", city: "Boston" } } },
      after: (before) => ({
        address: {
          ...{ ...memberOf(before, "address"), address1: "9 New St", address2: "", city: "Boston", state: "" },
          ...{ postalCode: "", country: "", coordinate: undefined },
        },
      }),
      cleared: () => ({ address: undefined }),
    },
    "address.address1": addressPart("address1", "10 Tenth St", ""),
    "address.address2": addressPart("address2", "Floor 10", ""),
    "address.city": addressPart("city", "Boston", ""),
    "address.state": addressPart("state", "MA", ""),
    "address.postal_code": addressPart("postalCode", "02101", ""),
    "address.country": addressPart("country", "CA", ""),
    "address.coordinate": addressPart("coordinate", { latitude: 1.5, longitude: 2.5 }, undefined),
    "address.type": {
      set: { lead: { address: { type: "SECONDARY" } } },
      after: (before) => ({ address: { ...memberOf(before, "address"), type: "SECONDARY" } }),
    },
    notes: {
      set: { lead: { notes: [{ note: "Calls back" }] } },
      after: () => ({ notes: [expect.objectContaining({ note: "Calls back" })] }),
      cleared: () => ({ notes: [] }),
    },
    tags: {
      set: { lead: { tags: [{ id: "tag_a2" }] } },
      after: () => ({ tags: [expect.objectContaining({ id: "tag_a2" })] }),
      cleared: () => ({ tags: [] }),
    },
    external_ids: {
      set: { lead: { externalIds: [{ system: "masked", id: "1" }] } },
      after: () => ({ externalIds: [{ system: "masked", id: "1" }] }),
      cleared: () => ({ externalIds: [] }),
    },
    pets: {
      set: { lead: { pets: [{ name: "Only", type: "CAT", breed: "Manx" }] } },
      after: () => ({ pets: [expect.objectContaining({ name: "Only", type: "CAT", breed: "Manx" })] }),
      cleared: () => ({ pets: [] }),
    },
    preferred_business_id: text("preferredBusinessId", "biz_a2"),
    allocate_staff_id: text("allocateStaffId", "staff_a2"),
    life_cycle: {
      set: { lead: { lifeCycle: { id: "lc_a3" } } },
      after: () => ({ lifeCycle: { id: "lc_a3", name: "Contacted", isDefault: false, archived: false } }),
      cleared: () => ({ lifeCycle: { id: "lc_a1", name: "New", isDefault: true, archived: false } }),
    },
    action_status: {
      set: { lead: { actionStatus: { id: "as_a2" } } },
      after: () => ({ actionStatus: { id: "as_a2", name: "Contacted", color: "#00FF00", archived: false } }),
      cleared: () => ({ actionStatus: undefined }),
    },
    referral_source: {
      set: { lead: { referralSource: { id: "ref_a2" } } },
      after: () => ({ referralSource: { id: "ref_a2", name: "A friend", archived: false } }),
      cleared: () => ({ referralSource: undefined }),
    },
    custom_fields: {
      set: { lead: { customFields: { field_of_leads: { string: "new" } } } },
      after: () => ({ customFields: { field_of_leads: { string: "new" } } }),
      cleared: () => ({ customFields: {} }),
    },
    compliance_config: {
      set: { complianceConfig: { isConsented: false, serviceRelatedChannels: { channels: [] } } },
      after: (before) => ({
        complianceConfig: { ...memberOf(before, "complianceConfig"), isConsented: false, serviceRelatedChannels: [] },
      }),
      cleared: () => ({ complianceConfig: noConsent }),
    },
    "compliance_config.service_related_channels": addedChannel("serviceRelatedChannels"),
    "compliance_config.marketing_campaigns_channels": channels("marketingCampaignsChannels"),
    "compliance_config.branded_app_enabled": flag("complianceConfig", "brandedAppEnabled"),
    "compliance_config.is_agreed_marketing_policy": flag("complianceConfig", "isAgreedMarketingPolicy"),
    "compliance_config.is_consented": flag("complianceConfig", "isConsented"),
  },
};

const noteStamp = {
  ...{ created_time: "2024-05-01T10:00:00Z", last_updated_time: "2024-05-01T10:00:00Z" },
  last_updated_by: "staff_a1",
};

const filled = {
  ...{ avatar: "https://img.example/l.png", email: "Lena@Example.com", email_key: "lena@example.com" },
  ...{ allocate_staff_id: "staff_a1", life_cycle_id: "lc_a2", action_status_id: "as_a1", referral_source_id: "ref_a1" },
  custom_fields: { field_of_leads: { string: "kept" } },
};

function addressPart(part: string, value: JsonObject | string, empty: "" | undefined): PathFixture {
  const withPart = (before: JsonObject, content: unknown) => ({
    address: { ...memberOf(before, "address"), [part]: content },
  });
  return {
    set: { lead: { address: { [part]: value } } },
    after: (before) => withPart(before, value),
    cleared: (before) => withPart(before, empty),
  };
}

function required(member: string, value: string): PathFixture {
  return { set: { lead: { [member]: value } }, after: () => ({ [member]: value }) };
}

function text(member: string, value: string): PathFixture {
  return { ...required(member, value), cleared: () => ({ [member]: "" }) };
}
