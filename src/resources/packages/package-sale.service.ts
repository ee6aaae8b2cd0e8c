import { invalidRequest, notFoundInCompany, type Violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import { laterDay, localDate } from "../../core/time-zones.js";
import { neverExpires, type PackageDetail } from "./package.model.js";
import type { PackageSale, RequestedSale, SaleFacts, SoldPackage } from "./package-sale.model.js";
import { isInForce } from "./package-validity.model.js";

/**
 * The package of a sale, with its ids.
 *
 * @param now timestamp of the sale, by the clock of the database
 * @throws INVALID_REQUEST with all violations that only the database can find
 */
export function soldPackage(requested: RequestedSale, facts: SaleFacts, now: Date): SoldPackage {
  const { templateId } = requested;
  const sale = withTemplate(requested, facts, now);
  const violations = saleViolations(sale, { facts, now, templateId });
  if (violations.length > 0) throw invalidRequest(violations);
  const { remaining, ...bought } = sale;
  return {
    ...bought,
    ...(templateId === undefined ? {} : { templateId }),
    id: sale.id ?? newId(idPrefixes.package),
    purchaseTime: sale.purchaseTime ?? now,
    lines: sale.lines.map(({ id = newId(idPrefixes.packageService), quantity, services }, index) => ({
      ...{ id, quantity, remaining: remaining?.[index] ?? quantity },
      services: services.map(({ serviceId, unitPrice }) => {
        const { name = "", price } = facts.services.get(serviceId) ?? {};
        const paid = unitPrice ?? price;
        return { serviceId, name, ...(paid ? { unitPrice: paid } : {}) };
      }),
    })),
  };
}

/** The package as its first response has it. */
export function detailOf(sold: SoldPackage, { timeZone }: SaleFacts, now: Date): PackageDetail {
  const { lines, note: _, ...bought } = sold;
  const stored = { ...bought, deleted: false, used: false, applied: false, createdTime: now, lastUpdatedTime: now };
  return {
    ...{ ...stored, version: 1n, inForce: isInForce(stored, { at: now, timeZone }) },
    remainingQuantity: lines.reduce((sum, { remaining }) => sum + remaining, 0),
    lines: lines.map(({ id, quantity, remaining, services }) => ({
      ...{ id, services, totalQuantity: quantity, remainingQuantity: remaining, goodwillQuantity: 0, movedQuantity: 0 },
    })),
  };
}

/**
 * Copies what the request does not set from its template, which can change later. The last day is counted from the day of
 * the purchase, or of the start if that is later.
 */
function withTemplate({ templateId, ...given }: RequestedSale, facts: SaleFacts, now: Date): PackageSale {
  const nothing = { name: "", description: "", price: { currencyCode: "", units: 0n, nanos: 0 }, lines: [] };
  const template = templateId === undefined ? undefined : facts.templates.get(templateId);
  // Without its template, nothing can be said about what it would have set.
  if (!template) return { ...nothing, expirationDate: neverExpires, ...given };
  const { name, description, price, expirationDays: days, items: lines } = template;
  const bought = given.purchaseTime ?? now;
  const firstDay = localDate(facts.timeZone, given.startTime && given.startTime > bought ? given.startTime : bought);
  const expirationDate = days === undefined ? neverExpires : laterDay(firstDay, days);
  return { ...{ name, description, price, expirationDate, lines }, ...given };
}

interface Situation {
  readonly facts: SaleFacts;
  readonly now: Date;
  readonly templateId: string | undefined;
}

function saleViolations(sale: PackageSale, situation: Situation): Violation[] {
  const found = [...missingViolations(sale, situation), ...unusable(sale, situation)];
  return found.filter(({ field }, index) => found.findIndex((one) => one.field === field) === index);
}

function missingViolations(sale: PackageSale, { facts, templateId }: Situation): Violation[] {
  const { customerId, businessId, staffId } = sale;
  const services = sale.lines.flatMap((line, position) =>
    line.services.flatMap(({ serviceId }, index) =>
      facts.services.has(serviceId) ? [] : [`package_services[${position}].services[${index}].service_id`],
    ),
  );
  return [
    ...(facts.customerIds.has(customerId) ? [] : ["customer_id"]),
    ...(facts.businessIds.has(businessId) ? [] : ["business_id"]),
    ...(staffId === undefined || facts.staffIds.has(staffId) ? [] : ["staff_id"]),
    ...(templateId === undefined || facts.templates.has(templateId) ? [] : ["template_id"]),
    ...services,
  ].map((field) => ({ field, reason: "NOT_FOUND", description: notFoundInCompany }));
}

/** What would make it impossible to redeem a unit, ever. */
function unusable(sale: PackageSale, { facts: { timeZone, services }, now }: Situation): Violation[] {
  const { purchaseTime = now, startTime, endTime, expirationDate } = sale;
  const never = "0001-01-01";
  const dayOf = (time: Date) => localDate(timeZone, time);
  const priced = [...services].flatMap(([id, { price }]) => (price ? [[id, price.currencyCode] as const] : []));
  return [
    ...remainingViolations(sale),
    ...(purchaseTime > now ? [purchasedInFuture] : []),
    ...(startTime && endTime && startTime >= endTime ? [conflict("end_time", endsBeforeStart)] : []),
    ...(endTime && endTime <= purchaseTime ? [conflict("end_time", "Must be after purchase_time.")] : []),
    ...(expirationDate === never || expirationDate < dayOf(purchaseTime)
      ? [conflict("expiration_date", "Must not be before the day of the purchase.")]
      : []),
    ...(startTime && expirationDate < dayOf(startTime)
      ? [conflict("start_time", "Must not be after the day in expiration_date.")]
      : []),
    ...currencyViolations(sale.lines, sale.price, new Map(priced)),
  ];
}

function remainingViolations({ lines, remaining }: PackageSale): Violation[] {
  const field = "remaining_quantities";
  // Without items, the template does not exist.
  if (!remaining || lines.length === 0) return [];
  if (remaining.length !== lines.length) return [conflict(field, "Must have one number for each item.")];
  return remaining.flatMap((units, index) => {
    if (units <= (lines[index]?.quantity ?? 0)) return [];
    const description = "Must not be more than the quantity of the item.";
    return [{ field: `${field}[${index}]`, reason: "OUT_OF_RANGE" as const, description }];
  });
}

export const endsBeforeStart = "Must be after start_time.";

interface Priced {
  readonly services: readonly { readonly serviceId: string; readonly unitPrice?: Currency | undefined }[];
}

interface Currency {
  readonly currencyCode: string;
}

/**
 * Unit prices in another currency than the price of the package, also those that the catalog sets.
 *
 * @param catalogCurrencies of the services that have a price, by id
 */
export function currencyViolations(
  lines: readonly Priced[],
  { currencyCode }: Currency,
  catalogCurrencies: ReadonlyMap<string, string> = new Map(),
): Violation[] {
  return lines.flatMap(({ services }, line) =>
    services.flatMap(({ serviceId, unitPrice }, index) => {
      const field = `package_services[${line}].services[${index}].unit_price`;
      if (unitPrice) {
        // Codes that are none have a violation already.
        const isCode = [unitPrice.currencyCode, currencyCode].every((code) => /^[A-Z]{3}$/.test(code));
        if (unitPrice.currencyCode === currencyCode || !isCode) return [];
        return [conflict(`${field}.currency_code`, "Must be the currency of package_price.")];
      }
      const listed = catalogCurrencies.get(serviceId);
      if (listed === undefined || listed === currencyCode) return [];
      return [conflict(field, "Must be set: the price in the catalog has another currency than package_price.")];
    }),
  );
}

function conflict(field: string, description: string): Violation {
  return { field, reason: "CONFLICT", description };
}

const purchasedInFuture: Violation = {
  field: "purchase_time",
  reason: "OUT_OF_RANGE",
  description: "Must not be in the future.",
};
