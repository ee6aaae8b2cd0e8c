import { laterDay, localDate } from "../../core/time-zones.js";
import type { Prisma } from "../../gen/prisma/client.js";
import { neverExpires, type PackageSale, type RequestedSale } from "./package.model.js";
import type { Moment } from "./package-validity.model.js";

interface ResolvedSale {
  readonly sale: PackageSale;
  /** False if the request names a template that does not exist or is archived. */
  readonly hasTemplate: boolean;
}

/**
 * Copies what the request does not set from its template, which can change later. The last day is counted from the day of
 * the purchase, or of the start if that is later.
 */
export async function withTemplate(
  tx: Prisma.TransactionClient,
  { templateId, ...given }: RequestedSale,
  { at, timeZone }: Moment,
): Promise<ResolvedSale> {
  const nothing = { name: "", description: "", price: { currencyCode: "", units: 0n, nanos: 0 }, lines: [] };
  if (templateId === undefined) {
    return { sale: { ...nothing, expirationDate: neverExpires, ...given }, hasTemplate: true };
  }
  const [template] = await tx.$queryRaw<TemplateRow[]>`
    SELECT t.name, t.description, t.price_currency, t.price_units::text AS price_units, t.price_nanos,
      t.expiration_days, t.items FROM package_template t
    WHERE t.company_id = ${given.companyId} AND t.id = ${templateId} AND t.archived_time IS NULL FOR SHARE`;
  if (!template) {
    // Without the template, nothing can be said about what it would have set.
    const price = given.price ?? nothing.price;
    return { sale: { ...nothing, expirationDate: neverExpires, ...given, price }, hasTemplate: false };
  }
  const bought = given.purchaseTime ?? at;
  const firstDay = localDate(timeZone, given.startTime && given.startTime > bought ? given.startTime : bought);
  const days = template.expiration_days;
  const copied = {
    ...{ name: template.name, description: template.description },
    price: {
      ...{ currencyCode: template.price_currency, units: BigInt(template.price_units), nanos: template.price_nanos },
    },
    expirationDate: days === null ? neverExpires : laterDay(firstDay, days),
    lines: template.items.map(({ quantity, services }) => ({
      quantity,
      services: services.map(({ serviceId, unitPrice }) => ({
        serviceId,
        ...(unitPrice ? { unitPrice: { ...unitPrice, units: BigInt(unitPrice.units) } } : {}),
      })),
    })),
  };
  return { sale: { ...copied, ...given }, hasTemplate: true };
}

interface TemplateRow {
  readonly name: string;
  readonly description: string;
  readonly price_currency: string;
  readonly price_units: string;
  readonly price_nanos: number;
  readonly expiration_days: number | null;
  readonly items: readonly {
    readonly quantity: number;
    readonly services: readonly {
      readonly serviceId: string;
      readonly unitPrice?: { readonly currencyCode: string; readonly units: string; readonly nanos: number };
    }[];
  }[];
}
