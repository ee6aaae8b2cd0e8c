import { serviceItemTypes, serviceTypes } from "../resources/catalog/catalog.model.js";
import { demoCompanyIds, demoStaffId, type Row, type Tables } from "./demo-directory.js";
import { authorColumns, changeRows, type KeyIds } from "./demo-record-rows.js";

const { first, second } = demoCompanyIds;

interface DemoPackage {
  readonly companyId: string;
  readonly id: string;
  readonly customerId: string;
  readonly businessId: string;
  readonly staffId?: string;
  readonly name: string;
  readonly description: string;
  /** Whole units of the currency. */
  readonly price: number;
  readonly createdTime: string;
  readonly startTime?: string;
  readonly endTime?: string;
  /** Absent = never expires. */
  readonly expirationDate?: string;
  readonly deletedTime?: string;
  readonly lines: readonly DemoLine[];
}

interface DemoLine {
  readonly id: string;
  /** Unit prices in whole units of the currency. */
  readonly services: readonly (readonly [id: string, name: string, price: number])[];
  readonly total: number;
  /** Redeemed units, each for an appointment unless an order is given. */
  readonly redeemed?: readonly { readonly units: number; readonly orderId?: string }[];
}

const bath = ["srv_001", "Basic Grooming", 30] as const;
const nails = ["srv_002", "Nail Trim", 15] as const;
const night = ["srv_001", "Boarding Night", 60] as const;

/** The catalog services that the packages contain. */
const services: readonly Row[] = [
  ...[bath, nails].map(([id, name, price]) => offered(first, id, name, price)),
  offered(second, ...night),
];

/** One of each kind: partly used, unused, used up, expired, never expiring, soft-deleted. */
const packages: readonly DemoPackage[] = [
  {
    // As shown in the MoeGo API reference, "Package".
    ...{ companyId: first, id: "pkg_abc123", customerId: "cus_123", businessId: "bus_001", staffId: "staff_001" },
    ...{ name: "Basic Grooming Package", description: "Includes 5 basic grooming sessions", price: 150 },
    createdTime: "2023-01-15T10:00:00Z",
    startTime: "2023-01-15T10:00:00Z",
    endTime: "2024-01-15T10:00:00Z",
    expirationDate: "2024-01-15",
    lines: [{ id: "ps_001", services: [bath], total: 5, redeemed: [{ units: 1 }, { units: 1 }] }],
  },
  {
    ...{ companyId: first, id: "pkg_201", customerId: "cus_001", businessId: "biz_001", staffId: "staff_002" },
    ...{ name: "Ten Baths", description: "Unused, valid for years", price: 270 },
    createdTime: "2024-07-20T14:30:00Z",
    expirationDate: "2099-12-31",
    lines: [{ id: "ps_201", services: [bath], total: 10 }],
  },
  {
    ...{ companyId: first, id: "pkg_202", customerId: "cus_001", businessId: "biz_001", staffId: "staff_002" },
    ...{ name: "Spa Days", description: "Partly used, never expires", price: 120 },
    createdTime: "2024-06-03T09:00:00Z",
    lines: [
      { id: "ps_202", services: [bath, nails], total: 4, redeemed: [{ units: 1 }] },
      { id: "ps_203", services: [nails], total: 2, redeemed: [{ units: 2, orderId: "order_1001" }] },
    ],
  },
  {
    ...{ companyId: first, id: "pkg_203", customerId: "cus_201", businessId: "bus_001" },
    ...{ name: "Three Trims", description: "Used up", price: 40 },
    createdTime: "2024-05-10T08:30:00Z",
    lines: [{ id: "ps_204", services: [nails], total: 3, redeemed: [{ units: 2 }, { units: 1 }] }],
  },
  {
    ...{ companyId: first, id: "pkg_204", customerId: "cus_001", businessId: "biz_001" },
    ...{ name: "Winter Offer", description: "Expired with units left", price: 55 },
    createdTime: "2023-11-01T12:00:00Z",
    expirationDate: "2024-02-29",
    lines: [{ id: "ps_205", services: [bath], total: 2, redeemed: [{ units: 1 }] }],
  },
  {
    ...{ companyId: first, id: "pkg_205", customerId: "cus_001", businessId: "biz_001" },
    ...{ name: "Sold by Mistake", description: "Soft-deleted", price: 300 },
    createdTime: "2024-03-05T15:00:00Z",
    deletedTime: "2024-03-05T15:10:00Z",
    lines: [{ id: "ps_206", services: [bath], total: 10 }],
  },
  {
    // The first company uses this id as well.
    ...{ companyId: second, id: "pkg_201", customerId: "cus_001", businessId: "biz_001" },
    ...{ name: "Five Nights", description: "", price: 300 },
    createdTime: "2024-04-02T10:00:00Z",
    lines: [{ id: "ps_201", services: [night], total: 5 }],
  },
];

/** The demo packages and their catalog services, with the ledger and audit log rows that the API would write. */
export function packageTables(keyIds: KeyIds): Tables {
  const lines = packages.flatMap((bought) => bought.lines.map((line) => ({ bought, line })));
  return [
    ["service", services],
    ["package", packages.map(toPackageRow)],
    [
      "package_service",
      lines.map(({ bought, line }) => ({
        ...{ company_id: bought.companyId, id: line.id, package_id: bought.id, position: bought.lines.indexOf(line) },
        total_quantity: line.total,
      })),
    ],
    ["package_service_item", lines.flatMap(({ bought, line }) => toItemRows(bought, line))],
    [
      "package_ledger",
      lines.flatMap(({ bought, line }) =>
        toLedgerRows(bought, line).map((row) => ({ ...row, ...authorColumns(bought.companyId, keyIds) })),
      ),
    ],
    ["change", changeRows("package", packages, keyIds)],
  ];
}

function toPackageRow(bought: DemoPackage): Row {
  return {
    ...{ company_id: bought.companyId, id: bought.id, customer_id: bought.customerId },
    ...{ business_id: bought.businessId, staff_id: bought.staffId ?? null },
    ...{ name: bought.name, description: bought.description },
    ...{ price_currency: currencyOf(bought), price_units: bought.price, price_nanos: 0 },
    ...{ purchase_time: bought.createdTime, start_time: bought.startTime ?? null, end_time: bought.endTime ?? null },
    ...{ expiration_date: bought.expirationDate ?? "9999-01-01", deleted_time: bought.deletedTime ?? null },
    created_time: bought.createdTime,
    last_updated_time: bought.deletedTime ?? bought.createdTime,
  };
}

function toItemRows(bought: DemoPackage, { id, services }: DemoLine): Row[] {
  return services.map(([serviceId, name, price], position) => ({
    ...{ company_id: bought.companyId, package_service_id: id, position, service_id: serviceId, name },
    ...{ price_currency: currencyOf(bought), price_units: price, price_nanos: 0 },
  }));
}

/** The sale, then one redemption per day. */
function toLedgerRows({ companyId, id: packageId, createdTime }: DemoPackage, { id, total, redeemed = [] }: DemoLine) {
  const entry = (number: number, more: Row): Row => ({
    ...{ company_id: companyId, id: `ple_${id}_${number}`, package_id: packageId, package_service_id: id },
    ...{ appointment_id: "", order_id: "", ...more },
    occurred_time: new Date(Date.parse(createdTime) + number * 86_400_000).toISOString(),
  });
  return [
    entry(0, { kind: "SALE", quantity: total }),
    ...redeemed.map(({ units, orderId }, index) =>
      entry(index + 1, {
        ...{ kind: "REDEMPTION", quantity: -units },
        ...(orderId === undefined ? { appointment_id: `appt_${id}_${index + 1}` } : { order_id: orderId }),
      }),
    ),
  ];
}

function offered(companyId: string, id: string, name: string, price: number): Row {
  return {
    ...{ company_id: companyId, id, name },
    service_item_type: serviceItemTypes.numberOf(name === night[1] ? "BOARDING" : "GROOMING"),
    service_type: serviceTypes.numberOf("SERVICE"),
    ...{ price_currency: currencyOf({ companyId }), price_units: price, price_nanos: 0, service_minutes: 60 },
    ...{ business_ids: [], available_all_business: true, available_business_ids: [] },
    ...{ available_all_staff: true, available_staff_ids: [], inactive: false },
    ...{ last_updated_by: demoStaffId, last_updated_time: "2023-01-01T09:00:00Z" },
  };
}

function currencyOf({ companyId }: Pick<DemoPackage, "companyId">): string {
  return companyId === first ? "USD" : "CAD";
}
