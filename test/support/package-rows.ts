import type { Row, Tables } from "../../src/demo/demo-directory.js";

const sold = "2024-06-01T10:00:00Z";

/**
 * Packages of the customers of the fixtures. Company A has one with plenty of units (`pkg_a1`, item `ps_a1`), one sold
 * by its other location (`pkg_a2`) and a withdrawn one (`pkg_a9`); A and B both hold `pkg_both`. Company A has a template
 * and an archived one.
 */
export const packageTables: Tables = [
  [
    "package_template",
    [
      template("cmp_a", "pkt_a1", "srv_a1"),
      template("cmp_a", "pkt_a9", "srv_a1", sold),
      template("cmp_c", "pkt_c1", "srv_c1"),
    ],
  ],
  [
    "package",
    [
      bought("cmp_a", "pkg_a1", "cus_a1", "biz_a1", sold, { staff_id: "staff_a1", description: "Many\nbaths" }),
      bought("cmp_a", "pkg_a2", "cus_a2", "biz_a2", "2024-06-02T10:00:00Z"),
      bought("cmp_a", "pkg_a9", "cus_a1", "biz_a1", "2024-06-03T10:00:00Z", { deleted_time: "2024-07-01T00:00:00Z" }),
      bought("cmp_a", "pkg_both", "cus_both", "biz_a1", sold, { name: "Both of A" }),
      bought("cmp_b", "pkg_both", "cus_both", "biz_b1", sold, { name: "Both of B" }),
      bought("cmp_c", "pkg_c1", "cus_c1", "biz_c1", sold),
    ],
  ],
  [
    "package_service",
    [
      line("cmp_a", "ps_a1", "pkg_a1", 1_000_000),
      line("cmp_a", "ps_a2", "pkg_a2", 5),
      line("cmp_a", "ps_a9", "pkg_a9", 5),
      line("cmp_c", "ps_c1", "pkg_c1", 5),
    ],
  ],
  [
    "package_service_item",
    [
      item("cmp_a", "ps_a1", 0, "srv_a1", "Bath"),
      item("cmp_a", "ps_a1", 1, "srv_a2", "A trim"),
      item("cmp_a", "ps_a2", 0, "srv_a1", "Bath"),
    ],
  ],
  [
    "package_ledger",
    [
      entry("cmp_a", "ple_a1", "pkg_a1", "ps_a1", sold, { kind: "SALE", quantity: 1_000_000 }),
      entry("cmp_a", "ple_a2", "pkg_a2", "ps_a2", sold, { kind: "SALE", quantity: 5 }),
      entry("cmp_a", "ple_a9", "pkg_a9", "ps_a9", sold, { kind: "SALE", quantity: 5 }),
      entry("cmp_c", "ple_c1", "pkg_c1", "ps_c1", sold, { kind: "SALE", quantity: 5 }),
    ],
  ],
];

/** A package that never expires, sold for 99.99 USD. */
export function bought(
  companyId: string,
  id: string,
  customerId: string,
  businessId: string,
  time: string,
  more: Row = {},
): Row {
  return {
    ...{ company_id: companyId, id, customer_id: customerId, business_id: businessId, staff_id: null },
    ...{ name: "Ten baths", description: "", price_currency: "USD", price_units: 99, price_nanos: 990_000_000 },
    ...{ purchase_time: time, start_time: null, end_time: null, expiration_date: "9999-01-01", deleted_time: null },
    frozen_time: null,
    ...{ created_time: time, last_updated_time: time },
    ...more,
  };
}

/** A template of five units for 99.99 USD, which expire after 30 days. */
function template(companyId: string, id: string, serviceId: string, archived: string | null = null): Row {
  return {
    ...{ company_id: companyId, id, name: "Five baths", description: "Many", display_order: 1 },
    ...{ price_currency: "USD", price_units: 99, price_nanos: 990_000_000, expiration_days: 30 },
    items: [{ quantity: 5, services: [{ serviceId }] }],
    ...{ archived_time: archived, created_time: sold, last_updated_time: sold },
  };
}

export function line(companyId: string, id: string, packageId: string, total: number): Row {
  return { company_id: companyId, id, package_id: packageId, position: 0, total_quantity: total };
}

function item(companyId: string, lineId: string, position: number, serviceId: string, name: string): Row {
  return {
    ...{ company_id: companyId, package_service_id: lineId, position, service_id: serviceId, name },
    ...{ price_currency: "USD", price_units: 10, price_nanos: 0 },
  };
}

export function entry(
  companyId: string,
  id: string,
  packageId: string,
  lineId: string,
  time: string,
  more: Row = {},
): Row {
  return {
    ...{ company_id: companyId, id, package_id: packageId, package_service_id: lineId, reversed_id: null },
    ...{ kind: "ADJUSTMENT", quantity: 1, appointment_id: "", order_id: "", note: "", occurred_time: time },
    ...{ rpc: "test", key_id: "key_a", staff_id: "", request_id: "test" },
    ...more,
  };
}
