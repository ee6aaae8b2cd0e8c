import { alreadyExistsError, throwIfInvalid } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Money } from "../../core/money.js";
import { assertRecordSize } from "../../core/record-size.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import { recordChange } from "../../db/audit-log.js";
import type { LimitedDatabase } from "../../db/company-records.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { once } from "../../db/idempotent-write.js";
import type { Prisma, Service } from "../../gen/prisma/client.js";
import type {
  MissingPackageReferences,
  PackageDetail,
  PackageRepository,
  PackageSale,
  RequestedSale,
} from "./package.model.js";
import { withTemplate } from "./package-template-sale.repository.js";
import { readPackage, timeZoneOf } from "./package-transaction.repository.js";

interface CheckedSale {
  readonly sale: RequestedSale;
  readonly check: Parameters<PackageRepository["sell"]>[2];
}

/** Stores a package, its items and the ledger entries of the sale in one transaction. */
export async function sellPackage(
  { database, limits }: LimitedDatabase,
  { sale: requested, check }: CheckedSale,
  write: WriteContext,
): Promise<PackageDetail> {
  const { companyId } = requested;
  const within = requested.businessIds ? { businessIds: requested.businessIds } : {};
  try {
    return await once(database, write, {
      lock: async () => {},
      async work({ tx, now, record }) {
        const timeZone = await timeZoneOf(tx, companyId);
        const { sale, hasTemplate } = await withTemplate(tx, requested, { at: now, timeZone });
        const catalog = await usableServices(tx, sale);
        const found = await missingFor(tx, sale, catalog);
        const missing = hasTemplate ? found : { ...found, references: [...found.references, "templateId" as const] };
        throwIfInvalid(check(sale, { missing, now, timeZone, catalogCurrencies: currenciesOf(catalog) }));
        const id = sale.id ?? newId(idPrefixes.package);
        // Before the rows: a concurrent duplicate with the same given id must reach the claim first, and not fail
        // because the id is already used.
        const recorded = await record({ companyId, kind: "package", ids: [id] });
        await insertPackage(tx, { sale, id, catalog, now, write, templateId: requested.templateId });
        assertRecordSize({
          record: await readPackage(tx, { companyId, ...within, id }),
          limit: limits.recordBytes,
        });
        return recorded;
      },
      response: ({ tx, ids: [id = ""] }) => readPackage(tx, { companyId, ...within, id }),
    });
  } catch (error) {
    const taken = takenBy[violatedConstraint(error) ?? ""];
    if (!taken) throw error;
    throw alreadyExistsError(taken.resource, taken.field);
  }
}

const takenBy: Readonly<Record<string, { readonly resource: string; readonly field: string }>> = {
  package_pkey: { resource: "Package", field: "id" },
  package_service_pkey: { resource: "PackageService", field: "package_services.id" },
};

type Catalog = ReadonlyMap<string, Service>;

async function usableServices(tx: Prisma.TransactionClient, { companyId, lines }: PackageSale): Promise<Catalog> {
  const ids = [...new Set(lines.flatMap(({ services }) => services.map(({ serviceId }) => serviceId)))];
  const services = await tx.service.findMany({ where: { companyId, id: { in: ids }, inactive: false } });
  return new Map(services.map((service) => [service.id, service]));
}

function currenciesOf(catalog: Catalog): ReadonlyMap<string, string> {
  const priced = [...catalog.values()].filter(({ priceCurrency }) => priceCurrency !== "");
  return new Map(priced.map(({ id, priceCurrency }) => [id, priceCurrency]));
}

async function missingFor(
  tx: Prisma.TransactionClient,
  { companyId, businessIds, customerId, businessId, staffId, lines }: PackageSale,
  catalog: Catalog,
): Promise<MissingPackageReferences> {
  const reach = businessIds ? [...businessIds] : null;
  // Locked against erasure until the package is stored.
  const customers = await tx.$queryRaw<readonly unknown[]>`SELECT c.id FROM customer c
    WHERE c.company_id = ${companyId} AND c.id = ${customerId} AND c.archived_time IS NULL
      AND (${reach}::text[] IS NULL OR c.preferred_business_id = ANY(${reach}::text[]))
    FOR KEY SHARE`;
  const usable = (id: string) => ({ companyId, id, archivedTime: null });
  const hasBusiness = (await tx.business.count({ where: usable(businessId) })) > 0;
  const hasStaff = staffId === undefined || (await tx.staff.count({ where: usable(staffId) })) > 0;
  const serviceIds = lines.flatMap(({ services }) => services.map(({ serviceId }) => serviceId));
  return {
    references: [
      ...(customers.length > 0 ? [] : (["customerId"] as const)),
      ...(hasBusiness ? [] : (["businessId"] as const)),
      ...(hasStaff ? [] : (["staffId"] as const)),
    ],
    serviceIds: serviceIds.filter((id) => !catalog.has(id)),
  };
}

interface Insert {
  readonly sale: PackageSale;
  readonly id: string;
  readonly catalog: Catalog;
  readonly now: Date;
  readonly write: WriteContext;
  readonly templateId: string | undefined;
}

async function insertPackage(tx: Prisma.TransactionClient, insert: Insert): Promise<void> {
  const { sale, id, catalog, now, write, templateId } = insert;
  const { companyId } = sale;
  const lines = sale.lines.map((line) => ({ ...line, id: line.id ?? newId(idPrefixes.packageService) }));
  await tx.package.create({
    data: {
      ...{ companyId, id, customerId: sale.customerId, businessId: sale.businessId, staffId: sale.staffId ?? null },
      ...{ name: sale.name, description: sale.description, ...priceColumns(sale.price) },
      templateId: templateId ?? null,
      purchaseTime: sale.purchaseTime ?? now,
      startTime: sale.startTime ?? null,
      endTime: sale.endTime ?? null,
      expirationDate: new Date(`${sale.expirationDate}T00:00:00Z`),
      createdTime: now,
      lastUpdatedTime: now,
    },
  });
  await tx.packageService.createMany({
    data: lines.map((line, position) => ({
      ...{ companyId, id: line.id, packageId: id, position },
      totalQuantity: line.quantity,
    })),
  });
  await tx.packageServiceItem.createMany({
    data: lines.flatMap((line) =>
      line.services.map(({ serviceId, unitPrice }, position) => ({
        ...{ companyId, packageServiceId: line.id, position, serviceId },
        name: catalog.get(serviceId)?.name ?? "",
        ...(unitPrice ? priceColumns(unitPrice) : listPriceOf(catalog.get(serviceId))),
      })),
    ),
  });
  const { rpc, keyId, requestId } = write;
  const staffId = actingStaffId(write, companyId);
  await tx.packageLedger.createMany({
    data: lines.map((line) => ({
      ...{ companyId, id: newId(idPrefixes.ledgerEntry), packageId: id, packageServiceId: line.id },
      ...{ kind: "SALE", quantity: line.quantity, occurredTime: now, rpc, keyId, staffId, requestId },
    })),
  });
  const location = { after: sale.businessId };
  await recordChange(tx, write, { companyId, kind: "package", id, version: 1n, time: now, fields: [], location });
}

function priceColumns({ currencyCode, units, nanos }: Money) {
  return { priceCurrency: currencyCode, priceUnits: units, priceNanos: nanos };
}

function listPriceOf(service: Service | undefined) {
  if (!service) return {};
  const { priceCurrency, priceUnits, priceNanos } = service;
  return { priceCurrency, priceUnits, priceNanos };
}
