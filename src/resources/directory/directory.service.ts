import { reachOf, visibilityWithin } from "../../core/access.js";
import { notFound } from "../../core/errors.js";
import type { Page } from "../../core/page.js";
import { type Caller, visibilityOf } from "../../core/principal.js";
import type { Business, Company, Staff } from "./directory.model.js";
import type { DirectoryRepository } from "./directory-store.model.js";

/** Companies, locations and staff, as far as the key reaches. Lists give one row more than the page's size. */
export interface Directory {
  getCompany(id: string, caller: Caller, signal: AbortSignal): Promise<Company>;
  listCompanies(page: Page, caller: Caller, signal: AbortSignal): Promise<readonly Company[]>;
  getBusiness(id: string, caller: Caller, signal: AbortSignal): Promise<Business>;
  listBusinesses(query: BusinessPage, caller: Caller, signal: AbortSignal): Promise<readonly Business[]>;
  getStaff(id: string, caller: Caller, signal: AbortSignal): Promise<Staff>;
  listStaff(query: CompanyPage, caller: Caller, signal: AbortSignal): Promise<readonly Staff[]>;
}

export interface CompanyPage {
  readonly companyId: string;
  readonly page: Page;
}

export interface BusinessPage extends CompanyPage {
  readonly showArchived: boolean;
}

export function createDirectory(repository: DirectoryRepository): Directory {
  const within = (caller: Caller, companyId: string) => visibilityWithin(reachOf(caller, companyId));
  return {
    async getCompany(id, caller, signal) {
      return found("Company", id, await repository.getCompany(visibilityOf(caller), id, signal));
    },
    listCompanies: (page, caller, signal) => repository.listCompanies(visibilityOf(caller), page, signal),
    async getBusiness(id, caller, signal) {
      return found("Business", id, await repository.getBusiness(visibilityOf(caller), id, signal));
    },
    async listBusinesses({ companyId, page, showArchived }, caller, signal) {
      return repository.listBusinesses({ visibility: within(caller, companyId), page, showArchived }, signal);
    },
    async getStaff(id, caller, signal) {
      return found("Staff", id, await repository.getStaff(visibilityOf(caller), id, signal));
    },
    async listStaff({ companyId, page }, caller, signal) {
      return repository.listStaff(within(caller, companyId), page, signal);
    },
  };
}

function found<T>(resource: string, id: string, value: T | undefined): T {
  if (value === undefined) throw notFound(resource, id);
  return value;
}
