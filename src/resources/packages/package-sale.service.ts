import { notFoundInCompany, type Violation } from "../../core/errors.js";
import { localDate } from "../../core/time-zones.js";
import type { MissingPackageReferences, PackageSale, SaleSituation } from "./package.model.js";

/** All violations that only the database can find. Empty if the package can be sold. */
export function saleViolations(sale: PackageSale, situation: SaleSituation): Violation[] {
  const found = [...missingViolations(sale, situation.missing), ...unusable(sale, situation)];
  return found.filter(({ field }, index) => found.findIndex((one) => one.field === field) === index);
}

const fieldOf = {
  customerId: "customer_id",
  businessId: "business_id",
  staffId: "staff_id",
  templateId: "template_id",
} as const;

function missingViolations({ lines }: PackageSale, { references, serviceIds }: MissingPackageReferences): Violation[] {
  const missing = new Set(serviceIds);
  const fields = lines.flatMap(({ services }, line) =>
    services.flatMap(({ serviceId }, index) =>
      missing.has(serviceId) ? [`package_services[${line}].services[${index}].service_id`] : [],
    ),
  );
  return [...references.map((reference) => fieldOf[reference]), ...fields].map((field) => ({
    field,
    reason: "NOT_FOUND",
    description: notFoundInCompany,
  }));
}

/** What would make it impossible to redeem a unit, ever. */
function unusable(sale: PackageSale, { now, timeZone, catalogCurrencies }: SaleSituation): Violation[] {
  const { purchaseTime = now, startTime, endTime, expirationDate } = sale;
  const never = "0001-01-01";
  const dayOf = (time: Date) => localDate(timeZone, time);
  return [
    ...(purchaseTime > now ? [purchasedInFuture] : []),
    ...(startTime && endTime && startTime >= endTime ? [conflict("end_time", endsBeforeStart)] : []),
    ...(endTime && endTime <= purchaseTime ? [conflict("end_time", "Must be after purchase_time.")] : []),
    ...(expirationDate === never || expirationDate < dayOf(purchaseTime)
      ? [conflict("expiration_date", "Must not be before the day of the purchase.")]
      : []),
    ...(startTime && expirationDate < dayOf(startTime)
      ? [conflict("start_time", "Must not be after the day in expiration_date.")]
      : []),
    ...currencyViolations(sale.lines, sale.price, catalogCurrencies),
  ];
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
