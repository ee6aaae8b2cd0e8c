import type { Row, Tables } from "../../src/demo/demo-directory.js";

const settingTime = "2023-01-01T10:00:00Z";

/**
 * Leads and what they refer to. Company A has a lead with everything but pets (`lcus_a1`), one at its other location
 * (`lcus_a2`), one without a location (`lcus_a3`) and an archived one (`lcus_a9`); A and B both hold `lcus_both`. Stages: `lc_a1` is the default of A, company C has none.
 */
export const leadTables: Tables = [
  [
    "life_cycle",
    [
      setting("cmp_a", "lc_a1", { name: "New", display_order: 1, is_default: true }),
      setting("cmp_a", "lc_a2", { name: "Qualified", display_order: 2, is_default: false }),
      setting("cmp_a", "lc_a3", { name: "Contacted", display_order: 2, is_default: false }),
      setting("cmp_a", "lc_a9", { name: "Cold", display_order: 3, is_default: false, archived_time: settingTime }),
      setting("cmp_b", "lc_b1", { name: "New", display_order: 1, is_default: true }),
      setting("cmp_c", "lc_c1", { name: "Secret of C", display_order: 1, is_default: false }),
    ],
  ],
  [
    "action_status",
    [
      setting("cmp_a", "as_a1", { name: "To call", display_order: 1, color: "#FF0000" }),
      setting("cmp_a", "as_a2", { name: "Contacted", display_order: 2, color: "#00FF00" }),
      setting("cmp_a", "as_a9", { name: "Faxed", display_order: 3, color: "", archived_time: settingTime }),
      setting("cmp_c", "as_c1", { name: "Secret of C", display_order: 1, color: "" }),
    ],
  ],
  [
    "pet_code",
    [
      setting("cmp_a", "pc_a1", { abbreviation: "B", description: "Bites", display_order: 1, color: "#FF0000" }),
      setting("cmp_a", "pc_a2", { abbreviation: "N", description: "Nervous", display_order: 2, color: "" }),
      setting("cmp_a", "pc_a9", {
        ...{ abbreviation: "O", description: "Old", display_order: 3, color: "" },
        archived_time: settingTime,
      }),
      setting("cmp_c", "pc_c1", { abbreviation: "S", description: "Secret of C", display_order: 1, color: "" }),
    ],
  ],
  [
    "lead",
    [
      lead("cmp_a", "lcus_a1", "biz_a1", "2024-03-01T10:00:00Z", {
        ...{ avatar: "https://img.example/l1.png", email: "Lena@Example.com", email_key: "lena@example.com" },
        ...{ allocate_staff_id: "staff_a1", life_cycle_id: "lc_a2", action_status_id: "as_a1" },
        ...{ referral_source_id: "ref_a1", custom_fields: { field_of_leads: { string: "kept" } } },
        address: leadAddress("addr_l1"),
      }),
      lead("cmp_a", "lcus_a2", "biz_a2", "2024-03-02T10:00:00Z", { phone: "+12125550102" }),
      lead("cmp_a", "lcus_a3", null, "2024-03-03T10:00:00Z"),
      lead("cmp_a", "lcus_a9", "biz_a1", "2024-03-04T10:00:00Z", { archived_time: "2024-04-01T00:00:00Z" }),
      lead("cmp_a", "lcus_both", "biz_a1", "2024-03-05T10:00:00Z", { first_name: "Both of A" }),
      lead("cmp_b", "lcus_both", "biz_b1", "2024-03-05T10:00:00Z", { first_name: "Both of B", life_cycle_id: "lc_b1" }),
      lead("cmp_b", "lcus_b1", "biz_b1", "2024-03-06T10:00:00Z", { life_cycle_id: "lc_b1" }),
      lead("cmp_c", "lcus_c1", "biz_c1", "2024-03-07T10:00:00Z", { life_cycle_id: "lc_c1" }),
    ],
  ],
];

/** A lead of company A's default stage that differs from the defaults of a new one wherever it can without children. */
export function lead(companyId: string, id: string, businessId: string | null, time: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, preferred_business_id: businessId, first_name: "Lena", last_name: "Lead" },
    ...{ avatar: "", phone: "+12125550121", email: "", email_key: "", address: null, allocate_staff_id: null },
    ...{ life_cycle_id: companyId === "cmp_a" ? "lc_a1" : null, action_status_id: null, referral_source_id: null },
    ...{ service_related_channels: [1], marketing_campaigns_channels: [2, 3] },
    ...{ branded_app_enabled: true, is_agreed_marketing_policy: true, is_consented: true, custom_fields: {} },
    ...{ promoted_customer_id: null, archived_time: null },
    ...{ created_by: "staff_a2", created_time: time, last_updated_by: "staff_a2", last_updated_time: time },
    ...more,
  };
}

/** An address as the column of a lead holds it. */
export function leadAddress(id: string): Row {
  return {
    ...{ id, address1: "1 First St", address2: "Apt 1", city: "New York", state: "NY", postal_code: "10001" },
    ...{ country: "US", latitude: 40.5, longitude: -73.5, type: 1 },
  };
}

function setting(companyId: string, id: string, more: Row): Row {
  return { company_id: companyId, id, archived_time: null, last_updated_time: settingTime, ...more };
}
