import type { Row, Tables } from "../../src/demo/demo-directory.js";

/** VIP levels, and what a call centre knows of `cus_a1`, of a customer at the other location and of one of company C. */
export const callerTables: Tables = [
  [
    "vip_level",
    [
      level("cmp_a", "vip_a1", "Gold", 2),
      level("cmp_a", "vip_a2", "Silver", 1),
      { ...level("cmp_a", "vip_a9", "Platinum", 3), archived_time: "2024-01-01T00:00:00Z" },
      level("cmp_c", "vip_c1", "Secret of C", 1),
    ],
  ],
  ["customer_profile", [profile("cmp_a", "cus_a1"), { ...profile("cmp_c", "cus_c1"), vip_level_id: "vip_c1" }]],
  [
    "customer_account",
    [
      { company_id: "cmp_a", customer_id: "cus_a1", kind: 5, account_id: "wa-anna" },
      { company_id: "cmp_a", customer_id: "cus_a2", kind: 8, account_id: "line-of-a2" },
      { company_id: "cmp_c", customer_id: "cus_c1", kind: 5, account_id: "wa-of-c" },
    ],
  ],
];

/** A profile with everything. */
export function profile(companyId: string, customerId: string): Row {
  return {
    ...{ company_id: companyId, customer_id: customerId, nickname: "Annie", gender: 2, vip_level_id: "vip_a1" },
    ...{ blacklisted: true, enterprise_name: "Archer Inc.", visitor_ids: ["visitor-1", "visitor-2"] },
  };
}

function level(companyId: string, id: string, name: string, order: number): Row {
  return {
    ...{ company_id: companyId, id, name, display_order: order, archived_time: null },
    last_updated_time: "2023-01-01T10:00:00Z",
  };
}
