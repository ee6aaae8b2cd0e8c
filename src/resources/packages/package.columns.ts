import type { ExternalId } from "../../core/external-id.js";
import type { Money } from "../../core/money.js";
import { localDate } from "../../core/time-zones.js";
import { externalIdsSql } from "../../db/external-ids.js";
import type { Bind } from "../../db/record-list.js";
import type { LedgerEntry, LedgerKind, Package, PackageDetail, PackageItem } from "./package.model.js";
import { isInForce, type Moment } from "./package-validity.model.js";

/** A package as selected by `packageColumns`. */
export interface PackageRow {
  readonly company_id: string;
  readonly id: string;
  readonly customer_id: string;
  readonly business_id: string;
  readonly staff_id: string | null;
  readonly name: string;
  readonly description: string;
  readonly price: MoneyJson;
  readonly purchase_time: Date;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  readonly expiration_date: string;
  readonly deleted: boolean;
  readonly frozen_time: Date | null;
  readonly moved_from_id: string | null;
  readonly template_id: string | null;
  readonly external_ids: readonly ExternalId[] | null;
  readonly created_time: Date;
  readonly last_updated_time: Date;
  readonly version: string;
  readonly balance: { readonly units: number; readonly used: boolean; readonly applied: boolean };
}

/** The clock of the database and the time zone of the company. */
export interface ClockRow {
  readonly now: Date;
  readonly time_zone: string;
}

/** A package with its items, as selected by `packageLines`. */
export interface PackageDetailRow extends PackageRow {
  readonly lines: readonly LineJson[] | null;
}

/** An item as built by `packageLines`. */
export interface LineJson extends Omit<PackageItem, "services"> {
  readonly services: readonly { readonly serviceId: string; readonly name: string; readonly price: MoneyJson }[] | null;
}

interface MoneyJson extends Omit<Money, "units"> {
  readonly units: string;
}

/**
 * Columns of `package AS k`, with the sums of its ledger. Dates and 64-bit integers are strings, in node-postgres as in
 * Prisma.
 */
export const packageColumns = `k.company_id, k.id, k.customer_id, k.business_id, k.staff_id, k.name, k.description,
  ${moneyJson("k")} AS price, k.purchase_time, k.start_time, k.end_time,
  to_char(k.expiration_date, 'YYYY-MM-DD') AS expiration_date, k.deleted_time IS NOT NULL AS deleted, k.frozen_time, k.moved_from_id, k.template_id,
  ${externalIdsSql("package", "k")} AS external_ids, k.created_time, k.last_updated_time, k.version::text AS version, (
    SELECT jsonb_build_object('units', coalesce(sum(e.quantity), 0), 'used', coalesce(bool_or(e.kind = 'REDEMPTION'), false),
      'applied', coalesce(bool_or(e.kind = 'REDEMPTION' AND e.appointment_id || e.order_id <> ''), false))
    FROM package_ledger e WHERE e.company_id = k.company_id AND e.package_id = k.id) AS balance`;

/** The conditions on `package AS k` that say what `isInForce` says. */
export function inForceSql({ at, timeZone }: Moment, bind: Bind): readonly string[] {
  const now = `${bind(at)}::timestamptz`;
  return [
    `coalesce(k.start_time, '-infinity') <= ${now} AND coalesce(k.end_time, 'infinity') > ${now}`,
    `coalesce(k.frozen_time, 'infinity') > ${now}`,
    `k.expiration_date >= ${bind(localDate(timeZone, at))}::date`,
    "k.deleted_time IS NULL AND k.customer_id NOT LIKE 'erased\\_%'",
  ];
}

/** The items of `package AS k`, ordered by the name of their first service, then by id. */
export const packageLines = `(SELECT jsonb_agg(jsonb_build_object('id', s.id, 'totalQuantity', s.total_quantity,
      'remainingQuantity', b.remaining, 'goodwillQuantity', b.goodwill, 'movedQuantity', b.moved,
      'services', i.services) ORDER BY i.first_name, s.id)
    FROM package_service s CROSS JOIN LATERAL (
      SELECT min(i.name) AS first_name, jsonb_agg(jsonb_build_object('serviceId', i.service_id, 'name', i.name,
        'price', ${moneyJson("i")}) ORDER BY i.name, i.service_id) AS services
      FROM package_service_item i WHERE i.company_id = s.company_id AND i.package_service_id = s.id) i
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.quantity), 0) AS remaining,
        coalesce(sum(e.quantity) FILTER (WHERE e.kind = 'GOODWILL'), 0) AS goodwill,
        coalesce(-sum(e.quantity) FILTER (WHERE e.kind = 'MOVE' AND e.quantity < 0), 0) AS moved
      FROM package_ledger e WHERE e.company_id = s.company_id AND e.package_service_id = s.id) b
    WHERE s.company_id = k.company_id AND s.package_id = k.id) AS lines`;

/** Packages with their items, each with the clock that says whether it is in force. A condition on `package AS k` follows. */
export const packageDetails = `SELECT ${packageColumns}, ${packageLines}, o.time_zone, statement_timestamp() AS now
    FROM package k JOIN company o ON o.id = k.company_id`;

function moneyJson(alias: string): string {
  return `jsonb_build_object('currencyCode', ${alias}.price_currency, 'units', ${alias}.price_units::text, 'nanos', ${alias}.price_nanos)`;
}

export function toPackage(row: PackageRow, moment: Moment): Package {
  const bought = toStored(row);
  return { ...bought, inForce: isInForce(bought, moment) };
}

function toStored(row: PackageRow): Omit<Package, "inForce"> {
  return {
    companyId: row.company_id,
    id: row.id,
    customerId: row.customer_id,
    businessId: row.business_id,
    ...(row.staff_id === null ? {} : { staffId: row.staff_id }),
    name: row.name,
    description: row.description,
    price: toMoney(row.price),
    purchaseTime: row.purchase_time,
    ...(row.start_time ? { startTime: row.start_time } : {}),
    ...(row.end_time ? { endTime: row.end_time } : {}),
    expirationDate: row.expiration_date,
    deleted: row.deleted,
    ...(row.frozen_time ? { frozenTime: row.frozen_time } : {}),
    ...(row.moved_from_id === null ? {} : { movedFromId: row.moved_from_id }),
    ...(row.template_id === null ? {} : { templateId: row.template_id }),
    externalIds: row.external_ids ?? [],
    used: row.balance.used,
    applied: row.balance.applied,
    remainingQuantity: row.balance.units,
    createdTime: row.created_time,
    lastUpdatedTime: row.last_updated_time,
    version: BigInt(row.version),
  };
}

export function toPackageDetail(row: PackageDetailRow, moment: Moment): PackageDetail {
  return { ...toPackage(row, moment), lines: row.lines?.map(toLine) ?? [] };
}

export function toLine({ services, ...line }: LineJson): PackageItem {
  const packaged = (services ?? []).map(({ price, ...service }) => ({
    ...service,
    // A catalog service without a price.
    ...(price.currencyCode === "" ? {} : { unitPrice: toMoney(price) }),
  }));
  return { ...line, services: packaged };
}

function toMoney({ currencyCode, units, nanos }: MoneyJson): Money {
  return { currencyCode, units: BigInt(units), nanos };
}

/** An entry as selected by `ledgerColumns`. */
export interface LedgerRow {
  readonly id: string;
  readonly package_id: string;
  readonly package_service_id: string | null;
  readonly kind: LedgerKind;
  readonly quantity: number;
  readonly reversed_id: string | null;
  readonly appointment_id: string;
  readonly order_id: string;
  readonly note: string;
  readonly staff_id: string;
  readonly occurred_time: Date;
  readonly redeemed_time: Date | null;
  readonly moved_package_id: string | null;
  readonly days: number | null;
}

/** Columns of `package_ledger AS e`. */
export const ledgerColumns = `e.id, e.package_id, e.package_service_id, e.kind, e.quantity, e.reversed_id, e.appointment_id,
  e.order_id, e.note, e.staff_id, e.occurred_time, e.redeemed_time, e.moved_package_id, e.days`;

export function toLedgerEntry(row: LedgerRow): LedgerEntry {
  return {
    id: row.id,
    packageId: row.package_id,
    ...(row.package_service_id === null ? {} : { lineId: row.package_service_id }),
    kind: row.kind,
    quantity: row.quantity,
    ...(row.reversed_id === null ? {} : { refundedId: row.reversed_id }),
    appointmentId: row.appointment_id,
    orderId: row.order_id,
    note: row.note,
    staffId: row.staff_id,
    createdTime: row.occurred_time,
    ...(row.moved_package_id === null ? {} : { movedPackageId: row.moved_package_id }),
    ...(row.days === null ? {} : { days: row.days }),
    ...(row.redeemed_time === null ? {} : { redeemedTime: row.redeemed_time }),
  };
}
