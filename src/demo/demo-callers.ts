import { type AccountKind, accountKinds, genders } from "../resources/callers/caller-profile.model.js";
import { demoCompanyIds } from "./demo-directory.js";
import type { Row, Tables } from "./demo-rows.js";

const { first, second } = demoCompanyIds;

/** Call center data of the demo customers. Accounts are fictitious. */
export const callerTables: Tables = [
  [
    "vip_level",
    [
      level(first, "vip_001", "Gold", 1),
      level(first, "vip_002", "Silver", 2),
      level(first, "vip_003", "Bronze", 3),
      level(second, "vip_001", "Regular", 1),
    ],
  ],
  [
    "customer_profile",
    [
      {
        ...{
          company_id: first,
          customer_id: "cus_001",
          nickname: "Johnny",
          gender: genders.numberOf("MALE"),
          vip_level_id: "vip_001",
        },
        ...{ blacklisted: false, enterprise_name: "Doe & Daughters", visitor_ids: ["visitor-7f3a", "visitor-91c2"] },
      },
      {
        ...{ company_id: first, customer_id: "cus_202", nickname: "", gender: 0, vip_level_id: null },
        ...{ blacklisted: true, enterprise_name: "", visitor_ids: [] },
      },
    ],
  ],
  [
    "customer_account",
    [
      account("cus_001", "PARTNER", "partner-1001"),
      account("cus_001", "WX_UNION", "wx-union-demo-1"),
      account("cus_001", "WHATSAPP", "12125550111"),
      account("cus_123", "TELEGRAM", "tg-jane-roe"),
    ],
  ],
];

function level(companyId: string, id: string, name: string, order: number): Row {
  return {
    ...{ company_id: companyId, id, name, display_order: order },
    ...{ last_updated_by: "staff_001", last_updated_time: "2023-01-01T09:00:00Z" },
  };
}

function account(customerId: string, kind: AccountKind, accountId: string): Row {
  return { company_id: first, customer_id: customerId, kind: accountKinds.numberOf(kind), account_id: accountId };
}
