import type { Row, Tables } from "../../src/demo/demo-directory.js";

const settingTime = "2023-01-01T10:00:00Z";

/** Lists that only pets refer to, by name, and the catalogue. What other records refer to stands beside them. */
export const settingTables: Tables = [
  [
    "pet_size",
    [
      size("cmp_a", "psz_a1", "Small", 1, [null, 10]),
      size("cmp_a", "psz_a2", "Large", 2, [11, null]),
      { ...size("cmp_a", "psz_a9", "Giant", 3, [60, null]), archived_time: settingTime },
      size("cmp_c", "psz_c1", "Secret of C", 1, [null, null]),
    ],
  ],
  [
    "pet_type",
    [
      named("cmp_a", "pt_a1", "Dog", 2),
      named("cmp_a", "pt_a2", "Cat", 1),
      { ...named("cmp_a", "pt_a9", "Snake", 3), archived_time: settingTime },
      named("cmp_c", "pt_c1", "Secret of C", 1),
    ],
  ],
  [
    "pet_coat_type",
    [
      named("cmp_a", "pct_a1", "Short", 1),
      named("cmp_a", "pct_a2", "Curly", 1),
      { ...named("cmp_a", "pct_a9", "Wire", 3), archived_time: settingTime },
      named("cmp_c", "pct_c1", "Secret of C", 1),
    ],
  ],
  [
    "custom_field",
    [
      {
        ...{ company_id: "cmp_c", id: "cf_c1", association_type: 1, code: "secret", label: "Secret of C", type: 1 },
        ...{ source: 1, options: [], created_time: settingTime, last_updated_time: settingTime },
      },
      {
        ...{ company_id: "cmp_b", id: "cf_system", association_type: 2, code: "system", label: "Of the product" },
        ...{ type: 1, source: 2, options: [], created_time: settingTime, last_updated_time: settingTime },
      },
    ],
  ],
  [
    "service",
    [
      offeredService("cmp_a", "srv_a1", "Bath", { available_all_business: true, available_all_staff: true }),
      offeredService("cmp_a", "srv_a2", "Haircut", {
        ...{ available_business_ids: ["biz_a1"], available_staff_ids: ["staff_a1"], service_minutes: 60 },
        ...{ price_currency: "USD", price_units: 50, price_nanos: 500_000_000 },
      }),
      offeredService("cmp_a", "srv_a3", "Night", { service_item_type: 2, available_business_ids: ["biz_a2"] }),
      offeredService("cmp_a", "srv_a9", "Old bath", { inactive: true }),
      offeredService("cmp_c", "srv_c1", "Secret of C"),
    ],
  ],
];

/** A grooming service of the catalogue that is offered nowhere. */
export function offeredService(companyId: string, id: string, name: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, name, service_item_type: 1, service_type: 1, category: "", service_minutes: 0 },
    ...{ price_currency: "", price_units: 0, price_nanos: 0, inactive: false, business_ids: [] },
    ...{ available_all_business: false, available_business_ids: [] },
    ...{ available_all_staff: false, available_staff_ids: [], version: 1 },
    ...{ last_updated_by: "", last_updated_time: settingTime },
    ...more,
  };
}

function named(companyId: string, id: string, name: string, order: number): Row {
  return {
    ...{ company_id: companyId, id, name, display_order: order, archived_time: null },
    ...{ last_updated_time: settingTime, version: 1 },
  };
}

function size(
  companyId: string,
  id: string,
  name: string,
  order: number,
  [low, high]: readonly [number | null, number | null],
): Row {
  return { ...named(companyId, id, name, order), weight_low: low, weight_high: high, weight_unit: 1 };
}
