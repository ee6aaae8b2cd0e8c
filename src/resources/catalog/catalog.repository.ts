import type { CompanyResource } from "../../core/company-resource.js";
import { actingStaffId } from "../../core/write.js";
import { updatedTime } from "../../db/audit-log.js";
import { companyRecords, type LimitedDatabase, present } from "../../db/company-records.js";
import { countedBy } from "../../db/growth.js";
import { resolveNameCursor } from "../../db/record-list.js";
import { statement } from "../../db/statement.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { ServiceModel } from "../../gen/prisma/models.js";
import {
  type AvailabilityCheck,
  type CatalogRepository,
  type CatalogService,
  type ServiceContent,
  serviceItemTypes,
  serviceTypes,
} from "./catalog.model.js";

/** The catalog services of companies. */
export function createCatalogRepository(limited: LimitedDatabase): CatalogRepository {
  const { database } = limited;
  const find = async (reader: Pick<Prisma.TransactionClient, "service">, { companyId, id }: CompanyResource) => {
    const row = await reader.service.findFirst({ where: { companyId, id } });
    return row ? toService(row) : undefined;
  };
  const services = companyRecords(limited, {
    ...{ kind: "service", resource: "Service", measures: countedBy("MAX_SERVICES"), inUse: "NOT inactive", find },
  });
  return {
    get: (target, signal) => database.ask(signal, (prisma) => find(prisma, target)),

    async list({ companyId, page, itemTypes, businessIds, showArchived }, signal) {
      const numbers = itemTypes.map(serviceItemTypes.numberOf);
      const filter = [showArchived, numbers, businessIds];
      const after = await resolveNameCursor(database, { nameOf: serviceName, scope: [companyId], page }, signal);
      const values = [companyId, page.size + 1, page.offset, ...after, ...filter];
      const places = await database.read<{ id: string; name: string }>(listPlaces, values, signal);
      const where = { companyId, id: { in: places.map((place) => place.id) } };
      const rows = await database.ask(signal, (prisma) => prisma.service.findMany({ where }));
      const byId = new Map(rows.map((row) => [row.id, toService(row)]));
      return places.flatMap((place) => {
        const service = byId.get(place.id);
        // With the name that determined its position: if it was renamed between the two reads, its new position is
        // elsewhere.
        return service ? [{ ...service, name: place.name }] : [];
      });
    },

    create: ({ companyId, id, content }, write, offer) =>
      services.create({ companyId, id }, write, async (tx, now) => {
        await checkOffer(tx, { companyId, offer, former: { businessIds: [], staffIds: [] } });
        const kind = {
          serviceItemType: serviceItemTypes.numberOf(content.itemType),
          serviceType: serviceTypes.numberOf(content.type),
        };
        const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime: now };
        await tx.service.create({ data: { companyId, id, ...kind, ...columns(content), ...stamp } });
      }),

    change: (target, write, decide, offer) =>
      services.change(target, write, async (tx, now) => {
        const { companyId, id } = target;
        const where = { companyId_id: { companyId, id } };
        const row = await tx.service.findUnique({ where });
        const content = decide(row ? toService(row) : undefined);
        const former = present(row ?? undefined);
        await checkOffer(tx, { companyId, offer, former: toService(former) });
        const version = former.version + 1n;
        const lastUpdatedTime = updatedTime(former, now);
        const stamp = { lastUpdatedBy: actingStaffId(write, companyId), lastUpdatedTime, version };
        await tx.service.update({ where, data: { ...columns(content), ...stamp } });
        return { version };
      }),
  };
}

const listPlaces = statement(
  "service.list",
  `SELECT s.id, s.name FROM service s WHERE s.company_id = $1
     AND ($5::text IS NULL OR (s.name, s.id) > (($4::text[])[1], $5))
     AND ($6::boolean OR NOT s.inactive)
     AND (cardinality($7::smallint[]) = 0 OR s.service_item_type = ANY($7))
     AND (cardinality($8::text[]) = 0 OR s.available_all_business OR s.available_business_ids && $8)
   ORDER BY s.name, s.id LIMIT $2 OFFSET $3`,
);

const serviceName = statement(
  "service.name",
  "SELECT ARRAY[name] AS name FROM service WHERE id = $1 AND company_id = $2",
);

interface CheckedOffer {
  readonly companyId: string;
  readonly offer: AvailabilityCheck;
  /**
   * The current locations and staff. They may have been archived in the meantime; sending them back unchanged is always
   * allowed.
   */
  readonly former: Pick<CatalogService, "businessIds" | "staffIds">;
}

async function checkOffer(tx: Prisma.TransactionClient, { companyId, offer, former }: CheckedOffer): Promise<void> {
  const businessIds = without(offer.businessIds, former.businessIds);
  const staffIds = without(offer.staffIds, former.staffIds);
  const usable = (ids: readonly string[]) => ({ companyId, id: { in: [...ids] }, archivedTime: null });
  const select = { id: true };
  const businesses = await tx.business.findMany({ where: usable(businessIds), select });
  const staff = await tx.staff.findMany({ where: usable(staffIds), select });
  const idsOf = (rows: readonly { readonly id: string }[]) => rows.map((row) => row.id);
  offer.check({
    businessIds: new Set(without(businessIds, idsOf(businesses))),
    staffIds: new Set(without(staffIds, idsOf(staff))),
  });
}

function without(ids: readonly string[], known: readonly string[]): readonly string[] {
  return ids.filter((id) => !known.includes(id));
}

function columns({ name, category, price, minutes, inactive, ...offer }: ServiceContent) {
  return {
    ...{ name, category, serviceMinutes: minutes, inactive },
    ...{ priceCurrency: price?.currencyCode ?? "", priceUnits: price?.units ?? 0n, priceNanos: price?.nanos ?? 0 },
    availableAllBusiness: offer.atAllBusinesses,
    availableBusinessIds: [...offer.businessIds],
    availableAllStaff: offer.byAllStaff,
    availableStaffIds: [...offer.staffIds],
  };
}

function toService(row: ServiceModel): CatalogService {
  const itemType = serviceItemTypes.wordOf(row.serviceItemType);
  const type = serviceTypes.wordOf(row.serviceType);
  if (!itemType || !type) throw new Error(`service ${row.id} has an unknown type`);
  return {
    ...{ id: row.id, name: row.name, category: row.category, itemType, type, minutes: row.serviceMinutes },
    ...(row.priceCurrency === ""
      ? {}
      : { price: { currencyCode: row.priceCurrency, units: row.priceUnits, nanos: row.priceNanos } }),
    atAllBusinesses: row.availableAllBusiness,
    businessIds: row.availableBusinessIds,
    byAllStaff: row.availableAllStaff,
    staffIds: row.availableStaffIds,
    inactive: row.inactive,
  };
}
