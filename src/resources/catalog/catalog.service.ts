import { requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import { type CompanyResource, requireFound } from "../../core/company-resource.js";
import { notFoundInCompany, throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type {
  Availability,
  AvailabilityCheck,
  CatalogRepository,
  CatalogService,
  MissingIds,
  NewService,
  ServiceContent,
  ServiceQuery,
  ServiceUpdate,
} from "./catalog.model.js";

const resource = "Service";

export type ServiceCatalog = ReturnType<typeof createCatalog>;

/** The catalog services of a company. Packages refer to them. */
export function createCatalog(repository: CatalogRepository) {
  return {
    async get(target: CompanyResource, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, target.companyId);
      return requireFound(await repository.get(target, signal), resource, target.id);
    },

    async list(query: ServiceQuery, principal: Principal, signal: AbortSignal) {
      requireCompanyAccess(principal, query.companyId);
      return repository.list(query, signal);
    },

    async create(input: NewService, principal: Principal, write: WriteContext) {
      const { companyId, id = newId(idPrefixes.service), offer, ...service } = input;
      requireCompanyWrite(principal, companyId, "setting:write");
      const content = { ...service, ...offered(offer, nobody), inactive: false };
      return repository.create({ companyId, id, content }, write, checkOf(offer));
    },

    async update({ companyId, id, offer, ...update }: ServiceUpdate, principal: Principal, write: WriteContext) {
      requireCompanyWrite(principal, companyId, "setting:write");
      const decide = (found: CatalogService | undefined) => {
        const service = requireFound(found, resource, id);
        return { ...service, ...update, ...offered(offer, service) };
      };
      return repository.change({ companyId, id }, write, decide, checkOf(offer));
    },
  };
}

type Offered = Pick<ServiceContent, "atAllBusinesses" | "businessIds" | "byAllStaff" | "staffIds">;

const nobody: Offered = { atAllBusinesses: false, businessIds: [], byAllStaff: false, staffIds: [] };

/** Listing some implies "not all". Setting "all" removes the listed ones. */
function offered(offer: Availability, current: Offered): Offered {
  const businessIds = [...new Set([...offer.businessIds, ...offer.availableBusinessIds])];
  const staffIds = [...new Set(offer.staffIds)];
  const atAllBusinesses = businessIds.length > 0 ? false : (offer.atAllBusinesses ?? current.atAllBusinesses);
  const byAllStaff = staffIds.length > 0 ? false : (offer.byAllStaff ?? current.byAllStaff);
  const { businesses: noBusinesses = false, staff: noStaff = false } = offer.emptied ?? {};
  return {
    atAllBusinesses,
    businessIds: atAllBusinesses || noBusinesses || businessIds.length > 0 ? businessIds : current.businessIds,
    byAllStaff,
    staffIds: byAllStaff || noStaff || staffIds.length > 0 ? staffIds : current.staffIds,
  };
}

function checkOf({ businessIds, availableBusinessIds, staffIds }: Availability): AvailabilityCheck {
  return {
    businessIds: [...businessIds, ...availableBusinessIds],
    staffIds,
    check(missing) {
      throwIfInvalid([
        ...absent("business_ids", businessIds, missing.businessIds),
        ...absent("available_business_ids", availableBusinessIds, missing.businessIds),
        ...absent("available_staff_ids", staffIds, missing.staffIds),
      ]);
    },
  };
}

function absent(field: string, ids: readonly string[], missing: MissingIds): Violation[] {
  return ids.flatMap((id, index) =>
    missing.has(id) ? [violation(`${field}[${index}]`, "NOT_FOUND", notFoundInCompany)] : [],
  );
}
