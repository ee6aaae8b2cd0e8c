import { notFoundError } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { accessFilterOf, companyAccessFilter, type Principal, requireCompanyAccess } from "../../core/principal.js";
import type { Business, Company, Staff } from "./directory.model.js";
import type { DirectoryRepository } from "./directory-store.model.js";

/**
 * Companies, locations and staff that the principal can access. Lists return one row more than the page size if there
 * is a next page.
 */
export interface Directory {
  getCompany(id: string, principal: Principal, signal: AbortSignal): Promise<Company>;
  listCompanies(page: Page, principal: Principal, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(id: string, principal: Principal, signal: AbortSignal): Promise<Business>;
  listBusinesses(query: BusinessPage, principal: Principal, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(id: string, principal: Principal, signal: AbortSignal): Promise<Staff>;
  listStaff(query: CompanyPage, principal: Principal, signal: AbortSignal): Promise<readonly Staff[]>;
}

export interface CompanyPage {
  readonly companyId: string;
  readonly page: Page;
}

export interface BusinessPage extends CompanyPage {
  readonly showArchived: boolean;
}

export function createDirectory(repository: DirectoryRepository): Directory {
  const within = (principal: Principal, companyId: string) =>
    companyAccessFilter(requireCompanyAccess(principal, companyId));
  return {
    async getCompany(id, principal, signal) {
      return found("Company", id, await repository.getCompany(accessFilterOf(principal), id, signal));
    },
    listCompanies: (page, principal, signal) => repository.listCompanies(accessFilterOf(principal), page, signal),
    async getBusiness(id, principal, signal) {
      return found("Business", id, await repository.getBusiness(accessFilterOf(principal), id, signal));
    },
    async listBusinesses({ companyId, page, showArchived }, principal, signal) {
      return repository.listBusinesses({ accessFilter: within(principal, companyId), page, showArchived }, signal);
    },
    async getStaff(id, principal, signal) {
      return found("Staff", id, await repository.getStaff(accessFilterOf(principal), id, signal));
    },
    async listStaff({ companyId, page }, principal, signal) {
      return repository.listStaff(within(principal, companyId), page, signal);
    },
  };
}

function found<T>(resource: string, id: string, value: T | undefined): T {
  if (value === undefined) throw notFoundError(resource, id);
  return value;
}
