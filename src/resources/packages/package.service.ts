import { requireBusinessAccess, requireCompanyAccess } from "../../core/access.js";
import { DomainError, notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { requireEtag, type WriteContext } from "../../core/write.js";
import type {
  ChangedPackage,
  LedgerEntry,
  PackageDetailQuery,
  PackageQuery,
  PackageRepository,
  PackageTarget,
} from "./package.model.js";
import { type Extend, extend, freeze, thaw } from "./package-dates.service.js";
import { type Move, unitsToMove } from "./package-move.service.js";
import {
  type Adjust,
  adjust,
  type Grant,
  grant,
  type Redeem,
  type Refund,
  redeem,
  refund,
  restore,
  withdraw,
} from "./package-rules.service.js";
import type { RequestedSale } from "./package-sale.model.js";
import { soldPackage } from "./package-sale.service.js";

/** Identifies a package within a company. */
export type PackageName = Omit<PackageTarget, "businessIds">;

export interface PackageChange extends ChangedPackage {
  readonly entry: LedgerEntry;
}

export type Packages = ReturnType<typeof createPackages>;

/** The rules of packages. An API key limited to locations can access the packages sold at them. */
export function createPackages(packages: PackageRepository) {
  return {
    /** Returns one row more than the page size if there is a next page. */
    list(query: Omit<PackageQuery, "reachIds">, principal: Principal, signal: AbortSignal) {
      const access = requireCompanyAccess(principal, query.companyId);
      requireBusinessAccess(access, query.businessIds ?? []);
      return packages.list({ ...query, ...(access.businessIds ? { reachIds: access.businessIds } : {}) }, signal);
    },

    /** Throws NOT_FOUND with all ids that do not exist. */
    async listDetails(query: Omit<PackageDetailQuery, "businessIds">, principal: Principal, signal: AbortSignal) {
      const within = locationsOf(requireCompanyAccess(principal, query.companyId));
      const { details, missingIds } = await packages.listDetails({ ...query, ...within }, signal);
      if (missingIds.length > 0) throw packagesNotFound(missingIds);
      return details;
    },

    async listLedger(
      { page, ...name }: PackageName & { readonly page: Page },
      principal: Principal,
      signal: AbortSignal,
    ) {
      const entries = await packages.listLedger(targetOf(name, principal), page, signal);
      if (!entries) throw notFoundError("Package", name.id);
      return entries;
    },

    async sell(sale: RequestedSale, principal: Principal, write: WriteContext) {
      const access = requireCompanyAccess(principal, sale.companyId);
      requireBusinessAccess(access, [sale.businessId]);
      return packages.sell(sale, locationsOf(access), write, (facts, now) => soldPackage(sale, facts, now));
    },

    async redeem(request: PackageName & Redeem, principal: Principal, write: WriteContext) {
      const target = targetOf(request, principal);
      return withEntry(await packages.change(target, write, (unit) => redeem(unit, request)));
    },

    async refund(request: PackageName & Refund, principal: Principal, write: WriteContext) {
      const target = { ...targetOf(request, principal), redemptionId: request.entryId };
      return withEntry(await packages.change(target, write, (unit) => refund(unit, request)));
    },

    async adjust(request: PackageName & Adjust, principal: Principal, write: WriteContext) {
      const target = targetOf(request, principal);
      return withEntry(await packages.change(target, write, (unit) => adjust(unit, request)));
    },

    async grant(request: PackageName & Grant, principal: Principal, write: WriteContext) {
      const target = targetOf(request, principal);
      return withEntry(await packages.change(target, write, (unit) => grant(unit, request)));
    },

    async extend(request: PackageName & Extend, principal: Principal, write: WriteContext) {
      const target = targetOf(request, principal);
      return withEntry(await packages.change(target, write, (unit) => extend(unit, request)));
    },

    /** Without an entry if the package was frozen already. */
    freeze(request: PackageName & { readonly reason: string }, principal: Principal, write: WriteContext) {
      return packages.change(targetOf(request, principal), write, (unit) => freeze(unit, request));
    },

    /** Without an entry if the package was not frozen. */
    thaw(request: PackageName & { readonly reason: string }, principal: Principal, write: WriteContext) {
      return packages.change(targetOf(request, principal), write, (unit) => thaw(unit, request));
    },

    move(request: PackageName & Move, principal: Principal, write: WriteContext) {
      const { customerId, reason } = request;
      const move = { target: targetOf(request, principal), customerId, reason };
      return packages.move(move, write, (situation) => unitsToMove(situation, request));
    },

    /** Throws ETAG_MISMATCH if the package has another version than the stated one. */
    async withdraw(request: PackageName & { readonly version?: bigint }, principal: Principal, write: WriteContext) {
      const changed = await packages.change(targetOf(request, principal), write, (state) => {
        requireEtag(request.version?.toString(), state.detail, "Package");
        return withdraw(state);
      });
      return changed.detail;
    },

    async restore(name: PackageName, principal: Principal, write: WriteContext) {
      return (await packages.change(targetOf(name, principal), write, restore)).detail;
    },
  };
}

function targetOf({ companyId, id }: PackageName, principal: Principal): PackageTarget {
  return { companyId, id, ...locationsOf(requireCompanyAccess(principal, companyId)) };
}

function locationsOf({ businessIds }: CompanyAccess): Pick<PackageTarget, "businessIds"> {
  return businessIds ? { businessIds } : {};
}

function withEntry({ detail, entry }: ChangedPackage): PackageChange {
  if (!entry) throw new Error("ledger entry of the change not found");
  return { detail, entry };
}

const maxNamedIds = 50;

/** NOT_FOUND with all ids that do not exist or belong to another tenant. The two cases are indistinguishable. */
function packagesNotFound(ids: readonly string[]): DomainError {
  const [only = ""] = ids;
  if (ids.length === 1) return notFoundError("Package", only);
  return new DomainError("RESOURCE_NOT_FOUND", "One or more packages were not found.", {
    metadata: { resource: "Package", ids: ids.slice(0, maxNamedIds).join(","), count: String(ids.length) },
  });
}
