import type { Money } from "../../core/money.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { TemplateContent } from "../package-templates/package-template.model.js";
import type { SaleFacts, SalesOfCompany } from "./package-sale.model.js";
import { timeZoneOf } from "./package-transaction.repository.js";

/**
 * Reads what sales refer to, one statement for each table. Templates and customers are locked until the packages are
 * stored, each in the order of their ids, so that concurrent batches cannot deadlock.
 */
export async function readSaleFacts(tx: Prisma.TransactionClient, asked: SalesOfCompany): Promise<SaleFacts> {
  const { companyId, sales } = asked;
  const timeZone = await timeZoneOf(tx, companyId);
  const templates = await templatesOf(tx, asked);
  const lines = [
    ...sales.flatMap((sale) => sale.lines ?? []),
    ...[...templates.values()].flatMap(({ items }) => items),
  ];
  const services = await servicesOf(tx, {
    companyId,
    ids: each(lines.flatMap((line) => line.services.map(({ serviceId }) => serviceId))),
  });
  const customerIds = await customersOf(tx, asked);
  const usable = (ids: readonly (string | undefined)[]) => ({
    where: { companyId, id: { in: each(ids) }, archivedTime: null },
    select: { id: true },
  });
  const businesses = await tx.business.findMany(usable(sales.map(({ businessId }) => businessId)));
  const sellers = sales.map(({ staffId }) => staffId);
  const staff = sellers.some((id) => id !== undefined) ? await tx.staff.findMany(usable(sellers)) : [];
  return {
    ...{ timeZone, templates, services, customerIds },
    businessIds: new Set(businesses.map(({ id }) => id)),
    staffIds: new Set(staff.map(({ id }) => id)),
  };
}

function each(ids: readonly (string | undefined)[]): string[] {
  return [...new Set(ids.flatMap((id) => id ?? []))];
}

interface TemplateRow {
  readonly id: string;
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
      readonly unitPrice?: Omit<Money, "units"> & { readonly units: string };
    }[];
  }[];
}

async function templatesOf(
  tx: Prisma.TransactionClient,
  { companyId, sales }: SalesOfCompany,
): Promise<ReadonlyMap<string, TemplateContent>> {
  const ids = each(sales.map(({ templateId }) => templateId));
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<TemplateRow[]>`
    SELECT t.id, t.name, t.description, t.price_currency, t.price_units::text AS price_units, t.price_nanos,
      t.expiration_days, t.items FROM package_template t
    WHERE t.company_id = ${companyId} AND t.id = ANY(${ids}::text[]) AND t.archived_time IS NULL
    ORDER BY t.id FOR SHARE`;
  return new Map(rows.map((row) => [row.id, toTemplate(row)]));
}

function toTemplate(row: TemplateRow): TemplateContent {
  const { name, description, expiration_days: expirationDays, items } = row;
  return {
    ...{ name, description },
    price: { currencyCode: row.price_currency, units: BigInt(row.price_units), nanos: row.price_nanos },
    ...(expirationDays === null ? {} : { expirationDays }),
    items: items.map(({ quantity, services }) => ({
      quantity,
      services: services.map(({ serviceId, unitPrice }) => ({
        serviceId,
        ...(unitPrice ? { unitPrice: { ...unitPrice, units: BigInt(unitPrice.units) } } : {}),
      })),
    })),
  };
}

interface OfCompany {
  readonly companyId: string;
  readonly ids: string[];
}

async function servicesOf(tx: Prisma.TransactionClient, { companyId, ids }: OfCompany): Promise<SaleFacts["services"]> {
  const services = await tx.service.findMany({ where: { companyId, id: { in: ids }, inactive: false } });
  return new Map(
    services.map(({ id, name, priceCurrency: currencyCode, priceUnits: units, priceNanos: nanos }) => [
      id,
      { name, ...(currencyCode === "" ? {} : { price: { currencyCode, units, nanos } }) },
    ]),
  );
}

/** Locked against erasure until the packages are stored. */
async function customersOf(
  tx: Prisma.TransactionClient,
  { companyId, businessIds, sales }: SalesOfCompany,
): Promise<ReadonlySet<string>> {
  const ids = each(sales.map(({ customerId }) => customerId));
  const reach = businessIds ? [...businessIds] : null;
  const rows = await tx.$queryRaw<{ id: string }[]>`SELECT c.id FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ANY(${ids}::text[]) AND c.archived_time IS NULL
      AND (${reach}::text[] IS NULL OR c.preferred_business_id = ANY(${reach}::text[]))
    ORDER BY c.id FOR KEY SHARE`;
  return new Set(rows.map(({ id }) => id));
}
