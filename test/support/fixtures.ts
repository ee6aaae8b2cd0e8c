import type { Row, Tables } from "../../src/demo/demo-directory.js";
import { tagKey } from "../../src/resources/setting-lists/tag.model.js";
import { callerTables } from "./caller-rows.js";
import { externalApiTables } from "./external-api-rows.js";
import { customFields } from "./fixture-fields.js";
import { keys, keyTables } from "./fixture-keys.js";
import { ivrFlowTables } from "./ivr-flow-rows.js";
import { leadTables } from "./lead-rows.js";
import { packageTables } from "./package-rows.js";
import { petTables } from "./pet-rows.js";
import { settingTables } from "./setting-rows.js";

/**
 * What every test database holds: companies A and B of one enterprise, a foreign company C, and one with a quota.
 * Company A has a customer with everything (`cus_a1`), one at its other location (`cus_a2`) and an archived one
 * (`cus_a9`); A and B both hold `cus_both`.
 */
const placeOfA1 = {
  ...{ id: "addr_biz_a1", address1: "350 Fifth Avenue", address2: "", city: "New York", state: "NY" },
  ...{ postalCode: "10118", country: "US", coordinate: { latitude: 40.75, longitude: -73.98 }, type: "PRIMARY" },
};

export const fixtureTables: Tables = [
  [
    "company",
    [
      company("cmp_a", "Alpha Grooming", "US", "America/New_York", "ent_ab", {
        upcoming_appointments_url_template: "https://book.example/a/{customer_id}",
      }),
      company("cmp_b", "Beta Boarding", "CA", "America/Toronto", "ent_ab"),
      company("cmp_c", "Gamma Clinic", "US", "America/Chicago", null),
      company("cmp_quota", "Quota Pets", "US", "America/Chicago", null, { max_customers: 2 }),
    ],
  ],
  ["company_customer_count", [{ company_id: "cmp_quota", customers: 0 }]],
  [
    "business",
    [
      business("cmp_a", "biz_a1", "Alpha Downtown", { phone: "+12125550100", address: placeOfA1 }),
      business("cmp_a", "biz_a2", "Alpha Uptown"),
      business("cmp_a", "biz_a9", "Alpha Closed", { archived_time: "2024-01-01T00:00:00Z" }),
      business("cmp_b", "biz_b1", "Beta Main"),
      business("cmp_c", "biz_c1", "Gamma Main"),
      business("cmp_quota", "biz_q1", "Quota Main"),
    ],
  ],
  [
    "staff",
    [
      staff("cmp_a", "staff_a1", "Alice", ["biz_a1"]),
      staff("cmp_a", "staff_a2", "Adam", ["biz_a2"]),
      staff("cmp_a", "staff_a9", "Zoe", ["biz_a1"], "2024-01-01T00:00:00Z"),
      staff("cmp_b", "staff_b1", "Bea", ["biz_b1"]),
      staff("cmp_c", "staff_c1", "Cleo", ["biz_c1"]),
    ],
  ],
  [
    "tag",
    [
      tag("cmp_a", "tag_a1", "VIP", 1, { group_name: "Loyalty" }),
      tag("cmp_a", "tag_a2", "Straße", 2),
      tag("cmp_a", "tag_a3", "Newcomer", 2),
      tag("cmp_a", "tag_a9", "Retired", 3, { archived_time: "2024-01-01T00:00:00Z" }),
      tag("cmp_b", "tag_b1", "VIP", 1),
      tag("cmp_c", "tag_c1", "Secret of C", 1),
    ],
  ],
  [
    "referral_source",
    [
      source("cmp_a", "ref_a1", "Web search", 2),
      source("cmp_a", "ref_a2", "A friend", 1),
      source("cmp_a", "ref_a9", "Newspaper", 3, "2024-01-01T00:00:00Z"),
      source("cmp_c", "ref_c1", "Secret of C", 1),
    ],
  ],
  ["custom_field", customFields],
  [
    "customer",
    [
      customer("cmp_a", "cus_a1", "biz_a1", "2024-03-01T10:00:00Z", {
        avatar: "https://img.example/a1.png",
        color_code: "#112233",
        source: "Walk-in",
        email: "Anna@Example.com",
        email_key: "anna@example.com",
        referral_source_id: "ref_a1",
        assigned_staff_id: "staff_a1",
        custom_fields: { field_short: { string: "kept" } },
      }),
      customer("cmp_a", "cus_a2", "biz_a2", "2024-03-02T10:00:00Z", { phone: "+12125550102" }),
      customer("cmp_a", "cus_a9", "biz_a1", "2024-03-03T10:00:00Z", { archived_time: "2024-04-01T00:00:00Z" }),
      customer("cmp_a", "cus_both", "biz_a1", "2024-03-04T10:00:00Z", { first_name: "Both of A" }),
      customer("cmp_b", "cus_both", "biz_b1", "2024-03-04T10:00:00Z", { first_name: "Both of B" }),
      customer("cmp_b", "cus_b1", "biz_b1", "2024-03-05T10:00:00Z"),
      customer("cmp_c", "cus_c1", "biz_c1", "2024-03-06T10:00:00Z"),
    ],
  ],
  [
    "customer_address",
    [address("cmp_a", "addr_a1", "cus_a1", 1, "1 First St"), address("cmp_a", "addr_a2", "cus_a1", 2, "2 Second St")],
  ],
  [
    "customer_tag",
    [
      { company_id: "cmp_a", customer_id: "cus_a1", tag_id: "tag_a1" },
      { company_id: "cmp_c", customer_id: "cus_c1", tag_id: "tag_c1" },
    ],
  ],
  [
    "customer_note",
    [
      note("cmp_a", "cxn_a1", "cus_a1", "2024-03-01T11:00:00Z"),
      note("cmp_a", "cxn_a2", "cus_a1", "2024-03-01T12:00:00Z"),
      note("cmp_a", "cxn_a3", "cus_a2", "2024-03-02T12:00:00Z"),
      note("cmp_a", "cxn_a9", "cus_a9", "2024-03-03T12:00:00Z"),
      note("cmp_c", "cxn_c1", "cus_c1", "2024-03-06T12:00:00Z"),
    ],
  ],
  [
    "customer_card",
    [
      {
        ...{ company_id: "cmp_a", id: "card_a1", customer_id: "cus_a1", provider: "STRIPE" },
        ...{
          provider_customer_id: "cus_of_stripe",
          payment_method_id: "pm_of_stripe",
          brand: "visa",
          last_four: "1881",
        },
        ...{ expiry_month: 5, expiry_year: 2030, created_time: "2024-03-02T12:00:00Z" },
      },
    ],
  ],
  ...callerTables,
  ...externalApiTables,
  ...ivrFlowTables,
  ...leadTables,
  ...petTables,
  ...settingTables,
  ...packageTables,
  ...keyTables(Object.values(keys)),
];

function company(
  id: string,
  name: string,
  country: string,
  timeZone: string,
  enterpriseId: string | null,
  more: Row = {},
): Row {
  return {
    ...{ id, name, country, time_zone: timeZone, enterprise_id: enterpriseId },
    max_customers: null,
    upcoming_appointments_url_template: null,
    ...more,
  };
}

function business(companyId: string, id: string, name: string, more: Row = {}): Row {
  return { company_id: companyId, id, name, phone: "", address: null, archived_time: null, ...more };
}

function staff(companyId: string, id: string, firstName: string, at: readonly string[], archivedTime?: string): Row {
  return {
    ...{ company_id: companyId, id, first_name: firstName, last_name: "Tester", working_business_ids: at },
    ...{ role_id: "rol_1", role_name: "Groomer", hired_time: "2022-06-01T09:00:00Z" },
    archived_time: archivedTime ?? null,
  };
}

function tag(companyId: string, id: string, name: string, order: number, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, name, name_key: tagKey(name), display_order: order, group_name: "" },
    ...{ archived_time: null, last_updated_by: "staff_a1", last_updated_time: "2023-01-01T10:00:00Z" },
    ...more,
  };
}

function source(companyId: string, id: string, name: string, order: number, archivedTime?: string): Row {
  return {
    ...{ company_id: companyId, id, name, display_order: order, archived_time: archivedTime ?? null },
    last_updated_time: "2023-01-01T10:00:00Z",
  };
}

/** A customer that differs from the defaults of a new one wherever it can without children. */
export function customer(companyId: string, id: string, businessId: string, time: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, preferred_business_id: businessId, first_name: "Anna", last_name: "Archer" },
    ...{ avatar: "", color_code: "", source: "", phone: "+12125550101", email: "", email_key: "" },
    ...{ referral_source_id: null, assigned_staff_id: null, custom_fields: {}, archived_time: null },
    ...{ receive_auto_message: true, receive_auto_email: true },
    ...{ subscribe_to_marketing_emails: true, receive_appointment_reminder: true },
    ...{ service_related_channels: [1], marketing_campaigns_channels: [2, 3] },
    ...{ branded_app_enabled: true, is_agreed_marketing_policy: true, is_consented: true },
    ...{ created_by: "staff_a2", created_time: time, last_updated_by: "staff_a2", last_updated_time: time },
    ...more,
  };
}

export function address(companyId: string, id: string, customerId: string, type: 1 | 2, address1: string): Row {
  return {
    ...{ company_id: companyId, id, customer_id: customerId, address1, address2: "Apt 1", city: "New York" },
    ...{ state: "NY", postal_code: "10001", country: "US", latitude: 40.5, longitude: -73.5, type },
  };
}

export function note(companyId: string, id: string, customerId: string, time: string): Row {
  return {
    ...{ company_id: companyId, id, customer_id: customerId, note: `Text of ${id}` },
    ...{ created_time: time, last_updated_by: "staff_a2", last_updated_time: time },
  };
}
