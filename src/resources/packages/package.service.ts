import { assertBusinesses, reachOf } from "../../core/access.js";
import { DomainError, invalidRequest, notFound, type Violation } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { Caller, CompanyReach } from "../../core/principal.js";
import type { Write } from "../../core/write.js";
import type { LedgerEntry, Package, PackageDetail } from "./package.model.js";
import {
  type Adjust,
  adjust,
  type Redeem,
  type Refund,
  redeem,
  refund,
  restore,
  withdraw,
} from "./package-rules.service.js";
import type {
  ChangedPackage,
  MissingPackageReferences,
  PackageDetailQuery,
  PackageQuery,
  PackageRepository,
  PackageSale,
  PackageTarget,
} from "./package-store.model.js";

/** What SellPackage asks for, parsed. */
export type NewPackage = Omit<PackageSale, "businessIds">;

/** The package that a call names, within one company. */
export type PackageName = Omit<PackageTarget, "businessIds">;

export interface PackageChange extends ChangedPackage {
  readonly entry: LedgerEntry;
}

export interface Packages {
  /** One row more than the page's size tells that there is a next page. */
  list(query: Omit<PackageQuery, "reachIds">, caller: Caller, signal: AbortSignal): Promise<readonly Package[]>;
  /** NOT_FOUND with all ids that name no package. */
  listDetails(
    query: Omit<PackageDetailQuery, "businessIds">,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<readonly PackageDetail[]>;
  listLedger(
    query: PackageName & { readonly page: Page },
    caller: Caller,
    signal: AbortSignal,
  ): Promise<readonly LedgerEntry[]>;
  sell(sale: NewPackage, caller: Caller, write: Write): Promise<PackageDetail>;
  redeem(request: PackageName & Redeem, caller: Caller, write: Write): Promise<PackageChange>;
  refund(request: PackageName & Refund, caller: Caller, write: Write): Promise<PackageChange>;
  adjust(request: PackageName & Adjust, caller: Caller, write: Write): Promise<PackageChange>;
  withdraw(name: PackageName, caller: Caller, write: Write): Promise<PackageDetail>;
  restore(name: PackageName, caller: Caller, write: Write): Promise<PackageDetail>;
}

/** The rules of packages. A key limited to locations reaches the packages they sold. */
export function createPackages(packages: PackageRepository): Packages {
  return {
    list(query, caller, signal) {
      const reach = reachOf(caller, query.companyId);
      assertBusinesses(reach, query.businessIds ?? []);
      return packages.list({ ...query, ...(reach.businessIds ? { reachIds: reach.businessIds } : {}) }, signal);
    },

    async listDetails(query, caller, signal) {
      const within = locationsOf(reachOf(caller, query.companyId));
      const { details, missingIds } = await packages.listDetails({ ...query, ...within }, signal);
      if (missingIds.length > 0) throw packagesNotFound(missingIds);
      return details;
    },

    async listLedger({ page, ...name }, caller, signal) {
      const entries = await packages.listLedger(targetOf(name, caller), page, signal);
      if (!entries) throw notFound("Package", name.id);
      return entries;
    },

    async sell(sale, caller, write) {
      const reach = reachOf(caller, sale.companyId);
      assertBusinesses(reach, [sale.businessId]);
      const outcome = await packages.sell({ ...sale, ...locationsOf(reach) }, write);
      switch (outcome.kind) {
        case "sold":
          return outcome.detail;
        case "refused":
          throw invalidRequest([
            ...missingViolations(sale, outcome.missing),
            ...(outcome.purchasedInFuture ? [purchasedInFuture] : []),
          ]);
        default:
          return outcome satisfies never;
      }
    },

    async redeem(request, caller, write) {
      const target = targetOf(request, caller);
      return withEntry(await packages.change(target, write, (unit) => redeem(unit, request)));
    },

    async refund(request, caller, write) {
      const target = targetOf(request, caller);
      return withEntry(await packages.change(target, write, (unit) => refund(unit, request)));
    },

    async adjust(request, caller, write) {
      const target = targetOf(request, caller);
      return withEntry(await packages.change(target, write, async (unit) => adjust(unit, request)));
    },

    async withdraw(name, caller, write) {
      return (await packages.change(targetOf(name, caller), write, async (unit) => withdraw(unit))).detail;
    },

    async restore(name, caller, write) {
      return (await packages.change(targetOf(name, caller), write, async (unit) => restore(unit))).detail;
    },
  };
}

function targetOf({ companyId, id }: PackageName, caller: Caller): PackageTarget {
  return { companyId, id, ...locationsOf(reachOf(caller, companyId)) };
}

function locationsOf({ businessIds }: CompanyReach): Pick<PackageTarget, "businessIds"> {
  return businessIds ? { businessIds } : {};
}

function withEntry({ detail, entry }: ChangedPackage): PackageChange {
  if (!entry) throw new Error("the ledger entry of a change is gone");
  return { detail, entry };
}

const maxNamedIds = 50;

/** NOT_FOUND for all the packages that a call names in vain; the same for absent ids and those of others. */
function packagesNotFound(ids: readonly string[]): DomainError {
  const [only = ""] = ids;
  if (ids.length === 1) return notFound("Package", only);
  return new DomainError("RESOURCE_NOT_FOUND", "Packages not found.", {
    metadata: { resource: "Package", ids: ids.slice(0, maxNamedIds).join(","), count: String(ids.length) },
  });
}

const fieldOf = { customerId: "customer_id", businessId: "business_id", staffId: "staff_id" } as const;

function missingViolations({ lines }: NewPackage, { references, serviceIds }: MissingPackageReferences): Violation[] {
  const missing = new Set(serviceIds);
  const fields = lines.flatMap(({ services }, line) =>
    services.flatMap(({ serviceId }, index) =>
      missing.has(serviceId) ? [`package_services[${line}].services[${index}].service_id`] : [],
    ),
  );
  return [...references.map((reference) => fieldOf[reference]), ...fields].map((field) => ({
    field,
    reason: "NOT_FOUND",
    description: "Does not exist in the company.",
  }));
}

const purchasedInFuture: Violation = {
  field: "purchase_time",
  reason: "OUT_OF_RANGE",
  description: "Must not be later than now.",
};
